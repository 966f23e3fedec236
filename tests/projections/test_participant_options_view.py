"""The view of own lists of participants on a real database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.participant_option import ParticipantOption
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.participant_options import ParticipantOptionsView, option_id, options_of
from projections.runner import Runner
from projections.view import View
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, rebuilt, record_of, rows
from tests.story import Story


class TestParticipantOptionsView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ParticipantOptionsView(ledger.keyring)

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        one, other = story.account(school), story.account(school)
        student = story.student(school)
        first = story.option(one, "王老師")
        story.option(one, "李輔導員")
        yield story.note(student, other)
        yield story.remove_option(first, one)
        story.read_notes(one)
        yield story.option(other, "王老師")
        story.option(one, "王老師")
        yield story.read_notes(other)

    def broken(self, story: Story) -> Stored:
        return unreadable(story.account(story.organisation("c")))


def seen(
    ledger: Ledger, runner: Runner, reader: Pool, viewer: UUID, owner: UUID | None = None
) -> list[ParticipantOption]:
    runner.catch_up()
    with viewing(reader, viewer, []) as connection:
        return options_of(connection, ledger.mapper, ledger.keyring, owner or viewer)


def test_an_account_is_offered_its_names_in_the_order_of_their_adding(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    teacher = story.account(story.organisation("a"))
    assert seen(ledger, runner, reader, teacher) == []
    gone = story.option(teacher, "王老師")
    for number in range(130):
        story.option(teacher, f"第{number}位講師")
    story.remove_option(gone, teacher)
    names = [option.name for option in seen(ledger, runner, reader, teacher)]
    assert names == [f"第{number}位講師" for number in range(130)]
    story.option(teacher, "王老師")
    last = seen(ledger, runner, reader, teacher)[-1]
    assert (last.name, last.option_id, last.version) == ("王老師", gone, 3)


def test_nobody_else_reads_a_row_even_when_asking_for_it(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    teacher, colleague = story.account(school), story.account(school)
    story.option(teacher)
    assert seen(ledger, runner, reader, colleague, owner=teacher) == []
    with viewing(reader, colleague, []) as connection:
        assert connection.execute("SELECT count(*) FROM participant_list").fetchone() == (0,)


def test_one_name_is_one_stream_of_its_owner_and_another_of_a_colleague(ledger: Ledger) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    teacher, colleague = story.account(school), story.account(school)
    keyring = ledger.keyring
    one = option_id(keyring, teacher, "王老師")
    assert option_id(keyring, teacher, " 王老師\n") == one
    assert option_id(keyring, teacher, "王教師") != one
    assert option_id(keyring, colleague, "王老師") != one
    # As any id that was drawn.
    assert (one.version, one.variant) == (4, story.new_id().variant)


def test_a_row_tells_the_holder_of_the_database_nothing_about_the_kind_of_what_was_done(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student = story.student(school)
    keeper, writer = story.account(school), story.account(school)
    option = story.option(keeper)
    story.note(student, writer)
    bodies: list[dict[UUID, bytes]] = []
    for act in (
        lambda: None,
        lambda: story.read_notes(keeper),
        lambda: story.note(student, writer),
    ):
        act()
        runner.catch_up()
        bodies.append(kept(ledger))
    assert option.bytes not in bodies[0][keeper]
    # Every row is as long, and an event of whichever kind makes the whole row another.
    assert len({len(body) for body in bodies[0].values()}) == 1
    assert bodies[0].keys() == {keeper, writer}
    assert bodies[0][keeper] != bodies[1][keeper]
    assert bodies[1][writer] != bodies[2][writer]


def kept(ledger: Ledger) -> dict[UUID, bytes]:
    with ledger.database.connect("projector") as connection:
        found = connection.execute("SELECT owner, body FROM views.participant_list")
        return {owner: bytes(body) for owner, body in found}


def test_a_rebuild_after_the_erasure_of_a_student_equals_the_living_view(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    teacher, student = story.account(school), story.student(school)
    story.option(teacher)
    story.note(student, teacher)
    story.option(teacher, "李輔導員")
    runner.catch_up()
    view = ParticipantOptionsView(ledger.keyring)
    living = rows(ledger, view)
    next(ledger.keyring._folder.glob(f"student/*/{student}.note")).unlink()
    ledger.forget()
    assert rebuilt(ledger, view, batch=2) == living


def unreadable(owner: UUID) -> Stored:
    """An event of an own ledger that no key opens."""
    parts: dict[str, Any] = {"head": {"#": "AAAA"}, "rest": {"#": "AAAA"}}
    stored = record_of("note/1", **parts, commit={"head": "AAAA", "rest": "AAAA"})
    return replace(stored, book="notes", owner=owner)
