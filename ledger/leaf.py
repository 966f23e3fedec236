"""An event as the leaf of a Merkle tree (design D10, docs/formats/leaf.md). Final."""

import hashlib
from datetime import UTC

from ledger.mapper import NOTE_SUBJECT, Stored


def leaf(stored: Stored) -> bytes:
    """Everything of a recorded event that must not change: nine lines of text, then the body."""
    if stored.position is None or stored.recorded_at is None:
        raise ValueError("only a recorded event is a leaf")
    instant = stored.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lines = (
        "igp-event/1",
        stored.book,
        str(stored.owner) if stored.owner else "-",
        str(stored.position),
        str(stored.originator_id),
        str(stored.originator_version),
        stored.topic,
        str(stored.subject) if stored.subject else NOTE_SUBJECT,
        instant,
    )
    return "".join(f"{line}\n" for line in lines).encode() + stored.state


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf after RFC 6962: SHA-256 of 0x00 and the leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()
