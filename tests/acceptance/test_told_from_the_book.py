"""What the book alone tells of a student is what the views keep: changes, audiences, relations."""

from collections.abc import Iterator

import pytest

from domain.access import of_student
from domain.dispute_events import DisputeDecided, DisputeOpened, ReviewerAppointed
from ledger.database import Connection
from projections.changes import COLUMNS, Change
from projections.reach import Related
from projections.view import audience_ids
from replay.plan_at import newest
from replay.rights_at import relation_seen_by, rights
from replay.student_book import StudentBook, student_book
from replay.timeline import Entry, entries, seen_today, witnesses
from tests.acceptance.looking_back import Days
from tests.acceptance.planning import FIRST, Planning, planning
from tests.database import Template
from tests.story import ITINERANT


@pytest.fixture(scope="module")
def days(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Days]:
    """A student to whom everything happened: at two schools, with a dispute about it."""
    keys = tmp_path_factory.mktemp("told") / "keys"
    with planning(template, administrator, keys) as plans:
        days = Days(plans)
        _happens(days, plans)
        yield days


def _happens(days: Days, plans: Planning) -> None:
    story, county = days.story, days.county
    placement = days.places(occurred_on="112.7.1")
    days.corrects(placement, placement_grade=7)
    days.withdraws(days.places(area="數學"))
    days.saves("awards", FIRST["awards"], 0)
    days.saves("annual_goal", FIRST["annual_goal"], 0, "a-math")
    course = plans.enter("a-math", days.student, "course_goal").json()["id"]
    share = {"account": "a-cm2", "relation": "cross_field"}
    path = f"/students/{days.student}/courses/{course}/shares"
    assert county.call("a-math", "POST", path, share).status_code == 201
    plans.enter("a-cm", days.student, "meeting")
    days.passes()
    dispute = story.new_id()
    reviewer = county.enrol("rev", "reviewer", by="eb")
    story.record(
        DisputeOpened,
        dispute,
        student_id=days.id,
        organisation_id=days.school("ks-a"),
        kind="appeal",
        programme="kaohsiung-114",
        programme_version=1,
        matter="安置結果",
        grounds="家長不同意",
        filed_on=days.today(),
        rule="appeal",
        days=30,
        timely=True,
    )
    appointed = {"account_id": reviewer, "sections": ("placement",), "until": days.today()}
    story.record(ReviewerAppointed, dispute, student_id=days.id, **appointed)
    story.recall(days.id, county.account("itinerant"), ITINERANT)
    story.class_of(days.id, class_name="五年二班")
    days.passes()
    story.transfer(days.id, days.school("ks-a"), days.school("ks-b"), "五年一班")
    story.dispatch(days.id, county.account("b-cm"))
    county.settle()
    decided = {"outcome": "dismissed", "decided_on": days.today(), "reasons": "無理由"}
    story.record(DisputeDecided, dispute, student_id=days.id, **decided)
    county.settle()


@pytest.fixture
def connection(days: Days) -> Iterator[Connection]:
    """Reads the books and every row of the views, as whoever owns the views does."""
    with days.county.office.ledger.database.connect("projector") as connection:
        yield connection


@pytest.fixture
def book(days: Days, connection: Connection) -> StudentBook:
    return student_book(connection, days.id, newest(connection))


def test_the_entries_are_the_changes_of_the_view_and_seen_by_the_same(
    days: Days, connection: Connection, book: StudentBook
) -> None:
    rows = connection.execute(
        f"SELECT {COLUMNS}, c.audiences FROM views.change c WHERE student = %s"
        " ORDER BY position".encode(),
        (days.id,),
        binary=True,
    ).fetchall()
    told = list(entries(book))
    assert [one.change for one in told] == [Change(*row[:-1]) for row in rows]
    for one, row in zip(told, rows, strict=True):
        assert audience_ids(seen_today(book, one)) == sorted(row[-1], key=lambda a: a.int), one
    assert {one.change.section for one in told} >= {"placement", "dispute", "relation", "directory"}


def test_the_relations_are_those_of_the_view_and_seen_by_the_same(
    days: Days, connection: Connection, book: StudentBook
) -> None:
    rows = connection.execute(
        "SELECT account, capacity, since, until, source_kind, course, dispute, audiences"
        " FROM views.reach WHERE target = %s",
        (days.id,),
        binary=True,
    ).fetchall()
    known = rights(connection, days.id, book.position).relations
    assert sorted(map(str, map(_key, known))) == sorted(str(row[:-1]) for row in rows)
    seen = {row[:-1]: set(row[-1]) for row in rows if row[5] is None}
    for one in known:
        if one.relation.course is None:
            names = relation_seen_by(book, one, book.position)
            assert set(audience_ids(names)) == seen[_key(one)], one


def _key(one: Related) -> tuple[object, ...]:
    relation = one.relation
    return (
        relation.account_id,
        relation.capacity.value,
        relation.since,
        relation.until,
        one.source_kind,
        relation.course,
        relation.dispute,
    )


def test_relations_known_at_a_position_do_not_know_their_later_ends(
    days: Days, connection: Connection, book: StudentBook
) -> None:
    ended = next(fact for fact in book.facts if fact.topic == "dispatch.ended.v1")
    for position, known in ((ended.position - 1, None), (ended.position, ended.recorded_at)):
        itinerant = [
            one.relation.until
            for one in rights(connection, days.id, position).relations
            if one.source_kind == "itinerant"
        ]
        assert itinerant == [known]


def test_beside_each_event_stands_who_could_see_it_at_the_time(
    days: Days, connection: Connection, book: StudentBook
) -> None:
    held = frozenset({of_student(days.id, "placement")})
    known = rights(connection, days.id, book.position)
    names = {account: name for name, account in days.county.county.accounts.items()}

    def saw(entry: Entry) -> set[str]:
        return {names[one.relation.account_id] for one in witnesses(entry, known)}

    told = [entry for entry in entries(book) if seen_today(book, entry) & held]
    assert {one.change.section for one in told} == {"placement"}
    first = saw(told[0])
    assert first >= {"a-cm", "itinerant", "a-gh", "a-math", "a-office"}
    assert not first & {"b-cm", "b-office", "a-hr", "rev", "a-pupil", "eb"}
    by_topic = {one.fact.topic: one for one in entries(book)}
    # The dispute stays with the school it was opened at; the reviewer's day was over by then.
    assert saw(by_topic["dispute.decided.v1"]) == {"a-office"}
    assert "rev" in saw(by_topic["dispute.reviewer-appointed.v1"])


def test_an_event_says_by_which_rule_it_was_computed_and_of_which_day_it_speaks(
    book: StudentBook,
) -> None:
    told: dict[str, Entry] = {}
    for one in entries(book):
        told.setdefault(one.fact.topic, one)
    computed = told["dispute.opened.v1"].computed
    assert (computed["programme"], computed["programme_version"]) == ("kaohsiung-114", 1)
    assert (computed["rule"], computed["days"], computed["timely"]) == ("appeal", 30, True)
    assert told["placement.recorded.v1"].computed == {}
    assert str(told["placement.recorded.v1"].claimed_day) == "2023-07-01"
    assert str(told["meeting.recorded.v1"].claimed_day) == "2023-07-20"
    assert told["student.transferred.v1"].claimed_day is None
