"""Which students a case manager looks after (派案)."""

from uuid import UUID

from pydantic import BaseModel

from domain.case_manager import Kind, check_appointer
from domain.command import Command
from domain.event import Event
from domain.refusal import NotFound, Refusal
from domain.rules import require_reason
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

SECTION = "relation"


def dispatch_id(student: UUID, account: UUID) -> UUID:
    """The stream of all dispatches of one student to one case manager."""
    return natural_id("dispatch", student, account)


class StudentDispatched(StudentEvent):
    TOPIC = "dispatch.made.v1"
    SECTION = SECTION

    account_id: UUID
    kind: Kind


class DispatchEnded(StudentEvent):
    TOPIC = "dispatch.ended.v1"
    SECTION = SECTION

    account_id: UUID
    kind: Kind


class Dispatch(BaseModel, frozen=True):
    """`live` from each dispatch until it is ended; it may be made again."""

    version: int
    student_id: UUID
    account_id: UUID
    kind: Kind
    live: bool


def evolve(dispatch: Dispatch | None, event: Event) -> Dispatch:
    match event:
        case StudentDispatched() | DispatchEnded():
            return Dispatch(
                version=event.originator_version,
                student_id=event.student_id,
                account_id=event.account_id,
                kind=event.kind,
                live=isinstance(event, StudentDispatched),
            )
    raise TypeError(f"{event.TOPIC} does not belong to a dispatch")


class DispatchStudent(Command):
    """`appointed_kinds` are the live appointments of the account."""

    student_id: UUID
    account_id: UUID
    kind: Kind
    appointed_kinds: frozenset[Kind]
    account_organisation_id: UUID
    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class EndDispatch(Change):
    """The student's school ends it, which after a transfer is not the teacher's."""

    student_organisation_id: UUID
    actor_organisation_id: UUID | None


class NotCaseManager(Refusal):
    """The account is not appointed for this kind (IGP-09)."""

    CODE = "not-case-manager"
    TITLE = "請先設定個管教師，再進行派案"


class AlreadyDispatched(Refusal):
    CODE = "already-dispatched"
    TITLE = "這位學生已經派案給這位教師"


class DispatchAlreadyEnded(Refusal):
    CODE = "dispatch-already-ended"
    TITLE = "這筆派案已經結束"


def make(dispatch: Dispatch | None, command: DispatchStudent) -> StudentDispatched:
    """Raises `NotAllowed`, `NotCaseManager`, `AlreadyDispatched`."""
    check_appointer(
        command.kind,
        command.actor,
        command.actor_organisation_id,
        command.account_organisation_id,
        command.student_organisation_id,
    )
    if command.kind not in command.appointed_kinds:
        raise NotCaseManager
    if dispatch is not None and dispatch.live:
        raise AlreadyDispatched
    version = 1 if dispatch is None else dispatch.version + 1
    return StudentDispatched(
        **command.envelope(dispatch_id(command.student_id, command.account_id), version),
        student_id=command.student_id,
        account_id=command.account_id,
        kind=command.kind,
    )


def end(dispatch: Dispatch | None, command: EndDispatch) -> DispatchEnded:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`,
    `DispatchAlreadyEnded`."""
    if dispatch is None:
        raise NotFound
    check_appointer(
        dispatch.kind,
        command.actor,
        command.actor_organisation_id,
        command.student_organisation_id,
    )
    expect(dispatch, command.expected_version)
    require_reason(command)
    if not dispatch.live:
        raise DispatchAlreadyEnded
    stream = dispatch_id(dispatch.student_id, dispatch.account_id)
    return DispatchEnded(
        **command.envelope(stream, dispatch.version + 1),
        student_id=dispatch.student_id,
        account_id=dispatch.account_id,
        kind=dispatch.kind,
    )
