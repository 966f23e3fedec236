"""The library used plainly: aggregates, `repository.get`, `save`, its default recorder.

A placement with its requests is one aggregate, a note another; events hold what was and what is.
"""

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.library import environment
from bench.workload import FIRST, Change, Edit, NewNote, NoteEdit, Student, Workload


class Placement(Aggregate):
    class Created(Aggregate.Created):
        student: str
        content: dict[str, Any]
        actor: str

    class Edited(Aggregate.Event):
        values: dict[str, Any]
        actor: str
        reason: str

    class Requested(Aggregate.Event):
        request: str
        grade: int
        why: str
        actor: str

    @event(Created)
    def __init__(self, student: str, content: dict[str, Any], actor: str) -> None:
        self.student = student
        self.content = content
        self.requests: list[dict[str, Any]] = []

    @staticmethod
    def create_id(student: str) -> UUID:
        return UUID(student)

    @event(Edited)
    def edit(self, values: dict[str, Any], actor: str, reason: str) -> None:
        self.content.update({name: new for name, (_, new) in values.items()})

    @event(Requested)
    def request(self, request: str, grade: int, why: str, actor: str) -> None:
        self.requests.append({"id": request, "grade": grade, "why": why})


class Note(Aggregate):
    class Created(Aggregate.Created):
        note: str
        student: str
        content: str
        details: dict[str, Any]
        actor: str

    class Edited(Aggregate.Event):
        content: list[str]
        actor: str
        reason: str

    @event(Created)
    def __init__(
        self, note: str, student: str, content: str, details: dict[str, Any], actor: str
    ) -> None:
        self.student = student
        self.content = content
        self.details = details

    @staticmethod
    def create_id(note: str) -> UUID:
        return UUID(note)

    @event(Edited)
    def edit(self, content: list[str], actor: str, reason: str) -> None:
        self.content = content[1]


_DETAILS = {
    "held_on": "2026-02-11",
    "purpose": "生涯輔導",
    "participants": ["學生", "家長"],
    "recorder": "王小明",
}


class County(Application[UUID]):
    """One change, one save."""

    def change(self, what: Change) -> None:
        self.save(self.changed(what))

    def changed(self, what: Change) -> Aggregate:
        """The aggregate with the change pending."""
        actor = str(what.of.teacher)
        if isinstance(what, NewNote):
            return Note(
                note=str(what.note),
                student=str(what.of.student),
                content=what.content,
                details=_DETAILS,
                actor=actor,
            )
        if isinstance(what, NoteEdit):
            note: Note = self.repository.get(what.note)
            note.edit([note.content, what.content], actor, what.reason)
            return note
        placement: Placement = self.repository.get(what.of.student)
        if isinstance(what, Edit):
            edit(placement, what)
        else:
            placement.request(str(what.request), what.grade, what.why, actor)
        return placement


def fill(conninfo: str, workload: Workload, length: int) -> None:
    """Each student's placement as a stream of so many events."""
    county = County(env=environment(conninfo))
    placements = {one.number: placed(one) for one in workload.mine}
    for what in workload.earlier(length):
        edit(placements[what.of.number], what)
    for placement in placements.values():
        county.save(placement)
    county.close()


def placed(one: Student) -> Placement:
    return Placement(student=str(one.student), content=dict(FIRST), actor=str(one.teacher))


def edit(placement: Placement, what: Edit) -> None:
    values = {name: [placement.content[name], value] for name, value in what.values.items()}
    placement.edit(values, str(what.of.teacher), what.reason)
