"""The records of the sections of a plan now, and the schools that may see them."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any
from uuid import UUID

import pytest

from domain.basic_family import BASIC_FAMILY
from domain.section import Section, SectionEvent
from domain.section_record import record_id
from domain.sections import SECTIONS
from ledger.database import Pool
from ledger.ledger import Ledger, Recorded
from ledger.mapper import Stored
from ledger.opening import Opener
from projections.plan_records import PlanRecordsView, record, records_among, records_of
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

VIEWER = UUID(int=5)
NEEDS, AWARDS, GOAL = (SECTIONS[code] for code in ("needs_assessment", "awards", "annual_goal"))


class Plan:
    """Tells what is written into the sections of one student's plan."""

    def __init__(self, story: Story, student: UUID) -> None:
        self._story, self._student = story, student

    def says(self, section: Section, event: type[SectionEvent] | None, **fields: Any) -> Recorded:
        assert event is not None
        header: dict[str, Any] = {"school_year": 112, "education_stage": "elementary"}
        if section.per == "stage":
            header["school_year"] = None
        stream = self.stream(section)
        return self._story.record(event, stream, student_id=self._student, **header | fields)

    def stream(self, section: Section) -> UUID:
        return record_id(section, self._student, "elementary" if section.per == "stage" else 112)

    def opens(self, **fields: Any) -> Recorded:
        sources = {"student_name": "directory", "grade": "directory"}
        said = {"student_name": "林大同", "grade": 5, "field_sources": sources}
        return self.says(BASIC_FAMILY, BASIC_FAMILY.opened, **said | fields)

    def adds(self, section: Section, row: UUID, **fields: Any) -> Recorded:
        return self.says(section, section.groups[0].added, row_id=row, **fields)


class TestPlanRecordsView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return PlanRecordsView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        one, two = story.student(old), story.student(old)
        first, second = Plan(story, one), Plan(story, two)
        rows = [story.new_id() for _ in range(4)]
        (awards,) = AWARDS.groups
        first.opens()
        yield first.adds(BASIC_FAMILY, rows[0], kinship="父", name="林父")
        second.opens()
        first.says(NEEDS, NEEDS.recorded, guidance_recommendations="加深")
        yield first.says(NEEDS, NEEDS.corrected, guidance_recommendations=None, reason="誤填")
        first.says(AWARDS, AWARDS.recorded)
        first.adds(AWARDS, rows[1], event_name="科展", prize="特優")
        yield first.adds(AWARDS, rows[2], event_name="奧賽", prize="金牌")
        first.says(AWARDS, awards.corrected, row_id=rows[1], prize="優等", reason="誤填")
        course, kept = story.course(one, VIEWER), story.course(one, VIEWER, number=2)
        story.share(course, one, VIEWER, old)
        yield story.share(kept, one, VIEWER, None)
        story.end_share(course, one, VIEWER)
        yield story.transfer(one, old, new)
        yield story.withdraw_course(course, one)
        yield first.says(AWARDS, awards.removed, row_id=rows[2], reason="重複")
        second.says(GOAL, GOAL.recorded, goal_text="獨立研究", teaching_model="discover")
        yield second.says(GOAL, GOAL.withdrawn, reason="誤建")
        second.says(GOAL, GOAL.recorded, goal_text="創造力")
        second.says(BASIC_FAMILY, BASIC_FAMILY.corrected, student_name="林小同", reason="更正")
        yield second.says(BASIC_FAMILY, BASIC_FAMILY.withdrawn, reason="誤建")
        second.opens()
        story.transfer(two, old, new)
        yield story.transfer(one, new, old)

    def broken(self, story: Story) -> Stored:
        # Of a record that nobody began.
        return record_of("needs-assessment.corrected.v1", UUID(int=9), school_year=112)


def seen(reader: Pool, student: UUID, *audiences: str) -> set[str]:
    """The sections of which these audiences see a record of the student."""
    with viewing(reader, VIEWER, audience_ids(audiences)) as connection:
        return {one.section for one in records_of(connection, student)}


def test_a_record_stands_as_it_was_last_saved(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student, teacher = story.student(school), story.account(school)
    plan, row, gone = Plan(story, student), story.new_id(), story.new_id()
    begun = plan.opens()
    plan.adds(BASIC_FAMILY, gone, kinship="母", name="林母")
    plan.adds(BASIC_FAMILY, row, kinship="父", name="林父")
    (family,) = BASIC_FAMILY.groups
    plan.says(BASIC_FAMILY, family.corrected, row_id=row, employer="示範公司", reason="更正")
    plan.says(BASIC_FAMILY, family.removed, row_id=gone, reason="誤填")
    last = plan.says(
        BASIC_FAMILY, BASIC_FAMILY.corrected, by=teacher, student_name="林小同", reason="更正"
    )
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([f"school:{school}"])) as connection:
        [one] = records_of(connection, student)
        assert record(connection, one.record_id) == one
        assert records_among(connection, [student], "basic_family") == [one]
        assert records_among(connection, [student], "awards") == []
        assert record(connection, student) is None
    assert (one.status, one.version, one.school_year, one.stage) == ("live", 6, 112, "elementary")
    assert (one.recorded_at, one.updated_at) == (begun.recorded_at, last.recorded_at)
    assert (one.recorded_by == teacher, one.updated_by) == (False, teacher)
    assert one.row["sources"] == {"student_name": "teacher", "grade": "directory"}
    opener = Opener(ledger.keyring)
    data = one.row["data"]
    assert opener.of_student(student, data["student_name"]) == "林小同"
    assert [opener.fields(student, one) for one in data["family_members"]] == [
        {"row_id": str(row), "kinship": "父", "name": "林父", "employer": "示範公司"}
    ]


def test_a_withdrawn_record_keeps_what_it_said_and_begins_anew(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student = story.student(school)
    plan = Plan(story, student)
    plan.says(GOAL, GOAL.recorded, goal_text="獨立研究", teaching_model="discover")
    plan.says(GOAL, GOAL.withdrawn, reason="誤建")
    runner.catch_up()

    def found() -> Any:
        with viewing(reader, VIEWER, audience_ids([f"school:{school}"])) as connection:
            return record(connection, plan.stream(GOAL))

    assert (found().status, found().version) == ("withdrawn", 2)
    assert found().row["data"].keys() == {"goal_text", "teaching_model"}
    plan.says(GOAL, GOAL.recorded, goal_text="創造力")
    runner.catch_up()
    assert (found().status, found().version) == ("live", 3)
    assert found().row["data"].keys() == {"goal_text"}


def test_the_plan_goes_with_the_student_and_the_old_school_sees_no_more_of_what_changes(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new, third = (story.organisation(code) for code in "abc")
    student, other = story.student(old), story.student(old)
    plan = Plan(story, student)
    plan.opens()
    plan.says(NEEDS, NEEDS.recorded, guidance_recommendations="加深")
    Plan(story, other).opens()
    story.transfer(student, old, new)
    runner.catch_up()
    assert seen(reader, student, f"school:{old}") == {"basic_family", "needs_assessment"}
    assert seen(reader, student, f"school:{new}") == {"basic_family", "needs_assessment"}
    assert seen(reader, student, f"school:{third}") == set()
    assert seen(reader, other, f"school:{new}") == set()
    plan.says(NEEDS, NEEDS.corrected, guidance_recommendations="加廣", reason="更正")
    runner.catch_up()
    assert seen(reader, student, f"school:{old}") == {"basic_family"}
    assert seen(reader, student, f"school:{new}") == {"basic_family", "needs_assessment"}


def test_only_held_audiences_see_a_section(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    plan = Plan(story, student)
    plan.opens()
    plan.says(NEEDS, NEEDS.recorded, guidance_recommendations="加深")
    plan.says(GOAL, GOAL.recorded, goal_text="創造力")
    runner.catch_up()
    for section in (BASIC_FAMILY, NEEDS, GOAL):
        assert seen(reader, student, f"student:{student}:{section.code}") == {section.code}
    for nobody in ("process:acceleration", "county:directory", f"student:{VIEWER}:annual_goal"):
        assert seen(reader, student, nobody) == set()
    assert seen(reader, student) == set()
    with viewing(reader, VIEWER, []) as connection:
        assert record(connection, plan.stream(GOAL)) is None
    with reader.connection() as connection:
        counted = connection.execute("SELECT count(*) FROM views.plan_record")
        assert counted.fetchone() == (0,)


@pytest.mark.parametrize("table", ["plan_record", "plan_school"])
def test_personal_text_stays_encrypted(ledger: Ledger, runner: Runner, table: str) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    plan = Plan(story, student)
    plan.opens(address="示範市示範路")
    plan.adds(BASIC_FAMILY, story.new_id(), kinship="父", name="林父")
    plan.says(GOAL, GOAL.recorded, goal_text="獨立研究")
    runner.catch_up()
    with ledger.database.connect("projector") as connection:
        found = connection.execute(f"SELECT t::text FROM views.{table} t".encode()).fetchall()
        assert found
        for (text,) in found:
            # A `bytea` is shown as hexadecimal.
            for word in ("林大同", "示範路", "林父", "獨立研究"):
                assert word not in text
                assert word.encode().hex() not in text


def test_a_share_moves_the_version_of_a_course_and_not_when_it_was_saved(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    course = story.course(student, VIEWER)
    assert story.last is not None
    saved_at = story.last.recorded_at
    shared = story.share(course, student, UUID(int=6), None)
    story.share(course, student, UUID(int=7), None)
    story.end_share(course, student, UUID(int=7))
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([f"course:{course}"])) as connection:
        known = record(connection, course)
        assert known is not None
        assert record(connection, student) is None
    assert (known.version, known.updated_at) == (4, saved_at)
    assert known.row["shares"] == {
        str(UUID(int=6)): {
            "relation": "same_field",
            "granted_at": shared.recorded_at.astimezone(UTC).isoformat(),
        }
    }
    story.withdraw_course(course, student)
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([f"course:{course}"])) as connection:
        gone = record(connection, course)
    assert gone is not None
    assert (gone.status, gone.version, "shares" in gone.row) == ("withdrawn", 5, False)
