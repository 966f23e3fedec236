"""Who read, listed and exported what, and what was refused: the book of access (design D15).

Nothing here ever speaks of counselling notes: their author's reads stand in the author's own
ledger (`domain.counselling_note`).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.capacity import Capacity
from domain.event import UPCASTS, Event
from domain.purpose import Purpose

#: Who may see who read a student's record (contract 3).
SEE_WHO_READ = frozenset({Capacity.CASE_MANAGER, Capacity.SCHOOL_ADMINISTRATOR})
#: Who reviews unusual reads: of the own school's students, or of all of the county's.
REVIEW_READS = frozenset({Capacity.SCHOOL_ADMINISTRATOR, Capacity.AUTHORITY_ADMINISTRATOR})


class Access(Event):
    """What every event of the book says: the students concerned, and what it was done for.

    `what` names the page, call or command. `purpose` is None where the first form did not say it;
    `declared` where the person said it and it does not follow from what was done.
    """

    BOOK = "access"

    what: str
    subjects: tuple[UUID, ...]
    purpose: Purpose | None = None
    declared: bool = False


class RecordRead(Access):
    """One person's record was shown."""

    TOPIC = "access.read.v2"

    record_id: UUID | None = None


class ListRead(Access):
    """A list was shown. `filter_hash` is the SHA-256 of the filter in hex, without the word that
    was looked for; with `searched` there was one, part of a name or a number."""

    TOPIC = "access.listed.v2"

    filter_hash: str | None = None
    searched: bool = False


class Exported(Access):
    """A file left the house. `digest` is the SHA-256 of its bytes in hex.

    Of the paper of a plan also which sections of which school year it holds, from which position
    of `records` it was made (the content can be made again from there, IGP-137) and the id that is
    printed on it.
    """

    TOPIC = "access.exported.v3"

    format: str
    digest: str | None = None
    sections: tuple[str, ...] | None = None
    school_year: int | None = None
    as_of: int | None = None
    paper_id: UUID | None = None


def _exported_v2(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The first form said nothing of sections, year and position: they are not known."""
    return {**fields, "sections": None, "school_year": None, "as_of": None, "paper_id": None}


class CommandRefused(Access):
    """A command was refused: `what` was tried, `rule` is the refusal's code (IGP-147)."""

    TOPIC = "access.refused.v2"

    rule: str


def _without_purpose(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The first forms said nothing of a purpose: it is not known."""
    return {**fields, "purpose": None}


UPCASTS["access.exported.v1"] = ("access.exported.v2", _exported_v2)
UPCASTS["access.read.v1"] = (RecordRead.TOPIC, _without_purpose)
UPCASTS["access.listed.v1"] = (ListRead.TOPIC, _without_purpose)
UPCASTS["access.exported.v2"] = (Exported.TOPIC, _without_purpose)
UPCASTS["access.refused.v1"] = (CommandRefused.TOPIC, _without_purpose)
