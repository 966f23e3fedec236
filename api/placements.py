"""`/students/{id}/placements`: 安置 recorded, corrected, withdrawn, moved to the right student."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.paging import Cursor, Limit, paged
from api.placement_items import PlacementItem, Placements, placement_item
from api.placement_pages import correction, over
from api.query import SchoolYear
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import placement
from domain.access import Deed as Letter
from domain.calendar import WrittenDate
from domain.command import Actor
from domain.placement import OF_PAGE, SECTION, Category, Placement, Status
from domain.placement_judging import LessonsAt
from domain.refusal import NotFound
from domain.section import Line
from domain.student import Student
from projections import directory
from projections import placements as view

router = APIRouter(prefix="/students/{student_id}/placements", tags=["placements"])


class PlacementEntry(Body):
    """A placement; `target_year_grade` is 就讀年級 in that school year. Grades are 1 to 12.

    `lessons_at` and `free_time` belong to rows of a programme's page; `reason` is needed where the
    row is filled in late, or its category is not the one registered for.
    """

    school_year: int
    area: Line
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None = None
    lessons_at: LessonsAt | None = None
    free_time: str | None = None
    occurred_on: WrittenDate | None = None
    reason: str | None = None


class PlacementCorrection(Body):
    """Fields that are left out stay as they are; `null` empties one that may be empty."""

    school_year: int | None = None
    area: Line | None = None
    category: Category | None = None
    target_year_grade: int | None = None
    placement_grade: int | None = None
    arrangement: str | None = None
    lessons_at: LessonsAt | None = None
    free_time: str | None = None
    occurred_on: WrittenDate | None = None
    reason: str | None = None


class Move(Body):
    """The student whose record it is, and why it stood with another."""

    student_id: UUID
    reason: str | None = None


Sort = Literal[
    "created_at", "-created_at", "occurred_on", "-occurred_on", "school_year", "-school_year"
]

#: The student and the placement.
Seen = tuple[Student, Placement]


@router.get("")
def list_placements(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: SchoolYear | None = None,
    status: Status | None = None,
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Placements:
    """一位學生的安置；已刪除者須以 status=withdrawn 查詢。"""
    return page(house, viewer, student_id, school_year, status, sort, limit, cursor)


def page(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    school_year: int | None = None,
    status: Status | None = None,
    sort: Sort = "created_at",
    limit: int = 50,
    cursor: str | None = None,
) -> Placements:
    """A page of a student's placements, without the withdrawn ones where no status is asked for;
    recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "placements", [student_id]),
        viewer.looking(house) as connection,
    ):
        if directory.student(connection, student_id) is None:
            raise NotFound
        found = [
            placement_item(house, connection, one)
            for one in view.placements_of(connection, student_id)
            if school_year in (None, one.school_year)
            and (one.status == status if status else one.status != Status.WITHDRAWN)
        ]
    wanted = {"student": student_id, "school_year": school_year, "status": status, "sort": sort}
    by = sort.removeprefix("-")
    items, after = paged(
        house,
        viewer,
        [(_key(by, one), one.id, one) for one in found],
        what="placements",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    record_read(house, viewer, "placements", [student_id])
    return Placements(items=items, next_cursor=after)


@router.get("/{placement_id}", response_model=PlacementItem)
def get_placement(
    house: TheHouse, viewer: SignedIn, student_id: UUID, placement_id: UUID
) -> Response:
    """一筆安置。"""
    return shown(read(house, viewer, student_id, placement_id))


def read(house: House, viewer: Viewer, student_id: UUID, placement_id: UUID) -> PlacementItem:
    """One placement; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "placement", [student_id]),
        viewer.looking(house) as connection,
    ):
        if directory.student(connection, student_id) is None:
            raise NotFound
        known = view.placement(connection, placement_id)
        if known is None or known.student != student_id:
            raise NotFound
        item = placement_item(house, connection, known)
    record_read(house, viewer, "placement", [student_id], record_id=placement_id)
    return item


@router.post("", **writes(PlacementEntry))
def post_placement(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """新增安置。"""
    return response_of(house, viewer, record(house, viewer, student_id, asked))


@router.put("/{placement_id}", **writes(PlacementCorrection, 200))
def put_placement(
    house: TheHouse, viewer: SignedIn, student_id: UUID, placement_id: UUID, asked: Changed
) -> Response:
    """修正安置；須說明原因。"""
    return response_of(house, viewer, correct(house, viewer, student_id, placement_id, asked))


@router.post("/{placement_id}/withdrawal", **writes(Reason, 200))
def post_placement_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, placement_id: UUID, asked: PostedChange
) -> Response:
    """刪除誤填的安置；須說明原因，歷程仍保留。"""
    return response_of(house, viewer, withdraw(house, viewer, student_id, placement_id, asked))


@router.post("/{placement_id}/moves", **writes(Move))
def post_placement_move(
    house: TheHouse, viewer: SignedIn, student_id: UUID, placement_id: UUID, asked: Posted
) -> Response:
    """將填錯學生的安置移至正確的學生名下。"""
    return response_of(house, viewer, move(house, viewer, student_id, placement_id, asked))


def record(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A placement from a `PlacementEntry`."""

    def decide(acting: Acting, _: Student, actor: Actor, given: PlacementEntry) -> Decided:
        command = placement.RecordPlacement(
            actor=actor,
            placement_id=acting.new_id(),
            student_id=student_id,
            **given.model_dump(exclude={*OF_PAGE}),
        )
        event = placement.record(None, command)
        pages = over(acting, student_id, given.school_year)
        pages.check(actor, given.reason)
        of_page = {name: getattr(given, name) for name in OF_PAGE}
        event = pages.row(event, reason=given.reason, **of_page)
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="placement.record",
        body=PlacementEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def correct(
    house: House, viewer: Viewer, student_id: UUID, placement_id: UUID, asked: Asked
) -> Done:
    """A correction from a `PlacementCorrection`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: PlacementCorrection) -> Decided:
        known = acting.known(placement.evolve, placement_id)
        command = placement.CorrectPlacement(actor=actor, **given.model_dump(exclude_unset=True))
        pages = over(acting, student_id, given.school_year or known.school_year, placement_id)
        event = correction(known, command, pages)
        if event is None:
            return Decided((), placement_id, known.version)
        return Decided((event,), placement_id, event.originator_version)

    deed = Deed(
        what="placement.correct",
        body=PlacementCorrection,
        see=lambda acting: seen(acting, student_id, placement_id),
        permit=_permit("edit"),
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw(
    house: House, viewer: Viewer, student_id: UUID, placement_id: UUID, asked: Asked
) -> Done:
    """A withdrawal from a `Reason`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        known = acting.known(placement.evolve, placement_id)
        command = placement.WithdrawPlacement(actor=actor, reason=given.reason)
        event = placement.withdraw(known, command)
        over(acting, student_id, known.school_year).check_undecided(known)
        return Decided((event,), placement_id, event.originator_version)

    deed = Deed(
        what="placement.withdraw",
        body=Reason,
        see=lambda acting: seen(acting, student_id, placement_id),
        permit=_permit("withdraw"),
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def move(house: House, viewer: Viewer, student_id: UUID, placement_id: UUID, asked: Asked) -> Done:
    """A `Move` to the right student: two events that name each other; answers with the new one."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Move) -> Decided:
        target = student_seen(acting, given.student_id)
        writer = by_student(SECTION, "create")(acting, target)
        command = placement.MovePlacement(
            actor=actor,
            reason=given.reason,
            new_placement_id=acting.new_id(),
            to_student_id=target.student_id,
            to_capacity=writer.capacity,
            correlation_id=acting.new_id(),
        )
        known = acting.known(placement.evolve, placement_id)
        withdrawn, recorded = placement.move(known, command)
        over(acting, student_id, known.school_year).check_undecided(known)
        pages = over(acting, target.student_id, known.school_year)
        of_page = {name: getattr(known, name) for name in OF_PAGE if pages.page is not None}
        recorded = pages.row(recorded, reason=given.reason, **of_page)
        return Decided((withdrawn, recorded), command.new_placement_id, 1)

    deed = Deed(
        what="placement.move",
        body=Move,
        see=lambda acting: seen(acting, student_id, placement_id),
        permit=_permit("withdraw"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def seen(acting: Acting, student_id: UUID, placement_id: UUID) -> Seen:
    """A placement of a student who may be seen. Raises `NotFound`."""
    owner = student_seen(acting, student_id)
    known = acting.known(placement.evolve, placement_id)
    if known.student_id != student_id:
        raise NotFound
    return owner, known


def _key(by: str, item: PlacementItem) -> list[Any]:
    match by:
        case "school_year":
            return [item.school_year]
        case "occurred_on":
            return [item.occurred_on or ""]
    return [item.created_at.isoformat()]


def _permit(letter: Letter) -> Callable[[Acting, Seen], Actor]:
    permit = by_student(SECTION, letter)
    return lambda acting, both: permit(acting, both[0])


def _version(acting: Acting, both: Seen) -> int:
    return acting.known(placement.evolve, both[1].placement_id).version
