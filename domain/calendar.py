"""Dates as people here write them, school years, and what a local day means as an instant.

Dates come in as ISO or in any written form of the ROC calendar and leave as ISO or as
民國 dates. A local day is a day in Asia/Taipei.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

TAIPEI = ZoneInfo("Asia/Taipei")

_ROC_EPOCH = 1911  # 民國 n is the western year n + 1911; 民國前 n is 1912 − n

_ISO = re.compile(r"([12][0-9]{3})-([0-9]{2})-([0-9]{2})")
_COMPACT = re.compile(r"([0-9]{2,3})([0-9]{2})([0-9]{2})")
# One-digit years need 民國 in front: 5/2/17 is far more often a slip for 115/2/17.
_SEPARATED = re.compile(r"([0-9]{2,3})([./-])([0-9]{1,2})\2([0-9]{1,2})")
_ERA_SEPARATED = re.compile(r"(民國前?)([0-9]{1,4})([./-])([0-9]{1,2})\3([0-9]{1,2})")
_IN_WORDS = re.compile(r"(民國前?)?([0-9]{1,4}|元)年([0-9]{1,2}|元)月([0-9]{1,2})日")
_WESTERN = re.compile(r"(西元|公元)?[0-9]{4}([./年-].*|[0-9]{4})")
#: A day's weekday after it, as 「（日）」 or 「星期日」: checked, so that a slip is seen.
_WEEKDAY = re.compile(
    r"\s*(?:\((?:星期|週|周)?([一二三四五六日天])\)|(?:星期|週|周)([一二三四五六日天]))$"
)
_WEEKDAYS = "一二三四五六日"
_SPACED = re.compile(r"\s*([./年月日-]|民國前?)\s*")


class DateNotUnderstood(ValueError):
    """The text is no date we read. The message (zh-TW) says what to type, never what was typed."""

    CODE = "date-not-understood"


class RangeBackwards(ValueError):
    """A range was asked for that ends before it starts: swap the two dates."""

    CODE = "range-backwards"

    def __init__(self) -> None:
        super().__init__("起日不可晚於迄日，請檢查兩個日期。")


def parse_date(text: str) -> date:
    """Read a date written in ISO form or in a written form of the ROC calendar.

    A weekday may follow (`114.3.9（日）`, `114年3月9日星期日`); it must be the day's own.

    Read are `2025-02-17`, `114.2.17`, `114/2/17`, `114-2-17`, `1140217`, `990217`,
    `114年2月17日`, each also with 民國 or 中華民國 in front (but for the digits run
    together), 元年 and 元月, 民國前1年12月31日 and 民前1年12月31日, full-width characters,
    and spaces around the parts. Western years are read in ISO form only, so that nobody's
    2025/2/17 passes silently where the page asks for a 民國 date.

    Raises `DateNotUnderstood` for everything else.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("。", ".")
    plain = plain.replace("中華民國", "民國").replace("民前", "民國前")
    if found := _WEEKDAY.search(plain):
        day = _day_of(plain[: found.start()])
        if weekday(day) != (found[1] or found[2]).replace("天", "日"):
            raise DateNotUnderstood("日期與所寫的星期不合，請檢查後再輸入。")
        return day
    return _day_of(plain)


def weekday(day: date) -> str:
    """`日` for a Sunday."""
    return _WEEKDAYS[day.weekday()]


def _day_of(plain: str) -> date:
    plain = _SPACED.sub(r"\1", plain)
    if found := _ISO.fullmatch(plain):
        return _existing(int(found[1]), found[2], found[3])
    if found := _COMPACT.fullmatch(plain):
        return _existing(_western(None, found[1]), found[2], found[3])
    if found := _SEPARATED.fullmatch(plain):
        return _existing(_western(None, found[1]), found[3], found[4])
    if found := _ERA_SEPARATED.fullmatch(plain):
        return _existing(_western(found[1], found[2]), found[4], found[5])
    if (found := _IN_WORDS.fullmatch(plain)) and not (found[1] is None and len(found[2]) == 4):
        month = "1" if found[3] == "元" else found[3]
        return _existing(_western(found[1], found[2]), month, found[4])
    if _WESTERN.fullmatch(plain):
        raise DateNotUnderstood("請輸入民國年，例如 114/2/17。")
    raise DateNotUnderstood("看不懂這個日期，請輸入像 114/2/17 的日期。")


def _western(era: str | None, year: str) -> int:
    if year == "元":
        # 元年 says nothing without its era, and there is no 民國前元年.
        if era != "民國":
            raise DateNotUnderstood("看不懂這個年份，請輸入像 114/2/17 的日期。")
        return _ROC_EPOCH + 1
    number = int(year)
    if number == 0:
        raise DateNotUnderstood("沒有民國 0 年，請輸入像 114/2/17 的日期。")
    if era == "民國前":
        return _ROC_EPOCH + 1 - number
    if number > 999:
        raise DateNotUnderstood("請輸入民國年，例如 114/2/17。")
    return _ROC_EPOCH + number


def _existing(year: int, month: str, day: str) -> date:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        pass
    raise DateNotUnderstood("沒有這一天，請輸入像 114/2/17 的日期。")


def roc_written(day: date) -> str:
    """`民國114年2月17日`; before 1912 `民國前1年12月31日`."""
    era, year = _roc_year(day)
    return f"{era}{year}年{day.month}月{day.day}日"


def roc_short(day: date) -> str:
    """`114.2.17`; with 民國 in front where the bare number would not be read back."""
    era, year = _roc_year(day)
    bare = era == "民國" and year >= 10
    return f"{'' if bare else era}{year}.{day.month}.{day.day}"


def roc_instant(instant: datetime) -> str:
    """`民國114年2月17日 09:12`, the minute in Taipei in which an aware instant fell.

    Raises `ValueError` for a datetime without a zone.
    """
    local = _in_taipei(instant)
    return f"{roc_written(local.date())} {local:%H:%M}"


def _roc_year(day: date) -> tuple[str, int]:
    if day.year > _ROC_EPOCH:
        return "民國", day.year - _ROC_EPOCH
    return "民國前", _ROC_EPOCH + 1 - day.year


def school_year(day: date) -> int:
    """The 學年度 (ROC year in which it starts) that holds this day: 1 August to 31 July.

    Source: 各級學校學年學期假期辦法.
    """
    return day.year - _ROC_EPOCH - (day.month < 8)


def semester(day: date) -> tuple[int, int]:
    """(學年度, 1 or 2): the first 1 August to 31 January, the second 1 February to 31 July.

    Source: 各級學校學年學期假期辦法.
    """
    return school_year(day), 2 if 2 <= day.month <= 7 else 1


def school_year_starts(year: int) -> date:
    """The first day of a 學年度: 113 → 2024-08-01."""
    return date(year + _ROC_EPOCH, 8, 1)


def school_year_ends(year: int) -> date:
    """The last day of a 學年度: 113 → 2025-07-31."""
    return date(year + _ROC_EPOCH + 1, 7, 31)


def local_range(from_: date, to: date) -> tuple[datetime, datetime]:
    """Turn local dates, both inclusive, into `[start, before)` as aware UTC instants.

    The range runs from 00:00 of the first day to 00:00 of the day after the last, in
    Taipei. Raises `RangeBackwards` when the first date is the later one.
    """
    if from_ > to:
        raise RangeBackwards
    return _midnight(from_), _midnight(to + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=TAIPEI).astimezone(UTC)


def local_date(instant: datetime) -> date:
    """The day in Taipei on which an aware instant fell. Raises `ValueError` without a zone."""
    return _in_taipei(instant).date()


def _in_taipei(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    try:
        return instant.astimezone(TAIPEI)
    except OverflowError:
        # Beyond the first or the last day that there is: shown as it was written.
        return instant.replace(tzinfo=TAIPEI)


def _written(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    message = "請輸入像 114/2/17 的日期。"
    if isinstance(value, str):
        try:
            return parse_date(value)
        except DateNotUnderstood as error:
            message = str(error)
    # Raised out here, so that no earlier error with the typed text hangs on it.
    raise PydanticCustomError("date-not-understood", message)


WrittenDate = Annotated[
    date,
    BeforeValidator(_written),
    WithJsonSchema(
        {
            "type": "string",
            "description": "ISO 日期，或民國日期的任一寫法。",
            "examples": ["2025-02-17", "114.2.17", "114/2/17", "1140217", "民國114年2月17日"],
        },
        mode="validation",
    ),
]
"""A date in a request body: any form `parse_date` reads; leaves as ISO."""
