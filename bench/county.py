"""A county's books filled at once: schools, accounts, students, their relations, their changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from bench.deciding import filled
from bench.workload import Change, Student, Workload
from domain import account, case_manager, dispatch, organisation, plan, student
from domain import teaching_assignment as teaching
from domain.capacity import Capacity
from domain.event import Event
from domain.ledger_life import SYSTEM
from domain.reading import RecordRead
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.recorder import BookRecorder

#: Students whose records are kept in the same weeks.
_COHORT = 100
_SPACE = UUID("6f0b7a0e-3c1d-4e2a-9b57-0d3f1c2a4b5e")


def fill(ledger: Ledger, workload: Workload, changes: int, reads: int = 0) -> list[Stored]:
    """Records a county with so many changes; returns the events in the order of their making.

    Students come in cohorts, so that each stretch of the book is like every other.
    """
    made: list[Stored] = []
    workload.make_keys(ledger)
    _write(ledger, [ledger.mapper.to_stored_event(event) for event in _offices(workload)], made)
    cohorts = range(0, len(workload.everybody), _COHORT)
    mix = _Cohorts(workload)
    for begin in cohorts:
        cohort = workload.everybody[begin : begin + _COHORT]
        events = [ledger.mapper.to_stored_event(event) for one in cohort for event in _arrival(one)]
        decided = filled(
            ledger.mapper, iter(cohort), mix.changes(begin, len(cohort), changes // len(cohorts))
        )
        events += [stored for _, stored in decided]
        read = reads // len(cohorts)
        events += [ledger.mapper.to_stored_event(_read(cohort, number)) for number in range(read)]
        _write(ledger, events, made)
    return made


def record(ledger: Ledger, events: Iterable[Stored]) -> None:
    """Appends ready events, each to its book; within a book their order stays."""
    by_book: defaultdict[tuple[str, UUID | None], list[Stored]] = defaultdict(list)
    for event in events:
        by_book[event.book, event.owner].append(event)
    for (book, _), batch in by_book.items():
        BookRecorder(ledger.pool, book).insert_events(batch)


def _write(ledger: Ledger, events: list[Stored], made: list[Stored]) -> None:
    record(ledger, events)
    made += events


class _Cohorts:
    """The workload's mix over the students of one cohort at a time."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def changes(self, begin: int, size: int, count: int) -> Iterator[Change]:
        everybody = self._workload.everybody
        self._workload.mine = everybody[begin : begin + size]
        for _, change in zip(range(count), self._workload.changes(), strict=False):
            yield change
        self._workload.mine = everybody


def _offices(workload: Workload) -> Iterator[Event]:
    schools = sorted({one.school for one in workload.everybody})
    for number, school in enumerate(schools):
        yield _event(
            organisation.OrganisationRegistered,
            school,
            organisation_id=school,
            code=f"school-{number}",
            name=f"示範國小{number}",
            kind=organisation.Kind.SCHOOL,
            county="高雄市",
            stage=organisation.Stage.ELEMENTARY,
            parent_id=None,
            district=None,
        )
    for number, teacher in enumerate(workload.teachers):
        yield _event(
            account.AccountRegistered,
            teacher,
            account_id=teacher,
            username=f"teacher-{number}",
            name="王小明",
            organisation_id=schools[number % len(schools)],
            roles=("teacher",),
            duties=("教學",),
            teaching_category="資優教育",
            subjects=("數學",),
        )
        kind = case_manager.Kind.RESOURCE_CLASS
        yield _event(
            case_manager.CaseManagerAppointed,
            case_manager.appointment_id(teacher, kind),
            account_id=teacher,
            kind=kind,
        )


def _arrival(one: Student) -> Iterator[Event]:
    yield _event(
        student.StudentRegistered,
        one.student,
        student_id=one.student,
        national_id="A123456789",
        name="林小安",
        sex=student.Sex.FEMALE,
        birth_date=date(2015, 5, 1),
        organisation_id=one.school,
        stage=organisation.Stage.ELEMENTARY,
        grade=5,
        class_name="五年一班",
    )
    yield _event(
        plan.PlanOpened, plan.plan_id(one.student), student_id=one.student, school_year=113
    )
    yield _event(
        dispatch.StudentDispatched,
        dispatch.dispatch_id(one.student, one.teacher),
        student_id=one.student,
        account_id=one.teacher,
        kind=case_manager.Kind.RESOURCE_CLASS,
    )
    yield _event(
        teaching.TeachingAssigned,
        teaching.teaching_id(one.student, one.teacher),
        student_id=one.student,
        account_id=one.teacher,
        subject="數學",
        school_year=113,
    )


def _read(cohort: Iterable[Student], number: int) -> Event:
    one = list(cohort)[number % _COHORT]
    return RecordRead(
        originator_id=uuid5(_SPACE, f"{one.number} {number}"),
        originator_version=1,
        by=one.teacher,
        capacity=Capacity.CASE_MANAGER,
        what="students/plan",
        subjects=(one.student,),
    )


def _event(event_class: type[Event], stream: UUID, **fields: Any) -> Event:
    return event_class(
        originator_id=stream,
        originator_version=1,
        by=SYSTEM,
        capacity=Capacity.SYSTEM,
        **fields,
    )
