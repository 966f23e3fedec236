"""`/students/{id}/plan`: the whole plan of a school year, with what is done and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import plan
from api.plan_content import exportable
from api.plan_export import PlanAsked, export
from api.plan_paper import FileFormat
from api.query import SchoolYear
from api.web.heads import Head, head_of
from api.web.progress import LISTS, ItemProgress, progress
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK
from documents.plan_blocks import Block, Grid, Heading, Nothing, Pairs, Prose, blocks_of
from domain.calendar import school_year as school_year_of
from domain.labels import SECTIONS
from projections import plan_records

router = APIRouter()

Year = Annotated[SchoolYear | None, BLANK, Query()]

BlockKind = Literal["heading", "pairs", "prose", "grid", "nothing"]
_KINDS: Mapping[type[Block], BlockKind] = {
    Heading: "heading",
    Pairs: "pairs",
    Prose: "prose",
    Grid: "grid",
    Nothing: "nothing",
}


@dataclass(frozen=True)
class Index:
    """The index beside the plan: the items with their marks, and the years there are."""

    items: list[ItemProgress]
    year: int
    years: Sequence[int]
    #: Whether the school year has begun for this student.
    begun: bool


@dataclass(frozen=True)
class Part:
    """A section of the plan as it is read."""

    code: str
    label: str
    blocks: list[tuple[BlockKind, Block]] = field(repr=False)
    href: str
    may_edit: bool


@router.get("/students/{student_id}/plan")
def get_plan(page: ThePage, student_id: UUID, school_year: Year = None) -> Response:
    """The plan, section by section."""
    year = school_year or school_year_of(page.viewer.today)
    content = plan.read(page.house, page.viewer, student_id, year)
    head = head_of(page.house, page.viewer, student_id)
    index = index_of(page, head, year)
    found = {one["section"]: one["records"] for one in content["sections"]}
    parts = {
        item.number: [
            _part(head, section.code, found.get(section.code, []), content, year)
            for section in item.sections
        ]
        for item in index.items
    }
    return page.show(
        "plan.html",
        head=head,
        index=index,
        parts=parts,
        exportable=bool(exportable(head.held)),
        this_year=school_year_of(page.viewer.today),
    )


@router.get("/students/{student_id}/plan.{format}")
def get_plan_file(
    page: ThePage,
    student_id: UUID,
    format: FileFormat,
    school_year: Year = None,
    own_notes: bool = False,
) -> Response:
    """The plan on paper."""
    year = school_year or school_year_of(page.viewer.today)
    asked = PlanAsked(student_id, year, format, own_notes)
    return export(page.house, page.viewer, asked, None)


def index_of(page: Page, head: Head, year: int) -> Index:
    """What is done and what is missing of a school year's plan."""
    with page.viewer.looking(page.house) as connection:
        standing = plan_records.standing_of(connection, [head.id])
    begun = any((one.section, one.school_year) == ("basic_family", year) for one in standing)
    years = {*head.student.school_years, year, school_year_of(page.viewer.today)}
    items = progress(standing, head.readable, year, head.student.stage)
    return Index(items, year, sorted(years, reverse=True), begun)


def section_path(student_id: UUID, code: str, year: int) -> str:
    """Where a section of a plan is looked at."""
    of = f"/students/{student_id}/{LISTS.get(code) or f'sections/{code}'}"
    return f"{of}?school_year={year}"


def worded(
    code: str, records: Sequence[Mapping[str, Any]], content: Mapping[str, Any]
) -> list[tuple[BlockKind, Block]]:
    """Records in blocks, each with the name of its kind for the template."""
    return kinds_of(blocks_of(code, records, content))


def kinds_of(blocks: Iterable[Block]) -> list[tuple[BlockKind, Block]]:
    """Blocks, each with the name of its kind for the template."""
    return [(_KINDS[type(block)], block) for block in blocks]


def writes(head: Head, code: str, begun: bool) -> bool:
    """Whether the viewer writes in the section, of which there is something or not."""
    return head.may(code, "edit" if begun else "create")


def _part(
    head: Head,
    code: str,
    records: Sequence[Mapping[str, Any]],
    content: Mapping[str, Any],
    year: int,
) -> Part:
    return Part(
        code,
        SECTIONS[code],
        worded(code, records, content),
        section_path(head.id, code, year),
        writes(head, code, bool(records)),
    )
