"""`/students/{id}/marks`: marks recorded, taken over, corrected and withdrawn.

Which mark a semester gets follows from the placement, by the rules of the programme in force.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.mark_items import MarkItem, MarkRules, Marks, mark_item
from api.paging import Cursor, Limit, paged
from api.query import Grade, SchoolYear
from api.seeing import by_student, student_seen
from api.turns import begun_about
from api.viewer import SignedIn, TheHouse, Viewer
from domain import mark, placement, programme
from domain.access import Deed as Letter
from domain.access import allows
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import Semester
from domain.graduation_rules import GivenBy, Marker
from domain.mark import SECTION, Mark
from domain.mark_rules import Ground, of_grade
from domain.placement import PlacementRecorded
from domain.programme import programme_id
from domain.refusal import NotFound, NotValid
from domain.student import Student
from projections import directory
from projections import marks as view

router = APIRouter(prefix="/students/{student_id}/marks", tags=["marks"])

#: What makes marks visible at all.
_KNOWING: tuple[Letter, ...] = ("view", "create", "edit")


class MarkEntry(Body):
    """A mark of one semester: a number, or a marker with the description that it asks for.

    `grade` is the grade whose content it is of, `enrolled_grade` the student's own that year; a
    mark of a higher grade is that of the class the student attends there. With `back_filled` the
    mark earned in the higher class is taken over; where it is recorded here, without a number.
    """

    programme: str
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: Decimal | None = None
    marker: Marker | None = None
    description: str | None = None
    given_by: GivenBy
    back_filled: bool = False
    occurred_on: WrittenDate | None = None


class MarkCorrection(Body):
    """Fields that are left out stay as they are; `null` empties one that may be empty."""

    score: Decimal | None = None
    marker: Marker | None = None
    description: str | None = None
    given_by: GivenBy | None = None
    reason: str | None = None


Sort = Literal[
    "created_at", "-created_at", "school_year", "-school_year", "grade", "-grade", "area", "-area"
]

#: The student and the mark.
Seen = tuple[Student, Mark]


@router.get("")
def list_marks(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: SchoolYear | None = None,
    semester: Semester | None = None,
    area: str | None = None,
    grade: Grade | None = None,
    withdrawn: bool = False,
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Marks:
    """一位學生的學習成績；已刪除者須以 withdrawn=true 查詢。"""
    rules = MarkRules(house)
    with (
        refusals_recorded(house, viewer, "marks", [student_id]),
        viewer.looking(house) as connection,
    ):
        held = knowing(viewer, directory.student(connection, student_id))
        found = [
            mark_item(house, connection, rules, one)
            for one in view.marks_of(connection, student_id)
            if one.kind == "mark"
            and one.withdrawn == withdrawn
            and school_year in (None, one.row["school_year"])
            and semester in (None, one.row["semester"])
            and area in (None, one.row["area"])
            and grade in (None, one.row["grade"])
        ]
    wanted = {
        "student": student_id,
        "school_year": school_year,
        "semester": semester,
        "area": area,
        "grade": grade,
        "withdrawn": withdrawn,
        "sort": sort,
    }
    by = sort.removeprefix("-")
    items, after = paged(
        house,
        viewer,
        [(_key(by, one), one.id, one) for one in found],
        what="marks",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    record_read(house, viewer, "marks", [student_id], held=held)
    return Marks(items=items, next_cursor=after)


@router.get("/{mark_id}", response_model=MarkItem)
def get_mark(house: TheHouse, viewer: SignedIn, student_id: UUID, mark_id: UUID) -> Response:
    """一筆學習成績。"""
    with (
        refusals_recorded(house, viewer, "mark", [student_id]),
        viewer.looking(house) as connection,
    ):
        held = knowing(viewer, directory.student(connection, student_id))
        known = next(
            (one for one in view.marks_of(connection, student_id) if one.mark_id == mark_id), None
        )
        if known is None or known.kind != "mark":
            raise NotFound
        item = mark_item(house, connection, MarkRules(house), known)
    record_read(house, viewer, "mark", [student_id], record_id=mark_id, held=held)
    return shown(item)


@router.post("", **writes(MarkEntry))
def post_mark(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """登記一個學期的成績或註記，或補登先前在較高年級取得的成績。"""
    return response_of(house, viewer, record(house, viewer, student_id, asked))


@router.put("/{mark_id}", **writes(MarkCorrection, 200))
def put_mark(
    house: TheHouse, viewer: SignedIn, student_id: UUID, mark_id: UUID, asked: Changed
) -> Response:
    """修正成績；須說明原因，先前的內容保留在歷程。"""
    return response_of(house, viewer, correct(house, viewer, student_id, mark_id, asked))


@router.post("/{mark_id}/withdrawal", **writes(Reason, 200))
def post_mark_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, mark_id: UUID, asked: PostedChange
) -> Response:
    """刪除誤登的成績；須說明原因，歷程仍保留。"""
    return response_of(house, viewer, withdraw(house, viewer, student_id, mark_id, asked))


def record(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A mark from a `MarkEntry`."""

    def decide(acting: Acting, _: Student, actor: Actor, given: MarkEntry) -> Decided:
        now = ground(acting, student_id, given.programme)
        taught = now.graduation.taught(given.area)
        area = given.area if taught is None else taught.name
        where = (student_id, area, given.grade, given.semester)
        ahead = mark.mark_id(*where, "ahead")
        stream = mark.mark_id(*where, of_grade(given.grade, given.enrolled_grade))
        command = mark.RecordMark(
            actor=actor,
            student_id=student_id,
            ground=now,
            earned=acting.state(mark.evolve, ahead) if given.back_filled else None,
            **given.model_dump(exclude={"programme"}),
        )
        event = mark.record(acting.state(mark.evolve, stream), command)
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="mark.record",
        body=MarkEntry,
        see=lambda acting: student_in(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def correct(house: House, viewer: Viewer, student_id: UUID, mark_id: UUID, asked: Asked) -> Done:
    """A correction from a `MarkCorrection`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: MarkCorrection) -> Decided:
        known = acting.known(mark.evolve, mark_id)
        command = mark.CorrectMark(
            actor=actor,
            ground=ground(acting, student_id, known.programme),
            **given.model_dump(exclude_unset=True),
        )
        event = mark.correct(known, command)
        if event is None:
            return Decided((), mark_id, known.version)
        return Decided((event,), mark_id, event.originator_version)

    deed = Deed(
        what="mark.correct",
        body=MarkCorrection,
        see=lambda acting: seen(acting, student_id, mark_id),
        permit=_permit("edit"),
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, student_id: UUID, mark_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        command = mark.WithdrawMark(actor=actor, reason=given.reason)
        event = mark.withdraw(acting.known(mark.evolve, mark_id), command)
        return Decided((event,), mark_id, event.originator_version)

    deed = Deed(
        what="mark.withdraw",
        body=Reason,
        see=lambda acting: seen(acting, student_id, mark_id),
        permit=_permit("withdraw"),
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def ground(acting: Acting, student_id: UUID, code: str) -> Ground:
    """What marks are judged on now. Raises `NotValid` for a programme without rules of marks."""
    published = acting.state(programme.evolve, programme_id(code))
    if published is None:
        raise NotValid("這份計畫尚未公布。", "programme")
    edition = published.newest
    graduation = edition.programme.graduation
    if isinstance(graduation, str):
        raise NotValid("這份計畫沒有成績登記的規定。", "programme")
    begun = begun_about(acting.house, student_id, PlacementRecorded)
    known = (acting.state(placement.evolve, one) for one in begun)
    return Ground(
        programme=code,
        rules=edition.version,
        graduation=graduation,
        placements=tuple(one for one in known if one is not None),
    )


def knowing(viewer: Viewer, card: directory.StudentCard | None) -> frozenset[Capacity]:
    """The capacities held for a student whose marks the viewer may know of. Raises `NotFound`."""
    if card is None:
        raise NotFound
    held = viewer.held_for(card.student_id, card.organisation)
    if not _knows(viewer, held, card.student_id):
        raise NotFound
    return held


def student_in(acting: Acting, student_id: UUID) -> Student:
    """The student, for somebody who may know of marks. Raises `NotFound`."""
    known = student_seen(acting, student_id)
    held = acting.viewer.held_for(student_id, known.organisation_id)
    if not _knows(acting.viewer, held, student_id):
        raise NotFound
    return known


def _knows(viewer: Viewer, held: frozenset[Capacity], student_id: UUID) -> bool:
    if viewer.is_system or viewer.reviews(SECTION, student_id):
        return True
    return any(allows(SECTION, capacity, deed) for capacity in held for deed in _KNOWING)


def seen(acting: Acting, student_id: UUID, mark_id: UUID) -> Seen:
    """A mark of a student whose marks may be known. Raises `NotFound`."""
    owner = student_in(acting, student_id)
    known = acting.known(mark.evolve, mark_id)
    if known.student_id != student_id:
        raise NotFound
    return owner, known


def _key(by: str, item: MarkItem) -> list[Any]:
    match by:
        case "school_year":
            return [item.school_year, item.grade, item.semester]
        case "grade":
            return [item.grade, item.semester, item.school_year]
        case "area":
            return [item.area, item.grade, item.semester]
    return [item.created_at.isoformat()]


def _permit(letter: Letter) -> Callable[[Acting, Seen], Actor]:
    permit = by_student(SECTION, letter)
    return lambda acting, both: permit(acting, both[0])


def _version(acting: Acting, both: Seen) -> int:
    return acting.known(mark.evolve, both[1].mark_id).version
