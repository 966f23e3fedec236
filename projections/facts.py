"""From a row of a book to the fact that a view reads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from domain.event import upcast
from ledger.mapper import LedgerMapper
from ledger.recorder import stored_from
from projections.view import Fact


def fact_of(row: Sequence[Any]) -> Fact:
    """A row (position, recorded_at, stream_id, stream_version, topic, subject, body) of a book."""
    position, recorded_at, stream, version, topic, subject, body = row
    event_class, fields = upcast(topic, orjson.loads(body))
    return Fact(position, recorded_at, stream, version, topic, event_class, subject, fields)


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
