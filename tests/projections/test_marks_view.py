"""A student's marks and the status of a full skip now, and the schools that may see them."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from domain.capacity import Capacity
from domain.course_goal import Semester
from domain.mark import MarkBackFilled, MarkCorrected, MarkRecorded, MarkWithdrawn, mark_id
from domain.skip_status import (
    SkipStatusCorrected,
    SkipStatusRecorded,
    SkipStatusWithdrawn,
    skip_status_id,
)
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.opening import Opener
from projections.marks import MarksView, Recorded, marks_of
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

VIEWER = UUID(int=5)
MARK: dict[str, Any] = {
    "programme": "kaohsiung-114",
    "rules": 1,
    "marking": "ordinary",
    "counts": True,
    "school_year": 112,
    "semester": "first",
    "area": "數學",
    "grade": 4,
    "enrolled_grade": 4,
    "score": "90",
    "marker": None,
    "description": None,
    "given_by": "subject_teacher",
}
STATUS: dict[str, Any] = {
    "programme": "kaohsiung-114",
    "rules": 1,
    "school_year": 113,
    "from_grade": 4,
    "to_grade": 6,
    "letter_number": "高市教特字第 1130001 號",
    "letter_date": date(2024, 7, 1),
}


def marked(story: Story, student: UUID, semester: str = "first", **more: Any) -> UUID:
    made = mark_id(student, "數學", 4, Semester(semester), "own")
    fields = MARK | {"semester": semester} | more
    story.record(MarkRecorded, made, student_id=student, **fields)
    return made


class TestMarksView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return MarksView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        one, two = story.student(old), story.student(old)
        first, second = marked(story, one), marked(story, two)
        yield story.record(MarkCorrected, first, student_id=one, score="91", reason="更正")
        third = marked(story, one, "second", score=None, marker="skipped", counts=False)
        yield story.transfer(one, old, new)
        yield story.record(MarkWithdrawn, second, student_id=two, reason="誤植")
        status = skip_status_id(one)
        story.record(SkipStatusRecorded, status, student_id=one, **STATUS)
        yield story.record(SkipStatusCorrected, status, student_id=one, to_grade=7, reason="更正")
        marked(story, two)
        story.record(MarkWithdrawn, third, student_id=one, reason="誤植")
        yield story.transfer(one, new, old)
        filled = {name: value for name, value in MARK.items() if name != "marker"}
        ahead = mark_id(one, "數學", 5, Semester.FIRST, "own")
        story.record(
            MarkBackFilled, ahead, student_id=one, **filled | {"grade": 5, "filled_from": first}
        )
        yield story.record(SkipStatusWithdrawn, status, student_id=one, reason="回歸")

    def broken(self, story: Story) -> Stored:
        # Of a mark that nobody recorded.
        return record_of("mark.withdrawn.v1", UUID(int=9))


def seen(reader: Pool, student: UUID, *audiences: str) -> list[Recorded]:
    with viewing(reader, VIEWER, audience_ids(audiences)) as connection:
        return marks_of(connection, student)


def test_a_mark_stands_as_it_was_last_corrected_and_keeps_its_number_encrypted(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student, teacher = story.student(school), story.account(school)
    made = marked(story, student)
    first = story.last
    corrected = story.record(
        MarkCorrected,
        made,
        student_id=student,
        by=teacher,
        capacity=Capacity.SUBJECT_TEACHER,
        score="91.5",
        reason="更正",
    )
    runner.catch_up()
    [one] = seen(reader, student, f"school:{school}")
    assert first is not None
    assert (one.kind, one.withdrawn, one.version, one.updated_by) == ("mark", False, 2, teacher)
    assert (one.recorded_at, one.updated_at) == (first.recorded_at, corrected.recorded_at)
    assert "#" in one.row["score"]
    opened = Opener(ledger.keyring).fields(student, one.row)
    assert (opened["score"], opened["area"], opened["back_filled"]) == ("91.5", "數學", False)
    assert seen(reader, student, f"student:{student}:mark") == [one]


def test_marks_are_seen_by_the_school_and_those_with_the_student_and_by_no_office_beyond(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new = story.organisation("old"), story.organisation("new")
    student = story.student(old)
    marked(story, student)
    story.transfer(student, old, new)
    marked(story, student, "second")
    runner.catch_up()
    assert len(seen(reader, student, f"school:{new}")) == 2
    assert len(seen(reader, student, f"school:{old}")) == 1
    assert len(seen(reader, student, f"student:{student}:mark")) == 2
    for beyond in (
        "county:directory",
        "process:acceleration",
        "process:organised",
        "process:council",
        f"student:{student}:placement",
    ):
        assert seen(reader, student, beyond) == []
