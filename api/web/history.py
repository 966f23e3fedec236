"""`/students/{id}/history`: who changed what, when, from what to what, and why."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.history import read_history
from api.paging import Cursor
from api.web.heads import Head, head_of
from api.web.rendering import ThePage
from api.web.typed import BLANK
from domain.labels import CAPACITIES, SECTIONS
from domain.refusal import NotFound

router = APIRouter()

_A_PAGE = 100
#: So many changes of a section are looked through for those of one record.
_OF_A_RECORD = 1000


@router.get("/students/{student_id}/history")
def get_history(
    page: ThePage,
    student_id: UUID,
    section: Annotated[str | None, BLANK, Query()] = None,
    record: Annotated[UUID | None, BLANK, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """What happened to a student's record, the oldest first; of one section or one record where
    the address names it."""
    if section is not None and section not in SECTIONS:
        raise NotFound
    limit = _A_PAGE if record is None else _OF_A_RECORD
    sections = () if section is None else (section,)
    found = read_history(page.house, page.viewer, student_id, limit, cursor, sections)
    head = head_of(page.house, page.viewer, student_id)
    items = [one.data for one in found.items]
    if record is not None:
        items = [one for one in items if one["record_id"] == record]
    onward = None
    if found.next_cursor is not None:
        terms = {} if section is None else {"section": section}
        onward = f"?{urlencode(terms | {'cursor': found.next_cursor})}"
    return page.show(
        "history.html",
        head=head,
        items=items,
        section=section,
        record=record,
        onward_query=onward,
        sections=_sections(head),
        capacities=CAPACITIES,
    )


def _sections(head: Head) -> dict[str, str]:
    """The sections that the history can be narrowed to, by what the viewer is."""
    named = [*head.readable, "placement", "placement_request", "directory", "relation", "plan"]
    if head.may("counselling_note", "create"):
        named.append("counselling_note")
    return {code: SECTIONS[code] for code in named if code in head.readable or head.sees(code)}
