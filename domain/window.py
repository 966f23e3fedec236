"""Whether a window of a programme is open at an instant (Kaohsiung 2.4, Q-01).

Both ends are included. A clock time that is not printed means the whole day; a `daily` window is
open between its times on each of its days and closed overnight. Where only some days count, the
others between them are closed, too. Times are local.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Literal

from domain.calendar import TAIPEI
from domain.programme_data import Window

Standing = Literal["early", "open", "between", "late"]

_FIRST, _LAST = time.min, time.max

#: Of a window, the first and the last day set instead of those printed.
Postponed = Mapping[str, tuple[date | None, date]]


def standing(window: Window, instant: datetime, postponed: Postponed | None = None) -> Standing:
    """How an instant stands to a window: `between` is a closed night of a daily one.

    `instant` has a zone. A window without a last day never becomes late. A printed closing time is
    included to its last second: 16:00:00 is open, 16:00:01 is not.
    """
    local = instant.astimezone(TAIPEI)
    opens, closes = days_of(window, postponed)
    day, at = local.date(), local.timetz().replace(tzinfo=None)
    first, last = window.opens_at or _FIRST, window.closes_at or _LAST
    if closes is not None and (day > closes or (day == closes and at > last)):
        return "late"
    if opens is not None and (day < opens or (day == opens and at < first)):
        return "early"
    if window.daily and not first <= at <= last:
        return "between"
    only = only_days(window, postponed)
    return "between" if only and day not in only else "open"


def days_of(window: Window, postponed: Postponed | None = None) -> tuple[date | None, date | None]:
    """The first and the last day, as postponed.

    Where only a last day was set, what is printed for one day moves to it, and what is printed for
    several begins as printed.
    """
    if window.code not in (postponed or {}):
        return window.opens, window.closes
    opens, closes = (postponed or {})[window.code]
    if opens is None:
        opens = closes if window.opens == window.closes else window.opens
    return opens, closes


def only_days(window: Window, postponed: Postponed | None) -> tuple[date, ...]:
    """The only days that count; of days set anew, those that the plan kept ready for it."""
    if window.code not in (postponed or {}):
        return window.days
    kept = window.contingency
    ready = kept is not None and days_of(window, postponed) == (kept.opens, kept.closes)
    return kept.days if kept is not None and ready else ()
