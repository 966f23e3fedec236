"""An author's views right after a write, brought up to date by the process that wrote."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from ledger.ledger import Ledger, Recorded
from ledger.recorder import BookRecorder
from projections.all_views import all_views
from projections.own_ledger import OwnLedger
from projections.runner import Runner
from projections.view import View
from tests.projections.test_own_notes_view import unreadable
from tests.projections.view_case import rebuilt, rows, stopped
from tests.story import Story


@pytest.fixture
def own(ledger: Ledger, runner: Runner) -> Iterator[OwnLedger]:
    own = OwnLedger(ledger.database, all_views(ledger.keyring), ledger.mapper)
    yield own
    own.close()


class Author:
    """Somebody who writes notes about a student."""

    def __init__(self, ledger: Ledger) -> None:
        self.story = Story(ledger)
        school = self.story.organisation("a")
        self.account, self.student = self.story.account(school), self.story.student(school)

    def writes(self) -> Recorded:
        self.story.note(self.student, self.account)
        return self.last

    def corrects(self, note: UUID) -> Recorded:
        self.story.correct_note(note, self.student, self.account)
        return self.last

    def reads(self) -> Recorded:
        return self.story.read_notes(self.account)

    @property
    def last(self) -> Recorded:
        assert self.story.last is not None
        return self.story.last


@pytest.fixture
def author(ledger: Ledger) -> Author:
    return Author(ledger)


def of_notes(ledger: Ledger) -> list[View]:
    return [view for view in all_views(ledger.keyring) if view.book == "notes"]


def are_as_rebuilt(ledger: Ledger) -> bool:
    return all(rows(ledger, view) == rebuilt(ledger, view, batch=7) for view in of_notes(ledger))


def test_what_an_author_writes_is_shown_without_a_runner(
    ledger: Ledger, own: OwnLedger, author: Author
) -> None:
    note = author.story.note(author.student, author.account)
    assert own.show(author.last)
    assert own.show(author.corrects(note))
    assert own.show(author.reads())
    assert len(rows(ledger, of_notes(ledger)[0])["own_note"]) == 2
    assert are_as_rebuilt(ledger)


def test_what_nobody_has_shown_yet_comes_with_the_next_write(
    ledger: Ledger, own: OwnLedger, author: Author
) -> None:
    first, second = author.writes(), author.writes()
    assert own.show(second)
    assert own.show(first)
    assert are_as_rebuilt(ledger)


def test_whoever_comes_second_writes_nothing_twice(
    ledger: Ledger, runner: Runner, own: OwnLedger, author: Author
) -> None:
    other = OwnLedger(ledger.database, all_views(ledger.keyring), ledger.mapper)
    try:
        with ThreadPoolExecutor(3) as pool:
            for _ in range(20):
                recorded = author.writes()
                shown = [pool.submit(one.show, recorded) for one in (own, other)]
                caught_up = pool.submit(runner.catch_up)
                assert all(one.result() for one in shown)
                caught_up.result()
    finally:
        other.close()
    assert are_as_rebuilt(ledger)


def test_an_author_whom_an_event_stopped_is_left_to_the_runner(
    ledger: Ledger, runner: Runner, own: OwnLedger, author: Author
) -> None:
    assert own.show(author.writes())
    BookRecorder(ledger.pool, "notes").insert_events([unreadable(author.account)])
    last = author.writes()
    assert not own.show(last)
    runner.catch_up()
    assert not own.show(last)
    assert [stopped(ledger, view)[0][:2] for view in of_notes(ledger)] == [(1, 2), (1, 2)]


def test_views_of_another_version_are_left_to_it(
    ledger: Ledger, own: OwnLedger, author: Author
) -> None:
    with ledger.database.connect("projector") as connection:
        connection.execute("UPDATE views.checkpoint SET version = 99 WHERE view = 'own_notes'")
    assert not own.show(author.writes())
    assert rows(ledger, of_notes(ledger)[0])["own_note"] == []


def test_one_authors_write_touches_no_row_of_another(
    ledger: Ledger, own: OwnLedger, author: Author
) -> None:
    other = author.story.account(author.story.organisation(f"b-{uuid4()}"))
    author.story.note(author.student, other)
    assert own.show(author.writes())
    with ledger.database.connect("projector") as connection:
        owners = connection.execute("SELECT DISTINCT owner FROM views.owner_checkpoint").fetchall()
    assert owners == [(author.account,)]
