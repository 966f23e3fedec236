"""Who read, listed and exported what, and what was refused: the book of access (design D15).

Nothing here ever speaks of counselling notes: their author's reads stand in the author's own
ledger (`domain.counselling_note`).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.event import UPCASTS, Event


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
    """A file left the house. `digest` is the SHA-256 of its bytes in hex.

    Of the paper of a plan also which sections of which school year it holds, from which position
    of `records` it was made (the content can be made again from there, IGP-137) and the id that is
    printed on it.
    """

    TOPIC = "access.exported.v2"
    BOOK = "access"

    what: str
    subjects: tuple[UUID, ...]
    format: str
    digest: str | None = None
    sections: tuple[str, ...] | None = None
    school_year: int | None = None
    as_of: int | None = None
    paper_id: UUID | None = None


def _exported_v2(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The first form said nothing of sections, year and position: they are not known."""
    return {**fields, "sections": None, "school_year": None, "as_of": None, "paper_id": None}


UPCASTS["access.exported.v1"] = (Exported.TOPIC, _exported_v2)


class CommandRefused(Event):
    """A command was refused: `what` was tried, `rule` is the refusal's code (IGP-147)."""

    TOPIC = "access.refused.v1"
    BOOK = "access"

    what: str
    rule: str
    subjects: tuple[UUID, ...]
