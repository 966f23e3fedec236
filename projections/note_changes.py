"""The changes of an author's own notes, for that author's reports alone (contract 4, design D7)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.counselling_note import (
    CONTENT,
    CounsellingNote,
    CounsellingNoteCorrected,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
    ErasedNote,
    evolve,
)
from domain.event import Event
from ledger.database import Connection
from ledger.mapper import LedgerMapper
from projections.facts import note_fact_of
from projections.view import Fact

KINDS: dict[type[Event], str] = {
    CounsellingNoteRecorded: "recorded",
    CounsellingNoteCorrected: "corrected",
    CounsellingNoteWithdrawn: "withdrawn",
}

_READ_AT_ONCE = 500


@dataclass(frozen=True)
class NoteChange:
    """One change of an own note, opened. `fields` are (field, before, after)."""

    position: int
    recorded_at: datetime
    student: UUID | None
    record_id: UUID
    version: int
    kind: str
    capacity: str
    reason: Any
    occurred_on: Any
    fields: tuple[tuple[str, Any, Any], ...]


def head(connection: Connection, owner: UUID) -> int:
    """Where the author's ledger ends, as far as the view of own notes has come."""
    row = connection.execute(
        "SELECT position FROM views.owner_checkpoint WHERE view = 'own_notes' AND owner = %s",
        (owner,),
        prepare=True,
    ).fetchone()
    return int(row[0]) if row else 0


def changes(
    connection: Connection,
    mapper: LedgerMapper,
    owner: UUID,
    start: datetime,
    end: datetime,
    *,
    after: int,
    as_of: int,
) -> Iterator[NoteChange]:
    """The author's note changes recorded in [start, end), after a position of their ledger.

    Lazy: reads in steps, so a page costs a page.
    """
    while after < as_of:
        rows = connection.execute(
            "SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes"
            " WHERE owner = %s AND position > %s AND position <= %s AND recorded_at >= %s"
            " AND recorded_at < %s ORDER BY position LIMIT %s",
            (owner, after, as_of, start, end, _READ_AT_ONCE),
            binary=True,
        ).fetchall()
        facts = [note_fact_of(mapper, owner, row) for row in rows]
        wanted = [fact for fact in facts if fact.event_class in KINDS]
        before = _earlier(connection, mapper, owner, wanted)
        for fact in wanted:
            yield _change(fact, before)
        if len(rows) < _READ_AT_ONCE:
            return
        after = rows[-1][0]


def _earlier(
    connection: Connection, mapper: LedgerMapper, owner: UUID, facts: Sequence[Fact]
) -> dict[UUID, dict[int, CounsellingNote]]:
    """Of each note its state by version, for the notes that these facts change."""
    streams = {fact.stream_id for fact in facts}
    known: defaultdict[UUID, dict[int, CounsellingNote]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes"
        " WHERE owner = %s AND stream_id = ANY(%s) ORDER BY position",
        (owner, list(streams)),
        binary=True,
    )
    for row in rows:
        fact = note_fact_of(mapper, owner, row)
        assert fact.event is not None
        state = known[fact.stream_id].get(fact.stream_version - 1)
        if fact.event_class in KINDS or fact.event_class is ErasedNote:
            known[fact.stream_id][fact.stream_version] = evolve(state, fact.event)
    return known


def _change(fact: Fact, states: dict[UUID, dict[int, CounsellingNote]]) -> NoteChange:
    event = fact.event
    assert event is not None
    old = states[fact.stream_id].get(fact.stream_version - 1)
    kind = KINDS[fact.event_class]
    if kind == "withdrawn":
        pairs = [(name, getattr(old, name), None) for name in CONTENT]
    else:
        pairs = [
            (name, None if old is None else getattr(old, name), value)
            for name, value in event.changed()
            if name in CONTENT
        ]
    return NoteChange(
        position=fact.position,
        recorded_at=fact.recorded_at,
        student=event.student_id,
        record_id=fact.stream_id,
        version=fact.stream_version,
        kind=kind,
        capacity=event.capacity,
        reason=event.reason,
        occurred_on=event.occurred_on,
        fields=tuple(pairs),
    )
