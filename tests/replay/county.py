"""A small county with something in every view, told to a ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from domain.capacity import Capacity
from domain.counselling_note import (
    CounsellingNoteCorrected,
    CounsellingNoteRead,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
)
from domain.placement import PlacementCorrected
from domain.reading import RecordRead
from ledger.ledger import Ledger
from tests.story import Story


@dataclass
class County:
    """What was told, by the ids that tests ask for."""

    ledger: Ledger
    story: Story
    schools: list[UUID] = field(default_factory=list)
    authors: list[UUID] = field(default_factory=list)
    students: list[UUID] = field(default_factory=list)
    placements: list[UUID] = field(default_factory=list)
    notes: list[tuple[UUID, UUID]] = field(default_factory=list)

    def correct(self, number: int = 0, **fields: Any) -> None:
        """Corrects the placement of a student."""
        self.story.record(
            PlacementCorrected,
            self.placements[number],
            student_id=self.students[number],
            reason="更正",
            **fields or {"placement_grade": 6},
        )

    def note(self, author: UUID, student: UUID, content: str = "談話內容") -> UUID:
        """The author writes a note about the student."""
        made = self.story.new_id()
        self.story.record(
            CounsellingNoteRecorded,
            made,
            by=author,
            capacity=Capacity.CASE_MANAGER,
            student_id=student,
            school_year=112,
            held_on=date(2023, 8, 1),
            purpose="適應",
            participants=("林大同",),
            recorder="王小明",
            content=content,
        )
        self.notes.append((author, made))
        return made


def county(ledger: Ledger) -> County:
    """Two schools, two authors, six students with placements, requests, notes and reads."""
    told = County(ledger, Story(ledger))
    for _ in tell(told):
        pass
    return told


def tell(told: County) -> Iterator[object]:
    """The same in steps, between which views may catch up."""
    story = told.story
    told.schools = [story.organisation("ks-a"), story.organisation("ks-b", "前金示範國小")]
    first, second = told.schools
    told.authors = [story.account(first), story.account(second)]
    yield
    for number in range(6):
        school = told.schools[number % 2]
        student = story.student(school, name=f"學生{number}", class_name="五年一班")
        told.students.append(student)
        told.placements.append(story.placement(student))
        story.plan(student)
    yield
    author = told.authors[0]
    story.appoint(author)
    story.dispatch(told.students[0], author)
    story.assign(told.students[1], told.authors[1])
    story.homeroom(told.authors[1], second, "五年一班")
    told.correct(0, placement_grade=5, arrangement="併班上課")
    request = story.request(told.students[2], told.placements[2])
    story.decide(request, told.students[2])
    yield
    story.transfer(told.students[0], first, second, "五年二班")
    told.correct(0, area="英語")
    story.recall(told.students[0], author)
    yield
    for author, student in zip(told.authors, told.students, strict=False):
        note = told.note(author, student)
        story.record(
            CounsellingNoteCorrected, note, by=author, student_id=student, content="改過的內容"
        )
        story.record(CounsellingNoteRead, story.new_id(), by=author, what="/me/notes")
    last = told.note(told.authors[0], told.students[3])
    story.record(CounsellingNoteWithdrawn, last, by=told.authors[0], student_id=told.students[3])
    story.record(RecordRead, story.new_id(), what="/students", subjects=tuple(told.students))
