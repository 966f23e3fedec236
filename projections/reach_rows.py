"""From what was recorded to the relations that held, from when to when. Pure.

A relation is an intersection: a case manager's is dispatch and appointment of the same kind, a
homeroom teacher's is the class led and the class attended, a subject teacher's is the assignment
and its school year. Closing the account ends all. A transfer ends what the old school gave: its
case managers' dispatches, its assignments, its class; an itinerant teacher stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from uuid import UUID

from domain.access import audiences_of
from domain.calendar import local_range, school_year_ends, school_year_starts
from domain.capacity import Capacity
from domain.case_manager import Kind
from projections.view import audience_ids


class What(StrEnum):
    """What a fact says, and which fields it gives besides position and time."""

    ROLES = "roles"  # account, organisation, kind: the capacities, separated by spaces
    CLOSED = "closed"  # account
    APPOINTED = "appointed"  # account, kind
    APPOINTMENT_ENDED = "appointment-ended"  # account, kind
    HOMEROOM = "homeroom"  # account, organisation, class_name, kind: the capacity
    HOMEROOM_CLEARED = "homeroom-cleared"  # account
    CLASS = "class"  # student, organisation, class_name
    TRANSFERRED = "transferred"  # student, organisation, class_name: the new ones
    DISPATCHED = "dispatched"  # account, student, kind
    DISPATCH_ENDED = "dispatch-ended"  # account, student, kind
    ASSIGNED = "assigned"  # account, student, school_year
    ASSIGNMENTS_ENDED = "assignments-ended"  # account, student


class ReachFact(NamedTuple):
    """A row of `reach_fact`, in the order of its columns."""

    position: int
    at: datetime
    what: str
    account: UUID | None = None
    student: UUID | None = None
    organisation: UUID | None = None
    class_name: str | None = None
    kind: str | None = None
    school_year: int | None = None


class Row(NamedTuple):
    """A row of `reach`, in the order of its columns."""

    account: UUID
    capacity: str
    target: UUID | None
    since: datetime
    until: datetime | None
    source_kind: str
    audiences: list[UUID]


class Span(NamedTuple):
    """A time with what held in it: from `since` until just before `until`, None while it lasts."""

    since: datetime
    until: datetime | None
    key: tuple[object, ...] = ()


def rows_of_account(account: UUID, facts: Sequence[ReachFact]) -> list[Row]:
    """The relations that follow from an account's roles, given the facts about it alone."""
    rows = []
    closed = _closed(facts)
    for fact in facts:
        if fact.what == What.ROLES:
            for capacity in (fact.kind or "").split():
                school = capacity == Capacity.SCHOOL_ADMINISTRATOR
                target = fact.organisation if school else None
                rows.append(Row(account, capacity, target, fact.at, closed, "role", []))
    return rows


def rows_of_pair(
    account: UUID,
    student: UUID,
    of_account: Sequence[ReachFact],
    of_student: Sequence[ReachFact],
    of_both: Sequence[ReachFact],
) -> list[Row]:
    """The relations of an account to a student, given the facts in the order of their positions.

    `of_account` name the account alone, `of_student` the student alone, `of_both` both.
    """
    found: dict[tuple[str, str], list[Span]] = {}
    moves = [fact for fact in of_student if fact.what == What.TRANSFERRED]
    if of_both:
        given = sorted([*of_both, *moves])
        appointed = list(_appointments(of_account))
        for one, other in _meeting(_dispatches(given), appointed):
            held = found.setdefault((Capacity.CASE_MANAGER, str(one.key[0])), [])
            held.append(_both(one, other))
        found.setdefault((Capacity.SUBJECT_TEACHER, "teaching"), []).extend(_teaching(given))
    for one, other in _meeting(_homerooms(of_account), _classes(of_student)):
        held = found.setdefault((str(one.key[2]), "homeroom"), [])
        held.append(_both(one, other))
    closed = _closed(of_account)
    schools = list(_schools(of_student))
    return [
        Row(account, capacity, student, since, until, source, _audiences(student, since, schools))
        for (capacity, source), spans in found.items()
        for since, until, _ in _merged(_cut(spans, closed))
    ]


# -- what each kind of fact gives, in spans


def _dispatches(facts: Iterable[ReachFact]) -> Iterator[Span]:
    since: dict[str, datetime] = {}
    for fact in facts:
        kind = fact.kind or ""
        if fact.what == What.DISPATCHED:
            since.setdefault(kind, fact.at)
        elif fact.what in (What.DISPATCH_ENDED, What.TRANSFERRED):
            if fact.what == What.TRANSFERRED:
                kind = Kind.RESOURCE_CLASS
            if kind in since:
                yield Span(since.pop(kind), fact.at, (kind,))
    for kind, start in since.items():
        yield Span(start, None, (kind,))


def _appointments(facts: Iterable[ReachFact]) -> Iterator[Span]:
    since: dict[str, datetime] = {}
    for fact in facts:
        kind = fact.kind or ""
        if fact.what == What.APPOINTED:
            since.setdefault(kind, fact.at)
        elif fact.what == What.APPOINTMENT_ENDED and kind in since:
            yield Span(since.pop(kind), fact.at, (kind,))
    for kind, start in since.items():
        yield Span(start, None, (kind,))


def _teaching(facts: Iterable[ReachFact]) -> Iterator[Span]:
    live: list[tuple[datetime, datetime]] = []
    for fact in facts:
        if fact.what == What.ASSIGNED and fact.school_year is not None:
            start, end = _year(fact.school_year)
            live.append((max(start, fact.at), end))
        elif fact.what in (What.ASSIGNMENTS_ENDED, What.TRANSFERRED):
            yield from (Span(since, min(until, fact.at)) for since, until in live)
            live.clear()
    yield from (Span(since, until) for since, until in live)


def _homerooms(facts: Iterable[ReachFact]) -> Iterator[Span]:
    """Keyed by organisation, class and capacity. A teacher leads one class at a time."""
    kinds = (What.HOMEROOM, What.HOMEROOM_CLEARED)
    return _one_at_a_time(
        facts,
        kinds,
        lambda fact: (fact.organisation, fact.class_name, fact.kind) if fact.class_name else None,
    )


def _classes(facts: Iterable[ReachFact]) -> Iterator[Span]:
    """Keyed by organisation and class."""
    return _one_at_a_time(
        facts,
        (What.CLASS, What.TRANSFERRED),
        lambda fact: (fact.organisation, fact.class_name) if fact.class_name else None,
    )


def _schools(facts: Iterable[ReachFact]) -> Iterator[Span]:
    """Keyed by organisation."""
    return _one_at_a_time(facts, (What.CLASS, What.TRANSFERRED), lambda fact: (fact.organisation,))


def _one_at_a_time(
    facts: Iterable[ReachFact],
    kinds: tuple[What, ...],
    key: Callable[[ReachFact], tuple[object, ...] | None],
) -> Iterator[Span]:
    """Spans of which each ends where the next fact of these kinds stands."""
    last: ReachFact | None = None
    for fact in facts:
        if fact.what not in kinds:
            continue
        if last is not None and (held := key(last)) is not None:
            yield Span(last.at, fact.at, held)
        last = fact
    if last is not None and (held := key(last)) is not None:
        yield Span(last.at, None, held)


# -- spans


def _meeting(ones: Iterable[Span], others: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    """The pairs of which one's key begins with the other's."""
    known = list(others)
    for one in ones:
        for other in known:
            if one.key[: len(other.key)] == other.key:
                yield one, other


def _both(one: Span, other: Span) -> Span:
    """The time that is in both; empty where `until` is not after `since`."""
    ends = [until for until in (one.until, other.until) if until is not None]
    return Span(max(one.since, other.since), min(ends, default=None))


def _closed(facts: Iterable[ReachFact]) -> datetime | None:
    return next((fact.at for fact in facts if fact.what == What.CLOSED), None)


def _cut(spans: Iterable[Span], closed: datetime | None) -> list[Span]:
    whole = Span(datetime.min.replace(tzinfo=UTC), closed)
    cut = [_both(span, whole) for span in spans]
    return [span for span in cut if span.until is None or span.since < span.until]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.since):
        before = merged[-1] if merged else None
        if before is None or (before.until is not None and before.until < span.since):
            merged.append(span)
        elif before.until is not None and (span.until is None or span.until > before.until):
            merged[-1] = Span(before.since, span.until)
    return merged


@cache
def _year(school_year: int) -> tuple[datetime, datetime]:
    return local_range(school_year_starts(school_year), school_year_ends(school_year))


def _audiences(student: UUID, since: datetime, schools: Iterable[Span]) -> list[UUID]:
    """Who may see the relation: with it the schools the student attended then or later."""
    names: set[str] = set(audiences_of("relation", student, None))
    for _, until, (school,) in schools:
        if (until is None or since < until) and isinstance(school, UUID):
            names.update(audiences_of("relation", student, school))
    return audience_ids(names)
