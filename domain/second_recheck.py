"""The recheck of second-stage results: one request, any number of subjects (Kaohsiung 8.1, F23).

The earlier score stays in the book; whether the decision changes is a step of its own.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from domain import fees, selection
from domain.application import PROCESS
from domain.application_facts import fees_of, record_of
from domain.application_recheck import (
    AlreadyRechecked,
    NothingRevised,
    NothingToRecheck,
    missing_papers,
)
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.examination_second import (
    T_SCORES,
    DecisionNeeded,
    SubjectDecision,
    SubjectScore,
    joint_rows,
    judge,
)
from domain.process import Computed, Found, Ground, StepForm, define
from domain.refusal import NotValid
from domain.second_eligible import PUBLISHED, RECHECKED, REVISED, Verdict, verdicts
from domain.second_outcome import RESULT, results_of
from domain.section import Word

REQUESTED = "second-recheck-requested"
CHARGE = "second_recheck"


class RequestSecondRecheck(StepForm):
    """F23 as the organiser received it."""

    recheck_subjects: tuple[Word, ...] = Field(title="申請複查的學科", min_length=1, max_length=20)
    postmark_on: WrittenDate = Field(title="郵戳日期")
    form_enclosed: bool = Field(True, title="已附複查申請表")
    fee_slip_original: bool = Field(title="繳費證明為客戶存查聯正本")
    depositor_is_examinee: bool = Field(title="存款人為考生")
    return_envelope: bool = Field(title="已附貼足郵票的回郵掛號信封")
    fee_slip_document: UUID | None = Field(None, title="繳費證明")
    dispute_id: UUID | None = Field(None, title="爭議案")


class CompleteSecondRecheck(StepForm):
    scores: Encrypted[tuple[SubjectScore, ...]] = Field(title="複查後各科 T 分數", min_length=1)


class ReviseSecondDecision(StepForm):
    """Subjects that are not named are decided by their score and line."""

    decisions: Encrypted[tuple[SubjectDecision, ...]] = Field((), title="各科鑑定結果")


def _request(ground: Ground, form: RequestSecondRecheck) -> Found:
    """`accepted`, or `incomplete` with what is missing; only the former uses the request up."""
    record = record_of(ground)
    if any(one.outcome == "accepted" for one in record.all(REQUESTED)):
        raise AlreadyRechecked
    if form.postmark_on > ground.today:
        raise NotValid("郵戳日期不可晚於今天。", "postmark_on")
    published = record.last(PUBLISHED)
    if published is None or form.postmark_on < published.published_on:
        raise NotValid("郵戳日期不可早於結果公告日。", "postmark_on")
    scored = {one.subject for one in verdicts(record).values() if one.t_score is not None}
    if not {*form.recheck_subjects} <= scored:
        raise NotValid("請選擇已有測驗結果的學科。", "recheck_subjects")
    missing = tuple(missing_papers(ground, form))
    fields: dict[str, Any] = {"stage": "second", "missing": missing, "fee_due": 0}
    computed: tuple[Computed, ...] = ()
    table = fees_of(ground.programme)
    if table is not None:
        fee = fees.items_fee(table, CHARGE, form.recheck_subjects)
        fields["fee_due"] = fee.charged
        inputs = {"items": list(fee.items)}
        threshold, charged = fee.unit_charged, str(fee.charged)
        computed = (Computed(rule=fee.rule, inputs=inputs, threshold=threshold, outcome=charged),)
    outcome = "incomplete" if missing else "accepted"
    return Found(outcome=outcome, computed=computed, fields=fields)


def _complete(ground: Ground, form: CompleteSecondRecheck) -> Found:
    """What the scores are after the recheck; `changed` where a subject's outcome is to change."""
    record = record_of(ground)
    accepted = [one for one in record.all(REQUESTED) if one.outcome == "accepted"]
    if not accepted or record.last(RECHECKED) is not None:
        raise NothingToRecheck
    asked = {*accepted[-1].recheck_subjects}
    scores = form.scores if isinstance(form.scores, tuple) else ()
    least, most = T_SCORES
    if {one.subject for one in scores} != asked or len(scores) != len(asked):
        raise NotValid("請填寫每個申請複查的學科，各一次。", "scores")
    if any(not least <= one.t_score <= most for one in scores):
        raise NotValid("T 分數請填 0 至 100。", "scores")
    known = verdicts(record)
    try:
        revised, computed = _judged(ground, scores, ())
    except DecisionNeeded:
        return Found(outcome="changed" if _differ(known, scores) else "kept")
    changed = any(
        one.outcome != known[one.subject].outcome
        for one in revised
        if one.outcome != selection.SCHOOL
    )
    return Found(outcome="changed" if changed else "kept", computed=computed)


def _differ(known: dict[str, Verdict], scores: Iterable[SubjectScore]) -> bool:
    return any(known[one.subject].t_score != one.t_score for one in scores)


def _judged(
    ground: Ground, scores: Iterable[SubjectScore], given: Iterable[SubjectDecision]
) -> tuple[tuple[Verdict, ...], tuple[Computed, ...]]:
    rows = joint_rows(record_of(ground))
    taken: dict[str, Decimal] = {one.subject: one.t_score for one in scores}
    asked = [rows[subject] for subject in taken]
    return judge(ground, asked, taken, {one.subject: one for one in given})


def _revise(ground: Ground, form: ReviseSecondDecision) -> Found:
    record = record_of(ground)
    done, revised = record.last(RECHECKED), record.last(REVISED)
    if revised is not None and revised.originator_version > done.originator_version:
        raise NothingRevised("這次複查的結果已經更正。")
    if done.outcome != "changed":
        raise NothingRevised
    given = form.decisions if isinstance(form.decisions, tuple) else ()
    if ground.actor.capacity.value != "CO" and any(
        one.decision_basis == "interval_estimation" for one in given
    ):
        raise NotValid("區間估計由鑑輔會判定。", "decisions")
    verdict, computed = _judged(ground, done.scores, given)
    return results_of(ground, verdict, *computed)


define(
    PROCESS,
    REQUESTED,
    "申請複選測驗結果複查",
    RequestSecondRecheck,
    _request,
    {"stage": str, "missing": tuple[str, ...], "fee_due": int},
)
define(PROCESS, RECHECKED, "複選測驗結果複查完成", CompleteSecondRecheck, _complete)
define(PROCESS, REVISED, "變更複選鑑定結果", ReviseSecondDecision, _revise, RESULT)
