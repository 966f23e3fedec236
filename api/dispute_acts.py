"""What is done in a dispute: reviewers appointed, statements added, the hearing closed, decided."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter, Response

from api.account_items import named
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.disputes import actor_in, seen, student_of
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.viewer import SignedIn, TheHouse, Viewer
from domain import dispute, dispute_review, programme
from domain.account import Role
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.command import Actor
from domain.dispute import Dispute
from domain.dispute_events import DisputeEvent, Outcome, Side
from domain.programme import programme_id
from domain.refusal import NotAllowed, NotFound
from domain.section import Line

router = APIRouter(prefix="/disputes/{dispute_id}", tags=["disputes"])

_AUTHORITY = (Capacity.AUTHORITY_ADMINISTRATOR,)
_BOTH = (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.SCHOOL_ADMINISTRATOR)

Given = TypeVar("Given", bound=Body)
Decide = Callable[[Acting, Dispute, Actor, Given], DisputeEvent]


class ReviewerEntry(Body):
    """Who looks into it (an id or a username), which sections of the student are shown, and to the
    end of which day."""

    account: str
    sections: tuple[str, ...]
    until: WrittenDate


class StatementEntry(Body):
    """What one side says: without `side` the one of who adds it. The authority also enters what
    the family (`applicant`) handed in on paper, on the day `given_on`."""

    text: str
    side: Side | None = None
    given_on: WrittenDate | None = None


class DisputeDecisionEntry(Body):
    """What was decided. That a late dispute is not accepted is a decision, too."""

    outcome: Outcome
    document_number: Line | None = None
    decided_on: WrittenDate
    reasons: str
    notified_on: WrittenDate | None = None


@router.post("/reviewers", **writes(ReviewerEntry))
def post_reviewer(house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: Posted) -> Response:
    """指派審議人員檢視指定的項目，至指定日期當天結束。"""
    return response_of(house, viewer, appoint(house, viewer, dispute_id, asked))


@router.post("/reviewers/{account_id}/end", **writes(Reason, 200))
def post_reviewer_end(
    house: TheHouse, viewer: SignedIn, dispute_id: UUID, account_id: UUID, asked: PostedChange
) -> Response:
    """提前結束審議人員的指派；須說明原因。"""
    return response_of(house, viewer, end_reviewer(house, viewer, dispute_id, account_id, asked))


@router.post("/statements", **writes(StatementEntry))
def post_statement(house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: Posted) -> Response:
    """補充陳述：學校為學校，主管機關為自己或代登申請人的書面。"""
    return response_of(house, viewer, add_statement(house, viewer, dispute_id, asked))


@router.post("/hearing-closing", **writes(Reason, 200))
def post_hearing_closing(
    house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: PostedChange
) -> Response:
    """審理終結：之後不再補充陳述，已釋出者不能撤回。"""
    return response_of(house, viewer, close_hearing(house, viewer, dispute_id, asked))


@router.post("/decisions", **writes(DisputeDecisionEntry))
def post_dispute_decision(
    house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: PostedChange
) -> Response:
    """登載決定，案件結案；不服者另立下一程序的案件。"""
    return response_of(house, viewer, decide(house, viewer, dispute_id, asked))


@router.post("/withdrawal", **writes(Reason, 200))
def post_dispute_withdrawal(
    house: TheHouse, viewer: SignedIn, dispute_id: UUID, asked: PostedChange
) -> Response:
    """撤回審理中的案件；須說明原因。"""
    return response_of(house, viewer, withdraw(house, viewer, dispute_id, asked))


def appoint(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """An appointment from a `ReviewerEntry`."""

    def event(acting: Acting, known: Dispute, actor: Actor, given: ReviewerEntry) -> DisputeEvent:
        person = named(acting.house, acting.viewer, given.account)
        command = dispute_review.AppointReviewer(
            actor=actor,
            account_id=person.account_id,
            account_is_reviewer=Role.REVIEWER in person.roles and not person.closed,
            sections=given.sections,
            until=given.until,
            today=acting.today,
        )
        return dispute_review.appoint(known, command)

    return _do(house, viewer, dispute_id, asked, "dispute.appoint", ReviewerEntry, event)


def end_reviewer(
    house: House, viewer: Viewer, dispute_id: UUID, account_id: UUID, asked: Asked
) -> Done:
    """The end of an appointment from a `Reason`."""

    def event(acting: Acting, known: Dispute, actor: Actor, given: Reason) -> DisputeEvent:
        command = dispute_review.EndReviewer(
            actor=actor, account_id=account_id, reason=given.reason
        )
        return dispute_review.end_reviewer(known, command, acting.today)

    def see(acting: Acting) -> Dispute:
        known = seen(acting, dispute_id)
        if known.reviewer(account_id) is None:
            raise NotFound
        return known

    return _do(
        house,
        viewer,
        dispute_id,
        asked,
        "dispute.end-reviewer",
        Reason,
        event,
        see=see,
        versioned=True,
        status=200,
    )


def add_statement(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """A statement from a `StatementEntry`."""

    def event(acting: Acting, known: Dispute, actor: Actor, given: StatementEntry) -> DisputeEvent:
        command = dispute_review.AddStatement(
            actor=actor,
            statement_id=acting.new_id(),
            side=given.side,
            text=given.text,
            given_on=given.given_on or acting.today,
            today=acting.today,
        )
        return dispute_review.add_statement(known, command)

    return _do(
        house, viewer, dispute_id, asked, "dispute.state", StatementEntry, event, offices=_BOTH
    )


def close_hearing(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """The end of the hearing from a `Reason`, which need not be given."""

    def event(acting: Acting, known: Dispute, actor: Actor, given: Reason) -> DisputeEvent:
        command = dispute_review.CloseHearing(actor=actor, reason=given.reason)
        return dispute_review.close_hearing(known, command)

    return _do(
        house,
        viewer,
        dispute_id,
        asked,
        "dispute.close-hearing",
        Reason,
        event,
        versioned=True,
        status=200,
    )


def decide(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """A decision from a `DisputeDecisionEntry`."""

    def event(
        acting: Acting, known: Dispute, actor: Actor, given: DisputeDecisionEntry
    ) -> DisputeEvent:
        published = acting.known(programme.evolve, programme_id(known.programme))
        command = dispute_review.DecideDispute(
            actor=actor,
            edition=published.edition(known.programme_version),
            today=acting.today,
            **given.model_dump(),
        )
        return dispute_review.decide(known, command)

    return _do(
        house,
        viewer,
        dispute_id,
        asked,
        "dispute.decide",
        DisputeDecisionEntry,
        event,
        versioned=True,
    )


def withdraw(house: House, viewer: Viewer, dispute_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def event(acting: Acting, known: Dispute, actor: Actor, given: Reason) -> DisputeEvent:
        command = dispute_review.WithdrawDispute(actor=actor, reason=given.reason)
        return dispute_review.withdraw(known, command)

    return _do(
        house,
        viewer,
        dispute_id,
        asked,
        "dispute.withdraw",
        Reason,
        event,
        versioned=True,
        status=200,
    )


def _do(
    house: House,
    viewer: Viewer,
    dispute_id: UUID,
    asked: Asked,
    what: str,
    body: type[Given],
    event: Decide[Given],
    *,
    see: Callable[[Acting], Dispute] | None = None,
    offices: tuple[Capacity, ...] = _AUTHORITY,
    versioned: bool = False,
    status: int = 201,
) -> Done:
    """A deed in a dispute by one of these offices. The answer names the dispute and its version."""

    def now(acting: Acting) -> Dispute:
        return acting.known(dispute.evolve, dispute_id)

    def permit(acting: Acting, known: Dispute) -> Actor:
        actor = actor_in(acting, known)
        if actor is None or actor.capacity not in offices:
            raise NotAllowed
        return actor

    def decision(acting: Acting, _: Dispute, actor: Actor, given: Given) -> Decided:
        made = event(acting, now(acting), actor, given)
        return Decided((made,), dispute_id, made.originator_version)

    deed = Deed(
        what=what,
        body=body,
        see=see or (lambda acting: seen(acting, dispute_id)),
        permit=permit,
        decide=decision,
        version=(lambda acting, _: now(acting).version) if versioned else None,
        status=status,
        students=student_of(house, dispute_id),
    )
    return perform(house, viewer, asked, deed)
