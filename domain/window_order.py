"""The order of a programme's windows: what must be over before something else begins.

Nothing moves by itself (Kaohsiung Q-03): what is postponed leaves the windows after it where they
are, and these are named until somebody sets them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from domain.programme_data import Window
from domain.window import Postponed, days_of


class Overlap(NamedTuple):
    """A window that begins before, or on the day that, one ends which must be over."""

    window: Window
    earlier: Window

    @property
    def finding(self) -> str:
        return f"windows-overlap:{self.window.code}.{self.earlier.code}"

    @property
    def message(self) -> str:
        return f"「{self.window.name}」開始時，「{self.earlier.name}」尚未結束。"


def overlaps(windows: Iterable[Window], postponed: Postponed | None = None) -> Iterator[Overlap]:
    """Windows out of order, each with the one that it must follow; days as postponed."""
    by_code = {one.code: one for one in windows}
    for window in by_code.values():
        begins = _first_day(window, postponed)
        for code in window.follows:
            ends = _last_day(by_code[code], postponed)
            if begins is not None and ends is not None and begins <= ends:
                yield Overlap(window, by_code[code])


def contingency_overlaps(windows: Iterable[Window]) -> Iterator[tuple[str, str]]:
    """Findings: days kept ready that would reach into a window which must come after."""
    known = tuple(windows)
    for window in known:
        if window.contingency is None:
            continue
        kept = {window.code: (window.contingency.opens, window.contingency.closes)}
        printed = {(one.window.code, one.earlier.code) for one in overlaps(known)}
        for one in overlaps(known, kept):
            place = (one.window.code, one.earlier.code)
            if window.code in place and place not in printed:
                name = f"contingency-overlap:{place[0]}.{place[1]}"
                yield name, f"「{window.name}」若依印定日期延期，{one.message[:-1]}。"


def after(windows: Iterable[Window], code: str) -> tuple[str, ...]:
    """Every window that comes after one, directly or through others, in the order printed."""
    known = tuple(windows)
    found = {code}
    grown = True
    while grown:
        more = {one.code for one in known if not found.isdisjoint(one.follows)} - found
        found |= more
        grown = bool(more)
    return tuple(one.code for one in known if one.code in found and one.code != code)


def left_behind(windows: Iterable[Window], postponed: Postponed) -> Mapping[str, tuple[str, ...]]:
    """Of each window that was set anew, those after it which nobody has set."""
    known = tuple(windows)
    found = {
        code: tuple(one for one in after(known, code) if one not in postponed) for code in postponed
    }
    return {code: left for code, left in found.items() if left}


def check(windows: Iterable[Window], ruled: Iterable[str]) -> None:
    """Raises `ValueError` that names the place: a window that is reversed, follows what is not
    there or itself, or overlaps one it must follow without a ruling that names the overlap."""
    known = tuple(windows)
    codes = {one.code for one in known}
    for one in known:
        place = f"windows.{one.code}"
        if one.opens and one.closes and one.closes < one.opens:
            raise ValueError(f"{place}: 迄日早於起日")
        if one.contingency is not None and one.contingency.closes < one.contingency.opens:
            raise ValueError(f"{place}.contingency: 迄日早於起日")
        _check_days(place, one.days, one.opens, one.closes)
        if (kept := one.contingency) is not None:
            _check_days(f"{place}.contingency", kept.days, kept.opens, kept.closes)
        if unknown := [code for code in one.follows if code not in codes]:
            raise ValueError(f"{place}.follows: 沒有「{unknown[0]}」這個期間")
    for one in known:
        if one.code in {code for earlier in one.follows for code in before(known, earlier)}:
            raise ValueError(f"windows.{one.code}.follows: 期間的先後繞了一圈")
    accepted = {*ruled}
    for overlap in overlaps(known):
        if overlap.finding not in accepted:
            raise ValueError(f"windows.{overlap.window.code}: {overlap.message[:-1]}")


def before(windows: Iterable[Window], code: str) -> frozenset[str]:
    """A window and every one that comes before it."""
    by_code = {one.code: one for one in windows}
    found: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(by_code[one].follows)
    return frozenset(found)


def _check_days(
    place: str, days: tuple[date, ...], opens: date | None, closes: date | None
) -> None:
    for day in days:
        if (opens and day < opens) or (closes and day > closes):
            raise ValueError(f"{place}.days: 日期不在起訖之間")


def _first_day(window: Window, postponed: Postponed | None) -> date | None:
    opens, closes = days_of(window, postponed)
    return opens or closes


def _last_day(window: Window, postponed: Postponed | None) -> date | None:
    opens, closes = days_of(window, postponed)
    return closes or opens
