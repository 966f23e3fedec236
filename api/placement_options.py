"""`/programmes/{pid}/applications/{aid}/placement-options`: which placements the page offers."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.acting import Acting
from api.audit import record_read, refusals_recorded
from api.house import House
from api.placement_pages import page_for
from api.viewer import SignedIn, TheHouse, Viewer
from domain import programme
from domain.application import PROCESS
from domain.placement import Category
from domain.placement_judging import Page
from domain.placement_selection import full_skip_completeness
from domain.programme import programme_id
from domain.refusal import NotFound
from projections import directory
from projections import processes as view

router = APIRouter(prefix="/programmes/{pid}/applications", tags=["applications"])


class OfferItem(BaseModel):
    """A placement that a row may ask for. One that `needs_council` is of another category than was
    registered for, and needs a reason; `two_ahead` is for the council to look at."""

    area: str
    category: Category
    category_name: str
    placement_grade: int
    needs_council: bool
    two_ahead: bool


class FullSkipItem(BaseModel):
    """Whether the passes of this year and the standing placements land on one grade."""

    outcome: str
    placement_grade: int | None
    assessed_grade: int | None


class PlacementOptions(BaseModel):
    target_year_grade: int
    items: list[OfferItem]
    full_skip: FullSkipItem


@router.get("/{aid}/placement-options")
def get_options(house: TheHouse, viewer: SignedIn, pid: str, aid: UUID) -> PlacementOptions:
    """這位學生在安置頁面可填的安置類別與安置年級，依當年度通過的測驗與前一年的安置推算。"""
    return options(house, viewer, pid, aid)


def options(house: House, viewer: Viewer, pid: str, aid: UUID) -> PlacementOptions:
    """Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "placement-options"),
        viewer.looking(house) as connection,
    ):
        known = view.record(connection, aid)
        if known is None or known.programme != pid or known.process != PROCESS:
            raise NotFound
        if directory.student(connection, known.student) is None:
            raise NotFound
    newest = Acting(house, viewer).known(programme.evolve, programme_id(pid)).newest
    page = page_for(house, newest.programme, newest.version, known.student)
    if page is None:
        raise NotFound
    record_read(house, viewer, "placement-options", [known.student], record_id=aid)
    return PlacementOptions(
        target_year_grade=page.known.target_year_grade,
        items=_items(page),
        full_skip=_full_skip(page),
    )


def _items(page: Page) -> list[OfferItem]:
    names = {one.code: one.name for one in page.selection.categories}
    return [
        OfferItem(
            area=subject.name,
            category=offer.category,
            category_name=names[offer.category],
            placement_grade=offer.grade,
            needs_council=offer.changes_type,
            two_ahead=offer.two_ahead,
        )
        for subject in page.selection.subjects
        for offer in page.offered(subject.code).value
    ]


def _full_skip(page: Page) -> FullSkipItem:
    known = page.known
    found = full_skip_completeness(page.selection, known.passes.values(), known.last)
    return FullSkipItem(
        outcome=found.outcome,
        placement_grade=found.value.grade,
        assessed_grade=found.value.assessed_grade,
    )
