"""Who read, listed and exported what, and what was refused: the book of access (design D15).

Nothing here ever speaks of counselling notes: their author's reads stand in the author's own
ledger (`domain.counselling_note`).
"""

from uuid import UUID

from domain.event import Event


class RecordRead(Event):
    """One person's record was shown. `what` names the page or call, `subjects` the students."""

    TOPIC = "access.read.v1"
    BOOK = "access"

    what: str
    subjects: tuple[UUID, ...]
    record_id: UUID | None = None


class ListRead(Event):
    """A list was shown. `filter_hash` stands for the filter, which may hold names."""

    TOPIC = "access.listed.v1"
    BOOK = "access"

    what: str
    subjects: tuple[UUID, ...]
    filter_hash: str | None = None


class Exported(Event):
    """A file left the house. `digest` is the SHA-256 of its bytes in hex."""

    TOPIC = "access.exported.v1"
    BOOK = "access"

    what: str
    subjects: tuple[UUID, ...]
    format: str
    digest: str | None = None


class CommandRefused(Event):
    """A command was refused: `what` was tried, `rule` is the refusal's code (IGP-147)."""

    TOPIC = "access.refused.v1"
    BOOK = "access"

    what: str
    rule: str
    subjects: tuple[UUID, ...]
