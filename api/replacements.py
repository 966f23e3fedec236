"""`/students/{id}/replacements`: 重新安置紀錄 of the plan (IGP manual 3.14, 4.9).

The re-placement of the acceleration process is another thing: `api.placement_requests`.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api import plan_entries, plan_entry_items
from api.acting import Reason
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.meeting_reference import check_references
from api.paging import Cursor, Limit
from api.plan_entry_items import EntryBody, EntryCorrection, EntryItem, Kind
from api.query import SchoolYear
from api.viewer import SignedIn, TheHouse
from domain.calendar import WrittenDate
from domain.replacement import REPLACEMENT, Replacement

router = APIRouter(prefix="/students/{student_id}/replacements", tags=["plan"])


class ReplacementEntry(EntryBody, Replacement):
    """A re-placement record. `meeting_id` is a meeting of the same student."""


class ReplacementCorrection(EntryCorrection):
    """Fields that are left out stay as they are; `null` empties date and meeting."""

    assessed_needs: str | None = None
    outcome: str | None = None
    decided_on: WrittenDate | None = None
    meeting_id: UUID | None = None


class ReplacementItem(EntryItem):
    """A re-placement record as it is shown."""

    assessed_needs: str
    outcome: str
    decided_on: str | None
    meeting_id: UUID | None


class Replacements(BaseModel):
    items: list[ReplacementItem]
    next_cursor: str | None


REPLACEMENTS = Kind(
    REPLACEMENT,
    "replacements",
    ReplacementEntry,
    ReplacementCorrection,
    ReplacementItem,
    check_references,
)

Sort = Literal[
    "decided_on", "-decided_on", "created_at", "-created_at", "school_year", "-school_year"
]


@router.get("")
def list_replacements(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: SchoolYear | None = None,
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Replacements:
    """一位學生的重新安置紀錄。"""
    items, after = plan_entry_items.page(
        house,
        viewer,
        REPLACEMENTS,
        student_id,
        school_year=school_year,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return Replacements(items=items, next_cursor=after)


@router.get("/{replacement_id}", response_model=ReplacementItem)
def get_replacement(
    house: TheHouse, viewer: SignedIn, student_id: UUID, replacement_id: UUID
) -> Response:
    """一筆重新安置紀錄。"""
    return shown(plan_entry_items.read(house, viewer, REPLACEMENTS, student_id, replacement_id))


@router.post("", **writes(ReplacementEntry))
def post_replacement(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """新增重新安置紀錄；該學年度須已有年度資料。"""
    done = plan_entries.record(house, viewer, REPLACEMENTS, student_id, asked)
    return response_of(house, viewer, done)


@router.put("/{replacement_id}", **writes(ReplacementCorrection, 200))
def put_replacement(
    house: TheHouse, viewer: SignedIn, student_id: UUID, replacement_id: UUID, asked: Changed
) -> Response:
    """修正重新安置紀錄；須說明原因，先前的內容保留在歷程。"""
    done = plan_entries.correct(house, viewer, REPLACEMENTS, student_id, replacement_id, asked)
    return response_of(house, viewer, done)


@router.post("/{replacement_id}/withdrawal", **writes(Reason, 200))
def post_replacement_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, replacement_id: UUID, asked: PostedChange
) -> Response:
    """重新安置紀錄不能刪除，一律拒絕（403）；填錯時請修正並說明原因。"""
    done = plan_entries.withdraw(house, viewer, REPLACEMENT, student_id, replacement_id, asked)
    return response_of(house, viewer, done)
