"""`/students/{id}/school-years`: a student's record of a school year begins."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, perform
from api.house import House
from api.http import Posted, response_of, writes
from api.openings import roster
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain.basic_family import BASIC_FAMILY
from domain.command import Actor
from domain.refusal import Refusal
from domain.student import Student

router = APIRouter(prefix="/students/{student_id}/school-years", tags=["students"])


class SchoolYearEntry(Body):
    """The school year (民國年) of the new record."""

    school_year: int


class PlanNotOpen(Refusal):
    """A school year is added to a plan that nobody opened."""

    CODE = "plan-not-open"
    TITLE = "這位學生還沒有個別輔導計畫，請先以單筆新增建置"


@router.post("", **writes(SchoolYearEntry))
def post_school_year(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """新增年度資料（單一學生）：沿用最近一年教師填寫的內容，通報欄位重新帶入。"""
    return response_of(house, viewer, add(house, viewer, student_id, asked))


def add(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """The record of a school year from a `SchoolYearEntry`."""

    def decide(acting: Acting, _: Student, actor: Actor, given: SchoolYearEntry) -> Decided:
        known = roster(acting, [student_id], given.school_year)
        events = known.year_events(student_id, actor)
        if student_id not in known.plans:
            raise PlanNotOpen
        return Decided(
            events,
            events[0].originator_id,
            events[-1].originator_version,
            after=known.unmoved([student_id], events),
        )

    deed = Deed(
        what="school-year.open",
        body=SchoolYearEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(BASIC_FAMILY.code, "create"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)
