"""`/students/{id}/colleagues`: whom a course can be shared with and a student given to, by name."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.account_items import OfficeItem
from api.audit import refusals_recorded
from api.house import House
from api.name_order import name_key
from api.paging import Cursor, Limit, sorted_page
from api.student_items import offices
from api.viewer import SignedIn, TheHouse, Viewer
from domain.account import Role
from domain.capacity import Capacity
from domain.refusal import NotAllowed, NotFound
from ledger.database import Connection
from projections import directory, reach
from projections.directory import AccountCard

router = APIRouter(tags=["relations"])

#: Who works with the student, and the authority, which sees every account anyway.
_STAFF = frozenset(
    {
        Capacity.CASE_MANAGER,
        Capacity.GIFTED_HOMEROOM,
        Capacity.SUBJECT_TEACHER,
        Capacity.HOMEROOM,
        Capacity.SCHOOL_ADMINISTRATOR,
        Capacity.AUTHORITY_ADMINISTRATOR,
    }
)


class ColleagueItem(BaseModel):
    """A teacher with an open account."""

    id: UUID
    name: str
    organisation: OfficeItem
    duties: list[str]
    subjects: list[str]


class Colleagues(BaseModel):
    items: list[ColleagueItem]
    next_cursor: str | None


@router.get("/students/{student_id}/colleagues")
def list_colleagues(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    sort: Annotated[Literal["name", "-name"], Query()] = "name",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Colleagues:
    """學生所屬學校的教師與到校的巡迴輔導教師。"""
    page, after = sorted_page(
        house,
        viewer,
        colleagues(house, viewer, student_id),
        sort,
        what="colleagues",
        wanted={"student": student_id},
        limit=limit,
        cursor=cursor,
    )
    return Colleagues(items=page, next_cursor=after)


def colleagues(house: House, viewer: Viewer, student_id: UUID) -> list[ColleagueItem]:
    """The teachers of the student's school and who visits the student there.

    Raises `NotFound`, and `NotAllowed` for whoever does not work with the student.
    """
    with (
        refusals_recorded(house, viewer, "colleagues", [student_id]),
        viewer.looking(house) as connection,
    ):
        card = directory.student(connection, student_id)
        if card is None:
            raise NotFound
        if not viewer.held_for(student_id, card.organisation) & _STAFF:
            raise NotAllowed
        found = directory.accounts_of(connection, card.organisation)
        found += _visitors(connection, viewer, student_id, {one.account_id for one in found})
        schools = offices(connection)
    items = [
        ColleagueItem(
            id=one.account_id,
            name=str(house.opener.of_account(one.account_id, one.row["name"])),
            organisation=schools.get(one.organisation, OfficeItem(code="", name="")),
            duties=list(one.row.get("duties") or ()),
            subjects=list(one.row.get("subjects") or ()),
        )
        for one in found
        if Role.TEACHER in one.roles and not one.closed
    ]
    return sorted(items, key=lambda one: (name_key(one.name), one.id))


def _visitors(
    connection: Connection, viewer: Viewer, student: UUID, known: set[UUID]
) -> list[AccountCard]:
    """The accounts of other organisations that have the student now."""
    related = reach.related_to(connection, student, viewer.now)
    ids = {
        one.relation.account_id
        for one in related
        if one.relation.capacity is Capacity.CASE_MANAGER and one.relation.account_id not in known
    }
    cards = (directory.account(connection, one) for one in sorted(ids))
    return [card for card in cards if card is not None]
