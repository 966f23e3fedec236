"""Times during which something held: their intersection and their union. Pure."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple


class Span(NamedTuple):
    """A time with what held in it: from `since` until just before `until`, None while it lasts."""

    since: datetime
    until: datetime | None
    key: Hashable = None


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The end of what ends as soon as one of both does; None never does."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def both(one: Span, other: Span) -> Span:
    """The time that is in both; empty where `until` is not after `since`."""
    return Span(max(one.since, other.since), earlier(one.until, other.until))


_BY_START = itemgetter(0)


def merged(spans: Sequence[Span], closed: datetime | None) -> list[Span]:
    """The time before `closed` in as few spans as possible."""
    found: list[Span] = []
    for since, until, _ in sorted(spans, key=_BY_START) if len(spans) > 1 else spans:
        until = earlier(until, closed)
        if until is not None and until <= since:
            continue
        before = found[-1] if found else None
        if before is None or (before.until is not None and before.until < since):
            found.append(Span(since, until))
        elif before.until is not None and (until is None or until > before.until):
            found[-1] = Span(before.since, until)
    return found
