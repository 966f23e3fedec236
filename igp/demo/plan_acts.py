"""What people of the demo county write in the plans, each through the same function as the API."""

from typing import Any
from uuid import UUID

from api import course_goals, course_shares, course_templates, plan_entries, school_years, sections
from api.acting import Acting, Asked
from api.meetings import MEETINGS, MeetingEntry
from api.replacements import REPLACEMENTS, ReplacementEntry
from domain.section_record import evolve
from igp.demo.acts import Act, Desk
from projections import plan_records


def member(kinship: str, name: str, **more: str) -> dict[str, Any]:
    """A row of the family panel."""
    return {"kinship": kinship, "name": name, **more}


def fill(
    key: str,
    section: str,
    data: dict[str, Any],
    *,
    school_year: int = 112,
    reason: str | None = None,
) -> Act:
    """A save of the fields that are given, whatever version the record has."""

    def act(desk: Desk) -> None:
        student = desk.student(key)
        acting = Acting(desk.house, desk.viewer)
        seen = sections.which(acting, student, section, school_year, None)
        record = acting.state(evolve, seen.record_id)
        asked = Asked(
            method="PATCH",
            body=sections.SectionSave(data=data, reason=reason),
            if_match=f'"{0 if record is None else record.version}"',
        )
        sections.save(desk.house, desk.viewer, student, section, school_year, None, asked)

    return act


def open_year(key: str, school_year: int) -> Act:
    """新增年度資料 for one student."""

    def act(desk: Desk) -> None:
        entry = school_years.SchoolYearEntry(school_year=school_year)
        school_years.add(desk.house, desk.viewer, desk.student(key), Asked(body=entry))

    return act


def meet(key: str, school_year: int, **fields: Any) -> Act:
    """A meeting about the student's plan is recorded."""

    def act(desk: Desk) -> None:
        entry = MeetingEntry(school_year=school_year, **fields)
        plan_entries.record(desk.house, desk.viewer, MEETINGS, desk.student(key), Asked(body=entry))

    return act


def replace(key: str, school_year: int, **fields: Any) -> Act:
    """A re-placement record of the plan."""

    def act(desk: Desk) -> None:
        entry = ReplacementEntry(school_year=school_year, **fields)
        student = desk.student(key)
        plan_entries.record(desk.house, desk.viewer, REPLACEMENTS, student, Asked(body=entry))

    return act


def teach(key: str, school_year: int, subject: str, **fields: Any) -> Act:
    """A course goal of the student, by one of the subject teachers."""

    def act(desk: Desk) -> None:
        entry = course_goals.CourseEntry(school_year=school_year, subject=subject, **fields)
        course_goals.add(desk.house, desk.viewer, desk.student(key), Asked(body=entry))

    return act


def open_to(key: str, subject: str, colleague: str, relation: str) -> Act:
    """The newest course of a subject is opened to a colleague."""

    def act(desk: Desk) -> None:
        student = desk.student(key)
        entry = course_shares.ShareEntry(account=colleague, relation=relation)
        course = _course(desk, student, subject)
        course_shares.share(desk.house, desk.viewer, student, course, Asked(body=entry))

    return act


def keep_as_template(key: str, subject: str, name: str) -> Act:
    """The newest course of a subject is saved as a template of its teacher."""

    def act(desk: Desk) -> None:
        student = desk.student(key)
        entry = course_templates.TemplateEntry(
            student_id=student, course_id=_course(desk, student, subject), name=name
        )
        course_templates.save(desk.house, desk.viewer, Asked(body=entry))

    return act


def _course(desk: Desk, student: UUID, subject: str) -> UUID:
    with desk.viewer.looking(desk.house) as connection:
        records = plan_records.records_among(connection, [student], "course_goal")
    fitting = [one for one in records if one.row["data"]["subject"] == subject]
    return max(fitting, key=lambda one: one.recorded_at).record_id
