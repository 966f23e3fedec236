"""Requests to place a student again or to give a placement up, and what bodies decide on them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Posted, PostedChange, response_of, shown, writes
from api.paging import Cursor, Limit, sorted_page
from api.placement_cases import decision_letter, follow
from api.placement_items import PlacementRequestItem, PlacementRequests, request_item
from api.placement_pages import check_again, placed_again
from api.seeing import by_student, student_seen
from api.turns import begun_about, one_at_a_time
from api.viewer import SignedIn, TheHouse, Viewer
from domain import placement, placement_request
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.command import Actor
from domain.placement import Category
from domain.placement_request import (
    RECORDERS,
    SECTION,
    Kind,
    Outcome,
    PlacementRequest,
    PlacementRequestRecorded,
    Status,
)
from domain.refusal import NotAllowed, NotFound
from domain.section import Line
from domain.student import Student
from projections import directory
from projections import placements as view

router = APIRouter(tags=["placement requests"])


class AskedPlacement(Body):
    """The placement a re-placement asks for; its school year is that of the old one."""

    area: Line
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None = None


class PlacementRequestEntry(Body):
    """A family's request about a placement; `reason` is the one the family states."""

    kind: Kind
    placement_id: UUID
    letter_number: Line | None = None
    letter_date: WrittenDate | None = None
    guardian_name: Line | None = None
    guardian_signed_on: WrittenDate | None = None
    reason: str
    new_placement: AskedPlacement | None = None
    occurred_on: WrittenDate | None = None


class DecisionEntry(Body):
    """One body's act. The last one a request needs changes the placement."""

    body: placement_request.Body
    outcome: Outcome
    document_number: Line | None = None
    decided_on: WrittenDate


#: The student and the request.
Seen = tuple[Student, PlacementRequest]


Sort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "kind", "-kind",
               "status", "-status"]  # fmt: skip


@router.get("/students/{student_id}/placement-requests")
def list_requests(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> PlacementRequests:
    """一位學生的重新安置與放棄安置申請；已撤回者也在內。"""
    found = listed(house, viewer, student_id).items
    page, after = sorted_page(
        house,
        viewer,
        found,
        sort,
        what="placement-requests",
        wanted={"student": student_id},
        limit=limit,
        cursor=cursor,
    )
    return PlacementRequests(items=page, next_cursor=after)


def listed(house: House, viewer: Viewer, student_id: UUID) -> PlacementRequests:
    """A student's requests, withdrawn ones too; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "placement-requests", [student_id]),
        viewer.looking(house) as connection,
    ):
        if directory.student(connection, student_id) is None:
            raise NotFound
        items = [
            request_item(house, connection, one, view.placement(connection, one.placement_id))
            for one in view.requests_of(connection, student_id)
        ]
    record_read(house, viewer, "placement-requests", [student_id])
    return PlacementRequests(items=items, next_cursor=None)


@router.get("/placement-requests/{request_id}", response_model=PlacementRequestItem)
def get_request(house: TheHouse, viewer: SignedIn, request_id: UUID) -> Response:
    """一件申請與各單位的決定。"""
    return shown(read(house, viewer, request_id))


def read(house: House, viewer: Viewer, request_id: UUID) -> PlacementRequestItem:
    """One request; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "placement-request", _student_of(house, request_id)),
        viewer.looking(house) as connection,
    ):
        known = view.request(connection, request_id)
        if known is None or directory.student(connection, known.student) is None:
            raise NotFound
        about = view.placement(connection, known.placement_id)
        item = request_item(house, connection, known, about)
    record_read(house, viewer, "placement-request", [item.student_id], record_id=request_id)
    return item


@router.post("/students/{student_id}/placement-requests", **writes(PlacementRequestEntry))
def post_request(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """申請重新安置或放棄安置。"""
    return response_of(house, viewer, record(house, viewer, student_id, asked))


@router.post("/placement-requests/{request_id}/decisions", **writes(DecisionEntry))
def post_decision(
    house: TheHouse, viewer: SignedIn, request_id: UUID, asked: PostedChange
) -> Response:
    """登載一個單位的決定；依序辦理，最後一個決定使安置變更。"""
    return response_of(house, viewer, decide(house, viewer, request_id, asked))


@router.post("/placement-requests/{request_id}/withdrawal", **writes(Reason, 200))
def post_request_withdrawal(
    house: TheHouse, viewer: SignedIn, request_id: UUID, asked: PostedChange
) -> Response:
    """撤回辦理中的申請；須說明原因。"""
    return response_of(house, viewer, withdraw(house, viewer, request_id, asked))


def record(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A request from a `PlacementRequestEntry`."""

    def decision(acting: Acting, _: Student, actor: Actor, given: PlacementRequestEntry) -> Decided:
        fields: dict[str, Any] = given.model_dump(exclude={"reason"})
        if given.letter_number is None:
            # Of a placement that was notified the letter is known.
            letter = decision_letter(acting, student_id, given.placement_id)
            fields["letter_number"], fields["letter_date"] = letter
        command = placement_request.RecordPlacementRequest(
            actor=actor,
            request_id=acting.new_id(),
            student_id=student_id,
            why=given.reason,
            another_open=_another_open(acting, student_id, given.placement_id),
            **fields,
        )
        about = acting.state(placement.evolve, given.placement_id)
        event = placement_request.record(None, about, command)
        if about is not None and command.new_placement is not None:
            check_again(acting, about, command.new_placement)
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="placement-request.record",
        body=PlacementRequestEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=decision,
        students=(student_id,),
    )
    # Whether a placement has an open request follows from all requests of the student: of two that
    # meet, the second decides when the first is recorded.
    with one_at_a_time(house, "placement-requests", student_id):
        return perform(house, viewer, asked, deed)


def decide(house: House, viewer: Viewer, request_id: UUID, asked: Asked) -> Done:
    """One body's act from a `DecisionEntry`; with the last one the placement changes."""

    def decision(acting: Acting, both: Seen, actor: Actor, given: DecisionEntry) -> Decided:
        request = _now(acting, request_id)
        held = RECORDERS[given.body] & _held(acting, both[0])
        command = placement_request.DecidePlacementRequest(
            actor=actor.model_copy(update={"capacity": min(held)}) if held else actor,
            new_placement_id=acting.new_id(),
            correlation_id=acting.new_id(),
            **given.model_dump(),
        )
        about = acting.state(placement.evolve, request.placement_id)
        events = placement_request.decide(request, about, command)
        follows = () if about is None or len(events) == 1 else follow(acting, request, about)
        events = (*placed_again(acting, events), *follows)
        return Decided(events, request_id, request.version + 1)

    deed = Deed(
        what="placement-request.decide",
        body=DecisionEntry,
        see=lambda acting: seen(acting, request_id),
        permit=_permit_recorder,
        version=lambda acting, _: _now(acting, request_id).version,
        decide=decision,
        students=_student_of(house, request_id),
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, request_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""
    permit = by_student(SECTION, "withdraw")

    def decision(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        command = placement_request.WithdrawPlacementRequest(actor=actor, reason=given.reason)
        event = placement_request.withdraw(_now(acting, request_id), command)
        return Decided((event,), request_id, event.originator_version)

    deed = Deed(
        what="placement-request.withdraw",
        body=Reason,
        see=lambda acting: seen(acting, request_id),
        permit=lambda acting, both: permit(acting, both[0]),
        version=lambda acting, _: _now(acting, request_id).version,
        decide=decision,
        status=200,
        students=_student_of(house, request_id),
    )
    return perform(house, viewer, asked, deed)


def seen(acting: Acting, request_id: UUID) -> Seen:
    """A request about a student who may be seen. Raises `NotFound`."""
    request = _now(acting, request_id)
    return student_seen(acting, request.student_id), request


def _now(acting: Acting, request_id: UUID) -> PlacementRequest:
    return acting.known(placement_request.evolve, request_id)


def _held(acting: Acting, student: Student) -> frozenset[Capacity]:
    return acting.viewer.held_for(student.student_id, student.organisation_id)


def _permit_recorder(acting: Acting, both: Seen) -> Actor:
    """Whoever records the acts of some body; of which one the domain asks. Raises `NotAllowed`."""
    recorders = frozenset[Capacity]().union(*RECORDERS.values())
    for capacity in sorted(recorders & _held(acting, both[0])):
        return Actor(account_id=acting.viewer.account_id, capacity=capacity)
    raise NotAllowed


def _another_open(acting: Acting, student_id: UUID, placement_id: UUID) -> bool:
    """Whether the placement has an open request, as the books say: a view may be late."""
    begun = begun_about(acting.house, student_id, PlacementRequestRecorded)
    known = (acting.state(placement_request.evolve, one) for one in begun)
    return any(
        one is not None and one.placement_id == placement_id and one.status is Status.OPEN
        for one in known
    )


def _student_of(house: House, request_id: UUID) -> tuple[UUID, ...]:
    """The student for the log of access, where there is such a request."""
    known = house.ledger.state(placement_request.evolve, request_id)
    return () if known is None else (known.student_id,)
