"""How a dispute is opened: by the authority, late or not, by the rule of a programme's version."""

from datetime import date
from uuid import UUID

from domain.command import Command
from domain.dispute import SECTION, Dispute, Status, dated_envelope
from domain.dispute_events import DisputeOpened, Outcome
from domain.dispute_rules import DisputeKind, DisputeRule
from domain.dispute_window import stage_of, window_of
from domain.dispute_words import DISPUTE_KINDS
from domain.programme import Edition
from domain.programme_data import NONE
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid, Refusal
from domain.rules import check_not_future, check_text, permit


class OpenDispute(Command):
    """`others` are the student's other disputes, `edition` the programme's text in force."""

    dispute_id: UUID
    student_id: UUID
    organisation_id: UUID
    kind: DisputeKind
    edition: Edition
    stage: str | None = None
    decision_id: UUID | None = None
    previous_dispute_id: UUID | None = None
    matter: str
    grounds: str
    notice_received_on: date | None = None
    filed_on: date
    arrived_on: date | None = None
    conditions: tuple[str, ...] | None = None
    others: tuple[Dispute, ...]
    today: date


class EarlierInstanceRequired(Refusal):
    """The plan lets this kind be filed only against a decision of another kind."""

    CODE = "earlier-instance-required"
    TITLE = "須先經過前一程序"

    def __init__(self, kind: DisputeKind, name: str) -> None:
        super().__init__(
            f"依這份計畫，須先有{name}的決定，才能提出這項救濟。", field="previous_dispute_id"
        )
        self.kind = kind


class AlreadyDisputed(Refusal):
    CODE = "already-disputed"
    TITLE = "這個階段已經申請過一次，以一次為限"


class ConditionNotMet(Refusal):
    """A condition of the plan without which the dispute is not opened."""

    CODE = "condition-not-met"
    TITLE = "不符合計畫規定的條件"

    def __init__(self, words: str) -> None:
        super().__init__(f"{words}。", field="conditions")


def open_dispute(dispute: Dispute | None, command: OpenDispute) -> DisputeOpened:
    """Opens it, late or not; the event says what the rule came to.

    Raises `NotAllowed`, `NotValid`, `NotFound` where the previous dispute is none of the student's,
    `EarlierInstanceRequired`, `AlreadyDisputed`, `ConditionNotMet`. What the plan knows no rule for
    is opened as well, without a window (Kaohsiung Q-29, programmes compared 2 item 11).
    """
    permit(SECTION, "create", command.actor.capacity)
    programme = command.edition.programme
    check_text(command.matter, SECTION, "matter")
    check_text(command.grounds, SECTION, "grounds")
    for name in ("notice_received_on", "filed_on", "arrived_on"):
        check_not_future(getattr(command, name), command.today, name)
    rule = programme.rule(command.kind)
    stage = stage_of(programme, rule, command.stage, command.notice_received_on)
    window = window_of(programme, command.kind, stage, command.notice_received_on, command.filed_on)
    missing = _missing(rule, command.conditions)
    if dispute is not None:
        raise AlreadyDisputed
    previous = _previous(programme, rule, command)
    if rule is not None:
        _check_rule(rule, command, stage, missing)
    return DisputeOpened(
        **dated_envelope(command, command.dispute_id, 1, command.filed_on),
        student_id=command.student_id,
        organisation_id=command.organisation_id,
        kind=command.kind,
        programme=programme.code,
        programme_version=command.edition.version,
        stage=stage,
        decision_id=command.decision_id,
        previous_dispute_id=previous,
        matter=command.matter,
        grounds=command.grounds,
        notice_received_on=command.notice_received_on,
        filed_on=command.filed_on,
        arrived_on=command.arrived_on,
        conditions=command.conditions,
        missing=missing,
        **window.model_dump(),
    )


def _check_rule(
    rule: DisputeRule, command: OpenDispute, stage: str | None, missing: tuple[str, ...]
) -> None:
    if rule.once_per == "stage" and any(_counts(one, command, stage) for one in command.others):
        raise AlreadyDisputed(field="stage")
    for condition in rule.conditions:
        if condition.refused and condition.code in missing:
            raise ConditionNotMet(condition.missing.words)


def _missing(rule: DisputeRule | None, met: tuple[str, ...] | None) -> tuple[str, ...]:
    """The conditions that were not met; none where nobody said which were. Raises `NotValid`."""
    if met is None or rule is None:
        return ()
    codes = [one.code for one in rule.conditions]
    if not {*met} <= {*codes}:
        raise NotValid("這份計畫沒有這項條件。", "conditions")
    return tuple(code for code in codes if code not in met)


def _previous(programme: Programme, rule: DisputeRule | None, command: OpenDispute) -> UUID | None:
    """The dispute whose decision this one is about, found where the plan wants one.

    Raises `NotFound`, `EarlierInstanceRequired`.
    """
    by_id = {one.dispute_id: one for one in command.others}
    named = command.previous_dispute_id
    if named is not None and named not in by_id:
        raise NotFound
    if rule is None or rule.requires == NONE:
        return named
    fitting = [
        one.dispute_id
        for one in command.others
        if (one.programme, one.kind) == (programme.code, rule.requires)
        # One that was not accepted was decided as well: against that there is the next instance.
        and one.status is Status.DECIDED
        and named in (None, one.dispute_id)
    ]
    if not fitting:
        earlier = programme.rule(rule.requires)
        name = DISPUTE_KINDS[rule.requires] if earlier is None else earlier.name
        raise EarlierInstanceRequired(rule.requires, name)
    return fitting[-1]


def _counts(other: Dispute, command: OpenDispute, stage: str | None) -> bool:
    """Whether the other one was the stage's only dispute of this kind."""
    refused = other.decision is not None and other.decision.outcome is Outcome.NOT_ACCEPTED
    return (
        (other.programme, other.kind, other.stage)
        == (command.edition.programme.code, command.kind, stage)
        and other.status is not Status.WITHDRAWN
        and not refused
    )
