"""A dispute (複查、申復、申訴、安置申覆) as its events leave it.

Its events are in `domain.dispute_events`; how one is opened is in `domain.dispute_opening`, and who
looks into it and decides it in `domain.dispute_review`. Lateness is shown and never acted on.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.dispute_events import (
    SECTION,
    DisputeDecided,
    DisputeOpened,
    DisputeWithdrawn,
    HearingClosed,
    Outcome,
    ReviewerAppointed,
    ReviewerEnded,
    Side,
    StatementAdded,
)
from domain.dispute_rules import DisputeKind
from domain.dispute_window import Window
from domain.event import Erased, Event
from domain.refusal import NotFound, Refusal

__all__ = ["SECTION", "Dispute", "evolve", "open_disputes"]


class Status(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Reviewer(BaseModel, frozen=True):
    """An appointment; `ended` where it ended before its day."""

    account_id: UUID
    sections: tuple[str, ...]
    until: date
    ended: bool = False

    def runs(self, today: date) -> bool:
        return not self.ended and today <= self.until


class Statement(BaseModel, frozen=True):
    statement_id: UUID
    side: Side
    text: str | Erased
    given_on: date


class Decision(BaseModel, frozen=True):
    outcome: Outcome
    effect: str | None
    document_number: str | None
    decided_on: date
    reasons: str | Erased
    notified_on: date | None


class Dispute(BaseModel, frozen=True):
    dispute_id: UUID
    version: int
    student_id: UUID
    organisation_id: UUID
    kind: DisputeKind
    programme: str
    programme_version: int
    stage: str | None
    decision_id: UUID | None
    previous_dispute_id: UUID | None
    matter: str | Erased
    grounds: str | Erased
    notice_received_on: date | None
    filed_on: date
    missing: tuple[str, ...]
    window: Window
    reviewers: tuple[Reviewer, ...] = ()
    statements: tuple[Statement, ...] = ()
    hearing_closed: bool = False
    decision: Decision | None = None
    status: Status = Status.OPEN

    def reviewer(self, account_id: UUID) -> Reviewer | None:
        """The newest appointment of an account."""
        mine = [one for one in self.reviewers if one.account_id == account_id]
        return mine[-1] if mine else None


def evolve(dispute: Dispute | None, event: Event) -> Dispute:
    if isinstance(event, DisputeOpened):
        return Dispute(
            dispute_id=event.originator_id,
            version=event.originator_version,
            window=Window(**{name: getattr(event, name) for name in Window.model_fields}),
            **{name: getattr(event, name) for name in _OF_EVENT},
        )
    if dispute is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a dispute")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case ReviewerAppointed():
            made = _of(Reviewer, event)
            changed["reviewers"] = (*dispute.reviewers, made)
        case ReviewerEnded():
            changed["reviewers"] = tuple(
                one.model_copy(update={"ended": True})
                if one.account_id == event.account_id
                else one
                for one in dispute.reviewers
            )
        case StatementAdded():
            changed["statements"] = (*dispute.statements, _of(Statement, event))
        case HearingClosed():
            changed["hearing_closed"] = True
        case DisputeDecided():
            changed |= {
                "decision": _of(Decision, event),
                "status": Status.DECIDED,
                "hearing_closed": True,
            }
        case DisputeWithdrawn():
            changed |= {"status": Status.WITHDRAWN, "hearing_closed": True}
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a dispute")
    return dispute.model_copy(update=changed)


_OF_EVENT = Dispute.model_fields.keys() & DisputeOpened.model_fields.keys()


Part = TypeVar("Part", bound=BaseModel)


def _of(model: type[Part], event: Event) -> Part:
    names = model.model_fields.keys() & type(event).model_fields.keys()
    return model(**{name: getattr(event, name) for name in names})


#: The last words of topics with which a dispute ends.
_ENDINGS = (DisputeDecided.TOPIC, DisputeWithdrawn.TOPIC)


def open_disputes(happened: Iterable[tuple[str, UUID]]) -> frozenset[UUID]:
    """Which disputes of one student are neither decided nor withdrawn.

    Takes topic and stream of the student's events in the order of the book; those of other things
    are passed over. What is open stands against erasure (docs/decisions/disputes.md).
    """
    found: set[UUID] = set()
    for topic, stream in happened:
        if topic == DisputeOpened.TOPIC:
            found.add(stream)
        elif topic in _ENDINGS:
            found.discard(stream)
    return frozenset(found)


class DisputeNotOpen(Refusal):
    CODE = "dispute-not-open"
    TITLE = "這件爭議已經結案，不能再變更"


class HearingIsClosed(Refusal):
    CODE = "hearing-closed"
    TITLE = "這件爭議的審理已經終結，不能再補充"


def known_one(dispute: Dispute | None) -> Dispute:
    if dispute is None:
        raise NotFound
    return dispute


def check_open(dispute: Dispute) -> None:
    if dispute.status is not Status.OPEN:
        raise DisputeNotOpen


def next_envelope(command: Command, dispute: Dispute) -> dict[str, Any]:
    envelope = command.envelope(dispute.dispute_id, dispute.version + 1)
    return envelope | {"student_id": dispute.student_id}


def dated_envelope(command: Command, stream: UUID, version: int, day: date) -> dict[str, Any]:
    """The envelope of what a person says happened on that day."""
    return command.envelope(stream, version) | {"occurred_on": day}
