"""What happens in a dispute: opened by the authority, looked into by reviewers, decided.

A dispute is one stream with a random id, about one student. The parties' words are encrypted under
the student's key; codes, dates and ids are plain.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.dispute_rules import DisputeKind
from domain.dispute_window import CountedFrom
from domain.dispute_words import CODES, FIELDS
from domain.event import Encrypted
from domain.labels import name_section
from domain.student_event import StudentEvent

SECTION = "dispute"

name_section(SECTION, FIELDS, CODES)


class Side(StrEnum):
    """For whom a statement speaks: the family, the school, the authority."""

    APPLICANT = "applicant"
    SCHOOL = "school"
    AUTHORITY = "authority"


class Outcome(StrEnum):
    """有理由, 部分有理由, 無理由, 不受理."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"
    NOT_ACCEPTED = "not_accepted"


class DisputeEvent(StudentEvent):
    """An event in the stream of a dispute."""

    SECTION: ClassVar[str | None] = SECTION


class DisputeOpened(DisputeEvent):
    """The school is the student's when it was opened; its administration sees the dispute.

    `filed_on` is the day that counts, of the postmark where the rule says so; `arrived_on` the day
    on which it came in. `programme_version` is the version of the programme whose rules were used,
    `conditions` which of them were met where somebody said so, `missing` those that were not. What
    the rule came to is kept with its inputs: `rule` and `days` of that version, `counted_from`,
    `last_day`, `also_accepted_until`, `timely` (see `domain.dispute_window.Window`).
    """

    TOPIC = "dispute.opened.v1"

    organisation_id: UUID
    kind: DisputeKind
    programme: str
    programme_version: int
    stage: str | None = None
    decision_id: UUID | None = None
    previous_dispute_id: UUID | None = None
    matter: Encrypted[str]
    grounds: Encrypted[str]
    notice_received_on: date | None = None
    filed_on: date
    arrived_on: date | None = None
    conditions: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    rule: DisputeKind | None = None
    counted_from: CountedFrom | None = None
    days: int | None = None
    last_day: date | None = None
    also_accepted_until: date | None = None
    timely: bool | None = None


class ReviewerAppointed(DisputeEvent):
    """The account sees the dispute and these sections of the student to the end of `until`."""

    TOPIC = "dispute.reviewer-appointed.v1"

    account_id: UUID
    sections: tuple[str, ...]
    until: date


class ReviewerEnded(DisputeEvent):
    TOPIC = "dispute.reviewer-ended.v1"

    account_id: UUID


class StatementAdded(DisputeEvent):
    """What one side says. `given_on` is the day on which it was handed in."""

    TOPIC = "dispute.statement-added.v1"

    statement_id: UUID
    side: Side
    text: Encrypted[str]
    given_on: date


class HearingClosed(DisputeEvent):
    """From now on nothing is added, and nothing that was released is taken back."""

    TOPIC = "dispute.hearing-closed.v1"


class DisputeDecided(DisputeEvent):
    """`effect` is the plan's word for a late filing where that is why it was not accepted."""

    TOPIC = "dispute.decided.v1"

    outcome: Outcome
    effect: str | None = None
    document_number: str | None = None
    decided_on: date
    reasons: Encrypted[str]
    notified_on: date | None = None


class DisputeWithdrawn(DisputeEvent):
    TOPIC = "dispute.withdrawn.v1"
