"""課程目標: one record per subject course, of its own teachers (IGP manual 3.12).

Its 授課教師 own it: whoever is recorded as one and teaches the student (AMB-19). It hangs under the
annual goal of its school year, whose teaching model says which components its rows have (AMB-15).
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from domain.command import Actor
from domain.course_template import CourseTemplate
from domain.event import ENCRYPTED
from domain.reference import Choice, table
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, Refusal
from domain.section import (
    HEADER,
    PLAIN,
    Happening,
    Row,
    SectionData,
    SectionEvent,
    Text,
    Word,
    define,
)
from domain.section_record import Record, SaveRecord, WithdrawRecord, evolve, is_live
from domain.section_record import save as save_record
from domain.section_record import withdraw as withdraw_record
from domain.stream_ids import natural_id

SECTION = "course_goal"


class Semester(StrEnum):
    FIRST = "first"
    SECOND = "second"


class LearningPerformance(Row):
    """A row of the course. `component` is one that the teaching model of the year asks for."""

    component: Annotated[str | None, Choice("course_components"), PLAIN] = Field(
        None, title="課程架構", description="教學模式所分的課程架構，一列一種。"
    )
    learning_performance: Annotated[Text, ENCRYPTED, Choice("learning_performance", free=True)] = (
        Field(title="學習表現", description="課綱學習表現的代碼，或自行填寫。")
    )
    adjusted_learning_performance: Annotated[
        Text | None, ENCRYPTED, Choice("learning_performance", free=True)
    ] = Field(None, title="學習表現調整", description="依學生特質與需求調整；代碼或自行填寫。")
    assessment_methods: Annotated[
        tuple[Word, ...], ENCRYPTED, Choice("assessment_methods", free=True)
    ] = Field((), title="評量方式", description="可選擇列出的方式，或自行填寫。", max_length=20)
    assessment_result: Annotated[Text | None, ENCRYPTED, PLAIN] = Field(
        None, title="評量結果", description="依評量方式所得的結果。"
    )


class CourseGoal(SectionData):
    """`teachers` are the accounts of the 授課教師, who own the record."""

    subject: Annotated[str, Choice("subjects"), PLAIN] = Field(
        title="課程科目", description="課程所屬的科目。"
    )
    course_name: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="課程名稱", description="課程的名稱。"
    )
    teachers: Annotated[tuple[UUID, ...], PLAIN] = Field(
        (), title="授課教師", description="授課教師的帳號，一人或數人。", max_length=20
    )
    semester: Annotated[Semester | None, PLAIN] = Field(
        None, title="學期", description="授課的學期。"
    )
    rows: Annotated[tuple[LearningPerformance, ...], PLAIN] = Field(
        (), title="學習表現", description="這門課程的學習表現，一項一列。", max_length=200
    )


COURSE_GOAL = define(
    SECTION,
    "record",
    CourseGoal,
    source="六(一)2(1)(B)",
    rows={"rows": "learning-performance"},
    withdrawable=True,
)


class CourseTemplateImported(SectionEvent):
    """The rows that the same transaction adds, and the name where there was none, were copied from
    a template; what becomes of the template later changes nothing here."""

    TOPIC = "course-goal.template-imported.v1"
    SECTION = SECTION
    HAPPENING: ClassVar[Happening] = "imported"

    imported_template_id: UUID


def course_id(student: UUID, school_year: int, number: int) -> UUID:
    """The stream of the student's n-th course of a year, counted from 1.

    The numbers have no gaps, so that the books alone say which courses a year has.
    """
    return natural_id("course", student, school_year, number)


def teachers(record: Record) -> tuple[UUID, ...]:
    """The accounts of the 授課教師."""
    return tuple(record.data.get("teachers", ()))


def components(teaching_model: str | None) -> tuple[str, ...]:
    """The components of the rows under a teaching model; none where it asks for none (AMB-16)."""
    values = table("course_components").values.values()
    return tuple(value.code for value in values if value.group == teaching_model)


class SaveCourse(SaveRecord):
    """`annual_goal` is the one of the course's year, None where there was never one."""

    annual_goal: Record | None


class ImportTemplate(SaveCourse):
    """`template` is None where the actor has none of that id; `data` is the course as it is, and
    `new_rows` are as many ids as the template has rows."""

    template: CourseTemplate | None
    row_ids: tuple[UUID, ...]


class AnnualGoalMissing(Refusal):
    """A course hangs under the annual goal of its year."""

    CODE = "annual-goal-missing"
    TITLE = "這個學年度還沒有學年目標，請先儲存學年目標"


class TeacherNeeded(NotValid):
    """A course without a teacher would have no owner."""

    CODE = "teacher-needed"
    TITLE = "請填寫「授課教師」"


class ComponentNeeded(NotValid):
    """The teaching model of the year divides a course into components (AMB-15)."""

    CODE = "component-needed"
    TITLE = "本學年的教學模式需要選擇「課程架構」"


class ComponentNotOffered(NotValid):
    """A component that the teaching model of the year does not have."""

    CODE = "component-not-offered"
    TITLE = "本學年的教學模式沒有這個「課程架構」項目"


class CourseNotEmpty(Refusal):
    """A template fills a course that has no rows yet (Q20)."""

    CODE = "course-not-empty"
    TITLE = "課程已經有學習表現，只能匯入尚無內容的課程"


class TemplateOfAnotherModel(Refusal):
    """The rows of the template are divided otherwise than this year's teaching model asks."""

    CODE = "template-of-another-model"
    TITLE = "範本的課程架構與本學年的教學模式不同，無法匯入"


def permit_owner(record: Record, actor: Actor) -> None:
    """Whoever teaches the course. Raises `NotAllowed`."""
    if actor.account_id not in teachers(record):
        raise NotAllowed


def save(record: Record | None, command: SaveCourse) -> tuple[SectionEvent, ...]:
    """The events of what changed; a change of the teachers is an event of its own (AMB-19).

    Raises what `section_record.save` raises, `TeacherNeeded`, `ComponentNeeded`,
    `ComponentNotOffered`, `AlreadyWithdrawn`, `AnnualGoalMissing`.
    """
    assert isinstance(command.data, CourseGoal)
    if record is not None:
        permit_owner(record, command.actor)
    if not command.data.teachers:
        raise TeacherNeeded(field="teachers")
    if is_live(command.annual_goal):
        _check_components(command.data.rows, _offered(command))
    if record is not None and record.withdrawn:
        raise AlreadyWithdrawn
    events = save_record(COURSE_GOAL, record, command)
    if not is_live(command.annual_goal):
        raise AnnualGoalMissing
    return tuple(_teachers_apart(events))


def withdraw(record: Record, command: WithdrawRecord) -> SectionEvent:
    """Raises what `section_record.withdraw` raises."""
    permit_owner(record, command.actor)
    return withdraw_record(COURSE_GOAL, record, command)


def import_template(record: Record, command: ImportTemplate) -> tuple[SectionEvent, ...]:
    """The import, and the rows of the template with ids of their own; the name as well where the
    course has none.

    Raises `NotAllowed`, `NotFound`, `AlreadyWithdrawn`, `StageLocked`, `CourseNotEmpty`,
    `AnnualGoalMissing`, `TemplateOfAnotherModel`.
    """
    permit_owner(record, command.actor)
    template = command.template
    own = template is not None and template.owner == command.actor.account_id
    if template is None or not own or template.withdrawn:
        raise NotFound
    if record.withdrawn:
        raise AlreadyWithdrawn
    if record.rows("rows"):
        raise CourseNotEmpty
    if not is_live(command.annual_goal):
        raise AnnualGoalMissing
    rows = tuple(
        LearningPerformance(row_id=row_id, **row)
        for row_id, row in zip(command.row_ids, template.rows, strict=True)
    )
    try:
        _check_components(rows, _offered(command))
    except NotValid:
        raise TemplateOfAnotherModel from None
    assert isinstance(command.data, CourseGoal)
    name = command.data.course_name or template.course_name
    imported = CourseTemplateImported(
        **command.envelope(record.record_id, record.version + 1),
        student_id=record.student_id,
        school_year=record.school_year,
        education_stage=record.education_stage,
        imported_template_id=template.template_id,
    )
    filled = command.model_copy(
        update={
            "data": command.data.model_copy(update={"rows": rows, "course_name": name}),
            "new_rows": frozenset(command.row_ids),
            "expected_version": None,
        }
    )
    return imported, *save_record(COURSE_GOAL, evolve(record, imported), filled)


def without_rows(
    courses: Iterable[Record], kept: Sequence[str], command: SaveRecord
) -> Iterator[SectionEvent]:
    """The removal of every row, of live courses, whose component is not among those kept.

    Without components what is kept are the rows that have none.
    """
    (group,) = COURSE_GOAL.groups
    for course in courses:
        gone = [row for row in course.rows("rows") if not _belongs(row.get("component"), kept)]
        for number, row in enumerate(gone if is_live(course) else (), start=1):
            yield group.removed(
                **command.envelope(course.record_id, course.version + number),
                student_id=course.student_id,
                school_year=course.school_year,
                education_stage=course.education_stage,
                row_id=row["row_id"],
            )


def _offered(command: SaveCourse) -> tuple[str, ...]:
    assert command.annual_goal is not None
    return components(command.annual_goal.data.get("teaching_model"))


def _belongs(component: str | None, offered: Sequence[str]) -> bool:
    return component in offered if offered else component is None


def _check_components(rows: Sequence[LearningPerformance], offered: Sequence[str]) -> None:
    for number, row in enumerate(rows):
        place = f"rows.{number}.component"
        if not _belongs(row.component, offered):
            raise (ComponentNeeded if row.component is None else ComponentNotOffered)(field=place)


def _teachers_apart(events: Iterable[SectionEvent]) -> Iterator[SectionEvent]:
    shift = 0
    for event in events:
        said = {name for name, _ in event.changed()} - {*HEADER}
        parts = [said]
        if event.HAPPENING == "corrected" and "teachers" in said and len(said) > 1:
            parts = [{"teachers"}, said - {"teachers"}]
        for number, part in enumerate(parts):
            shift += number
            given = event.model_fields_set - (said - part)
            fields = {name: getattr(event, name) for name in given}
            version = event.originator_version + shift
            yield type(event)(**fields | {"originator_version": version})
