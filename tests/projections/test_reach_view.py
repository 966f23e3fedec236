"""Who is related to whom, from when to when, and who learns of it."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.access import Relation
from domain.calendar import TAIPEI
from domain.capacity import Capacity
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.reach import ReachView, related_to, relations_of
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.database import START
from tests.projections.view_case import ViewCase, record_of
from tests.story import ITINERANT, RESOURCE, Story

CM, GH, HR, ST, SA, SU = (
    Capacity.CASE_MANAGER,
    Capacity.GIFTED_HOMEROOM,
    Capacity.HOMEROOM,
    Capacity.SUBJECT_TEACHER,
    Capacity.SCHOOL_ADMINISTRATOR,
    Capacity.STUDENT,
)


def reach_of(
    reader: Pool, account: UUID
) -> list[tuple[Capacity, UUID | None, datetime, datetime | None]]:
    """Capacity, target, since and until of each relation, as the account itself sees them."""
    with viewing(reader, account, []) as connection:
        return [
            (one.capacity, one.target, one.since, one.until)
            for one in relations_of(connection, account)
        ]


def taipei(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=TAIPEI)


class TestReachView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ReachView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        story.account(old, "school_administrator")
        story.account(old, "council_member", "organiser")
        pupil = story.account(old, "student")
        manager, homeroom, teacher = (story.account(old) for _ in range(3))
        yield story.appoint(manager)
        students = [story.student(old, "501") for _ in range(4)]
        for student in students:
            story.dispatch(student, manager)
            yield story.assign(student, teacher)
        yield story.link(students[0], pupil)
        course = story.course(students[3], teacher)
        yield story.share(course, students[3], homeroom, old)
        yield story.taught_by(course, students[3], teacher, manager)
        story.end_share(course, students[3], homeroom)
        yield story.withdraw_course(course, students[3])
        yield story.homeroom(homeroom, old, "501", gifted=True)
        yield story.student(old, "501")
        story.unassign(students[1], teacher)
        story.recall(students[1], manager)
        yield story.class_of(students[2], class_name="502")
        yield story.transfer(students[0], old, new, "501")
        yield story.homeroom(homeroom, old, "502")
        yield story.dismiss(manager)
        yield story.close(teacher)
        story.unlink(students[0], pupil)
        yield story.link(students[1], pupil)
        yield story.clear_homeroom(homeroom)

    def broken(self, story: Story) -> Stored:
        return record_of("case-manager.appointed.v1", kind="resource_class")


def test_a_case_manager_needs_a_dispatch_and_an_appointment_of_the_same_kind(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    manager, student = story.account(school), story.student(school)
    story.dispatch(student, manager, RESOURCE)
    story.appoint(manager, ITINERANT)
    runner.catch_up()
    assert reach_of(reader, manager) == []
    since = story.appoint(manager, RESOURCE).recorded_at
    runner.catch_up()
    assert reach_of(reader, manager) == [(CM, student, since, None)]
    until = story.dismiss(manager, RESOURCE).recorded_at
    runner.catch_up()
    assert reach_of(reader, manager) == [(CM, student, since, until)]


def test_a_second_appointment_opens_a_second_interval(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    manager, student = story.account(school), story.student(school)
    story.appoint(manager)
    first = story.dispatch(student, manager).recorded_at
    gap = story.dismiss(manager).recorded_at, story.appoint(manager).recorded_at
    runner.catch_up()
    assert sorted(reach_of(reader, manager)) == [
        (CM, student, first, gap[0]),
        (CM, student, gap[1], None),
    ]


@pytest.mark.parametrize(("gifted", "capacity"), [(True, GH), (False, HR)])
def test_a_homeroom_teacher_reaches_who_is_in_the_class_while_leading_it(
    ledger: Ledger, runner: Runner, reader: Pool, gifted: bool, capacity: Capacity
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    teacher = story.account(school)
    inside, elsewhere = story.student(school, "501"), story.student(other, "501")
    since = story.homeroom(teacher, school, "501", gifted).recorded_at
    comes = story.student(school, "502")
    joins = story.class_of(comes, class_name="501").recorded_at
    grade = story.class_of(comes, grade=6)
    leaves = story.class_of(inside, class_name="502").recorded_at
    runner.catch_up()
    assert grade.recorded_at < leaves
    assert set(reach_of(reader, teacher)) == {
        (capacity, inside, since, leaves),
        (capacity, comes, joins, None),
    }
    with viewing(reader, teacher, []) as connection:
        assert related_to(connection, elsewhere) == []
    # Another class instead: of the first nobody is left, of the second everybody.
    changed = story.homeroom(teacher, school, "502", gifted).recorded_at
    runner.catch_up()
    assert set(reach_of(reader, teacher)) == {
        (capacity, inside, since, leaves),
        (capacity, comes, joins, changed),
        (capacity, inside, changed, None),
    }


def test_a_subject_teacher_reaches_the_student_in_the_school_year_alone(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    now, next_year, two_years, past, ended = (story.account(school) for _ in range(5))
    student = story.student(school)
    at = story.assign(student, now, year=112).recorded_at
    story.assign(student, next_year, year=113)
    story.assign(student, two_years, "數學", year=112)
    both = story.assign(student, two_years, "自然", year=112).recorded_at
    story.assign(student, two_years, "數學", year=113)
    story.assign(student, past, year=111)
    story.assign(student, ended, year=112)
    story.assign(student, ended, year=113)
    end = story.unassign(student, ended).recorded_at
    runner.catch_up()
    assert reach_of(reader, now) == [(ST, student, at, taipei(2024, 8, 1))]
    assert reach_of(reader, next_year) == [(ST, student, taipei(2024, 8, 1), taipei(2025, 8, 1))]
    # Subjects that overlap and years that touch are one time.
    [(_, _, since, until)] = reach_of(reader, two_years)
    assert since < both
    assert until == taipei(2025, 8, 1)
    assert reach_of(reader, past) == []
    [(_, _, _, until)] = reach_of(reader, ended)
    assert until == end


def test_roles_reach_a_school_or_the_county(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    school, bureau = story.organisation("a"), story.organisation("eb", kind="authority")
    office = story.account(school, "school_administrator", "teacher")
    since = story.last.recorded_at if story.last else START
    authority = story.account(bureau, "authority_administrator")
    council = story.account(bureau, "council_member", "organiser")
    teacher = story.account(school, "teacher")
    runner.catch_up()
    assert reach_of(reader, office) == [(SA, school, since, None)]
    assert [one[:2] for one in reach_of(reader, authority)] == [
        (Capacity.AUTHORITY_ADMINISTRATOR, None)
    ]
    assert {one[:2] for one in reach_of(reader, council)} == {
        (Capacity.COUNCIL, None),
        (Capacity.ORGANISER, None),
    }
    assert reach_of(reader, teacher) == []


def test_closing_an_account_ends_every_relation(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    account = story.account(school, "school_administrator", "teacher")
    student = story.student(school, "501")
    story.homeroom(account, school, "501", gifted=True)
    story.appoint(account)
    story.dispatch(student, account)
    story.assign(student, account, year=112)
    story.assign(student, account, year=113)
    runner.catch_up()
    assert {one[0] for one in reach_of(reader, account)} == {SA, GH, CM, ST}
    closed = story.close(account).recorded_at
    # Nothing that follows opens a closed account again.
    story.student(school, "501")
    story.dispatch(story.student(school), account)
    runner.catch_up()
    reach = reach_of(reader, account)
    assert {one[0] for one in reach} == {SA, GH, CM, ST}
    assert {one[3] for one in reach} == {closed}


def test_a_transfer_ends_what_the_old_school_gave_and_leaves_the_itinerant_teacher(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new = story.organisation("a"), story.organisation("b")
    manager, itinerant, teacher, homeroom, receiver = (story.account(old) for _ in range(5))
    student = story.student(old, "501")
    story.homeroom(homeroom, old, "501")
    story.homeroom(receiver, new, "601")
    story.appoint(manager, RESOURCE)
    story.appoint(itinerant, ITINERANT)
    story.dispatch(student, manager, RESOURCE)
    story.dispatch(student, itinerant, ITINERANT)
    story.assign(student, teacher)
    moved = story.transfer(student, old, new, "601").recorded_at
    runner.catch_up()
    for account in (manager, teacher, homeroom):
        assert [one[3] for one in reach_of(reader, account)] == [moved]
    assert [one[3] for one in reach_of(reader, itinerant)] == [None]
    assert reach_of(reader, receiver) == [(HR, student, moved, None)]
    with viewing(reader, itinerant, audience_ids([f"school:{new}"])) as connection:
        before, after = (
            {one.relation.account_id for one in related_to(connection, student, at)}
            for at in (moved - timedelta(microseconds=1), moved)
        )
    assert before == {manager, itinerant, teacher, homeroom}
    assert after == {itinerant, receiver}


def test_who_may_view_a_students_relations_sees_who_holds_them(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new, third = (story.organisation(code) for code in "abc")
    manager, itinerant, stranger = (story.account(old) for _ in range(3))
    student = story.student(old)
    story.appoint(manager)
    story.dispatch(student, manager)
    moved = story.transfer(student, old, new)
    story.appoint(itinerant, ITINERANT)
    story.dispatch(student, itinerant, ITINERANT)
    runner.catch_up()

    def seen_with(*audiences: str) -> set[UUID]:
        with viewing(reader, stranger, audience_ids(audiences)) as connection:
            return {one.relation.account_id for one in related_to(connection, student)}

    # The file is handed over; the old school sees what was in its time.
    assert seen_with(f"school:{old}") == {manager}
    assert seen_with(f"school:{new}") == {manager, itinerant}
    assert seen_with(f"school:{third}") == set()
    assert seen_with(f"student:{student}:relation") == {manager, itinerant}
    assert seen_with(f"student:{student}:placement") == set()
    assert seen_with() == set()
    with viewing(reader, manager, []) as connection:
        [related] = related_to(connection, student)
    assert related.source_kind == "resource_class"
    assert related.relation.until == moved.recorded_at


def test_without_a_viewer_nothing_is_seen(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    office = story.account(story.organisation("a"), "school_administrator")
    runner.catch_up()
    assert len(reach_of(reader, office)) == 1
    with viewing(reader, uuid4(), []) as connection:
        assert relations_of(connection, office) == []
    with reader.connection() as connection:
        assert connection.execute("SELECT count(*) FROM views.reach").fetchone() == (0,)


# -- the same answer found another way


class World:
    """Who is related to whom now, kept event by event: what the view says of every instant."""

    def __init__(self) -> None:
        self.classes: dict[UUID, tuple[UUID, str | None]] = {}
        self.homerooms: dict[UUID, tuple[UUID, str, Capacity]] = {}
        self.appointed: set[tuple[UUID, str]] = set()
        self.dispatched: set[tuple[UUID, UUID, str]] = set()
        self.taught: set[tuple[UUID, UUID, int]] = set()
        self.closed: set[UUID] = set()

    def held(self, now: datetime) -> set[tuple[UUID, Capacity, UUID | None]]:
        year = now.astimezone(TAIPEI).year - 1911 - (now.astimezone(TAIPEI).month < 8)
        found: set[tuple[UUID, Capacity, UUID | None]] = set()
        for student, account, kind in self.dispatched:
            if (account, kind) in self.appointed:
                found.add((account, CM, student))
        for account, (school, class_name, capacity) in self.homerooms.items():
            for student, attended in self.classes.items():
                if attended == (school, class_name):
                    found.add((account, capacity, student))
        for student, account, of_year in self.taught:
            if of_year == year:
                found.add((account, ST, student))
        return {one for one in found if one[0] not in self.closed}


@pytest.mark.parametrize("seed", range(3))
def test_every_instant_of_a_long_story_is_told_right(
    ledger: Ledger, runner: Runner, seed: int
) -> None:
    chance = random.Random(seed)
    story, world = Story(ledger), World()
    schools = [story.organisation(code) for code in "ab"]
    accounts = [story.account(schools[0]) for _ in range(4)]
    students = []
    for _ in range(4):
        school, class_name = chance.choice(schools), chance.choice(["1", "2", None])
        students.append(story.student(school, class_name))
        world.classes[students[-1]] = school, class_name
    instants: list[tuple[datetime, set[tuple[UUID, Capacity, UUID | None]]]] = []
    now = START
    for _ in range(150):
        account, student = chance.choice(accounts), chance.choice(students)
        school, class_name = chance.choice(schools), chance.choice(["1", "2"])
        kind = chance.choice([RESOURCE, ITINERANT])
        match chance.randrange(12):
            case 0:
                recorded = story.appoint(account, kind)
                world.appointed.add((account, kind))
            case 1:
                recorded = story.dismiss(account, kind)
                world.appointed.discard((account, kind))
            case 2 | 3:
                recorded = story.dispatch(student, account, kind)
                world.dispatched.add((student, account, kind))
            case 4:
                recorded = story.recall(student, account, kind)
                world.dispatched.discard((student, account, kind))
            case 5:
                gifted = chance.random() < 0.5
                recorded = story.homeroom(account, school, class_name, gifted)
                world.homerooms[account] = school, class_name, GH if gifted else HR
            case 6:
                recorded = story.clear_homeroom(account)
                world.homerooms.pop(account, None)
            case 7:
                recorded = story.class_of(student, class_name=class_name)
                world.classes[student] = world.classes[student][0], class_name
            case 8:
                old = world.classes[student][0]
                recorded = story.transfer(student, old, school, class_name)
                world.classes[student] = school, class_name
                world.dispatched = {
                    one for one in world.dispatched if one[0] != student or one[2] == ITINERANT
                }
                world.taught = {one for one in world.taught if one[0] != student}
            case 9:
                year = chance.choice([111, 112, 113, 114])
                recorded = story.assign(student, account, year=year)
                world.taught.add((student, account, year))
            case 10:
                recorded = story.unassign(student, account)
                world.taught -= {one for one in world.taught if one[:2] == (student, account)}
            case _:
                if len(world.closed) < 2 and chance.random() < 0.1:
                    recorded = story.close(account)
                    world.closed.add(account)
                else:
                    now = max(now, recorded_at(story)) + timedelta(days=chance.randrange(1, 90))
                    recorded = story.clock(now)
        instants.append((recorded.recorded_at, world.held(recorded.recorded_at)))
        if chance.random() < 0.3:
            runner.catch_up()
    runner.catch_up()
    relations = all_relations(ledger)
    for instant, expected in instants:
        told = {
            (one.account_id, one.capacity, one.target) for one in relations if one.holds(instant)
        }
        assert told == expected


def recorded_at(story: Story) -> datetime:
    assert story.last is not None
    return story.last.recorded_at


def all_relations(ledger: Ledger) -> list[Relation]:
    """The whole view, past every fence."""
    with ledger.database.connect("projector") as connection:
        rows = connection.execute("SELECT account, capacity, target, since, until FROM views.reach")
        return [
            Relation(account_id=a, capacity=c, target=t, since=s, until=u) for a, c, t, s, u in rows
        ]


def test_a_students_account_reaches_the_student_from_link_to_end_whatever_the_school(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new = story.organisation("a"), story.organisation("b")
    one, other, pupil = story.student(old), story.student(old), story.account(old, "student")
    runner.catch_up()
    assert reach_of(reader, pupil) == []
    since = story.link(one, pupil).recorded_at
    story.transfer(one, old, new)
    runner.catch_up()
    assert reach_of(reader, pupil) == [(SU, one, since, None)]
    until = story.unlink(one, pupil).recorded_at
    again = story.link(other, pupil).recorded_at
    runner.catch_up()
    assert set(reach_of(reader, pupil)) == {(SU, one, since, until), (SU, other, again, None)}
    closed = story.close(pupil).recorded_at
    runner.catch_up()
    assert set(reach_of(reader, pupil)) == {(SU, one, since, until), (SU, other, again, closed)}


def test_who_sees_a_students_relations_sees_the_own_account_among_them(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student, pupil = story.student(school), story.account(school, "student")
    story.link(student, pupil)
    runner.catch_up()
    seen = audience_ids([f"school:{school}"])
    with viewing(reader, uuid4(), seen) as connection:
        [related] = related_to(connection, student)
    assert (related.relation.account_id, related.source_kind) == (pupil, "own")
    with viewing(reader, uuid4(), audience_ids([f"school:{uuid4()}"])) as connection:
        assert related_to(connection, student) == []
