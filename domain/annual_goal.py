"""學年目標: the goal of a school year with its teaching model (IGP manual 3.11).

The courses of the year hang under it: whoever made it withdraws it, and another teaching model
begins their rows anew (IGP manual 4.6, AMB-09).
"""

from collections.abc import Container, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain import course_goal
from domain.command import Actor
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.refusal import NotAllowed, NotValid, Refusal
from domain.section import PLAIN, Row, SectionData, SectionEvent, Text, Word, define
from domain.section_record import Record, SaveRecord, WithdrawRecord, is_live

#: What the form says beside the teaching model (IGP-117).
MODEL_CHANGES = (
    "是否需選用教學模式；可不選。"
    "變更後，這個學年各課程原有課程架構的學習表現會一併清空，歷程仍保留。"
)


class PlanFile(Row):
    """An uploaded file; a later one never replaces an earlier one."""

    file_id: Annotated[UUID, PLAIN] = Field(title="檔案", description="檔案的識別碼。")
    name: Annotated[Word, ENCRYPTED, PLAIN] = Field(title="檔名", description="上傳時的檔名。")
    media_type: Annotated[str, PLAIN] = Field(title="檔案格式", description="檔案的媒體類型。")
    size: int = Field(title="大小", description="位元組。")
    sha256: Annotated[str, ENCRYPTED] = Field(
        title="摘要值", description="內容的 SHA-256，十六進位。"
    )
    stored_sha256: str = Field(
        title="儲存內容摘要值", description="加密後所儲存位元組的 SHA-256，十六進位。"
    )


class AnnualGoal(SectionData):
    """One per student and school year, shared by the student's subject teachers."""

    goal_text: Annotated[Text, ENCRYPTED, PLAIN] = Field(
        title="目標", description="這一學年的教育目標。"
    )
    teaching_model: Annotated[str | None, Choice("teaching_models")] = Field(
        None, title="教學模式", description=MODEL_CHANGES
    )
    plan_files: tuple[PlanFile, ...] = Field((), title="計畫檔案", description="另行上傳。")


ANNUAL_GOAL = define(
    "annual_goal",
    "year",
    AnnualGoal,
    source="六(一)2(1)(A)",
    rows={"plan_files": "plan-file"},
    managed=("plan_files",),
    withdrawable=True,
)


class SchoolYearNeeded(NotValid):
    """An annual goal is saved for a year that is named (IGP-107)."""

    CODE = "required"
    TITLE = "請填寫「學年」"


class CoursesOfOthers(Refusal):
    """Another teacher's course goal is live under the annual goal (AMB-09)."""

    CODE = "courses-of-others"
    TITLE = "這個學年度還有其他教師的課程目標，須由各授課教師先行刪除"


def permit_withdrawal(record: Record | None, actor: Actor, teaching: Container[UUID]) -> None:
    """Whoever made it (AMB-09); who else teaches the student, once its maker is not among those
    `teaching` the student any more. A record that is not there is refused elsewhere.

    Raises `NotAllowed`.
    """
    if record is None or record.created_by == actor.account_id:
        return
    if record.created_by in teaching:
        raise NotAllowed


def check_year(school_year: int | None) -> None:
    """Raises `SchoolYearNeeded`."""
    if school_year is None:
        raise SchoolYearNeeded(field="school_year")


def changes_components(record: Record | None, command: SaveRecord) -> bool:
    """Whether the courses of the year are divided otherwise after the save than before."""
    assert isinstance(command.data, AnnualGoal)
    if record is None or not is_live(record):
        return False
    before = course_goal.components(record.data.get("teaching_model"))
    return before != course_goal.components(command.data.teaching_model)


def rows_begun_anew(courses: Sequence[Record], command: SaveRecord) -> tuple[SectionEvent, ...]:
    """The removal of the rows that belong to no component of the teaching model saved (IGP-117)."""
    assert isinstance(command.data, AnnualGoal)
    kept = course_goal.components(command.data.teaching_model)
    return tuple(course_goal.without_rows(courses, kept, command))


def courses_withdrawn(
    courses: Sequence[Record], command: WithdrawRecord
) -> tuple[SectionEvent, ...]:
    """The withdrawal, with the annual goal, of the courses that nobody else teaches.

    Raises `CoursesOfOthers`, `StageLocked`.
    """
    live = [course for course in courses if is_live(course)]
    own = {command.actor.account_id}
    if any(set(course_goal.teachers(course)) != own for course in live):
        raise CoursesOfOthers
    command = command.model_copy(update={"expected_version": None})
    return tuple(course_goal.withdraw(course, command) for course in live)
