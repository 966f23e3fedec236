"""A simulated clock stands in test mode, runs in demo mode, and is moved forward by events only."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest

from domain.calendar import TAIPEI
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ClockMoved, LedgerOpened
from domain.refusal import StaleVersion
from ledger.birth import bear, clock_of, move_clock, open_ledger
from ledger.database import Connection
from ledger.errors import ClockBackwards, LedgerError
from ledger.ledger import Ledger
from ledger.modes import Clock, Mode, WrongMode
from tests.database import START, Template, copied, opened
from tests.ledger.tailing import act
from tests.story import Story

MICROSECOND = timedelta(microseconds=1)
LATER = datetime(2024, 5, 13, 0, 0, tzinfo=TAIPEI)


def write(ledger: Ledger, book: str = "records") -> datetime:
    """Records something and returns when that was."""
    return ledger.record(act(book, SYSTEM, uuid4(), 1)).recorded_at  # type: ignore[arg-type]


def test_in_test_mode_the_clock_stands_still_between_calls(ledger: Ledger) -> None:
    assert ledger.now() == START
    # The birth was recorded at the start itself; what follows at the same instant is in order.
    assert [write(ledger) for _ in range(3)] == [START + n * MICROSECOND for n in (1, 2, 3)]
    assert ledger.now() == START


def test_a_move_is_recorded_in_the_old_time_and_the_next_event_carries_the_new(
    ledger: Ledger,
) -> None:
    story = Story(ledger)
    before = write(ledger)
    moved = story.clock(LATER)
    assert moved.recorded_at == before + MICROSECOND
    assert ledger.now() == LATER
    assert write(ledger) == LATER
    assert write(ledger) == LATER + MICROSECOND
    assert write(ledger, "access") == LATER
    assert write(ledger, "notes") == LATER


def test_the_clock_may_move_many_times_and_each_time_exactly(ledger: Ledger) -> None:
    story = Story(ledger)
    for days in range(1, 20):
        now = LATER + timedelta(days=days, microseconds=days)
        story.clock(now)
        assert write(ledger) == now


@pytest.mark.parametrize("back", [timedelta(days=300), timedelta(seconds=1), timedelta(0)])
def test_the_clock_never_goes_back_nor_stays(ledger: Ledger, back: timedelta) -> None:
    story = Story(ledger)
    story.clock(LATER)
    written = write(ledger)
    with pytest.raises(ClockBackwards):
        story.clock(LATER - back)
    assert ledger.now() == LATER
    # The refused move left no event either.
    assert write(ledger) == written + MICROSECOND


def test_the_clock_does_not_move_into_the_middle_of_what_is_recorded(ledger: Ledger) -> None:
    """Events of a standing clock lie microseconds apart; a move among them would go back."""
    story = Story(ledger)
    last = [write(ledger) for _ in range(5)][-1]
    with pytest.raises(ClockBackwards):
        story.clock(last - MICROSECOND)


def test_the_clock_does_not_move_without_its_event(ledger: Ledger) -> None:
    with (
        ledger.pool.connection() as connection,
        pytest.raises(psycopg.DatabaseError, match="bad-batch"),
    ):
        connection.execute("SELECT books.move_clock(%s)", (LATER,))
    assert ledger.now() == START


def test_a_move_whose_event_is_refused_moves_nothing(ledger: Ledger) -> None:
    event = ClockMoved(
        originator_id=LEDGER_STREAM, originator_version=9, by=SYSTEM, capacity="SYS", now=LATER
    )
    with pytest.raises(StaleVersion):
        move_clock(ledger, event)
    assert ledger.now() == START


def test_of_two_moves_at_once_time_goes_on_forward_only(ledger: Ledger) -> None:
    start = Barrier(2)

    def move(days: int) -> str:
        event = ClockMoved(
            originator_id=LEDGER_STREAM,
            originator_version=2,
            by=SYSTEM,
            capacity="SYS",
            now=LATER + timedelta(days=days),
        )
        start.wait()
        try:
            move_clock(ledger, event)
        except StaleVersion:
            return "stale"
        return "moved"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(move, (1, 2))) == ["moved", "stale"]
    assert write(ledger) in (LATER + timedelta(days=1), LATER + timedelta(days=2))


def test_time_runs_forward_with_position_while_the_clock_moves(ledger: Ledger) -> None:
    """Moves among eight writers: no event is earlier than the one before it, in any book."""
    story = Story(ledger)

    def several(book: str) -> list[datetime]:
        return [write(ledger, book) for _ in range(30)]

    with ThreadPoolExecutor(6) as threads:
        writing = [threads.submit(several, book) for book in ("records", "access", "notes") * 2]
        for days in range(10):
            story.clock(LATER + timedelta(days=days))
        for each in writing:
            assert all(before < after for before, after in pairwise(each.result()))
    with ledger.database.connect("owner") as connection:
        for book in ("records", "access", "notes"):
            rows = connection.execute(
                f"SELECT recorded_at FROM books.{book} ORDER BY position".encode()
            ).fetchall()
            assert all(before < after for (before,), (after,) in pairwise(rows))


def opened_at(ledger: Ledger, mode: Mode) -> None:
    open_ledger(ledger, mode=mode, authority="示範教育局", start=START, version="0")


def test_in_demo_mode_the_clock_runs_on_from_its_first_event(unborn_ledger: Ledger) -> None:
    opened_at(unborn_ledger, "demo")
    first = unborn_ledger.events(LEDGER_STREAM)[0]
    assert isinstance(first, LedgerOpened)
    assert (first.clock, first.start) == ("simulated", START)
    began = write(unborn_ledger)
    time.sleep(0.01)
    assert write(unborn_ledger) >= began + timedelta(milliseconds=10)


def test_a_stopped_program_stops_the_clock(unborn_ledger: Ledger) -> None:
    opened_at(unborn_ledger, "demo")
    last = write(unborn_ledger)
    time.sleep(0.01)
    opened_at(unborn_ledger, "demo")
    with unborn_ledger.database.connect("projector") as connection:
        rows = connection.execute("SELECT recorded_at FROM books.records ORDER BY position")
        assert rows.fetchall()[-1] == (last + MICROSECOND,)


def test_a_running_clock_also_gives_exactly_the_instant_it_was_moved_to(
    unborn_ledger: Ledger,
) -> None:
    opened_at(unborn_ledger, "demo")
    version = len(unborn_ledger.events(LEDGER_STREAM))
    move_clock(
        unborn_ledger,
        ClockMoved(
            originator_id=LEDGER_STREAM,
            originator_version=version + 1,
            by=SYSTEM,
            capacity="SYS",
            now=LATER,
        ),
    )
    assert unborn_ledger.now() == LATER
    assert write(unborn_ledger) == LATER
    time.sleep(0.01)
    assert write(unborn_ledger) >= LATER + timedelta(milliseconds=10)


def test_a_simulated_ledger_is_not_opened_in_production(ledger: Ledger) -> None:
    with pytest.raises(WrongMode):
        open_ledger(ledger, mode="production", authority="", start=None, version="0")


def test_what_was_born_in_demo_mode_opens_in_test_mode_and_stands(unborn_ledger: Ledger) -> None:
    opened_at(unborn_ledger, "demo")
    last = write(unborn_ledger)
    opened_at(unborn_ledger, "test")
    assert write(unborn_ledger) == last + MICROSECOND
    time.sleep(0.01)
    assert write(unborn_ledger) == last + 2 * MICROSECOND


@pytest.mark.parametrize("clocks", [("simulated", "simulated"), ("real", "simulated")])
def test_two_who_bear_a_ledger_at_once_bear_one(
    unborn_ledger: Ledger, clocks: tuple[Clock, Clock]
) -> None:
    start = Barrier(2)

    def born(clock: Clock) -> Clock | None:
        start.wait()
        try:
            bear(unborn_ledger.database, clock, START)
        except WrongMode:
            return None
        return clock

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(born, clocks))
    assert clock_of(unborn_ledger.database) in outcomes
    assert outcomes.count(None) == len(set(clocks)) - 1


def test_two_programs_that_open_a_ledger_at_once_open_one(
    unborn: Template, administrator: Connection, tmp_path: Path
) -> None:
    start = Barrier(4)
    with (
        copied(unborn, administrator) as database,
        opened(unborn, database, tmp_path / "keys", size=4) as ledger,
    ):

        def run(_: int) -> None:
            start.wait()
            opened_at(ledger, "demo")

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(run, range(4)))
        topics = [event.TOPIC for event in ledger.events(LEDGER_STREAM)]
    assert topics == ["ledger.opened.v1", *["ledger.started.v1"] * 4]


def test_a_ledger_that_nobody_opened_records_nothing(unborn_ledger: Ledger) -> None:
    unborn_ledger.keyring.create_account(SYSTEM, SYSTEM)
    with pytest.raises((LedgerError, psycopg.Error)):
        write(unborn_ledger)
