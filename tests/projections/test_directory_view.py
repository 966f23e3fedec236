"""Who is who now, who may see it, and who was who at a position."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.access import COUNTY, PROCESS
from domain.account import AccountProfileChanged, StaffEstablishmentSet
from domain.organisation import OrganisationCorrected
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.opening import Opener
from projections import directory
from projections.cards import cards_at
from projections.directory import DirectoryView
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import ITINERANT, RESOURCE, Story

VIEWER = UUID(int=5)


class TestDirectoryView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return DirectoryView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        yield story.record(OrganisationCorrected, old, name="前金示範國小", reason="更名")
        teacher = story.account(old)
        yield story.appoint(teacher, RESOURCE)
        story.homeroom(teacher, old, "501", gifted=True)
        story.appoint(teacher, ITINERANT)
        yield story.dismiss(teacher, RESOURCE)
        story.clear_homeroom(teacher)
        one, two = story.student(old, "501"), story.student(old)
        story.plan(one, 113)
        yield story.placement(two)
        yield story.details(one, name="林小同", reason="更正")
        placement = story.placement(one)
        yield story.class_of(one, grade=6)
        story.transfer(one, old, new, "601")
        yield story.request(one, placement)
        yield story.close(teacher)

    def broken(self, story: Story) -> Stored:
        return record_of("organisation.registered.v1", code="x")


def seen(reader: Pool, *audiences: str) -> set[UUID]:
    """The students that somebody with these audiences finds in the list."""
    with viewing(reader, VIEWER, audience_ids(audiences)) as connection:
        return {one.student_id for one in directory.students(connection)}


def test_a_student_is_listed_for_those_related_the_school_and_the_county(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    one, two = story.student(school), story.student(other)
    runner.catch_up()
    assert seen(reader, f"school:{school}") == {one}
    assert seen(reader, f"student:{two}:directory") == {two}
    assert seen(reader, f"student:{two}:placement") == set()
    assert seen(reader, COUNTY) == {one, two}
    assert seen(reader, PROCESS) == set()
    assert seen(reader) == set()
    with reader.connection() as connection:
        assert connection.execute("SELECT count(*) FROM views.student").fetchone() == (0,)


def test_the_bodies_of_the_process_see_a_student_from_the_first_placement_on(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    placed, not_placed = story.student(school), story.student(school)
    story.placement(placed)
    runner.catch_up()
    assert seen(reader, PROCESS) == {placed}
    story.transfer(placed, school, other)
    runner.catch_up()
    assert seen(reader, PROCESS) == {placed}
    assert seen(reader, f"school:{school}") == {not_placed}


def test_a_transferred_student_leaves_the_list_of_the_old_school(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new = story.organisation("a"), story.organisation("b")
    moved, stays = story.student(old, "501"), story.student(old)
    story.transfer(moved, old, new, "601")
    runner.catch_up()
    assert seen(reader, f"school:{old}") == {stays}
    assert seen(reader, f"school:{new}") == {moved}
    with viewing(reader, VIEWER, audience_ids([f"school:{new}"])) as connection:
        card = directory.student(connection, moved)
        assert card is not None
        assert (card.organisation, card.class_name, card.version) == (new, "601", 2)
        assert directory.student(connection, stays) is None


def test_names_stay_encrypted_and_open_with_the_key_of_whom_they_are_about(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student, account = story.student(school, name="林大同"), story.account(school, name="王小明")
    story.details(student, name="林小同", reason="更正")
    story.record(AccountProfileChanged, account, account_id=account, subjects=("數學",))
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([COUNTY])) as connection:
        card, of_account = (
            directory.student(connection, student),
            directory.account(connection, account),
        )
        assert card is not None
        assert of_account is not None
    opener = Opener(ledger.keyring)
    assert opener.fields(student, card.row) == {
        "version": 2,
        "national_id": "A123456789",
        "name": "林小同",
        "sex": "male",
        "birth_date": "2013-05-06",
        "organisation_id": str(school),
        "stage": "elementary",
        "grade": 5,
        "class_name": None,
    }
    assert opener.of_account(account, of_account.row["name"]) == "王小明"
    assert of_account.row["subjects"] == ["數學"]
    plain = {"林", "王", "A123456789", "2013-05-06", "male"}
    with ledger.database.connect("projector") as connection:
        for table in ("card", "student", "account"):
            for (row,) in connection.execute(f"SELECT row FROM views.{table}".encode()):
                text = bytes(row).decode()
                assert not [word for word in plain if word in text]


def test_cards_give_the_names_in_force_at_a_position(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a", name="苓雅示範國小")
    before = story.last.position if story.last else 0
    student = story.student(school)
    registered = story.last.position if story.last else 0
    renamed = story.record(OrganisationCorrected, school, name="苓雅國小", reason="更名").position
    story.class_of(student, grade=6)
    runner.catch_up()
    with viewing(reader, VIEWER, []) as connection:

        def at(position: int) -> tuple[object, object]:
            organisations = cards_at(connection, "organisation", [school], position)
            students = cards_at(connection, "student", [student, VIEWER], position)
            return (
                organisations[school]["name"],
                students[student]["grade"] if student in students else None,
            )

        assert at(before) == ("苓雅示範國小", None)
        assert at(registered) == ("苓雅示範國小", 5)
        assert at(renamed) == ("苓雅國小", 5)
        assert at(renamed + 1) == ("苓雅國小", 6)


def test_a_list_of_students_is_narrowed_and_paged(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    fifth, sixth = story.student(school, "501"), story.student(school, "601", grade=6)
    elsewhere = story.student(other, "501", stage="junior_high", grade=7)
    for year in (113, 112, 113):
        story.plan(fifth, year)
    story.plan(sixth, 112)
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([COUNTY])) as connection:

        def found(**filters: object) -> set[UUID]:
            return {one.student_id for one in directory.students(connection, **filters)}  # type: ignore[arg-type]

        assert found() == {fifth, sixth, elsewhere}
        assert found(organisation=school) == {fifth, sixth}
        assert found(school_year=113) == {fifth}
        assert found(school_year=112) == {fifth, sixth}
        assert found(stage="junior_high") == {elsewhere}
        assert found(grade=6) == {sixth}
        assert found(class_name="501", organisation=school) == {fifth}
        assert found(ids=[sixth, elsewhere]) == {sixth, elsewhere}
        assert found(ids=[]) == set()
        first, second, third = sorted([fifth, sixth, elsewhere])
        page = directory.students(connection, limit=2)
        assert [one.student_id for one in page] == [first, second]
        rest = directory.students(connection, limit=2, after=second)
        assert [one.student_id for one in rest] == [third]
        card = directory.student(connection, fifth)
        assert card is not None
        assert card.plan_years == [112, 113]


def test_an_account_says_what_its_school_has_set(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    account, stranger = story.account(school, "teacher"), story.account(other)
    story.homeroom(account, school, "501", gifted=True)
    story.record(StaffEstablishmentSet, account, account_id=account, on_establishment=True)
    story.appoint(account, RESOURCE)
    story.appoint(account, ITINERANT)
    runner.catch_up()

    def now() -> directory.AccountCard:
        with viewing(reader, VIEWER, []) as connection:
            [card] = directory.accounts_of(connection, school)
            assert card == directory.account(connection, account)
            assert {one.account_id for one in directory.accounts_of(connection, None)} == {
                account,
                stranger,
            }
            return card

    card = now()
    assert card.roles == ["teacher"]
    assert card.row["case_manager"] == ["itinerant", "resource_class"]
    assert card.row["homeroom"] == {
        "organisation_id": str(school),
        "class_name": "501",
        "gifted": True,
    }
    assert card.row["on_establishment"] is True
    # An appointment is a record of its own; the account's version is the account's.
    assert (card.version, card.closed) == (3, False)
    story.dismiss(account, RESOURCE)
    story.clear_homeroom(account)
    story.close(account)
    runner.catch_up()
    card = now()
    assert card.row["case_manager"] == ["itinerant"]
    assert card.row["homeroom"] is None
    assert (card.version, card.closed) == (5, True)


def test_organisations_are_found_by_code(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    bureau = story.organisation("eb", kind="authority")
    school = story.organisation("a")
    story.record(OrganisationCorrected, school, parent_id=bureau, reason="更正")
    runner.catch_up()
    with viewing(reader, VIEWER, []) as connection:
        assert [one.code for one in directory.organisations(connection)] == ["a", "eb"]
        found = directory.organisation_by_code(connection, "a")
        assert found is not None
        assert (found.organisation_id, found.parent, found.version) == (school, bureau, 2)
        assert directory.organisation_by_code(connection, "b") is None


@pytest.mark.parametrize("table", ["card", "student", "account", "organisation"])
def test_a_reader_writes_nothing(ledger: Ledger, runner: Runner, reader: Pool, table: str) -> None:
    with reader.connection() as connection:
        rights = connection.execute(
            "SELECT has_table_privilege(current_user, %s, right_) FROM"
            " unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_",
            (f"views.{table}",),
        ).fetchall()
    assert rights == [(False,)] * 4
