"""Deeds on many students at once: what is said of each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from api.acting import Done
from api.audit import record_list
from api.house import House
from api.http import response_of
from api.name_order import name_key
from api.viewer import Viewer
from domain.capacity import Capacity
from domain.event import Event
from domain.refusal import Refusal
from projections import directory

#: In which of two capacities somebody acts who holds both for a student.
_WRITERS = (Capacity.CASE_MANAGER, Capacity.GIFTED_HOMEROOM)


class BatchStudent(BaseModel):
    id: UUID
    name: str


class BatchItem(BaseModel):
    """What became of one student: opened, or skipped and why."""

    student: BatchStudent
    outcome: Literal["opened", "skipped"]
    code: str | None = Field(None, description="略過的原因代碼。")
    message: str | None = None


class BatchDone(BaseModel):
    """What a batch came to. `id` is its event; None where nothing changed."""

    id: UUID | None
    version: int | None
    school_year: int
    opened: int
    skipped: int
    items: list[BatchItem]


@dataclass
class Tally:
    """What a decision said of each student; the decision fills it anew at each attempt."""

    school_year: int = 0
    opened: list[UUID] = field(default_factory=list)
    skipped: dict[UUID, Refusal | None] = field(default_factory=dict)

    def start(self, school_year: int) -> None:
        self.school_year, self.opened, self.skipped = school_year, [], {}

    def as_recorded(self, said: Event | None) -> None:
        """Fills it from the batch's event: the answer of a repeat, which decides nothing."""
        if said is not None:
            fields = dict(said.changed())
            self.start(fields["school_year"])
            self.opened = list(fields["students"])
            self.skipped = dict.fromkeys(fields["skipped"])


def writers_of(viewer: Viewer) -> Mapping[UUID, Capacity]:
    """The students whose plans this viewer writes, and in which capacity."""
    found: dict[UUID, Capacity] = {}
    for capacity in reversed(_WRITERS):
        for relation in viewer.relations:
            if relation.capacity is capacity and relation.target is not None:
                found[relation.target] = capacity
    return found


def is_writer(viewer: Viewer) -> bool:
    return viewer.is_system or viewer.holds(*_WRITERS)


def batch_response(house: House, viewer: Viewer, done: Done, what: str, tally: Tally) -> Response:
    """The answer of a batch, its reading recorded: it names students."""
    written = response_of(house, viewer, done)
    body = outcome_of(house, viewer, done, what, tally).model_dump_json()
    headers = {
        name: value
        for name, value in written.headers.items()
        if name.lower() in ("igp-receipt", "etag")
    }
    return Response(body, written.status_code, headers, "application/json")


def outcome_of(house: House, viewer: Viewer, done: Done, what: str, tally: Tally) -> BatchDone:
    """What is said of each student, by the order of names. Whom the viewer lost since is left
    out of what a repeat says."""
    batch = done.outcome.record_id
    if done.recorded is None and batch is not None:
        tally.as_recorded(next(iter(house.ledger.events(batch)), None))
    names = _names(house, viewer, [*tally.opened, *tally.skipped])
    items = [
        BatchItem(student=names[one], outcome="opened") for one in tally.opened if one in names
    ]
    items += [
        BatchItem(
            student=names[one],
            outcome="skipped",
            code=None if refusal is None else refusal.CODE,
            message=None if refusal is None else refusal.TITLE,
        )
        for one, refusal in tally.skipped.items()
        if one in names
    ]
    items.sort(key=lambda item: (name_key(item.student.name), item.student.id))
    record_list(house, viewer, what, [item.student.id for item in items])
    return BatchDone(
        id=batch,
        version=done.outcome.version,
        school_year=tally.school_year,
        opened=len(tally.opened),
        skipped=len(tally.skipped),
        items=items,
    )


def _names(house: House, viewer: Viewer, students: Sequence[UUID]) -> dict[UUID, BatchStudent]:
    if not students:
        return {}
    with viewer.looking_at(house, "directory") as connection:
        cards: Iterable[directory.StudentCard] = directory.students(connection, ids=students)
    return {
        card.student_id: BatchStudent(
            id=card.student_id,
            name=str(house.opener.of_student(card.student_id, card.row["name"])),
        )
        for card in cards
    }
