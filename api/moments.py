"""An instant of the past as somebody asks for it, and the position of the book that it stands for.

An instant with its offset means just that, events recorded at that very instant included. A date,
ISO or ROC, means the end of that local day, and today means now (docs/decisions/time-travel.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from api.change_report import ReportTermsChanged
from api.changes import asker_of
from api.house import House
from api.problems import Unavailable
from api.tokens import TokenNotValid
from api.viewer import Viewer
from domain.calendar import DateNotUnderstood, local_date, local_range, parse_date
from domain.refusal import NotValid
from ledger.database import Connection
from replay.plan_at import newest
from replay.student_book import erased_since, instant_of, position_at

#: RFC 3339; a plus sign that nobody escaped in an address arrives as a space.
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)"
    r"(?:([Zz])|([+ -])([0-9]{2}:[0-9]{2}))"
)
_TICK = timedelta(microseconds=1)
_TOKEN = "as-of-record"


class InstantNotUnderstood(NotValid):
    CODE = "instant-not-understood"
    TITLE = "看不懂這個時間，請輸入日期，或含時區的時間，例如 2024-05-13T09:00:00+08:00"


class InstantInFuture(NotValid):
    CODE = "instant-in-future"
    TITLE = "只能查詢過去的時間，這個時間還沒有到"


class InstantsBackwards(NotValid):
    CODE = "range-backwards"
    TITLE = "起始時間不可晚於結束時間，請檢查兩個時間"


@dataclass(frozen=True)
class Moment:
    """A time of the past, its local day, and the last position recorded up to it."""

    at: datetime
    day: date
    position: int


@dataclass(frozen=True)
class Moments:
    """What was asked for; `upto` is how far the book was known, `as_of` the token that binds all.

    While the viewer's audiences stand, the same question with the token has the same answer.
    """

    asked: Sequence[Moment]
    upto: int
    as_of: str


def moments(
    house: House,
    viewer: Viewer,
    connection: Connection,
    student: UUID,
    asked: Sequence[tuple[str, str]],
    as_of: str | None,
) -> Moments:
    """The moments of parameters (name, text) in their order, or those that `as_of` stands for.

    The connection reads the books. Raises `InstantNotUnderstood`, `InstantInFuture`,
    `InstantsBackwards`, `NotValid`, `ReportTermsChanged`, `Unavailable`.
    """
    bound = {
        "s": str(student),
        "q": [text for _, text in asked],
        "a": asker_of(viewer).digest,
    }
    if as_of is not None:
        return _kept(house, viewer, connection, bound, as_of)
    times = [_time(house, viewer, connection, name, text) for name, text in asked]
    if times != sorted(times):
        raise InstantsBackwards(field=asked[0][0])
    upto = newest(connection)
    last = instant_of(connection, upto)
    if last is None or last <= times[-1]:
        # What is being recorded this moment may still carry an earlier time: let it end first.
        house.ledger.heartbeat()
        upto = newest(connection)
    if not house.waiting.passed(upto):
        raise Unavailable
    content = bound | {"p": upto, "t": [one.isoformat() for one in times]}
    token = house.tokens.seal(_TOKEN, content, viewer.account_id)
    return Moments(_placed(connection, times, upto), upto, token)


def _kept(
    house: House, viewer: Viewer, connection: Connection, bound: dict[str, Any], as_of: str
) -> Moments:
    try:
        kept = house.tokens.open(_TOKEN, as_of, viewer.account_id)
    except TokenNotValid:
        raise NotValid("as_of 不是本系統發給您的代碼。", field="as_of") from None
    for name, told in (
        ("s", "查詢的學生與當時不同。"),
        ("q", "查詢的時間與當時不同。"),
        ("a", "您的權限範圍在這之後已經改變。"),
    ):
        if kept[name] != bound[name]:
            raise ReportTermsChanged(told)
    if erased_since(connection, UUID(bound["s"]), kept["p"]):
        raise ReportTermsChanged("這位學生的資料在這之後已依法刪除。")
    times = [datetime.fromisoformat(one) for one in kept["t"]]
    return Moments(_placed(connection, times, kept["p"]), kept["p"], as_of)


def _placed(connection: Connection, times: Sequence[datetime], upto: int) -> list[Moment]:
    return [Moment(one, local_date(one), min(position_at(connection, one), upto)) for one in times]


def _time(house: House, viewer: Viewer, connection: Connection, name: str, text: str) -> datetime:
    """The instant that a text means. Raises `InstantNotUnderstood`, `InstantInFuture`."""
    now = viewer.now
    found = _INSTANT.fullmatch(text.strip())
    if found is not None:
        day, clock, zulu, sign, offset = found.groups()
        zone = "+00:00" if zulu else f"{'-' if sign == '-' else '+'}{offset}"
        try:
            instant = datetime.fromisoformat(f"{day}T{clock}{zone}")
        except ValueError:
            raise InstantNotUnderstood(field=name) from None
        if instant > now + house.slack:
            raise InstantInFuture(field=name)
        return instant
    try:
        asked = parse_date(text)
    except DateNotUnderstood:
        raise InstantNotUnderstood(field=name) from None
    if asked > viewer.today:
        raise InstantInFuture(field=name)
    if asked < viewer.today:
        return local_range(asked, asked)[1] - _TICK
    # Where the clock stands still, what was recorded last is a little ahead of it.
    last = instant_of(connection, newest(connection))
    return now if last is None else max(now, last)
