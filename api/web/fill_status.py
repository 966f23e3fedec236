"""`/fill-status`: whether the schools filled in their plans of a school year, in counts."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from api import fill_status
from api.paging import Cursor
from api.query import SchoolYear
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK
from domain.labels import MAIN_ITEMS
from domain.organisation import Kind
from projections import directory

router = APIRouter()


@router.get("/fill-status")
def get_fill_status(
    page: ThePage,
    school_year: Annotated[SchoolYear | None, BLANK, Query()] = None,
    organisation: Annotated[str | None, BLANK, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """One line a school; filters stand in the address."""
    found = fill_status.read(page.house, page.viewer, school_year, organisation, cursor=cursor)
    onward = None
    if found.next_cursor is not None:
        terms = {"school_year": found.school_year, "organisation": organisation or ""}
        onward = f"/fill-status?{urlencode(terms | {'cursor': found.next_cursor})}"
    return page.show(
        "fill_status.html",
        found=found,
        items=MAIN_ITEMS,
        fewest=fill_status.FEWEST,
        wanted=organisation,
        schools=_schools(page),
        onward=onward,
    )


def _schools(page: Page) -> dict[str, str]:
    with page.viewer.looking(page.house) as connection:
        found = directory.organisations(connection)
    return {one.code: one.name for one in found if one.kind == Kind.SCHOOL}
