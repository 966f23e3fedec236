"""`/students/{id}/legal-holds`: 保全, while which a student's record is not erased."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Posted, response_of, writes
from api.paging import Cursor, Limit, paged
from api.seeing import not_erased, student_seen
from api.student_items import Instant, Person, person
from api.viewer import SignedIn, TheHouse, Viewer
from domain import legal_hold
from domain.capacity import Capacity
from domain.command import Actor
from domain.legal_hold import (
    LegalHoldLifted,
    LegalHoldPlaced,
    LiftLegalHold,
    PlaceLegalHold,
    hold_id,
)
from domain.section import Line
from domain.student import Student

router = APIRouter(prefix="/students/{student_id}/legal-holds", tags=["erasure"])

_authority = office(Capacity.AUTHORITY_ADMINISTRATOR)


class LegalHoldEntry(Body):
    """The number (文號) of the document that asks for it, and why."""

    order_number: Line
    reason: str | None = None


class LegalHoldAct(BaseModel):
    """A hold was placed or lifted. An erased reason reads 已依法刪除."""

    recorded_at: Instant
    act: Literal["placed", "lifted"]
    order_number: str
    reason: str
    by: Person


class LegalHolds(BaseModel):
    """What was done; `placed` says whether a hold stands now."""

    placed: bool
    items: list[LegalHoldAct]
    next_cursor: str | None


Sort = Literal["recorded_at", "-recorded_at"]


@router.get("")
def get_legal_holds(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    sort: Annotated[Sort, Query()] = "recorded_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LegalHolds:
    """保全的歷程（主管機關）。"""
    return read(house, viewer, student_id, sort, limit, cursor)


@router.post("", **writes(LegalHoldEntry))
def post_legal_hold(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """保全一位學生的資料，解除之前不能依法刪除（主管機關）；須說明原因。"""
    return response_of(house, viewer, place(house, viewer, student_id, asked))


@router.post("/lifting", **writes(LegalHoldEntry, 200))
def post_legal_hold_lifting(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """解除保全（主管機關）；須說明原因。"""
    return response_of(house, viewer, lift(house, viewer, student_id, asked))


def read(
    house: House, viewer: Viewer, student_id: UUID, sort: Sort, limit: int, cursor: str | None
) -> LegalHolds:
    """The holds of a student; recorded. Raises `NotFound`, `NotAllowed`, `CursorNotValid`."""
    acting = Acting(house, viewer)
    with refusals_recorded(house, viewer, "legal-holds", [student_id]):
        seen = student_seen(acting, student_id)
        _authority(acting, seen)
        stream = hold_id(student_id)
        events = house.ledger.events(stream)
        page, after = paged(
            house,
            viewer,
            [
                (event.originator_version, "", (event, at))
                for event, at in zip(events, house.ledger.times(stream), strict=False)
            ],
            what="legal-holds",
            wanted={"student": student_id, "sort": sort},
            limit=limit,
            cursor=cursor,
            descending=sort.startswith("-"),
        )
        with viewer.looking(house) as connection:
            items = [
                LegalHoldAct(
                    recorded_at=at,
                    act="placed" if isinstance(event, LegalHoldPlaced) else "lifted",
                    order_number=event.order_number,
                    reason=str(event.reason),
                    by=person(house, connection, event.by),
                )
                for event, at in page
                if isinstance(event, LegalHoldPlaced | LegalHoldLifted)
            ]
    record_read(house, viewer, "legal-holds", [student_id], held=[Capacity.AUTHORITY_ADMINISTRATOR])
    placed = bool(events) and isinstance(events[-1], LegalHoldPlaced)
    return LegalHolds(placed=placed, items=items, next_cursor=after)


def place(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A hold from a `LegalHoldEntry`."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: LegalHoldEntry) -> Decided:
        command = PlaceLegalHold(actor=actor, student_id=student_id, **given.model_dump())
        event = legal_hold.place(acting.state(legal_hold.evolve, hold_id(student_id)), command)
        after = not_erased(acting, student_id)
        return Decided((event,), event.originator_id, event.originator_version, after=after)

    deed = Deed(
        what="legal-hold.place",
        body=LegalHoldEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=_authority,
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def lift(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """The end of a hold from a `LegalHoldEntry`."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: LegalHoldEntry) -> Decided:
        known = acting.state(legal_hold.evolve, hold_id(student_id))
        event = legal_hold.lift(known, LiftLegalHold(actor=actor, **given.model_dump()))
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="legal-hold.lift",
        body=LegalHoldEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=_authority,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)
