"""學年目標: the goal of a school year with its teaching model (IGP manual 3.11)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import Row, SectionData, Text, Word, define


class PlanFile(Row):
    """An uploaded file; a later one never replaces an earlier one."""

    file_id: UUID = Field(title="檔案")
    name: Annotated[Word, ENCRYPTED] = Field(title="檔名")
    media_type: str = Field(title="檔案格式")
    size: int = Field(title="大小", description="位元組。")
    sha256: Annotated[str, ENCRYPTED] = Field(
        title="摘要值", description="內容的 SHA-256，十六進位。"
    )
    stored_sha256: str = Field(
        title="儲存內容摘要值", description="加密後所儲存位元組的 SHA-256，十六進位。"
    )


class AnnualGoal(SectionData):
    """One per student and school year, shared by the student's subject teachers."""

    goal_text: Annotated[Text, ENCRYPTED] = Field(title="目標")
    teaching_model: Annotated[str | None, Choice("teaching_models")] = Field(
        None, title="教學模式", description="是否需選用教學模式；可不選。"
    )
    plan_files: tuple[PlanFile, ...] = Field((), title="計畫檔案", description="另行上傳。")


ANNUAL_GOAL = define(
    "annual_goal",
    "year",
    AnnualGoal,
    rows={"plan_files": "plan-file"},
    managed=("plan_files",),
    withdrawable=True,
)
