"""Who looks into a dispute, what is said in it, and how it is decided or withdrawn."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.access import REVIEWABLE
from domain.capacity import Capacity
from domain.command import Actor, Command
from domain.dispute import (
    SECTION,
    Dispute,
    HearingIsClosed,
    Status,
    check_open,
    dated_envelope,
    known_one,
    next_envelope,
)
from domain.dispute_events import (
    DisputeDecided,
    DisputeWithdrawn,
    HearingClosed,
    Outcome,
    ReviewerAppointed,
    ReviewerEnded,
    Side,
    StatementAdded,
)
from domain.programme import Edition
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, Refusal
from domain.rules import (
    LONGEST_WORD,
    check_length,
    check_not_future,
    check_text,
    permit,
    require_reason,
)
from domain.versioning import Change, expect

#: In one dispute.
MOST_REVIEWERS = 30


class AppointReviewer(Command):
    """`account_is_reviewer`: the account has the role reviewer and is not closed."""

    account_id: UUID
    account_is_reviewer: bool
    sections: tuple[str, ...]
    until: date
    today: date


class EndReviewer(Change):
    account_id: UUID


class AddStatement(Command):
    """`side`: who speaks; where it is None, the one in whose capacity it is added."""

    statement_id: UUID
    side: Side | None = None
    text: str
    given_on: date
    today: date


class CloseHearing(Change):
    pass


class DecideDispute(Change):
    """`edition` is the text of the version that the dispute was counted by."""

    edition: Edition
    outcome: Outcome
    document_number: str | None = None
    decided_on: date
    reasons: str
    notified_on: date | None = None
    today: date


class WithdrawDispute(Change):
    pass


class NotAReviewer(Refusal):
    CODE = "not-a-reviewer"
    TITLE = "只有審議人員帳號可以指派審議"


class ReviewerAlreadyAppointed(Refusal):
    CODE = "reviewer-already-appointed"
    TITLE = "這位審議人員已經指派，請先結束原來的指派"


class ReviewerNotAppointed(Refusal):
    CODE = "reviewer-not-appointed"
    TITLE = "這位審議人員的指派已經結束"


def appoint(dispute: Dispute | None, command: AppointReviewer) -> ReviewerAppointed:
    """Raises `NotFound`, `NotAllowed`, `NotValid`, `DisputeNotOpen`, `NotAReviewer`,
    `ReviewerAlreadyAppointed`."""
    known = known_one(dispute)
    _permit_authority_of(command.actor)
    sections = tuple(sorted({*command.sections}))
    if not sections:
        raise NotValid("請指明可以檢視的項目。", "sections")
    if not REVIEWABLE.issuperset(sections):
        raise NotValid("有不能提供審議的項目。", "sections")
    if command.until < command.today:
        raise NotValid("迄日不可早於今天。", "until")
    check_open(known)
    if not command.account_is_reviewer:
        raise NotAReviewer(field="account")
    before = known.reviewer(command.account_id)
    if before is not None and before.runs(command.today):
        raise ReviewerAlreadyAppointed(field="account")
    if len(known.reviewers) >= MOST_REVIEWERS:
        raise NotValid(f"一件爭議最多指派 {MOST_REVIEWERS} 次。", "account")
    return ReviewerAppointed(
        **next_envelope(command, known),
        account_id=command.account_id,
        sections=sections,
        until=command.until,
    )


def end_reviewer(dispute: Dispute | None, command: EndReviewer, today: date) -> ReviewerEnded:
    """Raises `NotFound` where the account was never appointed, `NotAllowed`, `StaleVersion`,
    `ReasonRequired`, `ReviewerNotAppointed`. An ended dispute's appointments can still end."""
    known = known_one(dispute)
    appointed = known.reviewer(command.account_id)
    if appointed is None:
        raise NotFound
    _permit_authority_of(command.actor)
    expect(known, command.expected_version)
    require_reason(command)
    if not appointed.runs(today):
        raise ReviewerNotAppointed
    return ReviewerEnded(**next_envelope(command, known), account_id=command.account_id)


def add_statement(dispute: Dispute | None, command: AddStatement) -> StatementAdded:
    """The school speaks for itself; the authority for itself, and enters what the family handed in.

    Raises `NotFound`, `NotAllowed`, `NotValid`, `DisputeNotOpen`, `HearingIsClosed`.
    """
    known = known_one(dispute)
    sides = _SIDES.get(command.actor.capacity)
    if sides is None:
        raise NotAllowed
    side = command.side or sides[0]
    if side not in sides:
        raise NotAllowed
    check_text(command.text, SECTION, "text")
    check_not_future(command.given_on, command.today, "given_on")
    check_open(known)
    if known.hearing_closed:
        raise HearingIsClosed
    return StatementAdded(
        **dated_envelope(command, known.dispute_id, known.version + 1, command.given_on),
        student_id=known.student_id,
        statement_id=command.statement_id,
        side=side,
        text=command.text,
        given_on=command.given_on,
    )


def close_hearing(dispute: Dispute | None, command: CloseHearing) -> HearingClosed:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `DisputeNotOpen`, `HearingIsClosed`."""
    known = known_one(dispute)
    _permit_authority_of(command.actor)
    expect(known, command.expected_version)
    check_open(known)
    if known.hearing_closed:
        raise HearingIsClosed
    return HearingClosed(**next_envelope(command, known))


def decide(dispute: Dispute | None, command: DecideDispute) -> DisputeDecided:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `NotValid`, `DisputeNotOpen`."""
    known = known_one(dispute)
    _permit_authority_of(command.actor)
    expect(known, command.expected_version)
    check_text(command.reasons, SECTION, "reasons")
    check_length(command.document_number, SECTION, "document_number", LONGEST_WORD)
    for name in ("decided_on", "notified_on"):
        check_not_future(getattr(command, name), command.today, name)
    if command.notified_on is not None and command.notified_on < command.decided_on:
        raise NotValid("通知日期不可早於決定日期。", "notified_on")
    check_open(known)
    return DisputeDecided(
        **dated_envelope(command, known.dispute_id, known.version + 1, command.decided_on),
        student_id=known.student_id,
        outcome=command.outcome,
        effect=_effect(known, command),
        document_number=command.document_number,
        decided_on=command.decided_on,
        reasons=command.reasons,
        notified_on=command.notified_on,
    )


def withdraw(dispute: Dispute | None, command: WithdrawDispute) -> DisputeWithdrawn:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`, `AlreadyWithdrawn`,
    `DisputeNotOpen`."""
    known = known_one(dispute)
    permit(SECTION, "withdraw", command.actor.capacity)
    expect(known, command.expected_version)
    require_reason(command)
    if known.status is Status.WITHDRAWN:
        raise AlreadyWithdrawn
    check_open(known)
    return DisputeWithdrawn(**next_envelope(command, known))


#: For whom a capacity may speak, first for itself.
_SIDES: dict[Capacity, Sequence[Side]] = {
    Capacity.SCHOOL_ADMINISTRATOR: (Side.SCHOOL,),
    Capacity.AUTHORITY_ADMINISTRATOR: (Side.AUTHORITY, Side.APPLICANT),
}


def _permit_authority_of(actor: Actor) -> None:
    permit(SECTION, "edit", actor.capacity)


def _effect(dispute: Dispute, command: DecideDispute) -> str | None:
    rule = command.edition.programme.rule(dispute.kind)
    late = dispute.window.timely is False
    if command.outcome is not Outcome.NOT_ACCEPTED or not late or rule is None:
        return None
    return None if isinstance(rule.late, str) else rule.late.code
