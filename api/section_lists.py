"""`/sections/{section}`: the page of a section, a list of students that is empty until searched.

A list holds who is in the viewer's reach for the section and has a plan, and of the section what
the viewer may see. Counselling notes have no such page: docs/decisions/section-lists.md.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.account_items import OfficeItem
from api.acting import Body, read_body
from api.audit import record_list, refusals_recorded
from api.batches import BatchStudent, is_writer
from api.house import House
from api.http import Raw, takes
from api.name_order import name_key
from api.paging import paged
from api.query import Grade, SchoolYear
from api.section_items import data_of
from api.student_items import Instant, Opened, Person, person
from api.students import StudentFilter, find
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import Deed as Letter
from domain.access import allows
from domain.basic_family import BASIC_FAMILY
from domain.calendar import school_year as school_year_of
from domain.capacity import Capacity
from domain.organisation import Stage
from domain.refusal import NotFound
from domain.section import Section
from domain.sections import SECTIONS
from ledger.database import Connection
from projections import plan_records
from projections.plan_fold import LIVE, PlanRecord

router = APIRouter(prefix="/sections/{section}", tags=["sections"])

Sort = Literal["name", "-name", "organisation", "-organisation", "stage", "-stage", "grade",
               "-grade", "class_name", "-class_name", "school_year", "-school_year", "filled",
               "-filled", "entries", "-entries", "version", "-version", "updated_at",
               "-updated_at", "updated_by", "-updated_by"]  # fmt: skip

_KNOWING: tuple[Letter, ...] = ("view", "create", "edit")
#: What the page of basic data offers to whoever writes it (IGP manual §二(一)3).
_OFFERS = ("single_add", "batch_add", "new_school_year")

Code = Annotated[str, Path(description="、".join(SECTIONS))]


class SectionSearch(Body):
    """What is searched for. `q` is part of a name, or a whole national ID.

    `school_year` is that of the records, the current one where it is left out; where it is given,
    only students who have that year are listed. `expand` opens all rows of the page or those of
    these students.
    """

    school_year: SchoolYear | None = None
    organisation: str | None = None
    stage: Stage | None = None
    grade: Grade | None = None
    class_name: str | None = None
    q: str | None = Field(None, min_length=1, max_length=100)
    filled: bool | None = Field(None, description="只列已填寫（true）或未填寫（false）者。")
    sort: Sort = "name"
    expand: Literal["all"] | tuple[UUID, ...] = ()
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class SectionEntry(BaseModel):
    """A record of the section, opened."""

    id: UUID
    version: int
    updated_at: Instant
    updated_by: Person
    data: dict[str, Any]


class SectionRow(BaseModel):
    """A student of the list, and what there is of the section in the school year.

    `version` is that of the record; of a section with many records per student it is null.
    `records` is given for rows that were asked to be opened.
    """

    student: BatchStudent
    organisation: OfficeItem
    stage: str
    grade: int
    class_name: str | None
    school_years: list[int]
    school_year: int
    filled: bool
    entries: int
    version: int | None
    updated_at: Instant | None
    updated_by: Person | None
    records: list[SectionEntry] | None = None


class SectionList(BaseModel):
    """`searched` is false until somebody searches; `offers` are the acts that the page offers."""

    section: str
    searched: bool
    items: list[SectionRow]
    next_cursor: str | None
    offers: list[str]


@dataclass(frozen=True)
class _Row:
    """A row before it is shown: the student, and the section's records of the year."""

    of: Opened
    records: Sequence[PlanRecord]
    newest: PlanRecord | None
    by: Person | None


@router.get("/students")
def open_page(house: TheHouse, viewer: SignedIn, section: Code) -> SectionList:
    """一個項目的頁面：按下查詢之前不列任何學生。"""
    with refusals_recorded(house, viewer, f"section.{section}.list"):
        known = _section(section)
    return _list(known, viewer, [], None, searched=False)


@router.post("/search", openapi_extra=takes(SectionSearch))
def search_section(house: TheHouse, viewer: SignedIn, section: Code, body: Raw) -> SectionList:
    """查詢一個項目：看得到的學生、是否已填寫，以及展開的內容。"""
    return search(house, viewer, section, body)


def search(house: House, viewer: Viewer, code: str, body: bytes) -> SectionList:
    """A page of the list; recorded. Raises `NotFound` where the section has no such page."""
    what = f"section.{code}.list"
    with refusals_recorded(house, viewer, what):
        section = _section(code)
        given = read_body(body, SectionSearch)
        year = given.school_year or school_year_of(viewer.today)
        rows = _rows(house, viewer, section, given, year)
        by = given.sort.removeprefix("-")
        terms = given.model_dump(mode="json", exclude={"limit", "cursor", "expand"})
        onward, after = paged(
            house,
            viewer,
            [(_key(by, row), row.of.card.student_id, row) for row in rows],
            what=what,
            wanted=terms | {"year": year},
            limit=given.limit,
            cursor=given.cursor,
            descending=given.sort.startswith("-"),
        )
        with viewer.looking(house) as connection:
            items = [_item(house, connection, section, row, given, year) for row in onward]
    said = terms | {"expand": given.model_dump(mode="json")["expand"]}
    record_list(house, viewer, what, [row.of.card.student_id for row in onward], said)
    return _list(section, viewer, items, after, searched=True)


def _section(code: str) -> Section:
    found = SECTIONS.get(code)
    if found is None:
        raise NotFound
    return found


def _list(
    section: Section, viewer: Viewer, items: list[SectionRow], after: str | None, *, searched: bool
) -> SectionList:
    offers = list(_OFFERS) if section is BASIC_FAMILY and is_writer(viewer) else []
    return SectionList(
        section=section.code, searched=searched, items=items, next_cursor=after, offers=offers
    )


def _rows(
    house: House, viewer: Viewer, section: Section, given: SectionSearch, year: int
) -> list[_Row]:
    wanted = StudentFilter(
        organisation=given.organisation,
        school_year=given.school_year,
        stage=given.stage,
        grade=given.grade,
        class_name=given.class_name,
    )
    reached = _reached(viewer, section.code)
    found = [
        one
        for one in find(house, viewer, wanted, given.q)
        if one.card.plan_years and reached(one.card.student_id, one.card.organisation)
    ]
    with viewer.looking(house) as connection:
        records = plan_records.records_among(
            connection, [one.card.student_id for one in found], section.code
        )
        of_student: defaultdict[UUID, list[PlanRecord]] = defaultdict(list)
        for record in records:
            if record.status == LIVE:
                of_student[record.student].append(record)
        people = {
            account: person(house, connection, account)
            for account in {record.updated_by for record in records}
        }
    rows = []
    for one in found:
        mine = [
            record
            for record in of_student[one.card.student_id]
            if (record.stage == one.card.stage if section.per == "stage" else
                record.school_year == year)
        ]  # fmt: skip
        mine.sort(key=lambda record: (record.recorded_at, record.record_id))
        newest = max(mine, key=lambda record: record.updated_at, default=None)
        if given.filled is None or given.filled == bool(mine):
            by = None if newest is None else people[newest.updated_by]
            rows.append(_Row(one, mine, newest, by))
    return rows


def _reached(viewer: Viewer, code: str) -> Callable[[UUID, UUID], bool]:
    """Whether a student of a school is in the viewer's reach for this section."""
    students: set[UUID | None] = set()
    schools: set[UUID | None] = set()
    for relation in viewer.relations:
        if any(allows(code, relation.capacity, letter) for letter in _KNOWING):
            of = schools if relation.capacity is Capacity.SCHOOL_ADMINISTRATOR else students
            of.add(relation.target)
    return lambda student, school: student in students or school in schools


def _item(
    house: House,
    connection: Connection,
    section: Section,
    row: _Row,
    given: SectionSearch,
    year: int,
) -> SectionRow:
    card, newest = row.of.card, row.newest
    expanded = given.expand == "all" or card.student_id in given.expand
    return SectionRow(
        student=BatchStudent(id=card.student_id, name=row.of.name),
        organisation=row.of.item.organisation,
        stage=card.stage,
        grade=card.grade,
        class_name=card.class_name,
        school_years=list(card.plan_years),
        school_year=year,
        filled=newest is not None,
        entries=len(row.records),
        version=None if newest is None or section.per == "record" else newest.version,
        updated_at=None if newest is None else newest.updated_at,
        updated_by=row.by,
        records=[
            SectionEntry(
                id=record.record_id,
                version=record.version,
                updated_at=record.updated_at,
                updated_by=person(house, connection, record.updated_by),
                data=data_of(house, section, record, record.stage),
            )
            for record in row.records
        ]
        if expanded
        else None,
    )


def _key(by: str, row: _Row) -> list[Any]:
    """The place of a row in the order of a column; names decide between equals."""
    return [_column(by, row), name_key(row.of.name)]


def _column(by: str, row: _Row) -> Any:
    card, newest = row.of.card, row.newest
    match by:
        case "organisation":
            return row.of.item.organisation.code
        case "stage":
            return list(Stage).index(Stage(card.stage))
        case "grade":
            return card.grade
        case "class_name":
            return name_key(card.class_name or "")
        case "school_year":
            return max(card.plan_years)
        case "filled":
            return newest is not None
        case "entries":
            return len(row.records)
        case "version":
            return 0 if newest is None else newest.version
        case "updated_at":
            return 0 if newest is None else int(newest.updated_at.timestamp() * 10**6)
        case "updated_by":
            return [] if row.by is None else name_key(row.by.name)
    return 0
