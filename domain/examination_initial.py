"""The initial test until its results are published: who came, the scores, the council's judgement.

Nobody is failed by the score who belongs to a special group: the software proposes, the council
decides (Kaohsiung 3.4 and 3.9). The record names no assessor and holds no answer.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from domain.application_facts import is_exempt, is_special, selection_of, value
from domain.event import Encrypted, plain
from domain.examination import PROCESS
from domain.placement_duties import too_late_to_enter
from domain.process import Computed, Found, Ground, Record, StepForm, define
from domain.refusal import NotFound, NotValid, ReasonRequired, Refusal
from domain.section import Text
from domain.selection import FAILED, PASSED, Answer, initial_outcome
from domain.sitting import day_of_test

Score = Encrypted[Decimal]
#: The scores of the initial test by what is called on the form.
ITEMS = ("t_sub1", "t_sub2", "t_sub3", "t_full")
Basis = Literal["score", "interval_estimation"]


class NotTicketed(Refusal):
    """Only who was given a ticket sits the test."""

    CODE = "no-ticket"
    TITLE = "這位學生沒有這次測驗的鑑定證"


class NotInThisTest(Refusal):
    CODE = "not-in-this-test"
    TITLE = "這位學生不參加這次測驗"


class IntervalNotOpen(Refusal):
    """The council judges by interval only who is of a special group and filed the statement."""

    CODE = "interval-estimation-not-open"
    TITLE = "這位學生不適用區間估計"


class BelowTheLine(Refusal):
    """The score passes nobody who does not reach the line (Q-27)."""

    CODE = "below-the-line"
    TITLE = "分數未達通過標準"


class RecordAttendance(StepForm):
    attendance: Literal["present", "absent"] = Field(title="到考情形")
    session: int = Field(1, title="節次", ge=1)
    minutes_late: int = Field(0, title="遲到分鐘數", ge=0, le=600)
    conduct: Encrypted[Text | None] = Field(None, title="違規或特殊情形")


class ImportScore(StepForm):
    """T scores of the three subtests and the full test; `source` is whose test it was."""

    source: Literal["own", "dual"] = Field("own", title="成績來源")
    t_sub1: Score = Field(title="測驗一T分數", ge=0, le=100)
    t_sub2: Score = Field(title="測驗二T分數", ge=0, le=100)
    t_sub3: Score = Field(title="測驗三T分數", ge=0, le=100)
    t_full: Score = Field(title="全測驗T分數", ge=0, le=100)


class CorrectScore(StepForm):
    item: Literal["t_sub1", "t_sub2", "t_sub3", "t_full"] = Field(title="更正的成績")
    new_score: Score = Field(title="更正後T分數", ge=0, le=100)


class Decide(StepForm):
    """The council's judgement; the score alone is a proposal."""

    decision: Literal["passed", "failed"] = Field(title="初選是否通過")
    decision_basis: Encrypted[Basis] = Field("score", title="判定依據")


def scores(examination: Record) -> dict[str, Decimal]:
    """The scores as they stand: imported, and corrected since."""
    found: dict[str, Decimal] = {}
    steps: tuple[Any, ...] = examination.steps
    for one in steps:
        if one.STEP == "initial-score-imported":
            found = {item: getattr(one, item) for item in ITEMS}
        elif one.STEP == "score-corrected":
            found[one.item] = one.new_score
    return found


def proposed(ground: Ground, application: Record, t: Decimal | None) -> Answer[str]:
    """What the full-test score proposes for this pupil; no score: absent."""
    special = is_special(ground.programme, application)
    return initial_outcome(selection_of(ground.programme), t, special=special)


def check_decision(answer: Answer[str], decision: str, basis: str, reason: Any) -> None:
    """Whether a body may judge so, after what the score proposes.

    Only special groups are judged by interval, and that with a reason. Nobody else passes below
    the line; who reaches it, and who is of a special group, fails for a stated reason only. Raises
    `IntervalNotOpen`, `BelowTheLine`, `ReasonRequired`.
    """
    special = bool(answer.computed.inputs["special"])
    if basis == "interval_estimation":
        if not special:
            raise IntervalNotOpen("只有報名時已繳報考說明表的特殊身分學生可以區間估計判定。")
        if reason is None:
            raise ReasonRequired
        return
    if decision == PASSED and answer.outcome != PASSED:
        raise BelowTheLine("全測驗未達通過標準，不能以分數判定通過。")
    # Who reaches the line, or is not judged by the score alone, fails for a stated reason.
    if decision == FAILED and answer.outcome != FAILED and reason is None:
        raise ReasonRequired


def _application(ground: Ground) -> Record:
    found = ground.beside.get("application")
    if found is None:
        raise NotFound
    return found


def _attend(ground: Ground, form: RecordAttendance) -> Found:
    if ground.last("application", "ticket-issued") is None:
        raise NotTicketed
    if ground.state in ("scored", "decided") and form.reason is None:
        raise ReasonRequired
    day = day_of_test(ground.programme, "initial")
    if form.session not in {one.number for one in day.sessions}:
        raise NotValid("沒有這個節次。", "session")
    late = too_late_to_enter(day, form.session, form.minutes_late)
    outcome = "late_refused" if form.attendance == "present" and late else form.attendance
    computed = Computed(
        rule="selection.initial.test_day",
        inputs={"session": form.session, "minutes_late": form.minutes_late},
        threshold=day.no_entry_after_minutes,
        outcome=outcome,
    )
    return Found(outcome=outcome, computed=(computed,), fields={"stage": "initial"})


def _import(ground: Ground, form: ImportScore) -> Found:
    application = _application(ground)
    dual = bool(value(application, "dual_exam"))
    if is_exempt(application):
        raise NotInThisTest("這位學生已核定免初選。")
    if dual is not (form.source == "dual"):
        raise NotInThisTest("成績來源與報名資料不合，請確認是否同時報考。")
    if not dual and application.last("ticket-issued") is None:
        raise NotTicketed
    assert isinstance(form.t_full, Decimal)
    answer = proposed(ground, application, form.t_full)
    return Found(computed=(answer.computed,), fields={"stage": "initial", "source": form.source})


def _correct(ground: Ground, form: CorrectScore) -> Found:
    assert ground.record is not None
    if form.reason is None:
        raise ReasonRequired
    standing = scores(ground.record)
    t = form.new_score if form.item == "t_full" else standing["t_full"]
    assert isinstance(t, Decimal)
    answer = proposed(ground, _application(ground), t)
    more: Mapping[str, Any] = {"stage": "initial", "old_score": standing[form.item]}
    return Found(computed=(answer.computed,), fields=more)


def _decide(ground: Ground, form: Decide) -> Found:
    assert ground.record is not None
    t = scores(ground.record)["t_full"]
    answer = proposed(ground, _application(ground), t)
    check_decision(answer, form.decision, plain(form.decision_basis), form.reason)
    return Found(
        outcome=form.decision,
        computed=(answer.computed,),
        fields={"stage": "initial", "decision_basis": form.decision_basis},
    )


_STAGE = {"stage": str}
_SCORE = Encrypted[Decimal | None]

ATTENDED = define(PROCESS, "attendance-recorded", "到考紀錄", RecordAttendance, _attend, _STAGE)
IMPORTED = define(PROCESS, "initial-score-imported", "匯入初選成績", ImportScore, _import, _STAGE)
CORRECTED = define(
    PROCESS,
    "score-corrected",
    "更正初選成績",
    CorrectScore,
    _correct,
    _STAGE | {"old_score": _SCORE},
)
DECIDED = define(PROCESS, "initial-decision-made", "初選判定", Decide, _decide, _STAGE)
