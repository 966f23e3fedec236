"""`/students`: the plans of registered students, opened one by one, listed and searched.

A list and a search see the viewer's reach alone; names are opened and put in order in memory.
"""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, given_in, perform, read_body
from api.audit import record_list, record_read, refusals_recorded
from api.house import House
from api.http import Posted, Raw, response_of, shown, takes, writes
from api.name_order import name_key
from api.openings import roster
from api.organisations import by_code
from api.paging import Cursor, Limit, paged
from api.query import Grade, SchoolYear
from api.register import student_of_number
from api.seeing import by_student, student_seen
from api.student_items import Opened, StudentPage, Students, offices, opened, relation_item
from api.viewer import SignedIn, TheHouse, Viewer
from domain import national_id, plan
from domain.command import Actor
from domain.organisation import Stage
from domain.refusal import NotFound
from domain.student import Student
from projections import directory, reach

router = APIRouter(prefix="/students", tags=["students"])

Sort = Literal["name", "-name", "grade", "-grade", "class_name", "-class_name",
               "organisation", "-organisation", "school_year", "-school_year"]  # fmt: skip


class SingleAdd(Body):
    """Whose plan is opened, and for which school year."""

    national_id: str
    school_year: int


class StudentFilter(Body):
    """Which students; what is left out does not narrow. `organisation` is a code."""

    organisation: str | None = None
    school_year: SchoolYear | None = None
    stage: Stage | None = None
    grade: Grade | None = None
    class_name: str | None = None


class StudentSearch(StudentFilter):
    """`q` is part of a name, or a whole national ID."""

    q: str = Field(min_length=1, max_length=100)
    sort: Sort = "name"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


@router.post("", **writes(SingleAdd))
def post_plan(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """單筆新增：以身分證統一編號開始一位學生的個別輔導計畫。"""
    return response_of(house, viewer, add(house, viewer, asked))


@router.get("")
def list_students(
    house: TheHouse,
    viewer: SignedIn,
    school_year: Annotated[SchoolYear | None, Query()] = None,
    organisation: str | None = None,
    stage: Stage | None = None,
    grade: Annotated[Grade | None, Query()] = None,
    sort: Annotated[Sort, Query()] = "name",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Students:
    """看得到的學生。"""
    wanted = StudentFilter(
        organisation=organisation, school_year=school_year, stage=stage, grade=grade
    )
    return page(house, viewer, wanted, None, sort, limit, cursor)


@router.post("/search", openapi_extra=takes(StudentSearch))
def search_students(house: TheHouse, viewer: SignedIn, body: Raw) -> Students:
    """查詢看得到的學生：姓名的一部分，或完整的身分證統一編號。"""
    given = read_body(body, StudentSearch)
    return page(house, viewer, given, given.q, given.sort, given.limit, given.cursor)


@router.get("/{student_id}", response_model=StudentPage)
def get_student(house: TheHouse, viewer: SignedIn, student_id: UUID) -> Response:
    """一位學生的通報資料與服務關係。"""
    return shown(read(house, viewer, student_id))


def add(house: House, viewer: Viewer, asked: Asked) -> Done:
    """The opening of a plan from a `SingleAdd`. A number that is malformed, unknown or of a
    student out of reach is one and the same `NotFound` (IGP-77)."""

    # Whose number was tried, which the book of access says also where the answer may not.
    tried: list[UUID] = []

    def see(acting: Acting) -> Student:
        try:
            number = national_id.check(given_in(asked, SingleAdd).national_id)
        except national_id.NationalIdNotValid:
            raise NotFound from None
        known = student_of_number(acting.house.ledger, number)
        if known is None:
            raise NotFound
        tried.append(known)
        return student_seen(acting, known)

    def decide(acting: Acting, seen: Student, actor: Actor, given: SingleAdd) -> Decided:
        known = roster(acting, [seen.student_id], given.school_year)
        events = known.plan_events(seen.student_id, actor)
        after = known.unmoved([seen.student_id], events)
        return Decided(events, seen.student_id, events[0].originator_version, after=after)

    deed = Deed(
        what="plan.open",
        body=SingleAdd,
        see=see,
        permit=by_student(plan.SECTION, "create"),
        decide=decide,
        students=tried,
    )
    return perform(house, viewer, asked, deed)


def read(house: House, viewer: Viewer, student_id: UUID) -> StudentPage:
    """One student with the relations that hold; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "student", [student_id]),
        viewer.looking(house) as connection,
    ):
        card = directory.student(connection, student_id)
        if card is None:
            raise NotFound
        found = opened(house, card, offices(connection))
        relations = [
            relation_item(house, connection, related)
            for related in reach.related_to(connection, student_id, viewer.now + house.slack)
        ]
    held = viewer.held_for(student_id, card.organisation)
    record_read(house, viewer, "student", [student_id], record_id=student_id, held=held)
    return StudentPage(**found.item.model_dump(), relations=relations)


def page(
    house: House,
    viewer: Viewer,
    wanted: StudentFilter,
    q: str | None,
    sort: Sort,
    limit: int,
    cursor: str | None,
) -> Students:
    """A page of the students in reach that fit; recorded."""
    found = find(house, viewer, wanted, q)
    by = sort.removeprefix("-")
    terms: dict[str, Any] = {
        "sort": sort,
        "q": q,
        **wanted.model_dump(include=set(StudentFilter.model_fields)),
    }
    onward, after = paged(
        house,
        viewer,
        [(_key(by, one), one.card.student_id, one) for one in found],
        what="students",
        wanted=terms,
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    subjects = [one.card.student_id for one in onward]
    record_list(house, viewer, "students", subjects, terms, searched=q is not None)
    return Students(items=[one.item for one in onward], next_cursor=after)


def find(house: House, viewer: Viewer, wanted: StudentFilter, q: str | None) -> list[Opened]:
    """The students in reach that fit a filter and a word, opened."""
    with viewer.looking(house) as connection:
        schools = offices(connection)
    found = [opened(house, card, schools) for card in cards(house, viewer, wanted, q)]
    if q is None or _number(q) is not None:
        return found
    fits = matching(house, q)
    # The word that stands for an erased name is nobody's name.
    return [one for one in found if not one.card.erased and fits(one.card.student_id, one.name)]


def matching(house: House, q: str) -> Callable[[UUID, str], bool]:
    """Whether a student, by id and name, is one that a word finds: part of the name, or the whole
    national ID."""
    number = _number(q)
    if number is not None:
        known = student_of_number(house.ledger, number)
        return lambda student_id, _: student_id == known
    word = _plain(q)
    return lambda _, name: word in _plain(name)


def cards(
    house: House, viewer: Viewer, wanted: StudentFilter, q: str | None
) -> Sequence[directory.StudentCard]:
    """The students in reach that fit a filter and a national ID, unopened; names are not asked."""
    school = by_code(house.ledger, wanted.organisation) if wanted.organisation else None
    narrowed = wanted.model_dump(include={"school_year", "stage", "grade", "class_name"})
    if school is not None:
        narrowed["organisation"] = school.organisation_id
    number = _number(q) if q else None
    if number is not None:
        known = student_of_number(house.ledger, number)
        narrowed["ids"] = [] if known is None else [known]
    with viewer.looking_at(house, "directory") as connection:
        return directory.students(connection, **narrowed)


def _number(q: str) -> str | None:
    try:
        return national_id.check(q)
    except national_id.NationalIdNotValid:
        return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _key(by: str, one: Opened) -> list[Any]:
    """The place of a student in the order; names decide between equals."""
    name = name_key(one.name)
    match by:
        case "grade":
            return [one.card.grade, name]
        case "class_name":
            return [name_key(one.card.class_name or ""), name]
        case "organisation":
            return [one.item.organisation.code, name]
        case "school_year":
            return [max(one.card.plan_years, default=0), name]
    return [name]
