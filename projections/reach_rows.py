"""From what was recorded to the relations that held, from when to when. Pure.

A relation is an intersection: a case manager's is dispatch and appointment of the same kind, a
homeroom teacher's is the class led and the class attended, a subject teacher's is the assignment
and its school year, a student's own account the link. Closing the account ends all. A transfer
ends what the old school gave: its case managers' dispatches, its assignments, its class, its
shares; an itinerant teacher and the student's own account stay.

A course goal has relations of its own: of its teachers, while they teach the student anything, and
of those to whom it was opened, until it is withdrawn. Nobody but the account sees these.

A reviewer's is the appointment for a dispute, to the end of its last day or its own end; that it
exists is seen by those of the dispute and the authority.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from domain.access import audiences_of
from domain.calendar import local_range, school_year_ends, school_year_starts
from domain.capacity import Capacity
from domain.case_manager import Kind
from projections.spans import Span, both, earlier, merged
from projections.view import audience_ids
from projections.writing import uuid_array

# Plain text, which is quicker to look up and to write than a member of an enumeration.
_CM, _ST = Capacity.CASE_MANAGER.value, Capacity.SUBJECT_TEACHER.value
_SU, _RV = Capacity.STUDENT.value, Capacity.REVIEWER.value
_RESOURCE_CLASS, _ITINERANT = Kind.RESOURCE_CLASS.value, Kind.ITINERANT.value

#: The source of a relation to a course that was opened by name.
SHARE = "share"
#: The source of a reviewer's relation.
REVIEW = "review"


class What:
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
    LINKED = "linked"  # account, student
    UNLINKED = "unlinked"  # account, student
    COURSE = "course"  # student, course, teachers: all of them from now on
    COURSE_ENDED = "course-ended"  # student, course
    SHARED = "shared"  # account, student, course, organisation: none of an itinerant teacher
    SHARE_ENDED = "share-ended"  # account, student, course
    REVIEWER = "reviewer"  # account, student, dispute, sections, ends: when it does of itself
    REVIEWER_ENDED = "reviewer-ended"  # account, student, dispute


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
    course: UUID | None = None
    teachers: list[UUID] | None = None
    dispute: UUID | None = None
    sections: list[str] | None = None
    ends: datetime | None = None


class Row(NamedTuple):
    """A row of `reach`, in the order of its columns."""

    account: UUID
    capacity: str
    target: UUID | None
    since: datetime
    until: datetime | None
    source_kind: str
    course: UUID | None
    dispute: UUID | None
    sections: list[str] | None
    #: An array of ids in binary form.
    audiences: bytes


class OfAccount(NamedTuple):
    """What is known of an account alone, each in spans with the key that is named."""

    roles: list[tuple[str, UUID | None, datetime]]  # capacity, target, since
    appointments: list[Span]  # kind
    homerooms: list[tuple[Span, str]]  # (organisation, class), and the capacity
    closed: datetime | None


class OfStudent(NamedTuple):
    """What is known of a student alone."""

    classes: list[Span]  # (organisation, class)
    moves: list[ReachFact]  # the facts of transfers
    #: Who may see a relation that began before an instant and after the one before it.
    seen_by: list[tuple[datetime | None, bytes]]
    taught: list[tuple[Span, frozenset[UUID]]]  # course, and its teachers
    ended: dict[UUID, datetime]  # courses that were withdrawn, since when


def of_account(facts: Iterable[ReachFact]) -> OfAccount:
    """From the facts that name the account and no student, in the order of their positions."""
    known = OfAccount([], [], [], None)
    appointed: dict[str | None, datetime] = {}
    led: ReachFact | None = None
    for fact in facts:
        match fact.what:
            case What.ROLES:
                for capacity in (fact.kind or "").split():
                    of_school = capacity == Capacity.SCHOOL_ADMINISTRATOR
                    target = fact.organisation if of_school else None
                    known.roles.append((capacity, target, fact.at))
            case What.APPOINTED:
                appointed.setdefault(fact.kind, fact.at)
            case What.APPOINTMENT_ENDED if fact.kind in appointed:
                known.appointments.append(Span(appointed.pop(fact.kind), fact.at, fact.kind))
            case What.HOMEROOM | What.HOMEROOM_CLEARED:
                # A teacher leads one class at a time.
                if led is not None:
                    known.homerooms.append(_homeroom(led, fact.at))
                led = fact if fact.what == What.HOMEROOM else None
            case What.CLOSED:
                known = known._replace(closed=fact.at)
    known.appointments.extend(Span(since, None, kind) for kind, since in appointed.items())
    if led is not None:
        known.homerooms.append(_homeroom(led, None))
    return known


def _homeroom(led: ReachFact, until: datetime | None) -> tuple[Span, str]:
    return Span(led.at, until, (led.organisation, led.class_name)), str(led.kind)


def of_student(student: UUID, facts: Sequence[ReachFact]) -> OfStudent:
    """From the facts that name the student and no account, in the order of their positions."""
    courses = [fact for fact in facts if fact.course is not None]
    facts = [fact for fact in facts if fact.course is None]
    moves = [fact for fact in facts if fact.what == What.TRANSFERRED]
    ended = {
        fact.course: fact.at
        for fact in courses
        if fact.course is not None and fact.what == What.COURSE_ENDED
    }
    known = OfStudent([], moves, [], list(_taught(courses)), ended)
    ends = [*(fact.at for fact in facts[1:]), None]
    for fact, until in zip(facts, ends, strict=True):
        if fact.class_name is not None:
            known.classes.append(Span(fact.at, until, (fact.organisation, fact.class_name)))
    # With a relation goes the file: the school of its time sees it, and every later school.
    names = set(audiences_of("relation", student, None))
    known.seen_by.append((None, uuid_array(audience_ids(names))))
    school = None
    for fact, until in zip(reversed(facts), reversed(ends), strict=True):
        if fact.organisation != school:
            school = fact.organisation
            names.update(audiences_of("relation", student, school))
            known.seen_by.append((until, uuid_array(audience_ids(names))))
    known.seen_by.reverse()
    return known


def _taught(facts: Iterable[ReachFact]) -> Iterator[tuple[Span, frozenset[UUID]]]:
    """The teachers of each course, from one change of them to the next."""
    now: dict[UUID | None, ReachFact] = {}
    for fact in facts:
        if fact.what == What.COURSE:
            before = now.get(fact.course)
            if before is not None:
                yield Span(before.at, fact.at, fact.course), frozenset(before.teachers or ())
            now[fact.course] = fact
    for fact in now.values():
        yield Span(fact.at, None, fact.course), frozenset(fact.teachers or ())


_NOBODY_ELSE = uuid_array(())


def rows_of_account(account: UUID, known: OfAccount) -> list[Row]:
    """The relations that follow from the account's roles."""
    return [
        Row(account, capacity, target, since, known.closed, "role", None, None, None, _NOBODY_ELSE)
        for capacity, target, since in known.roles
    ]


def rows_of_pair(
    account: UUID,
    student: UUID,
    of_account: OfAccount,
    of_student: OfStudent,
    of_both: Sequence[ReachFact],
) -> list[Row]:
    """The relations of an account to a student.

    `of_both` are the facts that name both, in the order of their positions.
    """
    found: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
    others: list[Row] = []
    if of_both:
        given = sorted([*of_both, *of_student.moves]) if of_student.moves else of_both
        for one in _dispatches(given):
            for other in of_account.appointments:
                if one.key == other.key:
                    found[_CM, str(one.key)].append(both(one, other))
        found[_ST, "teaching"].extend(_teaching(given))
        found[_SU, "own"].extend(_links(of_both))
        others = _of_courses(account, student, given, of_account, of_student, found)
        others += _reviews(account, student, of_both, of_account.closed)
    for one, capacity in of_account.homerooms:
        for other in of_student.classes:
            if one.key == other.key:
                found[capacity, "homeroom"].append(both(one, other))
    relations = [
        Row(
            account,
            capacity,
            student,
            since,
            until,
            source,
            None,
            None,
            None,
            _seen_by(of_student, since),
        )
        for (capacity, source), spans in found.items()
        for since, until, _ in merged(spans, of_account.closed)
    ]
    return relations + others


def _of_courses(
    account: UUID,
    student: UUID,
    given: Iterable[ReachFact],
    of_account: OfAccount,
    of_student: OfStudent,
    found: Mapping[tuple[str, str], Sequence[Span]],
) -> list[Row]:
    """The relations to courses; `found` are those to the student."""
    of_course: defaultdict[tuple[Hashable, str], list[Span]] = defaultdict(list)
    for one, teachers in of_student.taught:
        if account in teachers:
            teaching = found[_ST, "teaching"]
            of_course[one.key, "course"].extend(both(one, other) for other in teaching)
    for one, of_school in _shares(given, of_student.ended):
        spans = of_course[one.key, SHARE]
        if of_school:
            spans.append(one)
        else:
            visits = found.get((_CM, _ITINERANT), ())
            spans.extend(both(one, other) for other in visits)
    return [
        Row(account, _ST, student, since, until, source, course, None, None, _NOBODY_ELSE)
        for (course, source), spans in of_course.items()
        if isinstance(course, UUID)
        for since, until, _ in merged(spans, of_account.closed)
    ]


def _reviews(
    account: UUID, student: UUID, facts: Iterable[ReachFact], closed: datetime | None
) -> list[Row]:
    """One relation for each appointment, with the sections that it names."""
    found: list[Row] = []
    live: dict[UUID | None, ReachFact] = {}

    def end(fact: ReachFact, at: datetime | None) -> None:
        until = earlier(earlier(fact.ends, at), closed)
        if fact.dispute is None or (until is not None and until <= fact.at):
            return
        names = audiences_of("dispute", student, None, fact.dispute)
        found.append(
            Row(
                account,
                _RV,
                student,
                fact.at,
                until,
                REVIEW,
                None,
                fact.dispute,
                fact.sections,
                uuid_array(audience_ids(names)),
            )
        )

    for fact in facts:
        if fact.what in (What.REVIEWER, What.REVIEWER_ENDED) and fact.dispute in live:
            end(live.pop(fact.dispute), fact.at)
        if fact.what == What.REVIEWER:
            live[fact.dispute] = fact
    for fact in live.values():
        end(fact, None)
    return found


def _dispatches(facts: Iterable[ReachFact]) -> Iterator[Span]:
    """Keyed by kind."""
    since: dict[str | None, datetime] = {}
    for fact in facts:
        match fact.what:
            case What.DISPATCHED:
                since.setdefault(fact.kind, fact.at)
            case What.DISPATCH_ENDED if fact.kind in since:
                yield Span(since.pop(fact.kind), fact.at, fact.kind)
            case What.TRANSFERRED if _RESOURCE_CLASS in since:
                yield Span(since.pop(_RESOURCE_CLASS), fact.at, _RESOURCE_CLASS)
    for kind, start in since.items():
        yield Span(start, None, kind)


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


def _shares(
    facts: Iterable[ReachFact], ended: Mapping[UUID, datetime]
) -> Iterator[tuple[Span, bool]]:
    """Keyed by course; and whether it is one of teachers of the student's school."""
    live: dict[UUID | None, ReachFact] = {}
    for fact in facts:
        match fact.what:
            case What.SHARED:
                live.setdefault(fact.course, fact)
            case What.SHARE_ENDED if fact.course in live:
                yield _share(live.pop(fact.course), fact.at)
            case What.TRANSFERRED:
                for course in [one for one, of in live.items() if of.organisation is not None]:
                    yield _share(live.pop(course), fact.at)
    for course, fact in live.items():
        yield _share(fact, ended.get(course) if course is not None else None)


def _share(fact: ReachFact, until: datetime | None) -> tuple[Span, bool]:
    return Span(fact.at, until, fact.course), fact.organisation is not None


def _links(facts: Iterable[ReachFact]) -> Iterator[Span]:
    since: datetime | None = None
    for fact in facts:
        if fact.what == What.LINKED:
            since = since or fact.at
        elif fact.what == What.UNLINKED and since is not None:
            yield Span(since, fact.at)
            since = None
    if since is not None:
        yield Span(since, None)


@cache
def _year(school_year: int) -> tuple[datetime, datetime]:
    return local_range(school_year_starts(school_year), school_year_ends(school_year))


def _seen_by(known: OfStudent, since: datetime) -> bytes:
    return next(ids for until, ids in known.seen_by if until is None or since < until)
