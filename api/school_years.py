"""`/students/{id}/school-years`: a student's record of a school year begins, and is withdrawn."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, perform
from api.house import House
from api.http import Posted, response_of, writes
from api.organisations import by_id
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import plan
from domain.basic_family import BASIC_FAMILY
from domain.command import Actor
from domain.refusal import Refusal
from domain.school_year import OpenYear, open_year, year_record_id
from domain.section import SectionEvent
from domain.section_record import Record, evolve, is_live
from domain.student import Student
from projections import directory

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

    def decide(acting: Acting, seen: Student, actor: Actor, given: SchoolYearEntry) -> Decided:
        events = opening(acting, seen, actor, given.school_year)
        if acting.state(plan.evolve, plan.plan_id(student_id)) is None:
            raise PlanNotOpen
        return Decided(events, events[0].originator_id, events[-1].originator_version)

    deed = Deed(
        what="school-year.open",
        body=SchoolYearEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(BASIC_FAMILY.code, "create"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def opening(
    acting: Acting, student: Student, actor: Actor, school_year: int
) -> tuple[SectionEvent, ...]:
    """The events with which a record of a school year begins. Raises what `open_year` raises."""
    school = by_id(acting.house.ledger, student.organisation_id)
    command = OpenYear(
        actor=actor,
        student=student,
        school_name="" if school is None else school.name,
        school_year=school_year,
        today=acting.today,
        latest=latest_year(acting, student.student_id, school_year),
    )
    identity = year_record_id(student.student_id, school_year)
    return open_year(acting.state(evolve, identity), command)


def latest_year(acting: Acting, student_id: UUID, but: int) -> Record | None:
    """The newest record of another school year that stands."""
    with acting.looking() as connection:
        card = directory.student(connection, student_id)
    years = sorted(card.plan_years, reverse=True) if card is not None else []
    for year in years:
        found = acting.state(evolve, year_record_id(student_id, year))
        if year != but and is_live(found):
            return found
    return None
