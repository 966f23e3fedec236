"""A student's own account (AMB-07): off until the school links one, then it reads course goals.

What it may see follows from the matrix, as for everybody. An account stands for one student at a
time, so its links are one stream.
"""

from uuid import UUID

from pydantic import BaseModel

from domain.account import AccountIsClosed, Role
from domain.command import Command
from domain.event import Event
from domain.refusal import NotFound, Refusal
from domain.rules import permit_school, require_reason
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

SECTION = "relation"


def link_id(account: UUID) -> UUID:
    """The stream of the students whose account this was."""
    return natural_id("student-account", account)


class StudentAccountLinked(StudentEvent):
    """The account is the student's own from now on."""

    TOPIC = "student-account.linked.v1"
    SECTION = SECTION

    account_id: UUID


class StudentAccountEnded(StudentEvent):
    """The account is the student's no more; it may be linked again."""

    TOPIC = "student-account.ended.v1"
    SECTION = SECTION

    account_id: UUID


class StudentAccount(BaseModel, frozen=True):
    """Whose account it is or, where it is not `live`, was last."""

    version: int
    student_id: UUID
    account_id: UUID
    live: bool


def evolve(link: StudentAccount | None, event: Event) -> StudentAccount:
    match event:
        case StudentAccountLinked() | StudentAccountEnded():
            return StudentAccount(
                version=event.originator_version,
                student_id=event.student_id,
                account_id=event.account_id,
                live=isinstance(event, StudentAccountLinked),
            )
    raise TypeError(f"{event.TOPIC} does not belong to a student's account")


class LinkStudentAccount(Command):
    """`roles`, `closed` and the organisation are those of the account."""

    student_id: UUID
    account_id: UUID
    roles: tuple[Role, ...]
    closed: bool
    account_organisation_id: UUID
    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class EndStudentAccount(Change):
    """The student's school ends it, which after a transfer is not the account's."""

    student_id: UUID
    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class NotAStudentAccount(Refusal):
    """Whoever is something else besides would read the student's goals in that capacity."""

    CODE = "not-a-student-account"
    TITLE = "這個帳號不是學生帳號"


class StudentAccountAlreadyLinked(Refusal):
    CODE = "student-account-already-linked"
    TITLE = "這個帳號已經是這位學生的帳號"


class StudentAccountOfAnother(Refusal):
    CODE = "student-account-of-another"
    TITLE = "這個帳號是另一位學生的帳號，請先結束後再設定"


class StudentAccountAlreadyEnded(Refusal):
    CODE = "student-account-already-ended"
    TITLE = "這個帳號已經不是這位學生的帳號"


def link(known: StudentAccount | None, command: LinkStudentAccount) -> StudentAccountLinked:
    """Raises `NotAllowed`, `NotAStudentAccount`, `AccountIsClosed`,
    `StudentAccountAlreadyLinked`, `StudentAccountOfAnother`."""
    permit_school(
        command.actor,
        command.actor_organisation_id,
        command.student_organisation_id,
        command.account_organisation_id,
    )
    if set(command.roles) != {Role.STUDENT}:
        raise NotAStudentAccount
    if command.closed:
        raise AccountIsClosed
    if known is not None and known.live:
        if known.student_id == command.student_id:
            raise StudentAccountAlreadyLinked
        raise StudentAccountOfAnother
    version = 1 if known is None else known.version + 1
    return StudentAccountLinked(
        **command.envelope(link_id(command.account_id), version),
        student_id=command.student_id,
        account_id=command.account_id,
    )


def end(known: StudentAccount | None, command: EndStudentAccount) -> StudentAccountEnded:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`,
    `StudentAccountAlreadyEnded`."""
    if known is None or known.student_id != command.student_id:
        raise NotFound
    permit_school(command.actor, command.actor_organisation_id, command.student_organisation_id)
    expect(known, command.expected_version)
    require_reason(command)
    if not known.live:
        raise StudentAccountAlreadyEnded
    return StudentAccountEnded(
        **command.envelope(link_id(known.account_id), known.version + 1),
        student_id=known.student_id,
        account_id=known.account_id,
    )
