"""`/students/{id}/dispatches`: 派案, which students a case manager looks after."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.account_items import named
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.relations import end_relation
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import case_manager, dispatch
from domain.case_manager import Kind, appointment_id, kind_appointed_by
from domain.command import Actor
from domain.dispatch import SECTION, Dispatch, dispatch_id
from domain.refusal import NotAllowed
from domain.student import Student

router = APIRouter(prefix="/students/{student_id}/dispatches", tags=["relations"])


class DispatchEntry(Body):
    """`account` is the id or the username of an appointed case manager."""

    account: str


@router.post("", **writes(DispatchEntry))
def post_dispatch(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """派案給已設定的個管教師：資優資源班由學校，資優巡迴輔導由主管機關。"""
    return response_of(house, viewer, make(house, viewer, student_id, asked))


@router.post("/{account_id}/end", **writes(Reason, 200))
def post_dispatch_end(
    house: TheHouse, viewer: SignedIn, student_id: UUID, account_id: UUID, asked: PostedChange
) -> Response:
    """結束派案。"""
    return response_of(house, viewer, end(house, viewer, student_id, account_id, asked))


def make(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A dispatch from a `DispatchEntry`."""
    deed = Deed(
        what="dispatch.make",
        body=DispatchEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=_make,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def end(house: House, viewer: Viewer, student_id: UUID, account_id: UUID, asked: Asked) -> Done:
    """The end of a dispatch."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: Reason) -> Decided:
        command = dispatch.EndDispatch(
            actor=actor,
            reason=given.reason,
            student_organisation_id=seen.organisation_id,
            actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
        )
        event = dispatch.end(relation(acting), command)
        return Decided((event,), event.originator_id, event.originator_version)

    def relation(acting: Acting) -> Dispatch:
        return acting.known(dispatch.evolve, dispatch_id(student_id, account_id))

    return end_relation(house, viewer, asked, "dispatch.end", student_id, relation, decide)


def _make(acting: Acting, student: Student, actor: Actor, given: DispatchEntry) -> Decided:
    person = named(acting.house, acting.viewer, given.account)
    kind = kind_appointed_by(actor.capacity)
    if kind is None:
        raise NotAllowed
    stream = dispatch_id(student.student_id, person.account_id)
    command = dispatch.DispatchStudent(
        actor=actor,
        student_id=student.student_id,
        account_id=person.account_id,
        kind=kind,
        appointed_kinds=_appointed(acting, person.account_id),
        account_organisation_id=person.organisation_id,
        student_organisation_id=student.organisation_id,
        actor_organisation_id=acting.viewer.school_for(student.organisation_id),
    )
    event = dispatch.make(acting.state(dispatch.evolve, stream), command)
    return Decided((event,), stream, event.originator_version)


def _appointed(acting: Acting, account_id: UUID) -> frozenset[Kind]:
    known = (acting.state(case_manager.evolve, appointment_id(account_id, kind)) for kind in Kind)
    return frozenset(one.kind for one in known if one is not None and one.live)
