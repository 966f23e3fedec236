"""`/sections`: one section of the plans of everybody in reach, filled or not (IGP manual §一(四)).

Nobody is listed until somebody searches. Filters and order stand in the address; names are searched
at `/search`, whose word stands in none.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response

from api import section_lists
from api.paging import Cursor
from api.query import Grade, SchoolYear
from api.section_lists import SectionRow, Sort
from api.student_items import person
from api.web.columns import columns_of
from api.web.plans import section_path, worded
from api.web.rendering import Page, ThePage
from api.web.sections import MEETING_FIELDS, meetings_of
from api.web.typed import BLANK
from domain.calendar import school_year as school_year_of
from domain.labels import GRADES, STAGES
from domain.labels import SECTIONS as LABELS
from domain.organisation import Stage
from domain.sections import SECTIONS

router = APIRouter()

_A_PAGE = 50

#: Which rows show what they say: all of the page, or those of these students.
Opened = Literal["all"] | UUID

#: The columns, each of which orders the list, with their words.
_COLUMNS = (
    ("name", "姓名"),
    ("organisation", "學校"),
    ("grade", "年級"),
    ("class_name", "班級"),
    ("filled", "填寫情形"),
    ("entries", "筆數"),
    ("updated_at", "最後更新"),
    ("updated_by", "更新者"),
)


@router.get("/sections")
def get_sections(
    page: ThePage,
    section: Annotated[str | None, BLANK, Query()] = None,
    school_year: Annotated[SchoolYear | None, BLANK, Query()] = None,
    stage: Annotated[Stage | None, BLANK, Query()] = None,
    grade: Annotated[Grade | None, BLANK, Query()] = None,
    class_name: Annotated[str | None, BLANK, Query()] = None,
    filled: Annotated[Literal["true", "false"] | None, BLANK, Query()] = None,
    sort: Annotated[Sort, Query()] = "name",
    expand: Annotated[tuple[Opened, ...], Query(max_length=_A_PAGE)] = (),
    cursor: Cursor = None,
) -> Response:
    """The question, and what was found where a section was asked for."""
    asked = {
        "school_year": school_year,
        "stage": stage,
        "grade": grade,
        "class_name": class_name,
        "filled": filled,
    }
    terms: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    shown: dict[str, Any] = {"found": None, "columns": [], "opened": {}, "paths": {}}
    if section is not None:
        terms = {"section": section} | terms
        shown = _searched(page, section, terms, sort, expand, cursor)
    return page.show(
        "sections.html",
        sections={code: LABELS[code] for code in SECTIONS},
        stages={stage: STAGES[stage] for stage in Stage},
        grades=GRADES,
        wanted=asked | {"section": section},
        year=school_year or school_year_of(page.viewer.today),
        **shown,
    )


def _searched(
    page: Page,
    section: str,
    terms: dict[str, Any],
    sort: Sort,
    expand: tuple[Opened, ...],
    cursor: str | None,
) -> dict[str, Any]:
    body = {name: value for name, value in terms.items() if name != "section"}
    if "filled" in body:
        body["filled"] = body["filled"] == "true"
    body["expand"] = "all" if "all" in expand else expand
    body |= {"sort": sort, "limit": _A_PAGE, "cursor": cursor}
    found = section_lists.search(page.house, page.viewer, section, orjson.dumps(body))
    here = terms | {"sort": sort}
    onward = None
    if found.next_cursor is not None:
        rest = {"expand": "all"} if "all" in expand else {}
        onward = _address(here | rest | {"cursor": found.next_cursor})
    here |= {} if cursor is None else {"cursor": cursor}
    opened = _opened(page, section, found.items)
    return {
        "found": found.items,
        "columns": columns_of("/sections", _COLUMNS, sort, terms),
        "onward": onward,
        "paths": {
            row.student.id: section_path(row.student.id, section, row.school_year)
            for row in found.items
        },
        "opened": opened,
        # Where a row is opened or folded; the others stay as they are.
        "turned": {
            row.student.id: _address(here | {"expand": _turned(opened, row.student.id)})
            for row in found.items
        },
        "unfolded": _address(here | {"expand": "all"}),
        "folded": _address(here),
    }


def _turned(opened: Iterable[UUID], one: UUID) -> list[UUID]:
    return sorted({*opened} ^ {one})


def _opened(page: Page, section: str, rows: list[SectionRow]) -> dict[UUID, Any]:
    """What the records of the opened rows say, in blocks, by student. A teacher is looked up once,
    the meetings of a student where a record names one."""
    opened = [(row, row.model_dump(mode="json")["records"]) for row in rows if row.records]
    teachers = {
        UUID(one)
        for _, records in opened
        for record in records
        for one in record["data"].get("teachers") or ()
    }
    with page.viewer.looking(page.house) as connection:
        people = [
            person(page.house, connection, one).model_dump(mode="json") for one in sorted(teachers)
        ]
    return {
        row.student.id: worded(
            section,
            [
                {"data": one["data"], "education_stage": row.stage, "record_id": one["id"]}
                for one in records
            ],
            {"people": people, "sections": _meetings(page, row, records)},
        )
        for row, records in opened
    }


def _meetings(page: Page, row: SectionRow, records: list[Any]) -> list[dict[str, Any]]:
    named = any(one["data"].get(name) for one in records for name in MEETING_FIELDS)
    return [meetings_of(page, row.student.id)] if named else []


def _address(terms: dict[str, Any]) -> str:
    return f"/sections?{urlencode(terms, doseq=True)}"
