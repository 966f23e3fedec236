"""`/accounts/{id}/case-manager-appointments`: 設定個管教師, before any student is dispatched."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.account_items import visible
from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.viewer import SignedIn, TheHouse, Viewer
from domain import case_manager
from domain.account import Account, Role
from domain.capacity import Capacity
from domain.case_manager import APPOINTED_BY, Appointment, Kind, appointment_id
from domain.command import Actor
from domain.refusal import NotAllowed, NotFound

router = APIRouter(prefix="/accounts/{account_id}/case-manager-appointments", tags=["relations"])

_permit = office(Capacity.SCHOOL_ADMINISTRATOR, Capacity.AUTHORITY_ADMINISTRATOR)


class AppointmentEntry(Body):
    """`resource_class` is the school's to appoint, `itinerant` the authority's."""

    kind: Kind


class AppointmentEnd(Body):
    """`kind`, where it is given, is the one that the viewer appoints: there is no other."""

    kind: Kind | None = None
    reason: str | None = None


@router.post("", **writes(AppointmentEntry))
def post_appointment(
    house: TheHouse, viewer: SignedIn, account_id: UUID, asked: Posted
) -> Response:
    """設定個管教師：資優資源班由學校，資優巡迴輔導由主管機關。"""
    return response_of(house, viewer, appoint(house, viewer, account_id, asked))


@router.post("/end", **writes(AppointmentEnd, 200))
def post_appointment_end(
    house: TheHouse, viewer: SignedIn, account_id: UUID, asked: PostedChange
) -> Response:
    """結束個管教師設定；其派案隨之失效。"""
    return response_of(house, viewer, end(house, viewer, account_id, asked))


def appoint(house: House, viewer: Viewer, account_id: UUID, asked: Asked) -> Done:
    """An appointment from an `AppointmentEntry`."""
    deed = Deed(
        what="case-manager.appoint",
        body=AppointmentEntry,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=_permit,
        decide=_appoint,
    )
    return perform(house, viewer, asked, deed)


def end(house: House, viewer: Viewer, account_id: UUID, asked: Asked) -> Done:
    """The end of the appointment of the kind that the viewer appoints."""
    deed = Deed(
        what="case-manager.end",
        body=AppointmentEnd,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=_permit,
        version=lambda acting, person: _own_kind(acting, person).version,
        decide=_end,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def _in_capacity(acting: Acting, actor: Actor, kind: Kind) -> Actor:
    """The actor in the capacity that appoints this kind, where that is held as well."""
    wanted = APPOINTED_BY[kind]
    return actor.model_copy(update={"capacity": wanted}) if acting.viewer.holds(wanted) else actor


def _appoint(acting: Acting, person: Account, actor: Actor, given: AppointmentEntry) -> Decided:
    stream = appointment_id(person.account_id, given.kind)
    command = case_manager.AppointCaseManager(
        actor=_in_capacity(acting, actor, given.kind),
        account_id=person.account_id,
        kind=given.kind,
        account_is_teacher=Role.TEACHER in person.roles,
        account_organisation_id=person.organisation_id,
        actor_organisation_id=acting.viewer.school_for(person.organisation_id),
    )
    event = case_manager.appoint(acting.state(case_manager.evolve, stream), command)
    return Decided((event,), stream, event.originator_version)


def _end(acting: Acting, person: Account, actor: Actor, given: AppointmentEnd) -> Decided:
    known = _own_kind(acting, person)
    if given.kind not in (None, known.kind):
        raise NotAllowed
    command = case_manager.EndAppointment(
        actor=_in_capacity(acting, actor, known.kind),
        reason=given.reason,
        account_organisation_id=person.organisation_id,
        actor_organisation_id=acting.viewer.school_for(person.organisation_id),
    )
    event = case_manager.end(known, command)
    stream = appointment_id(person.account_id, known.kind)
    return Decided((event,), stream, event.originator_version)


def _own_kind(acting: Acting, person: Account) -> Appointment:
    """The appointment of the kind that this viewer appoints. Raises `NotFound`."""
    for kind, capacity in APPOINTED_BY.items():
        if acting.viewer.holds(capacity):
            known = acting.state(case_manager.evolve, appointment_id(person.account_id, kind))
            if known is not None:
                return known
    raise NotFound
