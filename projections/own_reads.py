"""What an author did with own notes beside writing them: read, exported, was refused.

These acts stand in the author's own ledger (design D7) and are read there, by the author alone;
no view holds them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.counselling_note import (
    CounsellingNoteRead,
    CounsellingNoteRefused,
    CounsellingNotesExported,
)
from domain.event import Event
from ledger.database import Connection
from ledger.mapper import LedgerMapper
from projections.facts import note_fact_of

#: How many events of the ledger are opened at a time.
_CHUNK = 200

_ROWS = b"""
SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes
WHERE owner = %(owner)s AND (%(before)s::bigint IS NULL OR position < %(before)s)
  AND (%(since)s::timestamptz IS NULL OR recorded_at >= %(since)s)
ORDER BY position DESC LIMIT %(chunk)s
"""


class OwnRead(NamedTuple):
    """One act. `detail` is the code of a refusal; `records` are own notes."""

    position: int
    at: datetime
    kind: str
    capacity: str
    what: str
    detail: str | None
    records: tuple[UUID, ...]


def own_reads(
    connection: Connection,
    mapper: LedgerMapper,
    owner: UUID,
    *,
    before: int | None,
    since: datetime | None,
    limit: int,
) -> list[OwnRead]:
    """The newest acts before a position of the own ledger, not earlier than `since`.

    The connection is in a transaction of `viewing` as the author.
    """
    found: list[OwnRead] = []
    for one in _all(connection, mapper, owner, before, since):
        if len(found) == limit:
            break
        found.append(one)
    return found


def _all(
    connection: Connection,
    mapper: LedgerMapper,
    owner: UUID,
    before: int | None,
    since: datetime | None,
) -> Iterator[OwnRead]:
    while True:
        values = {"owner": owner, "before": before, "since": since, "chunk": _CHUNK}
        rows = connection.execute(_ROWS, values, prepare=True, binary=True).fetchall()
        for row in rows:
            event = note_fact_of(mapper, owner, row).event
            read = None if event is None else _read(row[0], row[1], event)
            if read is not None:
                yield read
        if len(rows) < _CHUNK:
            return
        before = rows[-1][0]


def _read(position: int, at: datetime, event: Event) -> OwnRead | None:
    match event:
        case CounsellingNoteRead(what=what, records=records):
            return OwnRead(position, at, "read", event.capacity, what, None, records)
        case CounsellingNotesExported(what=what):
            return OwnRead(position, at, "exported", event.capacity, what, None, ())
        case CounsellingNoteRefused(what=what, code=code):
            return OwnRead(position, at, "refused", event.capacity, what, code, ())
    return None
