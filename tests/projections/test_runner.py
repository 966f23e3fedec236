"""The runner: exactly once whoever runs it, and on its feet again after the database went away."""

import time
from collections.abc import Sequence
from threading import Thread

import psycopg
import pytest

from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.recorder import BookRecorder
from projections.all_views import all_views
from projections.runner import Runner
from projections.view import Fact, View
from tests.projections.view_case import rebuilt, record_of, rows, stopped
from tests.story import Story

PATIENCE_SECONDS = 20.0


def positions(ledger: Ledger) -> set[int]:
    """Where the views of `records` stand."""
    with ledger.database.connect("projector") as connection:
        return {
            row[0]
            for row in connection.execute(
                "SELECT position FROM views.checkpoint WHERE view = ANY(%s)",
                ([view.name for view in all_views(ledger.keyring) if view.book == "records"],),
            )
        }


def reaches(ledger: Ledger, position: int) -> bool:
    """Whether every view reaches the position before patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while positions(ledger) != {position}:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def records_views(ledger: Ledger) -> list[View]:
    return [view for view in all_views(ledger.keyring) if view.book == "records"]


def test_two_runners_at_once_apply_nothing_twice_and_skip_nothing(
    ledger: Ledger, runner: Runner
) -> None:
    second = Runner(ledger.database, all_views(ledger.keyring), ledger.mapper, batch=3)
    threads = [Thread(target=one.run) for one in (runner, second)]
    for thread in threads:
        thread.start()
    try:
        story = Story(ledger)
        school = story.organisation("a")
        for _ in range(40):
            student = story.student(school)
            story.placement(student)
        assert story.last is not None
        assert reaches(ledger, story.last.position)
    finally:
        runner.stop()
        second.stop()
        for thread in threads:
            thread.join()
    for view in records_views(ledger):
        assert rows(ledger, view) == rebuilt(ledger, view, batch=500), view.name


def test_a_runner_goes_on_after_its_connections_were_cut(
    ledger: Ledger, runner: Runner, administrator: Connection
) -> None:
    thread = Thread(target=runner.run)
    thread.start()
    try:
        story = Story(ledger)
        school = story.organisation("a")
        for _ in range(3):
            assert story.last is not None
            assert reaches(ledger, story.last.position)
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename LIKE '%%projector'",
                (ledger.database.name,),
            )
            story.student(school)
        assert reaches(ledger, story.last.position)
    finally:
        runner.stop()
        thread.join()


def test_a_view_waits_without_any_hint(ledger: Ledger, runner: Runner) -> None:
    thread = Thread(target=runner.run)
    thread.start()
    try:
        # Nobody sends NOTIFY here: the runner polls, and the checkpoint is the truth.
        story = Story(ledger)
        story.organisation("a")
        assert story.last is not None
        assert reaches(ledger, story.last.position)
    finally:
        runner.stop()
        thread.join()


def test_the_reader_may_not_write_a_view(ledger: Ledger, runner: Runner) -> None:
    with ledger.database.connect("reader") as connection:
        for view in all_views(ledger.keyring):
            for table in view.tables:
                try:
                    connection.execute(f"DELETE FROM views.{table}".encode())
                except (
                    psycopg.errors.InsufficientPrivilege,
                    psycopg.errors.ReadOnlySqlTransaction,
                ):
                    continue
                raise AssertionError(f"the reader deleted from {table}")


def test_an_event_of_a_kind_nobody_knows_stops_the_views_of_its_book_and_is_named(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    unknown = record_of("something.of-a-newer-version.v1")
    [position] = BookRecorder(ledger.pool, "records").insert_events([unknown])
    author, student = story.account(school), story.student(school)
    story.note(student, author)
    runner.catch_up()
    views = records_views(ledger)
    assert {stop for view in views for stop in stopped(ledger, view)} == {
        (position - 1, position, "UnknownTopic")
    }
    with ledger.database.connect("projector") as connection:
        notes = connection.execute("SELECT count(*) FROM views.own_note").fetchone()
    assert notes == (1,)


def test_a_stopped_view_goes_on_where_it_stopped_once_the_cause_is_mended(
    ledger: Ledger, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = next(one for one in records_views(ledger) if one.name == "directory")
    story = Story(ledger)
    before = story.organisation("a")
    runner.catch_up()
    [stands] = positions(ledger)

    def failing(self: View, connection: Connection, facts: Sequence[Fact]) -> None:
        raise LookupError

    with monkeypatch.context() as broken:
        broken.setattr(type(view), "apply", failing)
        story.student(before)
        runner.catch_up()
        halted = stopped(ledger, view)
        assert halted == [(stands, stands + 1, "LookupError")]
        runner.try_again()
        assert stopped(ledger, view) == []
        # What is not mended stops there again.
        runner.catch_up()
        assert stopped(ledger, view) == halted
    runner.catch_up()
    assert stopped(ledger, view) == halted
    runner.try_again()
    runner.catch_up()
    assert stopped(ledger, view) == []
    assert len(positions(ledger)) == 1
    assert rows(ledger, view) == rebuilt(ledger, view, batch=2000)


def test_a_stopped_view_of_another_version_is_left_to_the_program_of_that_version(
    ledger: Ledger, runner: Runner
) -> None:
    """Its stop was cleared by every start of this one, so that it was told of as late."""
    runner.catch_up()
    story = Story(ledger)
    school = story.organisation("a")
    author = story.account(school)
    story.note(story.student(school), author)
    with ledger.database.connect("projector") as connection:
        connection.execute("SET search_path = views")
        connection.execute(
            "UPDATE checkpoint SET version = version + 1, poison = 7, poison_reason = 'KeyError'"
            " WHERE view IN ('directory', 'own_notes')"
        )
        connection.execute(
            "INSERT INTO owner_checkpoint VALUES ('own_notes', %s, 0, 1, 'KeyError')", (author,)
        )
        runner.try_again()
        stops = "SELECT poison FROM checkpoint WHERE poison IS NOT NULL"
        assert connection.execute(stops).fetchall() == [(7,), (7,)]
        assert connection.execute("SELECT poison FROM owner_checkpoint").fetchall() == [(1,)]
        connection.execute("UPDATE checkpoint SET version = version - 1 WHERE poison = 7")
        runner.try_again()
        assert connection.execute(stops).fetchall() == []
        assert connection.execute("SELECT poison FROM owner_checkpoint").fetchall() == [(None,)]
