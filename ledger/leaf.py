"""An event as the leaf of a Merkle tree (design D10, docs/formats/leaf.md). Final."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from ledger.mapper import NOTE_SUBJECT, Stored


def leaf(stored: Stored) -> bytes:
    """Everything of a recorded event that must not change: nine lines of text, then the body."""
    if stored.position is None or stored.recorded_at is None:
        raise ValueError("only a recorded event is a leaf")
    return leaf_of(
        stored.book,
        stored.owner,
        stored.position,
        stored.originator_id,
        stored.originator_version,
        stored.topic,
        stored.subject,
        stored.recorded_at,
        stored.state,
    )


def leaf_of(
    book: str,
    owner: UUID | None,
    position: int,
    stream: UUID | str,
    version: int,
    topic: str,
    subject: UUID | None,
    recorded_at: datetime,
    body: bytes,
) -> bytes:
    """The same from the columns of a book; `recorded_at` is aware."""
    instant = recorded_at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    head = (
        f"igp-event/1\n{book}\n{owner or '-'}\n{position}\n{stream}\n{version}\n{topic}\n"
        f"{subject or NOTE_SUBJECT}\n{instant}Z\n"
    )
    return head.encode() + body


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf after RFC 6962: SHA-256 of 0x00 and the leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()
