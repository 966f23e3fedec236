"""A school year begins for 2,000 students in one transaction, against one save for each.

Both sides save events that are ready: ours all students in one append, with the second look at what
the decisions stood on, the library student by student as it comes. What the whole deed takes up to
its commit (search, states, decisions, encryption, append) stands in the figures.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

from eventsourcing.persistence import StoredEvent

from api.acting import Asked
from api.house import House
from api.school_year_batch import OpenForAll, open_all
from bench import library
from bench.county import fill, record
from bench.house import housed, viewer_of
from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place, Reached, opened, runner
from bench.result import Result
from bench.workload import STUDENTS, Workload
from domain import case_manager, dispatch
from domain.basic_family import BASIC_FAMILY
from domain.calendar import TAIPEI
from domain.capacity import Capacity
from domain.event import Event
from domain.ledger_life import SYSTEM
from domain.school_year import year_record_id
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.recorder import BookRecorder
from ledger.standing import unmoved

#: The year of the plans; the rounds of the deed open later ones, those of the append from 1.
_YEAR = 113
_SPACE = UUID("3b0c9d52-7d1e-4f0a-8f4e-9a1f5f7f2c11")
#: Of a student's year: the opening, and two members of the family that are taken over.
_EVENTS = 3


def run(place: Place, scale: Scale) -> list[Result]:
    students = scale.events(STUDENTS)
    with (
        place.ledger("new_year") as reached,
        place.plain("new_year_library") as peer,
        _county(reached, students) as workload,
        housed(reached) as house,
        opened(reached) as ledger,
        runner(ledger) as building,
    ):
        # What is measured is the save; the views follow, and their benchmark is another.
        house.waiting.passed = lambda *_, **__: True  # type: ignore[method-assign]
        factory = library.factory(peer)
        theirs = library.recorder(factory)
        recorder = BookRecorder(ledger.pool, "records")
        ready = _ready(ledger, workload)
        rounds = count(1)

        def ours() -> float:
            events = _of_year(ledger, workload, next(rounds))
            stands = unmoved({one.student: 1 for one in workload.everybody})
            return students / timed(lambda: recorder.insert_events(events, after=stands))

        def saved() -> float:
            streams = [uuid4() for _ in range(students)]

            def save() -> None:
                for stream in streams:
                    theirs.insert_events(
                        [
                            StoredEvent(stream, version, topic, body)
                            for version, (topic, body) in enumerate(ready, start=1)
                        ]
                    )

            return students / timed(save)

        def deed() -> float:
            building.catch_up()
            year = _YEAR + next(rounds)
            return timed(lambda: _open(house, workload, year, students))

        try:
            found = in_turns({"ours": ours, "library": saved, "deed": deed}, scale.rounds)
        finally:
            factory.close()
    against = ratio(found["ours"], found["library"])
    whole = [students / seconds for seconds in found["deed"]]
    return [
        Result(
            name="new-year",
            what=f"新增年度資料，{students:,} 位學生一次",
            against="函式庫預設的記錄器，每位學生儲存一次",
            ratio=against.median,
            bar=10.0,
            figures={
                "rounds": str(against),
                "students": students,
                "events": students * _EVENTS,
                "ours_students_per_second": median(found["ours"]),
                "library_students_per_second": median(found["library"]),
                "whole_deed_seconds": median(found["deed"]),
                "whole_deed_students_per_second": median(whole),
                "whole_deed_to_library": ratio(whole, found["library"]).median,
            },
        )
    ]


def _of_year(ledger: Ledger, workload: Workload, year: int) -> list[Stored]:
    """Ready events of a year that nobody opened."""
    return [
        ledger.mapper.to_stored_event(event)
        for one in workload.everybody
        for event in _first_year(one.student, year)
    ]


def _open(house: House, workload: Workload, year: int, students: int) -> None:
    # On its first day of school: only the current year and the one before are opened.
    today = datetime(year + 1911, 9, 1, 8, tzinfo=TAIPEI)
    viewer = replace(viewer_of(house, workload.teachers[0]), now=today)
    done, tally = open_all(house, viewer, Asked(body=OpenForAll(school_year=year)))
    if len(tally.opened) != students or done.recorded is None:
        raise AssertionError(f"{len(tally.opened)} of {students} students got the year")


@contextmanager
def _county(reached: Reached, students: int) -> Iterator[Workload]:
    """A county whose students are all one teacher's, each with a plan and two family members."""
    workload = Workload(students=students)
    teacher = workload.teachers[0]
    with opened(reached) as ledger, runner(ledger) as building:
        fill(ledger, workload, 0)
        kind = case_manager.Kind.RESOURCE_CLASS
        _write(
            ledger,
            [
                _event(
                    dispatch.StudentDispatched,
                    dispatch.dispatch_id(one.student, teacher),
                    student_id=one.student,
                    account_id=teacher,
                    kind=kind,
                )
                for one in workload.everybody
                if one.teacher != teacher
            ],
        )
        _write(
            ledger,
            [event for one in workload.everybody for event in _first_year(one.student)],
        )
        building.catch_up()
    yield workload


def _first_year(student: UUID, year: int = _YEAR) -> Iterator[Event]:
    assert BASIC_FAMILY.opened is not None
    stream = year_record_id(student, year)
    header = {"student_id": student, "school_year": year, "education_stage": "elementary"}
    yield _event(
        BASIC_FAMILY.opened,
        stream,
        student_name="林小安",
        school_name="示範國小",
        grade=5,
        phone="0912345678",
        field_sources={"student_name": "directory"},
        **header,
    )
    (family,) = BASIC_FAMILY.groups
    for version, (kinship, name) in enumerate((("父", "林大安"), ("母", "陳美玉")), start=2):
        row = {"row_id": uuid5(_SPACE, f"{student} {kinship}"), "kinship": kinship, "name": name}
        yield _event(family.added, stream, version, **header, **row)


def _ready(ledger: Ledger, workload: Workload) -> Sequence[tuple[str, bytes]]:
    """What the library saves for a student: the topics and bodies of three such events."""
    one = workload.everybody[0].student
    stored = [ledger.mapper.to_stored_event(event) for event in _first_year(one)]
    return [(event.topic, event.state) for event in stored]


def _write(ledger: Ledger, events: Sequence[Event]) -> None:
    record(ledger, [ledger.mapper.to_stored_event(event) for event in events])


def _event(event_class: type[Event], stream: UUID, version: int = 1, **fields: Any) -> Event:
    return event_class(
        originator_id=stream,
        originator_version=version,
        by=SYSTEM,
        capacity=Capacity.SYSTEM,
        **fields,
    )
