"""新增年度資料: how the record of a school year begins (IGP manual §二(一)3, 4.1 to 4.3)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.basic_family import BASIC_FAMILY, FROM_DIRECTORY
from domain.calendar import school_year
from domain.command import Command
from domain.event import Event
from domain.labels import SECTIONS
from domain.organisation import Stage
from domain.refusal import NotValid, Refusal
from domain.rules import check_school_year, permit
from domain.section import SectionEvent
from domain.section_record import (
    DIRECTORY,
    TEACHER,
    Record,
    check_stage,
    is_live,
    record_id,
)
from domain.student import Student

#: The month from which the next school year's records may be made (Q22).
NEXT_YEAR_FROM_MONTH = 7


class SchoolYearsBatchOpened(Event):
    """新增年度資料（所有學生）: `students` got a record of the year, `skipped` did not need one.

    The stream is the process' own, and every event of it carries its id as `correlation_id`.
    `organisation_id` is the school that was asked for, if one was.
    """

    TOPIC = "school-year.batch-opened.v1"

    school_year: int
    organisation_id: UUID | None
    students: tuple[UUID, ...]
    skipped: tuple[UUID, ...]


class SchoolYearAlreadyOpen(Refusal):
    """The student has a record of that school year (IGP-89)."""

    CODE = "school-year-already-open"
    TITLE = "這位學生已經有這個學年度的資料"


class SchoolYearNotOpen(Refusal):
    """Something is to be written for a school year whose record was not made yet."""

    CODE = "school-year-not-open"
    TITLE = "這位學生還沒有這個學年度的資料，請先「新增年度資料」"


class SchoolYearTooLate(NotValid):
    CODE = "school-year-too-late"
    TITLE = "還不能新增這個學年度的資料；下一學年度自 7 月 1 日起可以新增"


class SchoolYearTooEarly(NotValid):
    """A record begins with the directory's report of today, which says nothing of years ago."""

    CODE = "school-year-too-early"
    TITLE = "只能新增目前學年度或前一個學年度的資料"


class YearHasContent(Refusal):
    """A year's record is withdrawn while other sections of the year still say something
    (IGP-92). Counselling notes are never asked: an answer would tell of them."""

    CODE = "year-has-content"
    TITLE = "這個學年度還有其他項目的資料，不能刪除年度資料"


class OpenYear(Command):
    """`student` and `school_name` are the directory's report today; `latest` is the student's
    newest record of an earlier year, of which the new one takes what teachers wrote. `open_stage`
    is the stage in which the student's records may be written (`domain.transition`)."""

    student: Student
    open_stage: Stage | None
    school_name: str
    school_year: int
    today: date
    latest: Record | None = None


def year_record_id(student: UUID, year: int) -> UUID:
    return record_id(BASIC_FAMILY, student, year)


def open_year(record: Record | None, command: OpenYear) -> tuple[SectionEvent, ...]:
    """The events with which the record begins: the opening, and the family members taken over.

    Raises `NotAllowed`, `SchoolYearAlreadyOpen`, `StageLocked` and what `check_year` raises.
    """
    permit(BASIC_FAMILY.code, "create", command.actor.capacity)
    check_year(command.school_year, command.today)
    if is_live(record):
        raise SchoolYearAlreadyOpen
    student = command.student
    check_stage(student.stage, command.open_stage)
    if record is not None:
        # A year that was withdrawn belongs to the stage it was of.
        check_stage(record.education_stage, student.stage)
    fields: dict[str, Any] = {
        "student_name": student.name,
        "sex": student.sex,
        "birth_date": student.birth_date,
        "school_name": command.school_name,
        "class_name": student.class_name,
        "grade": student.grade,
    }
    sources = dict.fromkeys(FROM_DIRECTORY, DIRECTORY)
    members: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] = {}
    if command.latest is not None:
        data = command.latest.data
        for name in BASIC_FAMILY.content:
            corrected = command.latest.sources.get(name) == TEACHER
            if data.get(name) is not None and (name not in fields or corrected):
                fields[name] = data[name]
                if corrected:
                    sources[name] = TEACHER
        # School, class and grade are those of the new year, whoever corrected the old ones.
        fields |= {
            "school_name": command.school_name,
            "class_name": student.class_name,
            "grade": student.grade,
        }
        sources |= dict.fromkeys(("school_name", "class_name", "grade"), DIRECTORY)
        members = tuple(dict(row) for row in command.latest.rows("family_members"))
        more["copied_from_year"] = command.latest.school_year
    assert BASIC_FAMILY.opened is not None
    version = 0 if record is None else record.version
    stream = year_record_id(student.student_id, command.school_year)
    header = {
        "student_id": student.student_id,
        "school_year": command.school_year,
        "education_stage": student.stage,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    given |= {"field_sources": sources, **more}
    opened = BASIC_FAMILY.opened(**command.envelope(stream, version + 1), **header, **given)
    (family,) = BASIC_FAMILY.groups
    added = [
        family.added(**command.envelope(stream, version + number), **header, **row)
        for number, row in enumerate(members, start=2)
    ]
    return opened, *added


def check_year(year: int, today: date) -> None:
    """Raises `NotValid`, `SchoolYearTooLate`, `SchoolYearTooEarly`."""
    check_school_year(year, BASIC_FAMILY.code)
    current = school_year(today)
    if year > current + (1 if today.month == NEXT_YEAR_FROM_MONTH else 0):
        raise SchoolYearTooLate(field="school_year")
    if year < current - 1:
        raise SchoolYearTooEarly(field="school_year")


class OpenYears(Command):
    """What became of the students of a list; `correlation_id` is the process."""

    correlation_id: UUID
    school_year: int
    organisation_id: UUID | None
    students: tuple[UUID, ...]
    skipped: tuple[UUID, ...]


def years_opened(command: OpenYears) -> SchoolYearsBatchOpened:
    """Raises `NotAllowed`."""
    permit(BASIC_FAMILY.code, "create", command.actor.capacity)
    return SchoolYearsBatchOpened(
        **command.envelope(command.correlation_id, version=1),
        school_year=command.school_year,
        organisation_id=command.organisation_id,
        students=command.students,
        skipped=command.skipped,
    )


def says_something(data: Mapping[str, Any]) -> bool:
    """Whether a record holds anything; one whose rows and fields were all removed does not."""
    return any(
        not (value is None or value is False or value in ("", (), [], {}))
        for value in data.values()
    )


def check_empty(content: Sequence[str]) -> None:
    """`content` are the other sections of the year that say something. Raises `YearHasContent`."""
    if content:
        raise YearHasContent("、".join(SECTIONS[code] for code in content) + "還有資料，請先刪除。")
