"""`/fill-status`: whether the schools filled in their plans of a school year, in counts."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import fill_status
from api.query import SchoolYear
from api.web.rendering import ThePage
from api.web.typed import BLANK
from domain.labels import MAIN_ITEMS

router = APIRouter()


@router.get("/fill-status")
def get_fill_status(
    page: ThePage,
    school_year: Annotated[SchoolYear | None, BLANK, Query()] = None,
    organisation: Annotated[str | None, BLANK, Query()] = None,
) -> Response:
    """One line a school; filters stand in the address."""
    found = fill_status.read(page.house, page.viewer, school_year, organisation)
    return page.show(
        "fill_status.html",
        found=found,
        items=MAIN_ITEMS,
        fewest=fill_status.FEWEST,
        wanted=organisation,
        filled=sum(one.has_filled for one in found.items),
    )
