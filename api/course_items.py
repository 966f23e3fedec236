"""How a course goal is shown: by the matrix, to its teachers, and to whom they opened it."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.acting import Acting
from api.annual_goals import goal_id
from api.house import House
from api.plan_entry_items import EntryItem
from api.section_items import data_of
from api.stages import ground
from api.student_items import Instant, Person, person
from api.viewer import Viewer
from domain import account
from domain.course_goal import COURSE_GOAL, SECTION, Semester, components
from domain.course_share import Relation
from domain.organisation import Stage
from ledger.database import Connection
from projections import plan_records
from projections.plan_fold import LIVE, PlanRecord


class CourseRow(BaseModel):
    """A row of a course. An erased text reads 已依法刪除."""

    row_id: UUID
    component: str | None = Field(title="課程架構")
    learning_performance: str = Field(title="學習表現")
    adjusted_learning_performance: str | None = Field(title="學習表現調整")
    assessment_methods: list[str] | str = Field(title="評量方式")
    assessment_result: str | None = Field(title="評量結果")


class ShareItem(BaseModel):
    """To whom the course is open for viewing."""

    account: Person
    relation: Relation
    granted_at: Instant


class CourseItem(EntryItem):
    """A course goal."""

    subject: str = Field(title="課程科目")
    course_name: str | None = Field(title="課程名稱")
    teachers: list[UUID] = Field(title="授課教師")
    taught_by: list[Person] = Field(description="授課教師的姓名。")
    semester: Semester | None = Field(title="學期")
    rows: list[CourseRow] = Field(title="學習表現")
    components: list[str] = Field(
        description="本學年教學模式所提供的課程架構項目；教學模式不分項目者為空。"
    )
    imported_template_id: UUID | None = Field(title="匯入範本")
    shares: list[ShareItem] = Field(title="分享對象")


Sort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "school_year",
               "-school_year", "subject", "-subject", "course_name", "-course_name"]  # fmt: skip


class Courses(BaseModel):
    items: list[CourseItem]
    next_cursor: str | None


def is_course(record: PlanRecord | None, student_id: UUID) -> bool:
    """Whether this is a course of the student that stands."""
    return (
        record is not None
        and (record.section, record.status) == (SECTION, LIVE)
        and record.student == student_id
    )


def open_stage(house: House, viewer: Viewer, student_id: UUID) -> Stage | None:
    """The stage in which the student's records may be written; also for whom the student is not
    shown. Raises `NotFound`."""
    return ground(Acting(house, viewer), student_id, None).stage


def course_item(
    house: House, connection: Connection, known: PlanRecord, stage: Stage | None
) -> CourseItem:
    """A course for somebody who may see it; `stage` is the one that is open."""
    data = data_of(house, COURSE_GOAL, known)
    shares = [
        ShareItem(account=person(house, connection, UUID(one)), **said)
        for one, said in known.row.get("shares", {}).items()
        if not _closed(house, UUID(one))
    ]
    return CourseItem(
        id=known.record_id,
        version=known.version,
        student_id=known.student,
        school_year=known.school_year,
        education_stage=known.stage,
        locked=known.stage != stage,
        created_at=known.recorded_at,
        created_by=person(house, connection, known.recorded_by),
        updated_at=known.updated_at,
        updated_by=person(house, connection, known.updated_by),
        taught_by=[person(house, connection, UUID(one)) for one in data["teachers"]],
        components=offered(connection, known.student, known.school_year),
        imported_template_id=known.row.get("imported_template_id"),
        shares=shares,
        **data,
    )


def offered(connection: Connection, student: UUID, school_year: int | None) -> list[str]:
    """The components that the teaching model of the year offers; none where the annual goal is not
    shown."""
    if school_year is None:
        return []
    goal = plan_records.record(connection, goal_id(student, school_year))
    if goal is None or goal.status != LIVE:
        return []
    return list(components(goal.row["data"].get("teaching_model")))


def _closed(house: House, account_id: UUID) -> bool:
    found = house.ledger.state(account.evolve, account_id)
    return found is None or found.closed
