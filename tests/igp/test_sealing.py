"""The sealer: what it records and signs, when it does not, and what a killed one leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from domain.ledger_life import SYSTEM
from domain.reading import RecordRead
from domain.sealing import MapRootRecorded
from igp import sealing
from igp.cli import run
from igp.composition import build
from igp.sealing import Inconsistent, Sealer, seal_now
from igp.settings import CHECKOUT, Settings
from ledger.checkpoints import Kept, Signing, checkpoint_of, last_checkpoint
from ledger.ledger import Ledger
from ledger.merkle import Leaves, check_consistency
from ledger.recorder import BookRecorder
from ledger.scopes import map_root
from ledger.signed_note import parse_checkpoint
from tests.projections.view_case import record_of
from tests.sealing import Sealed, leaf_hashes, map_entries
from tests.story import Story

#: However slow the machine is, it is done by then.
LONG = 120.0


@pytest.fixture
def sealer(ledger: Ledger) -> Iterator[Sealer]:
    sealer = Sealer(ledger)
    sealer.prepare()
    yield sealer
    sealer.close()


def tell(story: Story) -> None:
    story.placement(story.student(story.organisation(f"ks-{story.new_id()}")))


def read(ledger: Ledger) -> None:
    ledger.record(
        RecordRead(
            originator_id=uuid4(),
            originator_version=1,
            by=SYSTEM,
            capacity="SYS",
            what="placement",
            subjects=(uuid4(),),
        )
    )


def roots(ledger: Ledger) -> dict[int, dict[str, Any]]:
    """The recorded roots by position."""
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT position, body FROM books.records WHERE topic = %s ORDER BY position",
            (MapRootRecorded.TOPIC,),
        ).fetchall()
    return {position: orjson.loads(body) for position, body in rows}


def checkpoints(ledger: Ledger) -> list[Kept]:
    with ledger.database.connect("projector") as connection:
        sizes = connection.execute(
            "SELECT size FROM books.checkpoint WHERE book = 'records' ORDER BY size"
        ).fetchall()
        kept = [checkpoint_of(connection, "records", size) for (size,) in sizes]
    return [one for one in kept if one is not None]


def sound(ledger: Ledger) -> None:
    """Every root says what the book says, and every checkpoint ends on one and is consistent."""
    tree = Leaves(leaf_hashes(ledger))
    key = Signing(ledger).key(Signing(ledger).origin("records"))
    before = 0
    for position, said in roots(ledger).items():
        entries = map_entries(ledger, said["covers"])
        assert before < said["covers"] < position
        assert (said["scopes"], said["root"]) == (len(entries), map_root(entries.values()).hex())
        before = said["covers"]
    for kept in checkpoints(ledger):
        key.check(kept.note)
        assert parse_checkpoint(kept.note).root == kept.root == tree.root(kept.size)
        assert kept.size in roots(ledger)
        path = tree.consistency(kept.size, len(tree))
        check_consistency(kept.size, kept.root, len(tree), tree.root(), path)


def test_what_was_recorded_is_sealed_with_a_root_and_a_checkpoint(ledger: Ledger) -> None:
    story = Story(ledger)
    for times in (1, 2):
        tell(story)
        end = len(leaf_hashes(ledger))
        kept = seal_now(ledger)
        assert kept is not None
        assert kept.size == end + 1 == len(leaf_hashes(ledger))
        assert roots(ledger)[kept.size]["covers"] == end
        assert len(roots(ledger)) == len(checkpoints(ledger)) == times
    sound(ledger)


def test_what_is_sealed_is_not_sealed_again(ledger: Ledger) -> None:
    tell(Story(ledger))
    first = seal_now(ledger)
    assert first == seal_now(ledger) == seal_now(ledger)
    assert len(roots(ledger)) == len(checkpoints(ledger)) == 1


def test_a_root_is_recorded_once_a_second_at_most(ledger: Ledger, sealer: Sealer) -> None:
    story = Story(ledger)
    assert sealer.alone()
    rounds = 0
    began = time.monotonic()
    while rounds < 20 or time.monotonic() - began < sealing.ROOT_SECONDS:
        tell(story)
        sealer.round()
        rounds += 1
    assert 1 <= len(roots(ledger)) <= (time.monotonic() - began) / sealing.ROOT_SECONDS + 1
    assert rounds > len(roots(ledger))
    sound(ledger)


def test_until_a_root_may_come_the_sealer_leaves_the_writers_alone(
    ledger: Ledger, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It brought the tree up to date four times a second, for one root: batches that nobody needed
    took their share of every append."""

    def grown() -> int:
        with ledger.database.connect("projector") as connection:
            row = connection.execute(
                "SELECT position FROM views.checkpoint WHERE view = 'records_tree'"
            ).fetchone()
        return int(row[0]) if row else 0

    monkeypatch.setattr(sealing, "ROOT_SECONDS", 3600.0)
    story = Story(ledger)
    assert sealer.alone()
    tell(story)
    assert sealer.round() is not None
    before = grown()
    tell(story)
    assert (sealer.round(), grown()) == (None, before)
    monkeypatch.setattr(sealing, "ROOT_SECONDS", 0.0)
    assert sealer.round() is not None
    assert grown() > before


def test_one_seals_at_a_time_and_the_next_takes_over(ledger: Ledger, sealer: Sealer) -> None:
    tell(Story(ledger))
    other = Sealer(ledger)
    assert sealer.alone()
    assert sealer.alone()
    assert not other.alone()
    sealer.close()
    until(other.alone)
    other.round()
    other.close()
    assert len(checkpoints(ledger)) == 1


def test_two_who_seal_at_once_record_each_root_once(ledger: Ledger, sealer: Sealer) -> None:
    tell(Story(ledger))
    other = Sealer(ledger)
    # As if the lock had been lost between the look and the event.
    record = sealer._record
    sealer._record = lambda *due: (other.round(), record(*due))  # type: ignore[assignment, func-returns-value]
    sealer.round()
    other.close()
    assert len(roots(ledger)) == len(checkpoints(ledger)) == 1
    sound(ledger)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("where", "recorded", "kept"),
    [
        ("_follow", 0, 0),
        ("_record", 0, 0),
        ("record", 1, 0),
        ("_sign_records", 1, 0),
        ("keep_checkpoint", 1, 0),
        ("kept", 1, 1),
    ],
)
def test_whoever_is_killed_is_taken_over_from(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, where: str, recorded: int, kept: int
) -> None:
    tell(Story(ledger))
    dying = Sealer(ledger)
    dying.prepare()

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if where == "record":
            record = ledger.record
            patch.setattr(ledger, "record", lambda *given, **more: die(record(*given, **more)))
        elif where == "kept":
            keep = sealing.keep_checkpoint
            patch.setattr(sealing, "keep_checkpoint", lambda *given: die(keep(*given)))
        elif where == "keep_checkpoint":
            patch.setattr(sealing, "keep_checkpoint", die)
        else:
            patch.setattr(dying, where, die)
        with pytest.raises(Killed):
            dying.round()
    dying.close()
    assert (len(roots(ledger)), len(checkpoints(ledger))) == (recorded, kept)
    sealed = seal_now(ledger)
    assert sealed is not None
    assert sealed.size == len(leaf_hashes(ledger))
    assert len(roots(ledger)) == len(checkpoints(ledger)) == 1
    sound(ledger)


def test_the_event_after_a_move_of_the_clock_carries_the_instant(
    ledger: Ledger, sealer: Sealer
) -> None:
    story = Story(ledger)
    tell(story)
    now = ledger.now() + timedelta(days=3)
    moved = story.clock(now)
    assert sealer.alone()
    sealer.round()
    assert roots(ledger) == {}
    story.organisation("ks-b")
    assert story.last is not None
    assert story.last.recorded_at == now
    assert story.last.position == moved.position + 1
    kept = sealer.round(at_once=True)
    assert kept is not None
    assert kept.size == story.last.position + 1
    sound(ledger)


def test_what_stands_before_a_move_of_the_clock_is_sealed_where_nobody_acts(
    ledger: Ledger, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(ledger)
    tell(story)
    moved = story.clock(ledger.now() + timedelta(days=3))
    assert sealer.alone()
    assert sealer.round() is None
    monkeypatch.setattr(sealing, "MOVED_SECONDS", 0.0)
    kept = sealer.round()
    assert kept is not None
    assert kept.size == moved.position + 1
    sealer.close()
    moved = story.clock(ledger.now() + timedelta(days=3))
    # Who asks for it now has it now.
    asked = seal_now(ledger)
    assert asked is not None
    assert asked.size == moved.position + 1
    sound(ledger)


def test_a_clock_that_moves_while_a_root_is_made_is_left_alone(
    ledger: Ledger, sealer: Sealer
) -> None:
    story = Story(ledger)
    tell(story)
    now = ledger.now() + timedelta(days=3)
    record = sealer._record
    sealer._record = lambda *due: (story.clock(now), record(*due))  # type: ignore[assignment, func-returns-value]
    sealer.round()
    assert roots(ledger) == {}
    story.organisation("ks-b")
    assert story.last is not None
    assert story.last.recorded_at == now


def test_the_book_of_access_is_sealed_without_a_root(ledger: Ledger, sealer: Sealer) -> None:
    def sizes() -> list[int]:
        with ledger.database.connect("projector") as connection:
            rows = connection.execute(
                "SELECT size FROM books.checkpoint WHERE book = 'access' ORDER BY size"
            ).fetchall()
        return [size for (size,) in rows]

    assert sealer.alone()
    sealer.round()
    assert sizes() == []
    read(ledger)
    # Once a minute, whatever happens meanwhile.
    sealer.round()
    assert sizes() == []
    sealer.close()
    seal_now(ledger)
    assert sizes() == [1]
    seal_now(ledger)
    read(ledger)
    seal_now(ledger)
    assert sizes() == [1, 2]
    with ledger.database.connect("reader") as connection:
        kept = last_checkpoint(connection, "access")
    assert kept is not None
    assert kept.root == Leaves(leaf_hashes(ledger, "access")).root()


def test_a_stopped_view_stops_sealing_and_nothing_else(ledger: Ledger) -> None:
    story = Story(ledger)
    tell(story)
    kept = seal_now(ledger)
    sealed = Sealed(ledger)
    sealed._version = 1
    sealed.say(len(leaf_hashes(ledger)), 99, bytes(32))
    tell(story)
    assert seal_now(ledger) == kept
    tell(story)
    assert len(roots(ledger)) == 2


def test_a_tree_that_was_signed_otherwise_is_signed_no_more(ledger: Ledger) -> None:
    story = Story(ledger)
    tell(story)
    kept = seal_now(ledger)
    with ledger.database.connect("projector") as connection:
        connection.execute(
            "UPDATE views.records_tile SET hashes = overlay(hashes PLACING %s FROM 1 FOR 32)"
            " WHERE tile = 0",
            (bytes(32),),
        )
    tell(story)
    with pytest.raises(Inconsistent):
        seal_now(ledger)
    assert [one.size for one in checkpoints(ledger)] == [kept.size if kept else 0]


def test_an_event_that_no_view_can_read_is_sealed(ledger: Ledger) -> None:
    BookRecorder(ledger.pool, "records").insert_events([record_of("nobody.knows-this.v1")])
    kept = seal_now(ledger)
    assert kept is not None
    sound(ledger)


def test_a_running_sealer_follows_and_others_wait_for_it(ledger: Ledger, sealer: Sealer) -> None:
    thread = Thread(target=sealer.run)
    thread.start()
    try:
        until(lambda: sealer._held)
        tell(Story(ledger))
        end = len(leaf_hashes(ledger))
        kept = seal_now(ledger, patience=LONG)
        assert kept is not None
        # The sealer may have been quicker than our look at the end.
        assert kept.size >= end
    finally:
        sealer.stop()
        thread.join()
    sound(ledger)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_projector_that_is_killed_again_and_again_leaves_nothing_unsealed(
    commands: Settings,
) -> None:
    with build(commands) as running:
        story = Story(running.ledger)

        def born() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-m", "igp", "project"],
                env=dict(os.environ),
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
            )

        for _ in range(3):
            tell(story)
            seen = len(roots(running.ledger))
            child = born()
            until(lambda seen=seen: len(roots(running.ledger)) > seen)  # type: ignore[misc]
            tell(story)
            child.send_signal(signal.SIGKILL)
            child.communicate()
        tell(story)
        child = born()
        end = len(leaf_hashes(running.ledger))
        until(lambda: any(kept.size > end for kept in checkpoints(running.ledger)))
        child.communicate(b"")
        assert child.returncode == 0
        sound(running.ledger)
        assert [one.size for one in checkpoints(running.ledger)][-1] == max(roots(running.ledger))


def test_status_shows_the_last_checkpoint_and_the_views_of_the_sealer(
    commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(commands) as running:
        running.catch_up()
        assert run(["status"]) == 0
        assert "最近的檢查點：尚無" in capsys.readouterr().out
        kept = seal_now(running.ledger)
        assert kept is not None
        assert run(["status"]) == 0
        told = capsys.readouterr().out
        assert f"至位置 {kept.size}" in told
        for view in ("records_tree", "access_tree", "scope_map"):
            assert view in told
        # The time of its row is signed by nobody, and not what is shown.
        with running.database.connect("owner") as connection:
            connection.execute("ALTER TABLE books.checkpoint DISABLE TRIGGER append_only")
            connection.execute("UPDATE books.checkpoint SET recorded_at = '2090-01-01T00:00:00Z'")
        assert run(["status"]) == 0
        [line] = [one for one in told.splitlines() if "最近的檢查點" in one]
        assert line in capsys.readouterr().out


def test_the_views_of_the_sealer_are_rebuilt_and_compared(
    commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(commands) as running:
        tell(Story(running.ledger))
        seal_now(running.ledger)
        tell(Story(running.ledger))
        seal_now(running.ledger)
    assert run(["replay", "rebuild", "records_tree", "access_tree", "scope_map"]) == 0
    assert "不同" not in capsys.readouterr().out
    assert commands.database_url is not None
    with psycopg.connect(commands.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("UPDATE views.scope_root SET scopes = scopes + 1")
    assert run(["replay", "rebuild", "scope_map"]) == 1
