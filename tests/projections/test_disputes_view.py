"""Disputes as they are now, who sees them, and what they say among the changes of a student."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.access import DISPUTES, audiences_held, of_dispute, of_school
from domain.calendar import local_range
from domain.capacity import Capacity
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.disputes import Dispute, DisputesView, dispute, disputes
from projections.programmes import ProgrammesView, programmes
from projections.reach import related_to, relations_of
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests import dispute_story as telling
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story


class TestDisputesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return DisputesView()

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        reviewer = story.account(school, "reviewer")
        students = [story.student(school) for _ in range(3)]
        made = [telling.opened(story, one, school) for one in students]
        yield telling.appointed(story, made[0], students[0], reviewer, "placement", "plan")
        telling.stated(story, made[0], students[0])
        yield telling.ended(story, made[0], students[0], reviewer)
        telling.appointed(story, made[0], students[0], reviewer, "placement")
        yield telling.closed(story, made[0], students[0])
        telling.decided(story, made[0], students[0])
        telling.decided(story, made[1], students[1])
        yield telling.taken_back(story, made[2], students[2])

    def broken(self, story: Story) -> Stored:
        return record_of("dispute.decided.v1", UUID(int=3))


class TestProgrammesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ProgrammesView()

    def tell(self, story: Story) -> Iterator[object]:
        yield telling.programme(story)
        telling.programme(story, "other-113")
        yield telling.programme(story, text="# 修正")

    def broken(self, story: Story) -> Stored:
        return record_of("programme.published.v1", code="x")


def seen(reader: Pool, *audiences: str) -> list[Dispute]:
    with viewing(reader, UUID(int=1), audience_ids(audiences)) as connection:
        return disputes(connection)


def test_the_newest_version_of_each_programme_is_listed_for_everybody(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    telling.programme(story)
    telling.programme(story, "an-earlier-113")
    telling.programme(story, text="# 修正")
    runner.catch_up()
    with viewing(reader, UUID(int=1), []) as connection:
        found = [(one.code, one.version) for one in programmes(connection)]
    assert found == [("an-earlier-113", 1), ("example-114", 2)]


def test_a_dispute_is_seen_by_its_reviewers_the_authority_and_its_school_alone(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    student = story.student(school)
    made = telling.opened(story, student, school)
    telling.opened(story, story.student(other), other)
    runner.catch_up()
    assert [one.dispute_id for one in seen(reader, of_dispute(made))] == [made]
    assert [one.dispute_id for one in seen(reader, of_school(school))] == [made]
    assert len(seen(reader, DISPUTES)) == 2
    others = ("process:acceleration", "county:directory", f"student:{student}:dispute")
    assert seen(reader, *others, f"student:{student}:placement") == []
    with viewing(reader, UUID(int=1), audience_ids([of_school(other)])) as connection:
        assert dispute(connection, made) is None


def test_a_school_to_which_the_student_moves_sees_no_dispute_with_the_old_one(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, new = story.organisation("a"), story.organisation("b")
    student = story.student(school)
    made = telling.opened(story, student, school)
    story.placement(student)
    story.transfer(student, school, new, "501")
    telling.stated(story, made, student)
    runner.catch_up()
    assert seen(reader, of_school(new)) == []
    assert [one.dispute_id for one in seen(reader, of_school(school))] == [made]
    assert sections(reader, of_school(new)).isdisjoint({"dispute"})
    assert "placement" in sections(reader, of_school(new))
    # What was said after the student left is the old school's as well.
    assert changes(reader, of_school(school)).count("dispute") == 2


def changes(reader: Pool, *audiences: str) -> list[str]:
    """The sections of the changes that somebody with these audiences sees, over both fences."""
    ids = audience_ids(audiences)
    with viewing(reader, UUID(int=1), ids) as connection:
        rows = connection.execute(
            "SELECT c.section FROM change c WHERE EXISTS (SELECT FROM change_audience a"
            " WHERE a.position = c.position AND a.audience = ANY(%s)) ORDER BY c.position",
            (ids,),
        ).fetchall()
    return [section for (section,) in rows]


def sections(reader: Pool, *audiences: str) -> set[str]:
    return set(changes(reader, *audiences))


def test_what_happens_in_a_dispute_stands_among_the_changes_of_those_who_see_it(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer, student = story.account(school, "reviewer"), story.student(school)
    made = telling.opened(story, student, school)
    telling.appointed(story, made, student, reviewer, "placement")
    telling.ended(story, made, student, reviewer)
    telling.closed(story, made, student)
    telling.decided(story, made, student)
    runner.catch_up()
    for audience in (of_dispute(made), DISPUTES, of_school(school)):
        assert changes(reader, audience).count("dispute") == 5
    assert changes(reader, "process:acceleration", f"student:{student}:dispute") == []


@pytest.mark.parametrize("how", ["day", "end", "closed"])
def test_a_reviewer_reaches_the_named_sections_from_the_appointment_to_its_end(
    ledger: Ledger, runner: Runner, reader: Pool, how: str
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer, student = story.account(school, "reviewer"), story.student(school)
    made = telling.opened(story, student, school)
    since = telling.appointed(story, made, student, reviewer, "placement").recorded_at
    until = local_range(telling.UNTIL, telling.UNTIL)[1]
    if how == "end":
        until = telling.ended(story, made, student, reviewer).recorded_at
    elif how == "closed":
        until = story.close(reviewer).recorded_at
    runner.catch_up()
    with viewing(reader, reviewer, []) as connection:
        [relation] = relations_of(connection, reviewer)
    assert (relation.capacity, relation.target) == (Capacity.REVIEWER, student)
    assert (relation.since, relation.until) == (since, until)
    exactly = {
        of_dispute(made),
        f"student:{student}:directory",
        f"student:{student}:placement",
    }
    assert audiences_held([relation], since) == exactly
    assert audiences_held([relation], until) == frozenset()


def test_a_reviewer_of_two_disputes_has_two_reaches_and_no_more(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer = story.account(school, "reviewer")
    student, other = story.student(school), story.student(school)
    first, again = (telling.opened(story, student, school) for _ in range(2))
    elsewhere = telling.opened(story, other, school)
    telling.appointed(story, first, student, reviewer, "placement")
    telling.appointed(story, again, student, reviewer, "awards")
    at = telling.appointed(story, elsewhere, other, reviewer, "plan").recorded_at
    runner.catch_up()
    with viewing(reader, reviewer, []) as connection:
        relations = relations_of(connection, reviewer)
    assert audiences_held(relations, at) == {
        *(of_dispute(one) for one in (first, again, elsewhere)),
        *(f"student:{student}:{section}" for section in ("directory", "placement", "awards")),
        *(f"student:{other}:{section}" for section in ("directory", "plan")),
    }


def test_notes_and_what_came_from_nowhere_are_in_no_reviewers_reach(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer, student = story.account(school, "reviewer"), story.student(school)
    made = telling.opened(story, student, school)
    # What the domain refuses gives nothing, even where it stands in the book.
    at = telling.appointed(story, made, student, reviewer, "counselling_note", "x").recorded_at
    runner.catch_up()
    with viewing(reader, reviewer, []) as connection:
        relations = relations_of(connection, reviewer)
    assert audiences_held(relations, at) == {of_dispute(made), f"student:{student}:directory"}


def test_an_appointment_made_again_is_a_reach_of_its_own(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer, student = story.account(school, "reviewer"), story.student(school)
    made = telling.opened(story, student, school)
    first = telling.appointed(story, made, student, reviewer, "placement").recorded_at
    ended = telling.ended(story, made, student, reviewer).recorded_at
    second = telling.appointed(story, made, student, reviewer, "awards").recorded_at
    runner.catch_up()
    with viewing(reader, reviewer, []) as connection:
        relations = relations_of(connection, reviewer)
    assert sorted((one.since, one.sections) for one in relations) == [
        (first, ("placement",)),
        (second, ("awards",)),
    ]
    assert audiences_held(relations, ended) == frozenset()


def test_that_somebody_reviews_a_dispute_is_seen_by_those_of_the_dispute(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    reviewer, student = story.account(school, "reviewer"), story.student(school)
    made = telling.opened(story, student, school)
    telling.appointed(story, made, student, reviewer, "placement")
    runner.catch_up()

    def known(*audiences: str) -> list[str]:
        with viewing(reader, UUID(int=1), audience_ids(audiences)) as connection:
            return [one.source_kind for one in related_to(connection, student)]

    assert known(DISPUTES) == known(of_dispute(made)) == ["review"]
    assert known(f"student:{student}:relation", of_school(school), "county:directory") == []
