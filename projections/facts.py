"""From a row of a book to the fact that a view reads."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg

from domain.event import upcast
from ledger.keys import KeysError
from ledger.mapper import LedgerMapper
from ledger.recorder import stored_from
from projections.view import Fact

#: What fails for a reason that does not lie in an event, and so stops no view: it is tried again.
#: An error of the server's own is one of those, as where a disk quota is used up.
OUTSIDE = (psycopg.OperationalError, psycopg.errors.InternalError_, OSError, KeysError)


class Unreadable(Exception):
    """An event of a kind that this version does not know, or one that does not open."""

    def __init__(self, position: int, error: Exception) -> None:
        # The class alone: the text of an error may hold what the event says.
        super().__init__(type(error).__name__)
        self.position, self.reason = position, type(error).__name__


def readable(rows: Sequence[Any], read: Callable[[Any], Fact]) -> list[Fact]:
    """The facts before the first that cannot be read. Raises `Unreadable` where there are none."""
    facts: list[Fact] = []
    for row in rows:
        try:
            facts.append(read(row))
        except OUTSIDE:
            raise
        except Exception as error:
            if not facts:
                raise Unreadable(row[0], error) from None
            break
    return facts


def fact_of(row: Sequence[Any]) -> Fact:
    """A row (position, recorded_at, stream_id, stream_version, topic, subject, body) of a book."""
    position, recorded_at, stream, version, topic, subject, body = row
    event_class, fields = upcast(topic, orjson.loads(body))
    return Fact(
        position, recorded_at, stream, version, topic, event_class, subject, fields, body=body
    )


def columns_of(book: str) -> str:
    """The columns of a shared book that `fact_of` reads."""
    return "position, recorded_at, stream_id, stream_version, topic, subject, body"


def note_fact_of(mapper: LedgerMapper, owner: UUID, row: Sequence[Any]) -> Fact:
    """A row (position, recorded_at, stream_id, stream_version, topic, body) of books.notes."""
    position, recorded_at, stream, version, topic, body = row
    stored = stored_from(
        "notes", stream, owner, (position, recorded_at, version, None, topic, body)
    )
    event = mapper.to_domain_event(stored)
    return Fact(
        position,
        recorded_at,
        stream,
        version,
        topic,
        type(event),
        event.student_id,
        {},
        owner,
        event,
    )
