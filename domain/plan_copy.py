"""A copy of the plan, handed to the guardian or the student (個人資料保護法 §10).

The county's law gives it on request; the school hands it out, and it is an event of the record.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from domain.capacity import Capacity
from domain.command import Command
from domain.event import Event
from domain.plan import SECTION
from domain.refusal import NotAllowed
from domain.rules import check_school_year
from domain.student_event import StudentEvent


class Recipient(StrEnum):
    GUARDIAN = "guardian"
    STUDENT = "student"


class PlanCopyHandedOut(StudentEvent):
    """A copy left the house. `digest` is the SHA-256 of the file in hex, `as_of` the position of
    `records` it was made from and `made_at` the time printed on it: the file can be made again."""

    TOPIC = "plan.copy-handed-out.v1"
    SECTION = SECTION

    school_year: int
    recipient: Recipient
    format: str
    digest: str
    as_of: int
    made_at: AwareDatetime


class PlanCopy(BaseModel, frozen=True):
    """`made_by` is the school administrator."""

    copy_id: UUID
    version: int
    student_id: UUID
    made_by: UUID
    school_year: int
    recipient: Recipient
    format: str
    digest: str
    as_of: int
    made_at: AwareDatetime


def evolve(copy: PlanCopy | None, event: Event) -> PlanCopy:
    match event:
        case PlanCopyHandedOut():
            return PlanCopy(
                copy_id=event.originator_id,
                version=event.originator_version,
                student_id=event.student_id,
                made_by=event.by,
                **dict(event.changed()),
            )
    raise TypeError(f"{event.TOPIC} does not belong to a copy of a plan")


class HandOutCopy(Command):
    """The file is made already: its digest, its position and its time come with the command."""

    copy_id: UUID
    student_id: UUID
    school_year: int
    recipient: Recipient
    format: str
    digest: str
    as_of: int
    made_at: AwareDatetime


def permit_copy(capacity: Capacity) -> None:
    """The school administration alone hands copies out. Raises `NotAllowed`."""
    if capacity is not Capacity.SCHOOL_ADMINISTRATOR:
        raise NotAllowed


def hand_out(command: HandOutCopy) -> PlanCopyHandedOut:
    """Raises `NotAllowed`, `NotValid`."""
    permit_copy(command.actor.capacity)
    check_school_year(command.school_year, SECTION)
    return PlanCopyHandedOut(
        **command.envelope(command.copy_id, version=1),
        student_id=command.student_id,
        school_year=command.school_year,
        recipient=command.recipient,
        format=command.format,
        digest=command.digest,
        as_of=command.as_of,
        made_at=command.made_at,
    )
