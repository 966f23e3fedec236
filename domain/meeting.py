"""相關會議記錄: one record per meeting (IGP manual 3.13)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.event import ENCRYPTED
from domain.refusal import NotValid
from domain.section import PLAIN, SectionData, Text, Word, define
from domain.section_record import Record


class Meeting(SectionData):
    """`participants` are names as they were chosen: the option list may change afterwards."""

    held_at: AwareDatetime = Field(title="會議時間", description="RFC 3339，含時區。")
    topic: Annotated[Word, ENCRYPTED, PLAIN] = Field(title="會議主題", description="會議的主題。")
    purpose: Annotated[Text, ENCRYPTED, PLAIN] = Field(title="目的", description="召開會議的目的。")
    recorder_name: Annotated[Word, ENCRYPTED, PLAIN] = Field(
        title="記錄人員", description="記錄這次會議的人員。"
    )
    participants: Annotated[tuple[Word, ...], ENCRYPTED, PLAIN] = Field(
        title="參與人員", description="出席會議的人員姓名，一人一項。", min_length=1, max_length=100
    )
    content: Annotated[Text, ENCRYPTED, PLAIN] = Field(
        title="會議內容", description="會議討論與決議的內容。"
    )


#: How many years before and after today a meeting may have been held: a child is at school for
#: fewer, and who types another year has mistyped it.
BEFORE, AFTER = 20, 1


class MeetingTimeNotPlausible(NotValid):
    """The time is no time of a meeting about a pupil: most likely the year is a slip."""

    CODE = "meeting-time-not-plausible"
    TITLE = "會議時間的年份可能有誤，請檢查"


def check_held_at(held_at: datetime, today: date) -> None:
    """Raises `MeetingTimeNotPlausible`."""
    first, last = today.year - BEFORE, today.year + AFTER
    if not first <= held_at.year <= last:
        years = f"民國 {first - 1911} 年至 {last - 1911} 年"
        raise MeetingTimeNotPlausible(f"會議時間請填{years}之間的日期。", "held_at")


MEETING = define("meeting", "record", Meeting, source="七(一)", withdrawable=True)


class MeetingNotFound(NotValid):
    """A record refers to what is no meeting of its student."""

    CODE = "meeting-not-found"
    TITLE = "找不到這筆會議記錄，請重新選擇這位學生的會議"


def check_meeting(meeting: Record | None, student_id: UUID, field: str) -> None:
    """Refuse a reference to what is not a meeting of this student, or was withdrawn.

    Raises `MeetingNotFound`.
    """
    if meeting is None or meeting.withdrawn:
        raise MeetingNotFound(field=field)
    if (meeting.section, meeting.student_id) != (MEETING.code, student_id):
        raise MeetingNotFound(field=field)
