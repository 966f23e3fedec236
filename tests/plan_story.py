"""Tells a ledger in few words what was written in the sections of a plan."""

from typing import Any
from uuid import UUID

from domain.basic_family import BASIC_FAMILY
from domain.organisation import Stage
from domain.school_year import year_record_id
from domain.section_record import record_id
from domain.sections import SECTIONS
from tests.story import Story


def year(story: Story, student: UUID, school_year: int = 112, **fields: Any) -> UUID:
    """The record of a school year of an elementary pupil begins; its id."""
    assert BASIC_FAMILY.opened is not None
    stream = year_record_id(student, school_year)
    header = {"school_year": school_year, "education_stage": Stage.ELEMENTARY}
    story.record(BASIC_FAMILY.opened, stream, student_id=student, **header, **fields)
    return stream


def recorded(story: Story, code: str, student: UUID, key: int | Stage, **fields: Any) -> UUID:
    """A record of a section begins, of a school year or a stage; its id."""
    section = SECTIONS[code]
    stream = story.new_id() if section.per == "record" else record_id(section, student, key)
    header = {"school_year": key} if isinstance(key, int) else {}
    header |= {"education_stage": Stage.ELEMENTARY}
    story.record(section.recorded, stream, student_id=student, **header, **fields)
    return stream


def row(story: Story, code: str, student: UUID, stream: UUID, **fields: Any) -> UUID:
    """A row is added to the first group of the record; its id."""
    group = SECTIONS[code].groups[0]
    row_id = story.new_id()
    story.record(group.added, stream, student_id=student, row_id=row_id, **fields)
    return row_id
