"""How values read on a page: ROC dates with their weekday, minutes, the words of labels."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.calendar import (
    TAIPEI,
    DateNotUnderstood,
    local_date,
    parse_date,
    roc_instant,
    roc_short,
    roc_written,
)
from domain.labels import CHANGE_KINDS, SECTIONS, label, written

_DAYS = "一二三四五六日"
_SHORT_DAY = re.compile(r"[0-9]{2,3}\.[0-9]{1,2}\.[0-9]{1,2}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT_MOMENT = re.compile(r"[0-9]{2,3}年[0-9]{1,2}月[0-9]{1,2}日 [0-9]{2}:[0-9]{2}")

_NOBODY: Mapping[str, str] = {}


def roc(value: date | str | None) -> str:
    """`民國114年2月17日（一）` of a day or its ISO form; what is no day is left as it is."""
    day = _day(value)
    if day is None:
        return str(value or "")
    return f"{roc_written(day)}（{_DAYS[day.weekday()]}）"


def labelled(text: str) -> str:
    """A cell of a record in which a day stands as on paper, `114.2.17` or `114年2月17日 09:12`,
    or in its ISO form, with the era before it, and with its weekday; any other text as it is."""
    if _SHORT_DAY.fullmatch(text):
        return roc_echo(text) or text
    if _ISO_DAY.fullmatch(text):
        return roc(text)
    return f"民國{text}" if _SHORT_MOMENT.match(text) else text


def roc_typed(value: date | str | None) -> str:
    """`114/2/17`, as people type it; what is no day is left as it is."""
    day = _day(value)
    return str(value or "") if day is None else roc_short(day).replace(".", "/")


def roc_echo(value: date | str | None) -> str:
    """What a typed date was understood as: `民國114年2月17日（一）`, nothing where it was not."""
    if isinstance(value, str):
        try:
            value = parse_date(value)
        except DateNotUnderstood:
            return ""
    return roc(value)


def minute(value: datetime | str | None) -> str:
    """`民國114年2月17日 09:12` of an aware instant or its RFC 3339 form."""
    instant = _instant(value)
    return str(value or "") if instant is None else roc_instant(instant)


def clock(value: datetime | str | None) -> str:
    """`09:12` in Taipei."""
    instant = _instant(value)
    return "" if instant is None else f"{instant.astimezone(TAIPEI):%H:%M}"


def local_day(value: datetime | str | None) -> str:
    """The day in Taipei of an instant, with era and weekday."""
    instant = _instant(value)
    return "" if instant is None else roc(local_date(instant))


def section_name(code: str) -> str:
    return SECTIONS.get(code, code)


def label_of(field: str, section: str) -> str:
    """What a field is called in a section."""
    return label(section, field)


def in_words(value: Any, section: str, field: str, names: Mapping[str, str] = _NOBODY) -> str:
    """A value of a field as people read it, `names` those of ids; `—` for none."""
    return written(section, field, value, names) or "—"


def kind_name(kind: str) -> str:
    """What was done to a record: 填寫, 修正, 刪除."""
    return CHANGE_KINDS.get(kind, kind)


def change_words(value: Any, item: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    """A side of a field of a change, as people read it."""
    return written(item["section"] or "", field["field"], value, item.get("names", {}))


FILTERS = {
    "change_words": change_words,
    "kind_name": kind_name,
    "roc_echo": roc_echo,
    "roc": roc,
    "roc_typed": roc_typed,
    "minute": minute,
    "clock": clock,
    "local_day": local_day,
    "section_name": section_name,
    "in_words": in_words,
    "label_of": label_of,
    "labelled": labelled,
}


def _day(value: date | str | None) -> date | None:
    if isinstance(value, datetime):
        return local_date(value)
    if isinstance(value, date) or not value:
        return value or None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _instant(value: datetime | str | None) -> datetime | None:
    if isinstance(value, datetime) or not value:
        return value or None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None
