"""On whose behalf the views are read, and that it is over when it is over."""

from uuid import UUID

import psycopg
import pytest

from domain.access import COUNTY
from ledger.database import Pool
from ledger.ledger import Ledger
from projections.directory import students
from projections.runner import Runner
from projections.view import audience_ids
from projections.viewer import viewing
from tests.story import Story

VIEWER = UUID(int=5)


def test_who_was_the_viewer_is_forgotten_with_the_transaction(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    story.student(story.organisation("a"))
    runner.catch_up()
    # One connection, so that the next to use it is given the same.
    pool = ledger.database.pool("reader", 1)
    try:
        with viewing(pool, VIEWER, audience_ids([COUNTY])) as connection:
            assert len(students(connection)) == 1
        with pool.connection() as connection:
            left = connection.execute(
                "SELECT current_setting('igp.viewer', true), current_setting('igp.audiences', true)"
            ).fetchone()
            assert left == ("", "")
            assert connection.execute("SELECT count(*) FROM views.student").fetchone() == (0,)
        with viewing(pool, VIEWER, []) as connection:
            assert students(connection) == []
    finally:
        pool.close()


def test_what_is_read_for_a_viewer_is_of_one_moment(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    story.student(school)
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([COUNTY])) as connection:
        before = students(connection)
        story.student(school)
        runner.catch_up()
        assert students(connection) == before
    with viewing(reader, VIEWER, audience_ids([COUNTY])) as connection:
        assert len(students(connection)) == 2


def test_a_viewer_writes_nothing(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    refused = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)
    with (
        pytest.raises(refused),
        viewing(reader, VIEWER, audience_ids([COUNTY])) as connection,
    ):
        connection.execute("DELETE FROM student")
