"""A heartbeat says up to when the records are complete: nothing enters before it afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import psycopg
import pytest

from domain.ledger_life import SYSTEM
from ledger.birth import bear
from ledger.ledger import Ledger
from tests.database import START
from tests.ledger.tailing import act, rows_after
from tests.story import Story

MICROSECOND = timedelta(microseconds=1)


def test_a_heartbeat_names_the_last_position_and_a_later_instant(ledger: Ledger) -> None:
    last = ledger.record(act("records", SYSTEM, uuid4(), 1))
    position, at = ledger.heartbeat()
    assert position == last.position
    assert at > last.recorded_at


def test_an_event_after_a_heartbeat_is_not_earlier_than_it(ledger: Ledger) -> None:
    ledger.record(act("records", SYSTEM, uuid4(), 1))
    for _ in range(5):
        position, at = ledger.heartbeat()
        written = ledger.record(act("records", SYSTEM, uuid4(), 1))
        assert written.position == position + 1
        assert written.recorded_at >= at


def test_a_heartbeat_does_not_keep_the_clock_from_moving(ledger: Ledger) -> None:
    ledger.heartbeat()
    later = START + timedelta(days=30)
    Story(ledger).clock(later)
    assert ledger.heartbeat() == (2, later)
    assert ledger.record(act("records", SYSTEM, uuid4(), 1)).recorded_at == later


def test_a_heartbeat_waits_for_an_append_that_began_before_it(ledger: Ledger) -> None:
    """The trap: an event drawn earlier that commits later would enter a window already closed."""
    drawn, beat = Event(), Event()

    def slow() -> datetime:
        def wait(_: object) -> None:
            drawn.set()
            # As long as a heartbeat that did not wait would need, and for good measure more.
            beat.wait(0.3)

        return ledger.record(act("records", SYSTEM, uuid4(), 1), after=wait).recorded_at

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(slow)
        drawn.wait()
        position, at = ledger.heartbeat()
        beat.set()
        assert late.result() < at
    with ledger.database.connect("projector") as connection:
        rows = rows_after(connection, "records", None, 0)
    assert rows[-1].position == position


def test_no_event_enters_before_a_heartbeat_while_eight_write(ledger: Ledger) -> None:
    done = Event()
    beats: list[tuple[int, datetime]] = []

    def beating() -> None:
        while not done.is_set():
            beats.append(ledger.heartbeat())

    with ThreadPoolExecutor(9) as threads:
        beat = threads.submit(beating)
        writing = [
            threads.submit(
                lambda: [ledger.record(act("records", SYSTEM, uuid4(), 1)) for _ in range(40)]
            )
            for _ in range(8)
        ]
        for each in writing:
            each.result()
        done.set()
        beat.result()
    with ledger.database.connect("projector") as connection:
        rows = rows_after(connection, "records", None, 0)
    assert beats == sorted(beats)
    for position, at in beats:
        assert all((row.recorded_at < at) == (row.position <= position) for row in rows)


def test_the_first_heartbeat_of_an_unwritten_book_names_position_zero(
    unborn_ledger: Ledger,
) -> None:
    bear(unborn_ledger.database, "simulated", START)
    assert unborn_ledger.heartbeat() == (0, START)


@pytest.mark.parametrize("role", ["projector", "reader"])
def test_only_the_writer_draws_heartbeats(ledger: Ledger, role: str) -> None:
    with (
        ledger.database.connect(role) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT books.draw_heartbeat()")
