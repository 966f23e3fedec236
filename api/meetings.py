"""`/students/{id}/meetings`: 相關會議記錄 (IGP manual 3.13, 4.8)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator

from api import plan_entries, plan_entry_items
from api.acting import Acting, Reason
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.paging import Cursor, Limit
from api.plan_entries import Withdrawals
from api.plan_entry_items import EntryBody, EntryCorrection, EntryItem, Kind
from api.query import SchoolYear
from api.student_items import Instant
from api.viewer import SignedIn, TheHouse
from domain.meeting import MEETING, Meeting, check_held_at
from domain.section import SectionData
from domain.section_record import Record

router = APIRouter(prefix="/students/{student_id}/meetings", tags=["plan"])

#: Erased names are one text.
_Names = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]


class MeetingEntry(EntryBody, Meeting):
    """A meeting. `participants` are names, ticked or typed; they are kept as they are."""


class MeetingCorrection(EntryCorrection):
    """Fields that are left out stay as they are."""

    held_at: AwareDatetime | None = None
    topic: str | None = None
    purpose: str | None = None
    recorder_name: str | None = None
    participants: tuple[str, ...] | None = None
    content: str | None = None


class MeetingItem(EntryItem):
    """A meeting as it is shown."""

    held_at: Instant
    topic: str
    purpose: str
    recorder_name: str
    participants: _Names
    content: str


class Meetings(BaseModel):
    items: list[MeetingItem]
    next_cursor: str | None


def _check(acting: Acting, _: UUID, data: SectionData, before: Record | None) -> None:
    """Looks at a time that is new. Raises `MeetingTimeNotPlausible`."""
    assert isinstance(data, Meeting)
    if before is None or before.data.get("held_at") != data.held_at:
        check_held_at(data.held_at, acting.today)


MEETINGS = Kind(MEETING, "meetings", MeetingEntry, MeetingCorrection, MeetingItem, _check)

Sort = Literal["held_at", "-held_at", "created_at", "-created_at", "school_year", "-school_year"]


@router.get("")
def list_meetings(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    school_year: SchoolYear | None = None,
    sort: Annotated[Sort, Query()] = "held_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Meetings:
    """一位學生的相關會議記錄；已刪除者不列出。"""
    items, after = plan_entry_items.page(
        house,
        viewer,
        MEETINGS,
        student_id,
        school_year=school_year,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return Meetings(items=items, next_cursor=after)


@router.get("/{meeting_id}", response_model=MeetingItem)
def get_meeting(house: TheHouse, viewer: SignedIn, student_id: UUID, meeting_id: UUID) -> Response:
    """一筆會議記錄。"""
    return shown(plan_entry_items.read(house, viewer, MEETINGS, student_id, meeting_id))


@router.post("", **writes(MeetingEntry))
def post_meeting(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """新增會議記錄；該學年度須已有年度資料。"""
    done = plan_entries.record(house, viewer, MEETINGS, student_id, asked)
    return response_of(house, viewer, done)


@router.put("/{meeting_id}", **writes(MeetingCorrection, 200))
def put_meeting(
    house: TheHouse, viewer: SignedIn, student_id: UUID, meeting_id: UUID, asked: Changed
) -> Response:
    """修正會議記錄；須說明原因，先前的內容保留在歷程。"""
    done = plan_entries.correct(house, viewer, MEETINGS, student_id, meeting_id, asked)
    return response_of(house, viewer, done)


@router.post("/{meeting_id}/withdrawal", **writes(Reason, 200))
def post_meeting_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, meeting_id: UUID, asked: PostedChange
) -> Response:
    """刪除一筆會議記錄；須說明原因，歷程仍保留。"""
    done = plan_entries.withdraw(house, viewer, MEETING, student_id, meeting_id, asked)
    return response_of(house, viewer, done)


@router.post("/withdrawal", **writes(Withdrawals, 200))
def post_meetings_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """一次刪除勾選的會議記錄，全部成功或全部不變；回答的 id 為這一批刪除的識別碼。"""
    done = plan_entries.withdraw_many(house, viewer, MEETING, student_id, asked)
    return response_of(house, viewer, done)
