"""Which relations an account holds, with intervals; and who could see a student on that day.

Grants and ends change this view only (design D6). What was recorded is kept in `reach_fact`, and
the rows of the pairs of account and student that a batch concerns are computed anew from it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from domain.access import Relation
from domain.account import (
    AccountClosed,
    AccountRegistered,
    HomeroomActivated,
    HomeroomCleared,
    Role,
)
from domain.calendar import local_range
from domain.capacity import Capacity
from domain.case_manager import CaseManagerAppointed, CaseManagerAppointmentEnded
from domain.course_goal import COURSE_GOAL
from domain.course_share import CourseGoalShared, CourseGoalShareEnded
from domain.dispatch import DispatchEnded, StudentDispatched
from domain.dispute_events import ReviewerAppointed, ReviewerEnded
from domain.event import Event
from domain.student import StudentClassChanged, StudentRegistered, StudentTransferred
from domain.student_account import StudentAccountEnded, StudentAccountLinked
from domain.teaching_assignment import TeachingAssigned, TeachingAssignmentEnded
from ledger.database import Connection
from projections.reach_rows import (
    SHARE,
    ReachFact,
    Row,
    What,
    of_account,
    of_student,
    rows_of_account,
    rows_of_pair,
)
from projections.schools import Schools
from projections.view import Fact, Revision, SqlView
from projections.writing import columns, copy_rows

Pair = tuple[UUID, UUID]

#: What a role alone gives; a teacher's capacities follow from relations.
_CAPACITIES = {
    Role.SCHOOL_ADMINISTRATOR: Capacity.SCHOOL_ADMINISTRATOR,
    Role.AUTHORITY_ADMINISTRATOR: Capacity.AUTHORITY_ADMINISTRATOR,
    Role.ORGANISER: Capacity.ORGANISER,
    Role.COUNCIL_MEMBER: Capacity.COUNCIL,
}

_FACT_COLUMNS = columns(
    "position int8, at timestamptz, what text, account uuid, student uuid, organisation uuid,"
    " class_name text, kind text, school_year int2, course uuid, teachers uuid[],"
    " dispute uuid, sections text[], ends timestamptz"
)
_ROW_COLUMNS = columns(
    "account uuid, capacity text, target uuid, since timestamptz, until timestamptz,"
    " source_kind text, course uuid, dispute uuid, sections text[], audiences binary"
)

# The accounts and students of `unnest` are looked up one by one in an index, whatever the planner
# knows of a table that was made a moment ago: OFFSET 0 keeps it from reading the whole table.
_CONCERNED = b"""
SELECT f.account, f.student FROM unnest(%(accounts)b::uuid[]) a, LATERAL (
    SELECT account, student FROM reach_fact
    WHERE account = a AND student IS NOT NULL OFFSET 0) f
UNION
SELECT f.account, f.student FROM unnest(%(students)b::uuid[]) s, LATERAL (
    SELECT account, student FROM reach_fact
    WHERE student = s AND account IS NOT NULL OFFSET 0) f
UNION
SELECT h.account, m.student FROM unnest(%(accounts)b::uuid[]) a, LATERAL (
    SELECT account, organisation, class_name FROM reach_fact
    WHERE account = a AND student IS NULL OFFSET 0) h, LATERAL (
    SELECT student FROM reach_fact WHERE organisation = h.organisation
        AND class_name = h.class_name AND student IS NOT NULL OFFSET 0) m
UNION
SELECT h.account, m.student FROM unnest(%(students)b::uuid[]) s, LATERAL (
    SELECT student, organisation, class_name FROM reach_fact
    WHERE student = s AND account IS NULL OFFSET 0) m, LATERAL (
    SELECT account FROM reach_fact WHERE organisation = m.organisation
        AND class_name = m.class_name AND account IS NOT NULL OFFSET 0) h
"""

_FACTS = b"""
SELECT f.* FROM unnest(%(accounts)b::uuid[]) a, LATERAL (
    SELECT * FROM reach_fact WHERE account = a AND student IS NULL OFFSET 0) f
UNION ALL
SELECT f.* FROM unnest(%(students)b::uuid[]) s, LATERAL (
    SELECT * FROM reach_fact WHERE student = s AND account IS NULL OFFSET 0) f
UNION ALL
SELECT f.* FROM unnest(%(pair_accounts)b::uuid[], %(pair_students)b::uuid[]) p(account, student),
    LATERAL (SELECT * FROM reach_fact
             WHERE account = p.account AND student = p.student OFFSET 0) f
ORDER BY position
"""

_FORGET = b"""
DELETE FROM reach WHERE ctid IN (
    SELECT r.ctid FROM unnest(%(pair_accounts)b::uuid[], %(pair_students)b::uuid[])
        p(account, student), LATERAL (
        SELECT ctid FROM reach WHERE account = p.account AND target = p.student
            AND source_kind <> 'role' OFFSET 0) r
    UNION ALL
    SELECT r.ctid FROM unnest(%(accounts)b::uuid[]) a, LATERAL (
        SELECT ctid FROM reach WHERE account = a AND source_kind = 'role' OFFSET 0) r)
"""


class ReachView(SqlView):
    """The view `reach`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="reach",
            version=3,
            tables=("reach", "reach_fact", "reach_school"),
            revisions={
                2: Revision("課程目標的授課教師與分享對象列入服務關係", ("reach", "reach_fact")),
                3: Revision("爭議案件的審議人員列入服務關係", ("reach", "reach_fact")),
            },
        )
        self._schools = Schools("reach_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if fact.event_class in _READ]
        if not mine:
            return
        of_students = [fact for fact in mine if fact.event_class in _CLASS_EVENTS]
        school_of = self._schools.apply_and_get(connection, of_students) if of_students else None
        new = []
        for fact in mine:
            read = _READ[fact.event_class](fact)
            if read is not None:
                if school_of is not None and fact.event_class in _CLASS_EVENTS:
                    read = read._replace(organisation=school_of(fact))
                new.append(read)
        if not new:
            return
        copy_rows(connection, "reach_fact", _FACT_COLUMNS, new)
        pairs, accounts = _concerned(connection, new)
        if pairs or accounts:
            _compute(connection, pairs, accounts)


def _concerned(connection: Connection, new: Sequence[ReachFact]) -> tuple[list[Pair], list[UUID]]:
    """The pairs of account and student, and the accounts, that new facts say something about."""
    pairs = {(fact.account, fact.student) for fact in new if fact.account and fact.student}
    accounts = {fact.account for fact in new if fact.account and not fact.student}
    students = {fact.student for fact in new if fact.student and not fact.account}
    if accounts or students:
        rows = connection.execute(
            _CONCERNED, {"accounts": list(accounts), "students": list(students)}, binary=True
        )
        pairs.update(rows.fetchall())
    with_roles = (What.ROLES, What.CLOSED)
    return list(pairs), list({f.account for f in new if f.account and f.what in with_roles})


def _compute(connection: Connection, pairs: Sequence[Pair], accounts: Sequence[UUID]) -> None:
    """Writes the rows of these pairs, and those that follow from these accounts' roles."""
    about: defaultdict[UUID | Pair | None, list[ReachFact]] = defaultdict(list)
    named = {
        "accounts": list({account for account, _ in pairs} | {*accounts}),
        "students": list({student for _, student in pairs}),
        "pair_accounts": [account for account, _ in pairs],
        "pair_students": [student for _, student in pairs],
    }
    for row in connection.execute(_FACTS, named, binary=True):
        fact = ReachFact(*row)
        account, student = fact.account, fact.student
        about[(account, student) if account and student else account or student].append(fact)
    known_accounts = {account: of_account(about[account]) for account in named["accounts"]}
    known_students = {student: of_student(student, about[student]) for student in named["students"]}
    rows: list[Row] = []
    for account in accounts:
        rows += rows_of_account(account, known_accounts[account])
    for account, student in pairs:
        known = known_accounts[account], known_students[student]
        rows += rows_of_pair(account, student, *known, about[account, student])
    connection.execute(_FORGET, named | {"accounts": list(accounts)})
    if rows:
        copy_rows(connection, "reach", _ROW_COLUMNS, rows)


# -- from events to facts


def _fact(fact: Fact, what: str, *, kind: str | None = None) -> ReachFact:
    """The fields that the class of the event has. Raises `KeyError` where one is not given."""
    said, fields = fact.fields, _fields(fact.event_class)
    return ReachFact(
        fact.position,
        fact.recorded_at,
        what,
        account=UUID(said["account_id"]) if "account_id" in fields else None,
        student=fact.student,
        organisation=UUID(said["organisation_id"]) if "organisation_id" in fields else None,
        class_name=said["class_name"] if "class_name" in fields else None,
        kind=said["kind"] if "kind" in fields else kind,
        school_year=said["school_year"] if "school_year" in fields else None,
    )


@cache
def _fields(event_class: type[Event]) -> frozenset[str]:
    return frozenset(event_class.model_fields)


def _registered(fact: Fact) -> ReachFact | None:
    held = [_CAPACITIES[role] for role in map(Role, fact.fields["roles"]) if role in _CAPACITIES]
    return _fact(fact, What.ROLES, kind=" ".join(held)) if held else None


def _homeroom(fact: Fact) -> ReachFact:
    gifted = Capacity.GIFTED_HOMEROOM if fact.fields["gifted"] else Capacity.HOMEROOM
    return _fact(fact, What.HOMEROOM, kind=gifted)


def _class_changed(fact: Fact) -> ReachFact | None:
    return _fact(fact, What.CLASS) if "class_name" in fact.fields else None


def _course(fact: Fact) -> ReachFact | None:
    if "teachers" not in fact.fields:
        return None
    teachers = [UUID(one) for one in fact.fields["teachers"]]
    return _of_course(fact, What.COURSE)._replace(teachers=teachers)


def _course_ended(fact: Fact) -> ReachFact:
    return _of_course(fact, What.COURSE_ENDED)


def _shared(fact: Fact) -> ReachFact:
    school = fact.fields.get("organisation_id")
    read = _of_course(fact, What.SHARED)
    return read._replace(organisation=None if school is None else UUID(school))


def _of_course(fact: Fact, what: str) -> ReachFact:
    """The stream is the course's; an account is named by the events of shares."""
    account = fact.fields.get("account_id")
    return ReachFact(
        fact.position,
        fact.recorded_at,
        what,
        account=None if account is None else UUID(account),
        student=fact.student,
        course=fact.stream_id,
    )


def _reviewer(fact: Fact) -> ReachFact:
    """The stream is the dispute's. The last day is one in Taipei, to its end."""
    until = date.fromisoformat(fact.fields["until"])
    read = _of_dispute(fact, What.REVIEWER)
    return read._replace(sections=[*fact.fields["sections"]], ends=local_range(until, until)[1])


def _of_dispute(fact: Fact, what: str) -> ReachFact:
    return ReachFact(
        fact.position,
        fact.recorded_at,
        what,
        account=UUID(fact.fields["account_id"]),
        student=fact.student,
        dispute=fact.stream_id,
    )


def _as(what: str) -> Callable[[Fact], ReachFact]:
    return lambda fact: _fact(fact, what)


_SAYS_TEACHERS = ("recorded", "corrected")

_READ: dict[type[Event], Callable[[Fact], ReachFact | None]] = {
    AccountRegistered: _registered,
    AccountClosed: _as(What.CLOSED),
    CaseManagerAppointed: _as(What.APPOINTED),
    CaseManagerAppointmentEnded: _as(What.APPOINTMENT_ENDED),
    HomeroomActivated: _homeroom,
    HomeroomCleared: _as(What.HOMEROOM_CLEARED),
    StudentRegistered: _as(What.CLASS),
    StudentClassChanged: _class_changed,
    StudentTransferred: _as(What.TRANSFERRED),
    StudentDispatched: _as(What.DISPATCHED),
    DispatchEnded: _as(What.DISPATCH_ENDED),
    TeachingAssigned: _as(What.ASSIGNED),
    TeachingAssignmentEnded: _as(What.ASSIGNMENTS_ENDED),
    StudentAccountLinked: _as(What.LINKED),
    StudentAccountEnded: _as(What.UNLINKED),
    CourseGoalShared: _shared,
    CourseGoalShareEnded: lambda fact: _of_course(fact, What.SHARE_ENDED),
    ReviewerAppointed: _reviewer,
    ReviewerEnded: lambda fact: _of_dispute(fact, What.REVIEWER_ENDED),
    **{event: _course for event in COURSE_GOAL.events() if event.HAPPENING in _SAYS_TEACHERS},
    **{event: _course_ended for event in COURSE_GOAL.events() if event.HAPPENING == "withdrawn"},
}
_CLASS_EVENTS = (StudentRegistered, StudentClassChanged, StudentTransferred)


# -- reading


class Related(NamedTuple):
    """A relation and what gave it: `role`, `homeroom`, `teaching`, `own` (the student's account)
    `course`, `share`, `review` or a kind of case manager."""

    relation: Relation
    source_kind: str


_SELECT = (
    b"SELECT account, capacity, target, since, until, source_kind, course, dispute, sections"
    b" FROM reach WHERE "
)


def relations_of(connection: Connection, account: UUID) -> list[Relation]:
    """Every relation that the account holds, has held or will hold; those to courses too."""
    rows = connection.execute(_SELECT + b"account = %s", (account,), binary=True)
    return [related.relation for related in _related(rows)]


def related_to(connection: Connection, student: UUID, at: datetime | None = None) -> list[Related]:
    """The relations to a student, those of one instant or all, the oldest first."""
    rows = connection.execute(
        _SELECT + b"target = %(student)s AND course IS NULL AND (%(at)s::timestamptz IS NULL"
        b" OR since <= %(at)s AND (until IS NULL OR until > %(at)s)) ORDER BY since, account",
        {"student": student, "at": at},
        binary=True,
    )
    return _related(rows)


def targets_of(connection: Connection, capacity: Capacity, at: datetime) -> frozenset[UUID]:
    """Those to whom somebody stands in this capacity at an instant, courses aside."""
    rows = connection.execute(
        b"SELECT DISTINCT target FROM reach WHERE capacity = %(capacity)s AND course IS NULL"
        b" AND since <= %(at)s AND (until IS NULL OR until > %(at)s)",
        {"capacity": str(capacity), "at": at},
        binary=True,
    )
    return frozenset(target for (target,) in rows)


def _related(rows: Iterable[tuple[Any, ...]]) -> list[Related]:
    return [
        Related(
            Relation(
                account_id=account,
                capacity=Capacity(capacity),
                target=target,
                since=since,
                until=until,
                course=course,
                shared=source == SHARE,
                dispute=dispute,
                sections=tuple(sections or ()),
            ),
            source,
        )
        for account, capacity, target, since, until, source, course, dispute, sections in rows
    ]
