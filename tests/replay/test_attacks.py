"""The table of attacks (`attacks.csv`): each is made, and found by whom the table says, no other.

`alone`: what verify finds with the keys at hand and nothing from elsewhere. `kept`: what it finds
with a checkpoint that somebody kept from before the attack. `witness`: whether a witness refuses
the checkpoint that the books show afterwards.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from igp.witness import Witness, witness_key
from ledger.signed_note import VerifierKey
from replay.verify import Outside, Report
from replay.verify.proofs import Checkpoint
from tests.replay.forging import MAP_ROOT, Forger
from tests.replay.tampering import Books, canonical

LINES = Path(__file__).with_name("attacks.csv").read_text(encoding="utf-8").splitlines()
TABLE = list(csv.DictReader(LINES))
#: Those on data files are made in tests/faults/test_edited_files.py.
HERE = [row for row in TABLE if row["attacker"] != "files"]
PLACED = "placement.recorded.v1"

#: A checkpoint of another size, to be signed anew.
COPY = (
    "INSERT INTO books.checkpoint SELECT book, %(size)s, root, recorded_at, note"
    " FROM books.checkpoint WHERE book = 'records' ORDER BY size DESC LIMIT 1"
)

Attack = Callable[[Books, Forger], None]


def change(books: Books, position: int) -> None:
    books.rewrite(lambda fields: fields.update(placement_grade=9), position)


def value_changed(books: Books, _: Forger) -> None:
    change(books, books.position(PLACED))


def event_removed(books: Books, _: Forger) -> None:
    books.tamper(
        "DELETE FROM books.records WHERE position = %(at)s", {"at": books.position(PLACED)}
    )


def event_removed_renumbered(books: Books, forger: Forger) -> None:
    event_removed(books, forger)
    at = {"at": books.position(PLACED)}
    away = "UPDATE books.records SET position = -position WHERE position >= %(at)s"
    books.tamper(away, at)
    books.tamper("UPDATE books.records SET position = -position - 1 WHERE position < 0")


def pair_swapped(books: Books, _: Forger) -> None:
    first = books.position(PLACED)
    books.tamper(
        "UPDATE books.records SET position = -position WHERE position IN (%(a)s, %(b)s)",
        {"a": first, "b": first + 1},
    )
    books.tamper(
        "UPDATE books.records b SET position = -o.position, recorded_at = o.recorded_at"
        " FROM books.records o WHERE o.position < 0 AND b.position = -%(both)s - o.position",
        {"both": 2 * first + 1},
    )


def time_changed(books: Books, _: Forger) -> None:
    """The first after a pause, so that there is room before it."""
    at: Any = books.one(
        "SELECT b.position FROM books.records b JOIN books.records a"
        " ON a.position = b.position - 1 WHERE b.recorded_at - a.recorded_at > interval '1 hour'"
        " AND b.position > 2 ORDER BY 1 LIMIT 1"
    )
    books.tamper(
        "UPDATE books.records SET recorded_at = recorded_at - interval '1 us'"
        " WHERE position = %(at)s",
        {"at": at},
    )


def student_exchanged(books: Books, _: Forger) -> None:
    books.tamper(
        "UPDATE books.records SET subject = %(other)s WHERE position = %(at)s",
        {"other": books.filled.students[1], "at": books.position(PLACED)},
    )


def newest_removed(books: Books, _: Forger) -> None:
    books.tamper("DELETE FROM books.records WHERE position = %(at)s", {"at": books.last()})


def newest_removed_unsealed(books: Books, forger: Forger) -> None:
    event_added(books, forger)
    newest_removed(books, forger)


def rolled_back(books: Books, _: Forger) -> None:
    """To the checkpoint before the last one."""
    size = books.one(
        "SELECT max(size) FROM books.checkpoint WHERE book = 'records' AND size < %(last)s",
        {"last": books.last()},
    )
    books.tamper(
        "DELETE FROM books.checkpoint WHERE book = 'records' AND size > %(at)s", {"at": size}
    )
    books.tamper("DELETE FROM books.records WHERE position > %(at)s", {"at": size})


def checkpoints_removed(books: Books, _: Forger) -> None:
    at = books.last() - 1
    books.rewrite(lambda fields: fields.update(name="另一校"), at)
    books.tamper(
        "DELETE FROM books.checkpoint WHERE size > %(at)s AND book = 'records'", {"at": at}
    )


def forged(books: Books, forger: Forger) -> None:
    """A value, with tree, map and checkpoints that fit it."""
    value_changed(books, forger)
    forger.seal_anew()


def grown(books: Books, forger: Forger) -> None:
    last = books.last()
    rolled_back(books, forger)
    while books.last() < last:
        event_added(books, forger)
    # The last one is a map's root, so that it can be signed.
    newest_removed(books, forger)
    map_root(books)
    books.act(COPY, {"size": books.last()})
    forger.seal_anew()


def map_root(books: Books) -> None:
    """A map's root at the end, its content to be filled in."""
    body = json.loads(
        bytes(
            books.one(
                "SELECT body FROM books.records WHERE topic = %(topic)s ORDER BY 1 LIMIT 1",
                {"topic": MAP_ROOT},
            )
        )
    )
    body["covers"] = books.last()
    append(books, MAP_ROOT, canonical(body))


def map_omits_an_event(books: Books, forger: Forger) -> None:
    """The newest event is about nobody when the map is made, and about a student afterwards."""
    event_added(books, forger)
    added = books.last()
    map_root(books)
    books.act(COPY, {"size": books.last()})
    forger.seal_anew()
    last = {"at": books.last()}
    body = bytes(books.one("SELECT body FROM books.records WHERE position = %(at)s", last))
    books.tamper(
        "UPDATE books.records SET subject = %(student)s WHERE position = %(at)s",
        {"student": books.filled.students[0], "at": added},
    )
    forger.seal_anew(maps={books.last(): body})


def note_removed(books: Books, forger: Forger) -> None:
    """Of the second author, whose last note is older than the commitment."""
    remove_note(books, books.filled.authors[1])


def note_removed_after_commitment(books: Books, forger: Forger) -> None:
    remove_note(books, books.filled.authors[0])


def remove_note(books: Books, owner: Any) -> None:
    at = {"owner": owner, "at": books.last("notes", owner)}
    books.tamper("DELETE FROM books.notes WHERE owner = %(owner)s AND position = %(at)s", at)
    head = "UPDATE books.notes_head SET position = position - 1 WHERE owner = %(owner)s"
    books.act(head, at)


def access_removed(books: Books, _: Forger) -> None:
    at = {"at": books.last("access")}
    books.tamper("DELETE FROM books.access WHERE position = %(at)s", at)


def event_added(books: Books, _: Forger) -> None:
    body = {"event_id": str(uuid4()), "by": str(uuid4()), "capacity": "SYS", "policy": 1}
    append(books, "ledger.started.v1", canonical(body | {"version": "9"}))


def append(books: Books, topic: str, body: bytes) -> None:
    books.act(
        "INSERT INTO books.records (position, recorded_at, stream_version, stream_id, topic, body)"
        " SELECT max(position) + 1, max(recorded_at) + interval '1 us', 1, gen_random_uuid(),"
        " %(topic)s, %(body)s FROM books.records",
        {"topic": topic, "body": body},
    )


ATTACKS: dict[str, Attack] = {
    "value-changed": value_changed,
    "value-changed-without-keys": value_changed,
    "event-removed": event_removed,
    "event-removed-renumbered": event_removed_renumbered,
    "pair-swapped": pair_swapped,
    "time-changed": time_changed,
    "student-exchanged": student_exchanged,
    "newest-removed": newest_removed,
    "newest-removed-unsealed": newest_removed_unsealed,
    "rolled-back": rolled_back,
    "checkpoints-removed": checkpoints_removed,
    "sealed-by-another-key": forged,
    "forged-tail": grown,
    "two-histories": forged,
    "rolled-back-and-grown": grown,
    "map-omits-an-event": map_omits_an_event,
    "note-removed": note_removed,
    "note-removed-after-commitment": note_removed_after_commitment,
    "access-removed": access_removed,
    "event-added": event_added,
}


@pytest.fixture
def witness(sealed_books: Books, tmp_path: Path) -> Iterator[Witness]:
    """A witness that has cosigned the newest checkpoint."""
    forger = Forger(sealed_books, key=True)
    [key] = [VerifierKey(forger.origin, forger.public)]
    made = Witness(tmp_path / "witness", witness_key(tmp_path / "key", "witness.example"), [key])
    submission = forger.submission(0)
    assert submission is not None
    assert made.add(submission).status == 200
    yield made
    made.close()


def said(cell: str) -> set[str]:
    return set(cell.split())


def kinds(report: Report, *, kept: bool) -> set[str]:
    """What was found, by a checkpoint that was kept elsewhere or without it.

    That a stream's versions have a gap follows from a missing event, and is left out.
    """
    by = "（與留存的檢查點比對）"
    found = {one.kind for one in report.findings if one.message.endswith(by) == kept}
    return found - {"stream-version"}


@pytest.mark.parametrize("row", HERE, ids=[row["id"] for row in HERE])
def test_an_attack_is_found_by_whom_the_table_says(
    row: dict[str, str], sealed_books: Books, witness: Witness
) -> None:
    forger = Forger(sealed_books, key=row["attacker"] == "keyholder")
    before = forger.checkpoint(), forger.checkpoint("access")
    outside = Outside(checkpoints=tuple(note for note in before if note is not None))
    size = Checkpoint.read(outside.checkpoints[0]).size
    ATTACKS[row["id"]](sealed_books, forger)
    keys = row["id"] != "value-changed-without-keys"
    alone = kinds(sealed_books.verify(keys=keys), kept=False)
    by_kept = kinds(sealed_books.verify(keys=keys, outside=outside), kept=True)
    shown = None if forger.checkpoint() == before[0] else forger.submission(size)
    refused = shown is not None and witness.add(shown).status != 200
    assert {
        "alone": alone,
        "kept": by_kept,
        "witness": {"refuses"} if refused else set(),
    } == {column: said(row[column]) for column in ("alone", "kept", "witness")}


def test_every_attack_of_the_table_is_made() -> None:
    assert [row["id"] for row in HERE] == list(ATTACKS)


def test_the_page_for_readers_has_this_table() -> None:
    lines = [
        f"| {row['attack']} | `{row['attacker']}` | {_codes(row['alone'])} |"
        f" {_codes(row['kept'])} | {'拒絕' if row['witness'] else ''} |"
        for row in TABLE
    ]
    page = (Path(__file__).parents[2] / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in page


def _codes(cell: str) -> str:
    return " ".join(f"`{kind}`" for kind in cell.split())
