"""相關會議記錄: one record per meeting (IGP manual 3.13)."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.event import ENCRYPTED
from domain.refusal import NotValid
from domain.section import SectionData, Text, Word, define
from domain.section_record import Record


class Meeting(SectionData):
    """`participants` are names as they were chosen: the option list may change afterwards."""

    held_at: AwareDatetime = Field(title="會議時間", description="RFC 3339，含時區。")
    topic: Annotated[Word, ENCRYPTED] = Field(title="會議主題")
    purpose: Annotated[Text, ENCRYPTED] = Field(title="目的")
    recorder_name: Annotated[Word, ENCRYPTED] = Field(title="記錄人員")
    participants: Annotated[tuple[Word, ...], ENCRYPTED] = Field(
        title="參與人員", min_length=1, max_length=100
    )
    content: Annotated[Text, ENCRYPTED] = Field(title="會議內容")


MEETING = define("meeting", "record", Meeting, withdrawable=True)


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
