"""What an event of a dispute says as a row of the changes, and who may see it.

A dispute belongs to the school that it was opened at: its later events are that school's, too, and
no school to which the student moves is handed them.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.dispute_events import (
    SECTION,
    DisputeWithdrawn,
    HearingClosed,
    ReviewerEnded,
)
from projections.view import Fact

State = dict[str, Any]

#: Fields that link records and are no content.
_LINKS = frozenset(
    {"organisation_id", "decision_id", "previous_dispute_id", "statement_id", "dispute_id"}
)
_WITHDRAWALS = ("withdrawn", "reviewer-ended")
_CORRECTIONS = ("decided", "hearing-closed")


def kind_of(fact: Fact) -> str:
    """The kind of change, of those of contract 4."""
    happened = fact.event_class.TOPIC.rsplit(".", 2)[-2]
    if happened in _WITHDRAWALS:
        return "withdrawn"
    return "corrected" if happened in _CORRECTIONS else "recorded"


def change_of(fact: Fact, before: Mapping[str, Any]) -> tuple[list[list[Any]], State]:
    """Field, before, after; and what the next event needs to know of the record."""
    said = fact.said()
    after = {
        "organisation_id": said.get("organisation_id") or before.get("organisation_id"),
        "occurred_on": fact.fields.get("occurred_on"),
        "document_number": said.get("document_number"),
    }
    kept = {name: value for name, value in after.items() if value is not None}
    if fact.event_class is DisputeWithdrawn:
        return [["status", "open", "withdrawn"]], kept
    if fact.event_class is HearingClosed:
        return [["hearing_closed", False, True]], kept
    if fact.event_class is ReviewerEnded:
        return [["account_id", said["account_id"], None]], kept
    fields = [
        [name, None, value]
        for name, value in said.items()
        if name not in _LINKS and value not in (None, [])
    ]
    return fields, kept


def school_of(after: Mapping[str, Any], school: UUID | None) -> UUID | None:
    """The school of a row: the dispute's, where it has one, else the student's now."""
    own = after.get("organisation_id")
    return school if own is None else UUID(own)


def dispute_of(fact: Fact) -> UUID:
    """The dispute that an event belongs to."""
    return (
        fact.stream_id if fact.event_class.SECTION == SECTION else UUID(fact.fields["dispute_id"])
    )
