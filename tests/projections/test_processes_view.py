"""Records of processes as they are now, and who sees them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.access import COUNCIL, ORGANISED, PROCESS, of_school, of_student
from domain.application import OPENED
from domain.process import REFUSED
from domain.stream_ids import natural_id
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections import directory
from projections.processes import ProcessesView, ProcessRecord, records
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

CODE = "example-114"


def opened(story: Story, student: UUID, school: UUID, **more: Any) -> UUID:
    made = natural_id("application", CODE, student)
    fields = {"programme": CODE, "rules": 1, "state": "opened", "organisation_id": school}
    grades = {"current_grade": 4, "target_year_grade": 5}
    story.record(OPENED.event, made, student_id=student, **fields, **grades, **more)
    return made


def refused(story: Story, student: UUID, **more: Any) -> UUID:
    """A second event of the application, which leaves its state."""
    made = natural_id("application", CODE, student)
    fields = {"programme": CODE, "rules": 1, "state": "opened", "step": "opened", "effect": "late"}
    story.record(REFUSED["application"], made, student_id=student, **fields, **more)
    return made


class TestProcessesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ProcessesView()

    def tell(self, story: Story) -> Iterator[object]:
        schools = [story.organisation(code) for code in ("a", "b")]
        students = [story.student(schools[0]) for _ in range(3)]
        yield opened(story, students[0], schools[0])
        yield opened(story, students[1], schools[0], before_council=True)
        yield refused(story, students[0], reason="逾期送件")
        yield story.transfer(students[1], schools[0], schools[1])
        yield opened(story, students[2], schools[0], next_school_id=schools[1])

    def broken(self, story: Story) -> Stored:
        return record_of("application.opened.v1", UUID(int=3), state="opened")


def seen(reader: Pool, *audiences: str) -> list[ProcessRecord]:
    with viewing(reader, UUID(int=1), audience_ids(audiences)) as connection:
        return records(connection, CODE, "application")


def known(reader: Pool, student: UUID, *audiences: str) -> bool:
    with viewing(reader, UUID(int=1), audience_ids(audiences)) as connection:
        return directory.student(connection, student) is not None


def test_who_sees_a_record_follows_from_its_steps(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    a, b, junior = (story.organisation(code) for code in "abj")
    student, other = story.student(a), story.student(a)
    opened(story, student, a)
    opened(story, other, a)
    runner.catch_up()
    for audience in (of_school(a), ORGANISED):
        assert {one.student for one in seen(reader, audience)} == {student, other}
    assert [one.student for one in seen(reader, of_student(student, "application"))] == [student]
    for audience in (of_school(b), of_school(junior), COUNCIL, PROCESS):
        assert seen(reader, audience) == []
    assert known(reader, student, ORGANISED)
    assert not known(reader, student, PROCESS)
    refused(story, student, before_council=True, next_school_id=junior)
    runner.catch_up()
    for audience in (COUNCIL, of_school(junior)):
        assert [one.student for one in seen(reader, audience)] == [student]
    assert known(reader, student, PROCESS)
    assert known(reader, student, of_school(junior))
    assert not known(reader, other, of_school(junior))


def test_a_record_holds_every_step_with_its_ciphertext_unopened(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student = story.student(school)
    opened(story, student, school)
    refused(story, student, reason="逾期送件")
    runner.catch_up()
    (found,) = seen(reader, ORGANISED)
    assert [one["step"] for one in found.steps] == ["opened", "step-refused"]
    assert found.version == 2
    assert found.last("opened") == {
        "rules": 1,
        "current_grade": 4,
        "target_year_grade": 5,
    }
    said = found.steps[1]["said"]
    assert said["effect"] == "late"
    assert set(said["reason"]) == {"#", "of"}
