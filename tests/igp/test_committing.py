"""While the program serves, every midnight of the ledger's clock is committed to."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from api import simulation
from api.acting import Asked
from api.simulation import NewInstant
from api.viewer import system_viewer
from domain.calendar import TAIPEI
from domain.capacity import Capacity
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ClockMoved
from domain.refusal import Refusal
from domain.sealing import COMMITMENT_STREAM, NotesCommitted
from igp import committing as module
from igp.committing import committing
from igp.composition import Running, build
from igp.settings import Settings
from ledger.birth import move_clock
from ledger.ledger import Ledger
from ledger.notes_commitment import NotesBroken, Rhythm
from tests.story import Story

PATIENCE_SECONDS = 30.0


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants to wait for the full minute."""
    monkeypatch.setattr(module, "MARK", timedelta(milliseconds=100))


def days(ledger: Ledger) -> list[date]:
    """The days that are committed to."""
    return [
        event.day for event in ledger.events(COMMITMENT_STREAM) if isinstance(event, NotesCommitted)
    ]


def committed(ledger: Ledger, wanted: list[date]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while days(ledger) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return days(ledger) == wanted


def at(ledger: Ledger, instant: datetime) -> None:
    """Moves the clock; nobody has acted since."""
    event = ClockMoved(
        originator_id=LEDGER_STREAM,
        originator_version=len(ledger.events(LEDGER_STREAM)) + 1,
        by=SYSTEM,
        capacity=Capacity.SYSTEM,
        now=instant,
    )
    move_clock(ledger, event)


@pytest.fixture
def demo(new_database: Callable[[], str], tmp_path: Path) -> Settings:
    """Settings of mode `demo`, in which the clock runs."""
    return Settings(mode="demo", data_dir=tmp_path / "data", database_url=new_database())


def test_what_was_missed_is_made_up_at_the_start_and_the_next_midnight_is_met(
    demo: Settings,
) -> None:
    with build(demo) as running:
        at(running.ledger, datetime(2023, 8, 5, 23, 59, 58, tzinfo=TAIPEI))
        Story(running.ledger).organisation("ks-a")
        with committing(running.ledger):
            assert committed(running.ledger, [date(2023, 8, 5), date(2023, 8, 6)])
        with running.database.connect("projector") as connection:
            rows = connection.execute(
                "SELECT recorded_at FROM books.records WHERE topic = %s ORDER BY position",
                (NotesCommitted.TOPIC,),
            ).fetchall()
        assert rows[1][0] >= datetime(2023, 8, 6, tzinfo=TAIPEI)
        with committing(running.ledger):
            assert committed(running.ledger, [date(2023, 8, 5), date(2023, 8, 6)])


def test_the_moment_of_a_commitment_tells_nothing_of_how_much_there_was_to_read(
    demo: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was recorded when all notes were read: everybody sees when a checkpoint covers more, and
    the later it came after midnight the more notes there were."""
    monkeypatch.setattr(module, "MARK", timedelta(seconds=4))
    with build(demo) as running:
        at(running.ledger, datetime(2023, 8, 3, 9, 0, 0, 100_000, tzinfo=TAIPEI))
        Story(running.ledger).organisation("ks-a")
        with committing(running.ledger):
            assert committed(running.ledger, [date(2023, 8, 3)])
        [recorded] = running.ledger.times(COMMITMENT_STREAM)
        assert datetime(2023, 8, 3, 9, 0, 4, tzinfo=TAIPEI) <= recorded
        assert recorded < datetime(2023, 8, 3, 9, 0, 6, tzinfo=TAIPEI)


def test_who_could_not_commit_tries_again(demo: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_up, tried = module.make_up, []

    def first_fails(ledger: Ledger, rhythm: Rhythm) -> object:
        tried.append(ledger)
        if len(tried) == 1:
            raise NotesBroken
        return make_up(ledger, rhythm)

    monkeypatch.setattr(module, "make_up", first_fails)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    with build(demo) as running:
        at(running.ledger, datetime(2023, 8, 3, 9, tzinfo=TAIPEI))
        Story(running.ledger).organisation("ks-a")
        with committing(running.ledger):
            assert committed(running.ledger, [date(2023, 8, 3)])


def test_the_event_after_a_move_of_the_clock_is_somebody_s_act(
    demo: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    now = datetime(2023, 8, 3, 9, tzinfo=TAIPEI)
    with build(demo) as running:
        at(running.ledger, now)
        with committing(running.ledger):
            time.sleep(0.2)
            assert days(running.ledger) == []
            story = Story(running.ledger)
            story.organisation("ks-a")
            assert story.last is not None
            assert story.last.recorded_at == now
            assert committed(running.ledger, [now.date()])


def asked(running: Running, day: int) -> None:
    """The move that somebody asks for."""
    body = NewInstant(now=datetime(2023, 8, day, 9, tzinfo=TAIPEI))
    simulation.move_clock(running.house, system_viewer(running.house), Asked(body=body))


def test_in_test_mode_each_move_of_the_clock_makes_up_for_the_one_before(running: Running) -> None:
    for day in (1, 4, 5):
        asked(running, day)
    with running.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT topic, recorded_at FROM books.records ORDER BY position"
        ).fetchall()
    assert days(running.ledger) == [date(2023, 8, 4)]
    assert [topic for topic, _ in rows[-2:]] == [NotesCommitted.TOPIC, ClockMoved.TOPIC]
    # In the old time, both of them; the next event carries the new one.
    assert rows[-2][1] == datetime(2023, 8, 4, 9, tzinfo=TAIPEI)
    assert rows[-1][1] - rows[-2][1] == timedelta(microseconds=1)


def test_a_move_that_is_refused_makes_nothing_up(running: Running) -> None:
    at(running.ledger, datetime(2023, 8, 4, 9, tzinfo=TAIPEI))
    with pytest.raises(Refusal):
        asked(running, 3)
    assert days(running.ledger) == []
