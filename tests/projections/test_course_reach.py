"""Whose a course goal is and to whom it is open, from when to when."""

from datetime import datetime
from uuid import UUID

from domain.access import audiences_held
from domain.calendar import TAIPEI
from ledger.database import Pool
from ledger.ledger import Ledger
from projections.reach import related_to, relations_of
from projections.runner import Runner
from projections.view import audience_ids
from projections.viewer import viewing
from tests.story import ITINERANT, Story

YEAR_ENDS = datetime(2024, 8, 1, tzinfo=TAIPEI)

Interval = tuple[UUID, datetime, datetime | None]


def courses_of(reader: Pool, account: UUID) -> list[Interval]:
    """The course, since and until of each relation to a course, as the account itself sees them."""
    with viewing(reader, account, []) as connection:
        found = relations_of(connection, account)
    return sorted((one.course, one.since, one.until) for one in found if one.course is not None)


def test_a_course_is_its_teachers_while_they_teach_the_student(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    first, second, stranger = (story.account(school) for _ in range(3))
    student = story.student(school)
    for teacher in (first, second):
        story.assign(student, teacher)
    course = story.course(student, first, stranger)
    assert story.last is not None
    begun = story.last.recorded_at
    runner.catch_up()
    assert courses_of(reader, first) == [(course, begun, YEAR_ENDS)]
    # Named, but teaching the student nothing.
    assert courses_of(reader, stranger) == courses_of(reader, second) == []
    handed = story.taught_by(course, student, second).recorded_at
    runner.catch_up()
    assert courses_of(reader, first) == [(course, begun, handed)]
    assert courses_of(reader, second) == [(course, handed, YEAR_ENDS)]
    ended = story.unassign(student, second).recorded_at
    runner.catch_up()
    assert courses_of(reader, second) == [(course, handed, ended)]


def test_a_relation_to_a_course_gives_that_course_alone(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    owner, other = story.account(school), story.account(school)
    student = story.student(school)
    story.assign(student, owner)
    course = story.course(student, owner)
    shared = story.share(course, student, other, school).recorded_at
    runner.catch_up()
    with viewing(reader, other, []) as connection:
        relations = relations_of(connection, other)
    assert audiences_held(relations, shared) == {f"course:{course}:shared"}
    assert audiences_held(relations, shared.replace(year=2022)) == frozenset()


def test_a_share_ends_by_its_owner_the_closing_of_the_account_or_the_course(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    owner, student = story.account(school), story.student(school)
    story.assign(student, owner)
    course = story.course(student, owner)
    ended, closed, lasting = (story.account(school) for _ in range(3))
    since = {
        account: story.share(course, student, account, school).recorded_at
        for account in (ended, closed, lasting)
    }
    at = story.end_share(course, student, ended).recorded_at
    gone = story.close(closed).recorded_at
    withdrawn = story.withdraw_course(course, student).recorded_at
    runner.catch_up()
    assert courses_of(reader, ended) == [(course, since[ended], at)]
    assert courses_of(reader, closed) == [(course, since[closed], gone)]
    assert courses_of(reader, lasting) == [(course, since[lasting], withdrawn)]
    # Its teacher goes on reading how it was.
    assert courses_of(reader, owner)[0][2] == YEAR_ENDS
    again = story.share(story.course(student, owner, number=2), student, ended, school)
    runner.catch_up()
    assert courses_of(reader, ended)[-1][1:] in {(again.recorded_at, None), (since[ended], at)}
    assert len(courses_of(reader, ended)) == 2


def test_a_transfer_ends_the_shares_of_the_school_and_not_those_of_itinerant_teachers(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new = story.organisation("old"), story.organisation("new")
    owner, colleague, itinerant = (story.account(old) for _ in range(3))
    student = story.student(old)
    story.assign(student, owner)
    story.appoint(itinerant, ITINERANT)
    story.dispatch(student, itinerant, ITINERANT)
    course = story.course(student, owner)
    of_school = story.share(course, student, colleague, old).recorded_at
    visiting = story.share(course, student, itinerant, None).recorded_at
    moved = story.transfer(student, old, new).recorded_at
    runner.catch_up()
    assert courses_of(reader, colleague) == [(course, of_school, moved)]
    assert courses_of(reader, owner)[0][2] == moved
    assert courses_of(reader, itinerant) == [(course, visiting, None)]
    left = story.recall(student, itinerant, ITINERANT).recorded_at
    runner.catch_up()
    assert courses_of(reader, itinerant) == [(course, visiting, left)]


def test_nobody_else_learns_to_whom_a_course_is_open(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    owner, other = story.account(school), story.account(school)
    student = story.student(school)
    story.assign(student, owner)
    story.share(story.course(student, owner), student, other, school)
    runner.catch_up()
    audiences = audience_ids([f"school:{school}", f"student:{student}:relation"])
    with viewing(reader, UUID(int=1), audiences) as connection:
        assert [one.source_kind for one in related_to(connection, student)] == ["teaching"]
        rows = connection.execute("SELECT count(*) FROM reach WHERE course IS NOT NULL")
        assert rows.fetchone() == (0,)
    with viewing(reader, other, []) as connection:
        assert related_to(connection, student) == []
