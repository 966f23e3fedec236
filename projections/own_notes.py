"""An author's own counselling notes, for that author alone (design D7, D11).

A row says, encrypted under the author's key, about whom the note is, when it was written and
whether it stands. It is encrypted deterministically, so that a view built again has equal rows,
and follows from what the author's key alone opens, so that they are equal after a student's
erasure too. The text is read from the author's ledger, where it lies once.

The author's reads and exports have a row as well, of the same size, which says nothing: the
holder of the database learns from this view nothing about the kind of an event.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.counselling_note import (
    CounsellingNote,
    CounsellingNoteCorrected,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
    ErasedNote,
    evolve,
)
from domain.event import Event, class_of
from ledger.database import Connection
from ledger.encryption import canonical, expand
from ledger.keys import Keyring
from ledger.mapper import LedgerMapper
from projections.facts import note_fact_of
from projections.view import Fact, SqlView
from projections.writing import put_rows

#: The events that make or change a note; its author's own reads and exports do not.
_CHANGES = (CounsellingNoteRecorded, CounsellingNoteCorrected, CounsellingNoteWithdrawn)

_COLUMNS = "owner uuid, note_id uuid, version bigint, body bytea"
#: The plain row is filled up to this many bytes.
_ROW_BYTES = 192


@dataclass(frozen=True)
class Note:
    """A note as its author sees it: what it says, and when it was first and last written."""

    content: CounsellingNote
    created_at: datetime
    updated_at: datetime


class OwnNotesView(SqlView):
    """The view `own_notes`: see the module."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__(name="own_notes", version=1, tables=("own_note",), book="notes")
        self._keyring = keyring

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        by_note: defaultdict[tuple[UUID, UUID], list[Fact]] = defaultdict(list)
        for fact in facts:
            assert fact.owner is not None
            by_note[fact.owner, fact.stream_id].append(fact)
        known = _known(
            connection,
            [note for note, changes in by_note.items() if changes[0].stream_version > 1],
        )
        rows = []
        for (owner, note), changes in by_note.items():
            cipher = _cipher(self._keyring, owner)
            if cipher is None:
                # The author's key was destroyed: nobody can be shown this row any more.
                continue
            row = _opened(cipher, owner, note, known[owner, note]) if (owner, note) in known else {}
            for fact in changes:
                row = _changed(row, fact)
            body = cipher.encrypt(canonical(row).ljust(_ROW_BYTES), _bound(owner, note))
            rows.append((owner, note, changes[-1].stream_version, body))
        put_rows(connection, "own_note", _COLUMNS, 2, rows)


def _known(
    connection: Connection, notes: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], bytes]:
    """What the view has of these notes of these owners."""
    if not notes:
        return {}
    owners, ids = zip(*notes, strict=True)
    rows = connection.execute(
        "SELECT o.owner, o.note_id, o.body FROM own_note o"
        " JOIN unnest(%s::uuid[], %s::uuid[]) AS n(owner, note_id) USING (owner, note_id)",
        (list(owners), list(ids)),
        binary=True,
    )
    return {(owner, note): bytes(body) for owner, note, body in rows}


def _changed(row: dict[str, Any], fact: Fact) -> dict[str, Any]:
    event_class = _class_of(fact)
    if event_class not in _CHANGES:
        return row
    when = fact.recorded_at.astimezone(UTC).isoformat()
    return {
        "student_id": None if fact.student is None else str(fact.student),
        "created_at": row.get("created_at", when),
        "updated_at": when,
        "live": event_class is not CounsellingNoteWithdrawn,
    }


def _class_of(fact: Fact) -> type[Event]:
    """What the event was when it was recorded, erased or not."""
    if isinstance(fact.event, ErasedNote) and fact.event.was is not None:
        return class_of(fact.event.was)
    return fact.event_class


def notes_of(
    connection: Connection,
    mapper: LedgerMapper,
    keyring: Keyring,
    owner: UUID,
    student: UUID | None = None,
) -> list[Note]:
    """The author's standing notes, about one student or about all, in order of writing.

    The connection is in a transaction of `viewing` as the author.
    """
    cipher = _cipher(keyring, owner)
    if cipher is None:
        return []
    rows = connection.execute(
        "SELECT note_id, version, body FROM own_note WHERE owner = %s", (owner,), binary=True
    ).fetchall()
    wanted: dict[UUID, tuple[int, dict[str, Any]]] = {}
    for note, version, body in rows:
        row = _opened(cipher, owner, note, bytes(body))
        if row.get("live") and (student is None or row["student_id"] == str(student)):
            wanted[note] = (version, row)
    return _read(connection, mapper, owner, wanted)


def note(
    connection: Connection, mapper: LedgerMapper, keyring: Keyring, owner: UUID, note_id: UUID
) -> Note | None:
    """One standing note of the author's own, or None."""
    cipher = _cipher(keyring, owner)
    row = connection.execute(
        "SELECT version, body FROM own_note WHERE owner = %s AND note_id = %s",
        (owner, note_id),
        prepare=True,
        binary=True,
    ).fetchone()
    if cipher is None or row is None:
        return None
    opened = _opened(cipher, owner, note_id, bytes(row[1]))
    if not opened.get("live"):
        return None
    # Nothing of it is seen by a holder in doubt, for whom the ledger begins later.
    return next(iter(_read(connection, mapper, owner, {note_id: (row[0], opened)})), None)


def _read(
    connection: Connection,
    mapper: LedgerMapper,
    owner: UUID,
    wanted: dict[UUID, tuple[int, dict[str, Any]]],
) -> list[Note]:
    """The notes with their text, as they stood at the version that the view has."""
    states: dict[UUID, CounsellingNote] = {}
    for fact in _facts(connection, mapper, owner, wanted):
        if fact.stream_version <= wanted[fact.stream_id][0]:
            assert fact.event is not None
            states[fact.stream_id] = evolve(states.get(fact.stream_id), fact.event)
    return sorted(
        (
            Note(
                state,
                datetime.fromisoformat(wanted[note][1]["created_at"]),
                datetime.fromisoformat(wanted[note][1]["updated_at"]),
            )
            for note, state in states.items()
        ),
        key=lambda note: (note.created_at, note.content.note_id),
    )


def _facts(
    connection: Connection, mapper: LedgerMapper, owner: UUID, notes: Iterable[UUID]
) -> list[Fact]:
    rows = connection.execute(
        "SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes"
        " WHERE owner = %s AND stream_id = ANY(%s) ORDER BY position",
        (owner, list(notes)),
        prepare=True,
        binary=True,
    ).fetchall()
    return [note_fact_of(mapper, owner, row) for row in rows]


def _cipher(keyring: Keyring, owner: UUID) -> AESSIV | None:
    key = keyring.key("account.author", owner)
    return None if key is None else _siv(key)


@lru_cache(maxsize=1000)
def _siv(author_key: bytes) -> AESSIV:
    return AESSIV(
        expand(author_key, b"igp-view/own-notes/1") + expand(author_key, b"igp-view/own-notes/2")
    )


def _bound(owner: UUID, note_id: UUID) -> list[bytes]:
    return [owner.bytes, note_id.bytes]


def _opened(cipher: AESSIV, owner: UUID, note_id: UUID, body: bytes) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(cipher.decrypt(body, _bound(owner, note_id)))
    return row
