"""複查 of the initial stage: asked for once, by postmark; what it changes (Kaohsiung 8.1).

A recheck is a record beside the earlier score, which stays. A dispute of this kind
(`domain.dispute`) may stand beside it; the request then names it.
"""

from decimal import Decimal
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import Field

from domain.application import PROCESS
from domain.application_facts import fees_of, record_of
from domain.calendar import WrittenDate
from domain.dispute_rules import DisputeKind
from domain.event import Encrypted, plain
from domain.examination_initial import Basis, check_decision, proposed
from domain.fees import items_fee
from domain.process import Computed, Found, Ground, Record, StepForm, define
from domain.programme_data import Code
from domain.refusal import NotValid, ReasonRequired, Refusal

#: Of each part that can be rechecked, the field of its score.
FIELDS = {"1": "t_sub1", "2": "t_sub2", "3": "t_sub3"}
CHARGE = "initial_recheck"


class AlreadyRechecked(Refusal):
    """One request in a stage, also for other parts of the test."""

    CODE = "already-rechecked"
    TITLE = "每一階段只能申請一次複查"


class NothingToRecheck(Refusal):
    CODE = "no-recheck-open"
    TITLE = "沒有待辦理的複查申請"


class NothingRevised(Refusal):
    """A recheck that leaves the result as it is needs no further act."""

    CODE = "decision-unchanged"
    TITLE = "複查後的結果沒有改變"


class RequestRecheck(StepForm):
    items: tuple[Code, ...] = Field(title="申請複查的分測驗", min_length=1, max_length=20)
    postmark_on: WrittenDate = Field(title="郵戳日期")
    form_enclosed: bool = Field(True, title="已附複查申請表")
    fee_slip_original: bool = Field(title="繳費證明為客戶存查聯正本")
    depositor_is_examinee: bool = Field(title="存款人為考生")
    return_envelope: bool = Field(title="已附貼足郵票的回郵掛號信封")
    fee_slip_document: UUID | None = Field(None, title="繳費證明")
    dispute_id: UUID | None = Field(None, title="爭議案")


class RejectRecheck(StepForm):
    cause: Literal["incomplete", "late", "other"] = Field(title="不受理事由")


class CompleteRecheck(StepForm):
    """The scores after the recheck: of the parts asked for, and of the full test (Q-15)."""

    recheck_t_sub1: Encrypted[Decimal | None] = Field(
        None, title="複查結果：測驗一T分數", ge=0, le=100
    )
    recheck_t_sub2: Encrypted[Decimal | None] = Field(
        None, title="複查結果：測驗二T分數", ge=0, le=100
    )
    recheck_t_sub3: Encrypted[Decimal | None] = Field(
        None, title="複查結果：測驗三T分數", ge=0, le=100
    )
    recheck_t_full: Encrypted[Decimal] = Field(title="複查結果：全測驗T分數", ge=0, le=100)


class ReviseDecision(StepForm):
    decision: Literal["passed", "failed"] = Field(title="複查後初選是否通過")
    decision_basis: Encrypted[Basis] = Field("score", title="判定依據")


def _request(ground: Ground, form: RequestRecheck) -> Found:
    record = record_of(ground)
    if any(one.outcome == "accepted" for one in record.all("recheck-requested")):
        raise AlreadyRechecked("本階段已申請過複查，不能再申請其他分測驗。")
    if form.postmark_on > ground.today:
        raise NotValid("郵戳日期不可晚於今天。", "postmark_on")
    published = record.last("initial-result-published")
    if published.published_on and form.postmark_on < published.published_on:
        raise NotValid("郵戳日期不可早於結果公告日。", "postmark_on")
    missing = missing_papers(ground, form)
    fields: dict[str, Any] = {"stage": "initial", "missing": tuple(missing), "fee_due": 0}
    computed: tuple[Computed, ...] = ()
    table = fees_of(ground.programme)
    if table is not None:
        fee = items_fee(table, CHARGE, form.items)
        fields["fee_due"] = fee.charged
        computed = (
            Computed(
                rule=fee.rule,
                inputs={"items": list(fee.items)},
                threshold=fee.unit_charged,
                outcome=str(fee.charged),
            ),
        )
    outcome = "incomplete" if missing else "accepted"
    return Found(outcome=outcome, computed=computed, fields=fields)


class Papers(Protocol):
    """What came with a request for a recheck, of whichever stage."""

    @property
    def form_enclosed(self) -> bool: ...
    @property
    def fee_slip_original(self) -> bool: ...
    @property
    def depositor_is_examinee(self) -> bool: ...
    @property
    def return_envelope(self) -> bool: ...


def missing_papers(ground: Ground, form: Papers) -> list[str]:
    """What is missing of what the plan asks for, by its codes (`disputes.recheck.conditions`)."""
    rule = ground.programme.rule(DisputeKind.RECHECK)
    asked = () if rule is None else rule.conditions
    there = {
        "form": form.form_enclosed,
        "fee_slip": form.fee_slip_original and form.depositor_is_examinee,
        "return_envelope": form.return_envelope,
    }
    return [one.code for one in asked if not there.get(one.code, True)]


def _open(record: Record) -> Any:
    """The request that waits for its result: the newest, if nothing became of it yet."""
    closed = 0
    for step in ("recheck-completed", "recheck-rejected"):
        done = record.last(step)
        closed = max(closed, 0 if done is None else done.originator_version)
    asked = record.last("recheck-requested")
    if asked is None or asked.originator_version < closed:
        raise NothingToRecheck
    return asked


def _reject(ground: Ground, form: RejectRecheck) -> Found:
    asked = _open(record_of(ground))
    if asked.outcome == "accepted" and form.reason is None:
        raise ReasonRequired
    return Found(fields={"stage": "initial", "request_version": asked.originator_version})


def _complete(ground: Ground, form: CompleteRecheck) -> Found:
    record = record_of(ground)
    asked = _open(record)
    if asked.outcome != "accepted":
        raise NothingToRecheck("這項申請的資料不完整，請辦理不受理。")
    wanted = {f"recheck_{FIELDS[one]}" for one in asked.items}
    given = {f"recheck_{one}" for one in FIELDS.values()} & form.model_fields_set
    if wanted != given:
        raise NotValid("請填寫所申請的每個分測驗的複查結果，未申請的不填。", "recheck_t_full")
    assert isinstance(form.recheck_t_full, Decimal)
    answer = proposed(ground, record, form.recheck_t_full)
    before = _standing(record)
    fields: dict[str, Any] = {"stage": "initial", "request_version": asked.originator_version}
    if answer.outcome != before and answer.outcome in ("passed", "failed"):
        fields["proposes"] = answer.outcome
    return Found(outcome="completed", computed=(answer.computed,), fields=fields)


def _standing(record: Record) -> str:
    """The outcome as it stands: published, or revised since."""
    steps: tuple[Any, ...] = record.steps
    for one in reversed(steps):
        if one.STEP in ("initial-result-published", "decision-revised-by-recheck"):
            return str(one.outcome)
    return ""


def _revise(ground: Ground, form: ReviseDecision) -> Found:
    record = record_of(ground)
    done = record.last("recheck-completed")
    revised = record.last("decision-revised-by-recheck")
    if revised is not None and revised.originator_version > done.originator_version:
        raise NothingRevised("這次複查的結果已經更正。")
    before = _standing(record)
    if form.decision == before:
        raise NothingRevised
    if form.decision_basis == "interval_estimation" and ground.actor.capacity.value != "CO":
        raise NotValid("區間估計由鑑輔會判定。", "decision_basis")
    answer = proposed(ground, record, done.recheck_t_full)
    check_decision(answer, form.decision, plain(form.decision_basis), form.reason)
    return Found(
        outcome=form.decision,
        computed=(answer.computed,),
        fields={
            "stage": "initial",
            "decision_basis": form.decision_basis,
            "previous_outcome": before,
        },
    )


_STAGE = {"stage": str}
_WORD = Encrypted[str | None]
_OF_REQUEST = _STAGE | {"request_version": int}

REQUESTED = define(
    PROCESS,
    "recheck-requested",
    "申請複查",
    RequestRecheck,
    _request,
    _STAGE | {"missing": tuple[str, ...], "fee_due": int},
)
REJECTED = define(PROCESS, "recheck-rejected", "複查不受理", RejectRecheck, _reject, _OF_REQUEST)
COMPLETED = define(
    PROCESS,
    "recheck-completed",
    "複查結果",
    CompleteRecheck,
    _complete,
    _OF_REQUEST | {"proposes": _WORD},
)
REVISED = define(
    PROCESS,
    "decision-revised-by-recheck",
    "依複查更正初選結果",
    ReviseDecision,
    _revise,
    _STAGE | {"previous_outcome": str},
)
