"""Which teachers teach a student what (AMB-03): without an assignment, no access."""

from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import Event
from domain.refusal import NotFound, Refusal
from domain.rules import (
    LONGEST_WORD,
    NotATeacher,
    check_school_year,
    check_text,
    permit_school,
    require_reason,
)
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

SECTION = "relation"


def teaching_id(student: UUID, account: UUID) -> UUID:
    """The stream of all that one teacher teaches one student."""
    return natural_id("teaching", student, account)


class TeachingAssigned(StudentEvent):
    TOPIC = "teaching.assigned.v1"
    SECTION = SECTION

    account_id: UUID
    subject: str
    school_year: int


class TeachingAssignmentEnded(StudentEvent):
    """All that was taught ended; `subjects` says what that was."""

    TOPIC = "teaching.ended.v1"
    SECTION = SECTION

    account_id: UUID
    subjects: tuple[str, ...]


class Taught(NamedTuple):
    subject: str
    school_year: int


class Teaching(BaseModel, frozen=True):
    """`live` is what the teacher teaches the student, in the order of its assignment."""

    version: int
    student_id: UUID
    account_id: UUID
    live: tuple[Taught, ...]


def evolve(teaching: Teaching | None, event: Event) -> Teaching:
    match event:
        case TeachingAssigned():
            live = () if teaching is None else teaching.live
            live = (*live, Taught(event.subject, event.school_year))
        case TeachingAssignmentEnded():
            live = ()
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a teaching assignment")
    return Teaching(
        version=event.originator_version,
        student_id=event.student_id,
        account_id=event.account_id,
        live=live,
    )


class AssignTeaching(Command):
    """`account_is_teacher`: the account has the role teacher."""

    student_id: UUID
    account_id: UUID
    subject: str
    school_year: int
    account_is_teacher: bool
    account_organisation_id: UUID
    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class EndTeaching(Change):
    """The student's school ends it, which after a transfer is not the teacher's."""

    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class AlreadyAssigned(Refusal):
    CODE = "already-assigned"
    TITLE = "這位教師本學年度已經擔任這位學生這一科的任課教師"


class TeachingAlreadyEnded(Refusal):
    CODE = "teaching-already-ended"
    TITLE = "這位教師對這位學生的任課已經結束"


def assign(teaching: Teaching | None, command: AssignTeaching) -> TeachingAssigned:
    """Raises `NotAllowed`, `NotValid`, `NotATeacher`, `AlreadyAssigned`."""
    permit_school(
        command.actor,
        command.actor_organisation_id,
        command.student_organisation_id,
        command.account_organisation_id,
    )
    check_text(command.subject, SECTION, "subject", LONGEST_WORD)
    check_school_year(command.school_year, SECTION)
    if not command.account_is_teacher:
        raise NotATeacher
    taught = Taught(command.subject, command.school_year)
    if teaching is not None and taught in teaching.live:
        raise AlreadyAssigned
    version = 1 if teaching is None else teaching.version + 1
    return TeachingAssigned(
        **command.envelope(teaching_id(command.student_id, command.account_id), version),
        student_id=command.student_id,
        account_id=command.account_id,
        subject=command.subject,
        school_year=command.school_year,
    )


def end(teaching: Teaching | None, command: EndTeaching) -> TeachingAssignmentEnded:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`,
    `TeachingAlreadyEnded`."""
    if teaching is None:
        raise NotFound
    permit_school(command.actor, command.actor_organisation_id, command.student_organisation_id)
    expect(teaching, command.expected_version)
    require_reason(command)
    if not teaching.live:
        raise TeachingAlreadyEnded
    stream = teaching_id(teaching.student_id, teaching.account_id)
    return TeachingAssignmentEnded(
        **command.envelope(stream, teaching.version + 1),
        student_id=teaching.student_id,
        account_id=teaching.account_id,
        subjects=tuple(dict.fromkeys(taught.subject for taught in teaching.live)),
    )
