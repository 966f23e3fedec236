"""A legal hold (保全): while it stands the student's record is not erased.

The authority places and lifts it. A student has at most one at a time, so all of them are one
stream.
"""

from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import Event
from domain.refusal import NotFound, Refusal
from domain.rules import check_document_number, permit_authority, require_reason
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect


def hold_id(student: UUID) -> UUID:
    """The stream of the student's legal holds."""
    return natural_id("legal-hold", student)


class LegalHoldPlaced(StudentEvent):
    """`order_number` is the document that asks for it; the reason stands in the envelope."""

    TOPIC = "legal-hold.placed.v1"

    order_number: str


class LegalHoldLifted(StudentEvent):
    """`order_number` is the document that ends it; the reason stands in the envelope."""

    TOPIC = "legal-hold.lifted.v1"

    order_number: str


class LegalHold(BaseModel, frozen=True):
    """The student's newest hold; `order_number` is the one it was placed with."""

    version: int
    student_id: UUID
    order_number: str
    placed: bool


def evolve(hold: LegalHold | None, event: Event) -> LegalHold:
    match event:
        case LegalHoldPlaced():
            return LegalHold(
                version=event.originator_version,
                student_id=event.student_id,
                order_number=event.order_number,
                placed=True,
            )
        case LegalHoldLifted():
            if hold is None:
                raise TypeError(f"{event.TOPIC} cannot be the first event of a legal hold")
            lifted = {"version": event.originator_version, "placed": False}
            return hold.model_copy(update=lifted)
    raise TypeError(f"{event.TOPIC} does not belong to a legal hold")


class PlaceLegalHold(Command):
    student_id: UUID
    order_number: str


class LiftLegalHold(Change):
    order_number: str


class LegalHoldStands(Refusal):
    """A hold is placed where one stands, or a record is erased under one."""

    CODE = "legal-hold"
    TITLE = "這位學生的資料已保全，解除保全之前不能刪除或再次保全"


class LegalHoldNotPlaced(Refusal):
    CODE = "legal-hold-not-placed"
    TITLE = "這位學生的資料目前沒有保全"


def place(hold: LegalHold | None, command: PlaceLegalHold) -> LegalHoldPlaced:
    """Raises `NotAllowed`, `NotValid`, `ReasonRequired`, `LegalHoldStands`."""
    permit_authority(command.actor)
    number = check_document_number(command.order_number)
    require_reason(command)
    if hold is not None and hold.placed:
        raise LegalHoldStands
    version = 1 if hold is None else hold.version + 1
    return LegalHoldPlaced(
        **command.envelope(hold_id(command.student_id), version),
        student_id=command.student_id,
        order_number=number,
    )


def lift(hold: LegalHold | None, command: LiftLegalHold) -> LegalHoldLifted:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `NotValid`, `ReasonRequired`,
    `LegalHoldNotPlaced`."""
    if hold is None:
        raise NotFound
    permit_authority(command.actor)
    expect(hold, command.expected_version)
    number = check_document_number(command.order_number)
    require_reason(command)
    if not hold.placed:
        raise LegalHoldNotPlaced
    return LegalHoldLifted(
        **command.envelope(hold_id(hold.student_id), hold.version + 1),
        student_id=hold.student_id,
        order_number=number,
    )
