"""The head of the forms of special groups (Kaohsiung F13, F15): where the pupil registers, and who
can be reached, in which relation to the pupil."""

from typing import Any
from uuid import UUID

from pydantic import Field

from domain.application_facts import record_of, value
from domain.event import Encrypted
from domain.placement_path import check_school
from domain.process import Ground, Record, StepForm
from domain.refusal import NotValid
from domain.section import SectionData, Word

#: The steps that say it; what one said counts for the next, also in the second stage.
_SAYING = ("special-group-statement-filed", "accommodation-requested")


class EmergencyContact(SectionData):
    """Who is called when something happens on the day of the test."""

    name: Word = Field(title="姓名")
    relation: Word = Field(title="關係")
    phone_home: Word | None = Field(None, title="電話（宅）")
    phone_office: Word | None = Field(None, title="電話（公）")
    phone_mobile: Word | None = Field(None, title="行動電話")


class ContactHead(StepForm):
    exam_school_id: UUID | None = Field(
        None, title="報考學校", description="不填時為就讀學校；同時報考者為報考一般智能的學校。"
    )
    emergency: Encrypted[EmergencyContact | None] = Field(
        None, title="緊急聯絡人", description="先前的申請表或說明表已填寫者，可不再填。"
    )


def contact_of(ground: Ground, form: ContactHead) -> dict[str, Any]:
    """What the head says, filled in where it was said before. Raises `NotValid`."""
    record = record_of(ground)
    contact = form.emergency or _said_before(record)
    if contact is None:
        raise NotValid("請填寫緊急聯絡人及其與學生的關係。", "emergency")
    if isinstance(contact, EmergencyContact) and not (
        contact.phone_home or contact.phone_office or contact.phone_mobile
    ):
        raise NotValid("請至少填寫緊急聯絡人的一個電話號碼。", "emergency")
    if form.exam_school_id is not None:
        check_school(ground, "exam_school_id", form.exam_school_id)
    return {"emergency": contact, "exam_school_id": form.exam_school_id or _registers_at(ground)}


def _said_before(record: Record) -> Any:
    for one in reversed(record.steps):
        if one.STEP in _SAYING and (said := getattr(one, "emergency", None)) is not None:
            return said
    return None


def _registers_at(ground: Ground) -> UUID:
    record = record_of(ground)
    assert ground.student is not None
    elsewhere: UUID | None = None
    if record.last("second-stage-application-submitted") is None:
        elsewhere = value(record, "dual_exam_school_id")
    return elsewhere or ground.student.organisation_id
