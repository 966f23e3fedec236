"""The changes of the workload as the domain decides them: command in, event out."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from bench.workload import FIRST, Change, Edit, NewNote, NoteEdit, Student
from domain import counselling_note as notes
from domain import placement as placements
from domain import placement_request as requests
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.placement import Category
from ledger.ledger import Evolve, Ledger
from ledger.mapper import LedgerMapper, Stored

TODAY = date(2026, 12, 31)


def placement_of(one: Student) -> Event:
    """The placement is recorded."""
    return placements.record(
        None,
        placements.RecordPlacement(
            placement_id=one.placement,
            student_id=one.student,
            actor=_actor(one),
            **_content(FIRST),
        ),
    )


class States:
    """The states a decision needs: of a live ledger, or, while filling one, of what was decided."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger
        self._known: dict[UUID, Any] = {}

    def of(self, evolve: Evolve[Any], stream: UUID, owner: UUID | None = None) -> Any:
        if self._ledger is not None:
            return self._ledger.state(evolve, stream, owner)
        return self._known.get(stream)

    def decided(self, evolve: Evolve[Any], event: Event) -> None:
        """What was decided holds, where no book says so."""
        self._known[event.originator_id] = evolve(self._known.get(event.originator_id), event)


def decide(states: States, change: Change) -> tuple[Evolve[Any], Event]:
    """Reads the current state and decides; the event and what folds it."""
    one = change.of
    actor = _actor(one)
    event: Event | None
    if isinstance(change, Edit):
        event = placements.correct(
            states.of(placements.evolve, one.placement),
            placements.CorrectPlacement(
                actor=actor, reason=change.reason, **_content(change.values)
            ),
        )
        evolve: Evolve[Any] = placements.evolve
    elif isinstance(change, NewNote):
        evolve = notes.evolve
        event = notes.record(
            None,
            notes.RecordCounsellingNote(
                note_id=change.note,
                student_id=one.student,
                actor=actor,
                today=TODAY,
                school_year=113,
                held_on=date(2026, 2, 11),
                purpose="生涯輔導",
                participants=("學生", "家長"),
                recorder="王小明",
                content=change.content,
            ),
        )
    elif isinstance(change, NoteEdit):
        evolve = notes.evolve
        event = notes.correct(
            states.of(notes.evolve, change.note, one.teacher),
            notes.CorrectCounsellingNote(
                actor=actor,
                reason=change.reason,
                today=TODAY,
                expected_version=change.version,
                content=change.content,
            ),
        )
    else:
        evolve = requests.evolve
        event = requests.record(
            None,
            states.of(placements.evolve, one.placement),
            requests.RecordPlacementRequest(
                request_id=change.request,
                student_id=one.student,
                actor=actor,
                kind=requests.Kind.RE_PLACEMENT,
                placement_id=one.placement,
                new_placement=requests.NewPlacement(
                    area="數學",
                    category=Category.ACCELERATION,
                    target_year_grade=5,
                    placement_grade=change.grade,
                ),
                why=change.why,
                another_open=False,
            ),
        )
    if event is None:
        raise ValueError("the workload changes nothing")
    return evolve, event


def filled(
    mapper: LedgerMapper, students: Iterator[Student], changes: Iterator[Change]
) -> Iterator[tuple[Event, Stored]]:
    """Placements of students, then changes of them, decided and mapped without a book."""
    states = States()
    for one in students:
        event = placement_of(one)
        states.decided(placements.evolve, event)
        yield event, mapper.to_stored_event(event)
    for change in changes:
        evolve, event = decide(states, change)
        states.decided(evolve, event)
        yield event, mapper.to_stored_event(event)


def _actor(one: Student) -> Actor:
    return Actor(account_id=one.teacher, capacity=Capacity.CASE_MANAGER)


def _content(values: dict[str, Any]) -> dict[str, Any]:
    given = dict(values)
    if "category" in given:
        given["category"] = Category(given["category"])
    if "occurred_on" in given:
        given["occurred_on"] = date.fromisoformat(given["occurred_on"])
    return given
