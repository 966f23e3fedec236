"""`/fill-status`: whether the schools filled in their plans, in counts (IGP manual 3.18)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.account_items import OfficeItem
from api.audit import record_list, refusals_recorded
from api.house import House
from api.organisations import UnknownOrganisation, by_code
from api.paging import Cursor, Limit, paged
from api.student_items import offices
from api.viewer import SignedIn, TheHouse, Viewer
from domain.calendar import school_year as school_year_of
from domain.labels import MAIN_ITEMS
from domain.organisation import Kind
from domain.refusal import NotAllowed, NotFound
from projections import directory
from projections.fill_status import filled

router = APIRouter(prefix="/fill-status", tags=["fill status"])

#: Fewer students than this are not counted out: a count of one would speak of one student.
FEWEST = 3


class ItemStatus(BaseModel):
    """A main item; `students` is null where fewer than three filled it in."""

    item: int
    label: str
    filled: bool
    students: int | None


class SchoolStatus(BaseModel):
    organisation: OfficeItem
    gifted_students: int
    students_with_year_record: int | None = Field(description="少於三人時為 null。")
    has_filled: bool
    items: list[ItemStatus]


class FillStatus(BaseModel):
    """`schools` and `schools_filled` count all schools asked about, whatever page is shown."""

    school_year: int
    schools: int
    schools_filled: int
    items: list[SchoolStatus]
    next_cursor: str | None


Sort = Literal["organisation", "-organisation", "gifted_students", "-gifted_students"]


@router.get("")
def get_fill_status(
    house: TheHouse,
    viewer: SignedIn,
    school_year: Annotated[int | None, Query(ge=1, le=999, description="學年度")] = None,
    organisation: Annotated[str | None, Query(description="學校代碼")] = None,
    sort: Annotated[Sort, Query()] = "organisation",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> FillStatus:
    """各校個別輔導計畫填報情形；只有人數，不含學生。"""
    return read(house, viewer, school_year, organisation, sort=sort, limit=limit, cursor=cursor)


def read(
    house: House,
    viewer: Viewer,
    school_year: int | None,
    organisation: str | None,
    *,
    sort: Sort = "organisation",
    limit: int = 50,
    cursor: str | None,
) -> FillStatus:
    """A page of the schools of the county; recorded.

    Raises `NotAllowed`, `NotFound`, `CursorNotValid`.
    """
    year = school_year or school_year_of(viewer.today)
    with refusals_recorded(house, viewer, "fill-status"):
        if not viewer.is_authority:
            raise NotAllowed
        only = None if organisation is None else _school(house, organisation)
        with viewer.looking(house) as connection:
            schools = [
                one
                for one in directory.organisations(connection)
                if one.kind == Kind.SCHOOL and only in (None, one.code)
            ]
            known = offices(connection)
            gifted = directory.students_by_school(connection)
            counts = {
                (one.organisation, one.item): one.students for one in filled(connection, year)
            }
    items = []
    for school in schools:
        of_items = [
            ItemStatus(
                item=item,
                label=label,
                filled=bool(counts.get((school.organisation_id, item))),
                students=_shown(counts.get((school.organisation_id, item), 0)),
            )
            for item, label in MAIN_ITEMS.items()
        ]
        items.append(
            SchoolStatus(
                organisation=known[school.organisation_id],
                gifted_students=gifted.get(school.organisation_id, 0),
                students_with_year_record=of_items[0].students,
                has_filled=of_items[0].filled,
                items=of_items,
            )
        )
    wanted = {"school_year": year, "organisation": organisation}
    page, after = paged(
        house,
        viewer,
        [
            ([one.gifted_students] if "gifted" in sort else [], one.organisation.code, one)
            for one in items
        ],
        what="fill-status",
        wanted={**wanted, "sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    record_list(house, viewer, "fill-status", (), wanted)
    return FillStatus(
        school_year=year,
        schools=len(items),
        schools_filled=sum(one.has_filled for one in items),
        items=page,
        next_cursor=after,
    )


def _school(house: House, code: str) -> str:
    try:
        return by_code(house.ledger, code).code
    except UnknownOrganisation:
        raise NotFound from None


def _shown(students: int) -> int | None:
    return students if students >= FEWEST or students == 0 else None
