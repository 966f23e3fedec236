"""`/students` and `/search`: who is in reach, and the page of one student."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api import case_search, school_years, students
from api.batches import is_writer
from api.case_search import Case
from api.paging import Cursor
from api.plan_content import readable
from api.query import Grade, SchoolYear
from api.student_items import Students
from api.students import Sort, StudentFilter
from api.web.columns import columns_of
from api.web.fields import Making
from api.web.heads import head_of
from api.web.new_application import of_student
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK, Typed, data_of, text
from domain.access import allows
from domain.calendar import school_year as school_year_of
from domain.capacity import LABELS as CAPACITIES
from domain.labels import GRADES
from domain.refusal import Refusal
from projections import directory

router = APIRouter()

_A_PAGE = 50

#: The columns that a list of students is sorted by, with their words.
_COLUMNS = (
    ("name", "姓名"),
    ("organisation", "學校"),
    ("grade", "年級"),
    ("class_name", "班級"),
    ("school_year", "最近的計畫學年度"),
)


class NewPlan(BaseModel):
    """The form of 單筆新增: whose plan is opened, and for which school year."""

    national_id: str = Field(title="身分證統一編號", description="學校已通報、由您服務的學生。")
    school_year: int = Field(title="學年度", description="民國年，例如 114。")


@router.get("/students")
def get_students(
    page: ThePage,
    school_year: Annotated[SchoolYear | None, BLANK, Query()] = None,
    organisation: Annotated[str | None, BLANK, Query()] = None,
    grade: Annotated[Grade | None, BLANK, Query()] = None,
    sort: Annotated[Sort, Query()] = "name",
    cursor: Cursor = None,
) -> Response:
    """The students in reach; filters and order stand in the address."""
    wanted = StudentFilter(organisation=organisation, school_year=school_year, grade=grade)
    found = students.page(page.house, page.viewer, wanted, None, sort, _A_PAGE, cursor)
    terms = wanted.model_dump(exclude_none=True)
    return page.show(
        "students.html",
        found=found,
        wanted=wanted,
        narrowed=bool(terms),
        grades=GRADES,
        columns=columns_of("/students", _COLUMNS, sort, terms),
        onward=_onward(found, terms | {"sort": sort}),
        can_add=_opens_plans(page),
        can_open_years=is_writer(page.viewer),
        year_query=_year_query(terms),
    )


@router.post("/search")
def post_search(page: ThePage, typed: Typed) -> Response:
    """The students in reach whose name holds the word, or who have the number, with their plans;
    and their cases.

    Words are sent in the body, so that they stand in no address.
    """
    q = text(typed, "q")
    cursor = text(typed, "cursor")
    found = Students(items=[], next_cursor=None)
    cases: list[Case] = []
    if q is not None:
        q = q.strip()[:100]
        found = students.page(page.house, page.viewer, StudentFilter(), q, "name", _A_PAGE, cursor)
        if cursor is None:
            cases = case_search.cases(page.house, page.viewer, q)
    plans = _with_plans(page, found)
    return page.show("search.html", q=q, found=found, plans=plans, cases=cases)


@router.get("/search")
def get_search(page: ThePage) -> Response:
    """The search without a word, for who comes back to its address."""
    found = Students(items=[], next_cursor=None)
    return page.show("search.html", q=None, found=found, plans=frozenset(), cases=[])


@router.get("/students/new-plan")
def get_new_plan(page: ThePage) -> Response:
    """The form that opens one student's plan."""
    data = {"school_year": school_year_of(page.viewer.today)}
    return page.show("new_plan.html", form=_making(page).form(NewPlan, data), key=page.new_key)


@router.post("/students/new-plan")
def post_new_plan(page: ThePage, typed: Typed) -> Response:
    """單筆新增."""
    data = data_of(NewPlan, typed)
    try:
        done = students.add(page.house, page.viewer, page.asked(data, typed))
    except Refusal as refusal:
        # Also what was not found: an unknown number and one out of reach read the same.
        form = _making(page).form(NewPlan, data)
        return page.refused(refusal, "new_plan.html", form=form, key=page.new_key)
    return page.done(done, f"/students/{done.outcome.record_id}/plan")


@router.get("/students/{student_id}")
def get_student(page: ThePage, student_id: UUID) -> Response:
    """The student's entry in the register, who serves the student, and the years of the plan."""
    found = students.read(page.house, page.viewer, student_id)
    head = head_of(page.house, page.viewer, student_id)
    return page.show(
        "student.html",
        head=head,
        student=found,
        capacities=CAPACITIES,
        this_year=school_year_of(page.viewer.today),
        programmes=of_student(page, head),
    )


@router.post("/students/{student_id}/school-years")
def post_school_year(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """The record of a school year begins."""
    data = {"school_year": text(typed, "school_year")}
    outcome = page.attempt(
        lambda: school_years.add(page.house, page.viewer, student_id, page.asked(data, typed))
    )
    path = f"/students/{student_id}/plan?{urlencode({'school_year': data['school_year'] or ''})}"
    if isinstance(outcome, Refusal):
        raise outcome
    return page.done(outcome, path)


def _year_query(terms: dict[str, Any]) -> str:
    """The same list, for a new school year of all."""
    names = {"school_year": "listed_school_year", "grade": "grade"}
    kept = {names[name]: value for name, value in terms.items() if name in names}
    return f"?{urlencode(kept)}" if kept else ""


def _with_plans(page: Page, found: Students) -> frozenset[UUID]:
    """The students of whose plans the viewer may see something."""
    ids = [one.id for one in found.items if one.school_years]
    if not ids:
        return frozenset()
    with page.viewer.looking(page.house) as connection:
        cards = directory.students(connection, ids=ids)
    return frozenset(
        one.student_id
        for one in cards
        if readable(page.viewer.held_for(one.student_id, one.organisation))
    )


def _opens_plans(page: Page) -> bool:
    return any(allows("plan", one.capacity, "create") for one in page.viewer.relations)


def _making(page: Page) -> Making:
    return Making("plan", page.viewer.today)


def _onward(found: Students, terms: dict[str, Any]) -> str | None:
    if found.next_cursor is None:
        return None
    return f"/students?{urlencode(terms | {'cursor': found.next_cursor})}"
