"""轉銜記錄: a student's class basics in one education stage (IGP manual 3.4)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.labels import SECTIONS
from domain.organisation import Stage
from domain.reference import Choice
from domain.refusal import NotValid, Refusal
from domain.section import PLAIN, SectionData, Text, Word, define
from domain.section_record import Record, StageLocked, is_live
from domain.student import Student


class Transition(SectionData):
    """One per student and education stage; the first save opens the stage."""

    education_stage: Stage = Field(title="教育階段", description="只能新增學生目前的教育階段。")
    grade: int = Field(title="年級", description="1 至 12；只能填寫學生目前的年級。", ge=1, le=12)
    school_name: Annotated[Word, PLAIN] = Field(
        title="學校", description="這個教育階段就讀的學校。"
    )
    class_name: Annotated[Word, PLAIN] = Field(title="班級", description="這個教育階段的班級名稱。")
    class_type: Annotated[str, Choice("class_types"), PLAIN] = Field(
        title="班別", description="這個班級的類型。"
    )
    homeroom_teacher_name: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="導師", description="導師的姓名。"
    )
    case_manager_name: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="個管教師", description="個案管理教師的姓名。"
    )
    enrolled_from: Annotated[WrittenDate | None, PLAIN] = Field(
        None, title="就學起日", description="在這個學校就讀的第一日。"
    )
    enrolled_to: Annotated[WrittenDate | None, PLAIN] = Field(
        None, title="就學迄日", description="在這個學校就讀的最後一日。"
    )
    remarks: Annotated[Text | None, ENCRYPTED, PLAIN] = Field(
        None, title="備註", description="其他要交接的事項。"
    )

    @field_validator("enrolled_to")
    @classmethod
    def _after_it_began(cls, value: date | None, info: ValidationInfo) -> date | None:
        began = info.data.get("enrolled_from")
        if value is not None and began is not None and value < began:
            raise PydanticCustomError("range-backwards", "就學迄日不可早於就學起日。")
        return value


TRANSITION = define("transition", "stage", Transition, source="二(二)")

#: What should be filled in before the next stage opens; notes are never among it (IGP-98).
COMPLETE = (
    "basic_family",
    "transition",
    "identification",
    "career_interest",
    "interest_analysis",
    "strengths_weaknesses",
    "needs_assessment",
    "annual_goal",
)


class GradeNotCurrent(NotValid):
    CODE = "grade-not-current"
    TITLE = "只能填寫學生目前的年級"


class StageIncomplete(Refusal):
    """Sections of the stage that closes are not filled in; the person may go on (`confirmed`)."""

    CODE = "stage-incomplete"
    TITLE = "前一個教育階段還有未填寫的項目；開啟後將不能再補填"


def open_stage(in_directory: Stage, opened: Iterable[Stage]) -> Stage | None:
    """The stage in which the student's records may be written, of the stages whose tab exists.

    It is the directory's, until a later one is opened: whichever comes first closes a stage (IGP
    manual 4.4, Q24). None where the directory went back to a stage that is closed.
    """
    order = list(Stage)
    later = order[order.index(in_directory) + 1 :]
    return None if any(stage in later for stage in opened) else in_directory


def check_grade(data: Transition, record: Record | None, student: Student) -> None:
    """Only the student's current grade may be entered (IGP manual §二(二)2(2)(A), Q28); what was
    entered stands. Raises `GradeNotCurrent`."""
    before = record.data.get("grade") if record is not None and is_live(record) else None
    if data.grade not in (before, student.grade):
        raise GradeNotCurrent(field="data.grade")


def check_tab(data: Transition, stage: Stage) -> None:
    """A tab holds its own stage. Raises `StageLocked`."""
    if data.education_stage != stage:
        raise StageLocked


def check_complete(missing: Sequence[str]) -> None:
    """Raises `StageIncomplete`, which names the sections."""
    if missing:
        raise StageIncomplete("、".join(SECTIONS[code] for code in missing) + "還沒有填寫。")
