"""Once a day all notes ledgers are bound by one hash, from which nobody reads anything."""

import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.calendar import TAIPEI
from domain.sealing import COMMITMENT_STREAM, NotesCommitted
from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.notes_commitment import NotesBroken, make_up, until_next
from tests.database import MASTER, Template, copied, opened
from tests.ledger.conftest import Unguarded
from tests.story import Story

DAY = timedelta(days=1)


def midnight(days: int) -> datetime:
    return datetime(2023, 8, 1, tzinfo=TAIPEI) + days * DAY


def made(ledger: Ledger) -> list[NotesCommitted]:
    return [one for one in ledger.events(COMMITMENT_STREAM) if isinstance(one, NotesCommitted)]


# The page docs/formats/sealing.md once more, sharing nothing with the code that writes.


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is defined there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:left]) + tree_hash(leaves[left:])).digest()


def opened_by_hand(ledger: Ledger, keys: Path, day: date) -> str:
    """The commitment that the page says, over what the table holds now."""
    stored = (keys / "house/scope.key").read_bytes()
    scope = AESGCM(MASTER).decrypt(stored[1:13], stored[13:], b"house/scope.key")
    salt = HKDF(
        hashes.SHA256(), 32, salt=None, info=b"igp-notes-salt/1" + day.isoformat().encode()
    ).derive(scope)
    ledgers: dict[UUID, list[bytes]] = {}
    with ledger.database.connect("owner") as connection:
        rows = connection.execute(
            "SELECT owner, position, stream_id, stream_version, topic, subject,"
            " to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), body"
            " FROM books.notes ORDER BY owner, position"
        ).fetchall()
    for owner, *lines, body in rows:
        text = "".join(f"{line}\n" for line in ("igp-event/1", "notes", owner, *lines))
        ledgers.setdefault(owner, []).append(text.encode() + bytes(body))
    said = b"igp-notes-commitment/1" + salt
    for owner in sorted(ledgers):
        leaves = ledgers[owner]
        said += f"{owner} {len(leaves)} {tree_hash(leaves).hex()}\n".encode()
    return hashlib.sha256(said).hexdigest()

    """A county in which two authors wrote several notes."""
    story = Story(ledger)
    school = story.organisation("ks-a", "苓雅示範國小")
    story.student(school)
    for _ in range(2):
        story.account(school)
    return story


def test_the_commitment_is_what_the_page_says(
    ledger: Ledger, tmp_path: Path, template: Template
) -> None:
    story = Story(ledger)
    school = story.organisation("ks-a", "苓雅示範國小")
    student = story.student(school)
    for notes in (1, 2, 5, 8):
        author = story.account(school)
        for _ in range(notes):
            story.note(student, author)
    story.clock(midnight(1))
    recorded = make_up(ledger, before_a_move=True)
    assert recorded is not None
    (event,) = made(ledger)
    assert (event.day, event.by) == (date(2023, 8, 2), UUID(int=0))
    assert event.commitment == opened_by_hand(ledger, tmp_path / "keys", event.day)


def test_the_day_is_committed_to_although_nobody_wrote(ledger: Ledger, tmp_path: Path) -> None:
    story = Story(ledger)
    for days in (1, 2):
        story.clock(midnight(days))
        assert make_up(ledger, before_a_move=True) is not None
    first, second = made(ledger)
    assert [first.day, second.day] == [date(2023, 8, 2), date(2023, 8, 3)]
    assert first.commitment != second.commitment
    assert second.commitment == opened_by_hand(ledger, tmp_path / "keys", second.day)


def test_there_is_one_for_a_day_and_none_for_the_day_of_the_birth(ledger: Ledger) -> None:
    assert make_up(ledger, before_a_move=True) is None
    story = Story(ledger)
    story.clock(midnight(1))
    assert make_up(ledger, before_a_move=True) is not None
    assert make_up(ledger, before_a_move=True) is None
    story.clock(midnight(2) - timedelta(microseconds=1))
    assert make_up(ledger, before_a_move=True) is None
    assert len(made(ledger)) == 1


def test_what_was_missed_is_made_up_by_one_event_of_the_last_day(ledger: Ledger) -> None:
    Story(ledger).clock(midnight(40) + timedelta(hours=9))
    recorded = make_up(ledger, before_a_move=True)
    assert recorded is not None
    assert recorded.recorded_at == midnight(40) + timedelta(hours=9)
    assert [event.day for event in made(ledger)] == [date(2023, 9, 10)]


def test_the_clock_has_to_run_to_the_next_midnight_in_taipei(ledger: Ledger) -> None:
    assert until_next(ledger) == timedelta(hours=16)
    Story(ledger).clock(midnight(1))
    assert until_next(ledger) == DAY


def test_of_two_programs_at_the_same_moment_one_commits(template: Template, ledger: Ledger) -> None:
    Story(ledger).clock(midnight(1))
    start = Barrier(2)
    other = Ledger(ledger.database, ledger.keyring, template.entropy(), size=2)

    def commit(one: Ledger) -> bool:
        start.wait()
        return make_up(one, before_a_move=True) is not None

    try:
        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(commit, (ledger, other))) == [False, True]
    finally:
        other.close()
    assert len(made(ledger)) == 1


@pytest.fixture
def two(template: Template, administrator: Connection, tmp_path: Path) -> Iterator[list[Ledger]]:
    """Two worlds with the same keys and the same people."""
    with ExitStack() as stack:
        worlds = []
        for name in ("quiet", "busy"):
            database = stack.enter_context(copied(template, administrator))
            worlds.append(stack.enter_context(opened(template, database, tmp_path / name)))
        yield worlds


def test_nothing_but_the_hash_tells_a_busy_world_from_a_quiet_one(two: list[Ledger]) -> None:
    rows = []
    for ledger, notes in zip(two, (0, 9), strict=True):
        story = Story(ledger)
        school = story.organisation("ks-a", "苓雅示範國小")
        student, author = story.student(school), story.account(school)
        for _ in range(notes):
            story.note(student, author)
        story.clock(midnight(1))
        make_up(ledger, before_a_move=True)
        with ledger.database.connect("projector") as connection:
            rows.append(
                connection.execute(
                    "SELECT position, recorded_at, stream_id, stream_version, topic, subject,"
                    " length(body) FROM books.records ORDER BY position"
                ).fetchall()
            )
    assert rows[0] == rows[1]
    quiet, busy = (made(ledger)[0].commitment for ledger in two)
    assert not hmac.compare_digest(quiet, busy)
    assert len(quiet) == len(busy) == 64


def test_a_ledger_with_a_gap_is_not_committed_to(ledger: Ledger, unguarded: Unguarded) -> None:
    story = Story(ledger)
    school = story.organisation("ks-a", "苓雅示範國小")
    student, author = story.student(school), story.account(school)
    for _ in range(3):
        story.note(student, author)
    with unguarded(ledger) as connection:
        connection.execute("DELETE FROM books.notes WHERE position = 2")
    story.clock(midnight(1))
    with pytest.raises(NotesBroken):
        make_up(ledger, before_a_move=True)
    assert made(ledger) == []
