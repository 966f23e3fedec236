"""The form of a whole plan as data, for the documentation: `api.plan_content` makes it."""

from typing import Any

from pydantic import BaseModel, Field

from api.account_items import OfficeItem
from api.student_items import Instant, Person


class PlanStudent(BaseModel):
    """The student of a plan; the national ID is masked."""

    id: str
    national_id: str
    name: str
    sex: str
    birth_date: str
    organisation: OfficeItem
    stage: str
    grade: int
    class_name: str | None
    school_years: list[int]


class PlanRecordItem(BaseModel):
    """A record of a section."""

    record_id: str
    version: int
    school_year: int | None
    education_stage: str | None
    locked: bool = Field(description="其他教育階段的資料只能檢視。")
    data: dict[str, Any] = Field(description="各欄位；重複的列帶有 row_id。")
    field_sources: dict[str, str] | None
    updated_at: Instant
    updated_by: Person


class PlanSection(BaseModel):
    """A section that the viewer may see, empty or not."""

    section: str
    title: str
    records: list[PlanRecordItem]


class WholePlan(BaseModel):
    """The plan of one school year. Counselling notes are never in it."""

    student: PlanStudent
    school_year: int
    education_stage: str | None = Field(description="該學年度的教育階段；沒有該年度資料時為空。")
    version: int = Field(description="這份計畫至今的紀錄次數，不限學年度。")
    sections: list[PlanSection]
    people: list[Person] = Field(description="資料中以識別碼出現的授課教師。")
