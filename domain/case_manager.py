"""Who is a case manager (設定個管教師): appointed before any student is dispatched."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Actor, Command
from domain.event import Event
from domain.refusal import NotAllowed, NotFound, Refusal
from domain.rules import NotATeacher, permit_school, require_reason
from domain.stream_ids import natural_id
from domain.versioning import Change, expect


class Kind(StrEnum):
    """資優資源班 and 資優巡迴輔導 (IGP manual 1.1)."""

    RESOURCE_CLASS = "resource_class"
    ITINERANT = "itinerant"


def appointment_id(account: UUID, kind: Kind) -> UUID:
    """The stream of one account's appointments of one kind."""
    return natural_id("case-manager", account, kind)


class CaseManagerAppointed(Event):
    TOPIC = "case-manager.appointed.v1"

    account_id: UUID
    kind: Kind


class CaseManagerAppointmentEnded(Event):
    TOPIC = "case-manager.appointment-ended.v1"

    account_id: UUID
    kind: Kind


class Appointment(BaseModel, frozen=True):
    """`live` from each appointment until it is ended; it may be made again."""

    version: int
    account_id: UUID
    kind: Kind
    live: bool


def evolve(appointment: Appointment | None, event: Event) -> Appointment:
    match event:
        case CaseManagerAppointed() | CaseManagerAppointmentEnded():
            return Appointment(
                version=event.originator_version,
                account_id=event.account_id,
                kind=event.kind,
                live=isinstance(event, CaseManagerAppointed),
            )
    raise TypeError(f"{event.TOPIC} does not belong to a case manager's appointment")


class AppointCaseManager(Command):
    """`account_is_teacher`: the account has the role teacher."""

    account_id: UUID
    kind: Kind
    account_is_teacher: bool
    account_organisation_id: UUID
    actor_organisation_id: UUID | None


class EndAppointment(Change):
    account_organisation_id: UUID
    actor_organisation_id: UUID | None


class AlreadyAppointed(Refusal):
    CODE = "already-appointed"
    TITLE = "這位教師已經設定為個管教師"


class AppointmentAlreadyEnded(Refusal):
    CODE = "appointment-already-ended"
    TITLE = "這位教師的個管教師設定已經結束"


#: Who appoints and dispatches which kind (IGP manual §一(一)1(3) note, IGP-12 and 13).
APPOINTED_BY: Mapping[Kind, Capacity] = {
    Kind.RESOURCE_CLASS: Capacity.SCHOOL_ADMINISTRATOR,
    Kind.ITINERANT: Capacity.AUTHORITY_ADMINISTRATOR,
}


def kind_appointed_by(capacity: Capacity) -> Kind | None:
    """The kind of case manager whom this capacity appoints and dispatches to, if any."""
    return next((kind for kind, by in APPOINTED_BY.items() if by is capacity), None)


def check_appointer(
    kind: Kind, actor: Actor, actor_organisation: UUID | None, *schools: UUID
) -> None:
    """Refuse whoever may not appoint or dispatch for this kind.

    A school administrator acts for the own school only: every one of `schools` is it. What an
    import brings (SYS) was decided elsewhere. Raises `NotAllowed`.
    """
    if actor.capacity is Capacity.SYSTEM:
        return
    if APPOINTED_BY[kind] is not actor.capacity:
        raise NotAllowed
    if kind is Kind.RESOURCE_CLASS:
        permit_school(actor, actor_organisation, *schools)


def appoint(appointment: Appointment | None, command: AppointCaseManager) -> CaseManagerAppointed:
    """Raises `NotAllowed`, `NotATeacher`, `AlreadyAppointed`."""
    check_appointer(
        command.kind,
        command.actor,
        command.actor_organisation_id,
        command.account_organisation_id,
    )
    if not command.account_is_teacher:
        raise NotATeacher
    if appointment is not None and appointment.live:
        raise AlreadyAppointed
    version = 1 if appointment is None else appointment.version + 1
    return CaseManagerAppointed(
        **command.envelope(appointment_id(command.account_id, command.kind), version),
        account_id=command.account_id,
        kind=command.kind,
    )


def end(appointment: Appointment | None, command: EndAppointment) -> CaseManagerAppointmentEnded:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`,
    `AppointmentAlreadyEnded`."""
    if appointment is None:
        raise NotFound
    check_appointer(
        appointment.kind,
        command.actor,
        command.actor_organisation_id,
        command.account_organisation_id,
    )
    expect(appointment, command.expected_version)
    require_reason(command)
    if not appointment.live:
        raise AppointmentAlreadyEnded
    stream = appointment_id(appointment.account_id, appointment.kind)
    return CaseManagerAppointmentEnded(
        **command.envelope(stream, appointment.version + 1),
        account_id=appointment.account_id,
        kind=appointment.kind,
    )
