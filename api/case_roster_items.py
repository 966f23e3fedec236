"""The forms of the lists over a programme's placement cases."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from api.account_items import OfficeItem
from api.case_items import TaskItem
from api.student_items import Person
from domain.placement import Category


class AttendancePupil(BaseModel):
    """A pupil for whom the school must send somebody, and by which rules."""

    student: Person
    case_id: UUID
    reasons: list[str]


class AttendanceItem(BaseModel):
    """A school that owes attendance at the placement meeting; `attendees` once announced.

    `version` is what the announcement wants as `If-Match`.
    """

    organisation: OfficeItem
    due_on: date | None
    announced: bool
    attendees: int | None
    version: int
    students: list[AttendancePupil]


class AttendanceList(BaseModel):
    items: list[AttendanceItem]
    next_cursor: str | None


class LetterPupil(BaseModel):
    """A pupil whose placement was decided on; `crossing` are the subjects at the next stage."""

    student: Person
    organisation: OfficeItem
    case_id: UUID
    areas: list[str]
    crossing: list[str]
    letter_number: str | None
    letter_date: date | None


class LetterItem(BaseModel):
    """A school to which the authority writes, and about whom."""

    organisation: OfficeItem
    students: list[LetterPupil]


class LetterList(BaseModel):
    """Letters are written between `opens_on` and `due_on`."""

    opens_on: date | None
    due_on: date | None
    items: list[LetterItem]
    next_cursor: str | None


class TaskPupil(BaseModel):
    student: Person
    organisation: OfficeItem
    case_id: UUID
    tasks: list[TaskItem]


class TaskList(BaseModel):
    items: list[TaskPupil]
    next_cursor: str | None


class TrackingItem(BaseModel):
    """A school's reports of one semester: how many are due, and of whom one is missing."""

    organisation: OfficeItem
    school_year: int
    semester: int
    due_on: date | None
    overdue: bool
    due: int
    uploaded: int
    missing: list[Person]


class TrackingList(BaseModel):
    items: list[TrackingItem]
    next_cursor: str | None


class AdditionPlacement(BaseModel):
    """A placement that was filled in after the decision, and the step that it waits for."""

    placement_id: UUID
    area: str
    category: Category
    placement_grade: int
    step: str
    step_name: str


class AdditionPupil(BaseModel):
    student: Person
    organisation: OfficeItem
    case_id: UUID
    placements: list[AdditionPlacement]


class AdditionList(BaseModel):
    items: list[AdditionPupil]
    next_cursor: str | None
