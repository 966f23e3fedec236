"""The second test until its results are published: who came, scores, decisions (A16, A17).

The council decides what the joint line decides. Of a subject that its school decides by a line of
its own the organiser only returns the score (Kaohsiung 3.6, KAO-168).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from domain import selection
from domain.application_facts import is_special, selection_of
from domain.event import ENCRYPTED, Encrypted, Erased
from domain.examination import PROCESS
from domain.placement_duties import too_late_to_enter
from domain.process import Computed, Found, Ground, Record, StepForm, define
from domain.process_step import StepRequired
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.second_eligible import Verdict, registered
from domain.second_forms import SecondRow
from domain.section import SectionData, Text, Word
from domain.selection_rules import Selection

ATTENDED = "second-attendance-recorded"
SCORED = "subject-score-imported"
DECIDED = "subject-decision-made"

Basis = Literal["score", "interval_estimation"]
T_SCORES = (Decimal(0), Decimal(100))


class SubjectAttendance(SectionData):
    """Who came to a subject's session; who comes too late is not let in, and that is kept."""

    subject: Word = Field(title="學科")
    attendance: Literal["present", "absent", "late_refused"] = Field(title="應試情形")
    minutes_late: int | None = Field(None, title="遲到分鐘數")


class SubjectScore(SectionData):
    subject: Word = Field(title="學科")
    t_score: Decimal = Field(title="T 分數")


class SubjectDecision(SectionData):
    """The council's decision on a subject. By interval estimation it needs a reason."""

    subject: Word = Field(title="學科")
    passed: bool = Field(title="通過")
    decision_basis: Basis = Field("score", title="判定依據")
    decision_reason: Text | None = Field(None, title="判定理由")


class RecordSecondAttendance(StepForm):
    attendance: tuple[SubjectAttendance, ...] = Field(title="各科應試情形", min_length=1)


class ImportSubjectScores(StepForm):
    scores: Encrypted[tuple[SubjectScore, ...]] = Field(title="各科 T 分數", min_length=1)


class DecideSubjects(StepForm):
    """Subjects that are not named are decided by their score and line."""

    decisions: Encrypted[tuple[SubjectDecision, ...]] = Field((), title="各科鑑定結果")


class ScoresMissing(Refusal):
    CODE = "scores-missing"
    TITLE = "尚有應考科目沒有成績"


class DecisionNeeded(Refusal):
    """A pupil of the special groups below the line: the council says it, with its reason."""

    CODE = "council-decision-needed"
    TITLE = "未達標準的身心障礙或經濟文化殊異學生須由鑑輔會逐科判定"


class DecisionContradicts(Refusal):
    CODE = "decision-contradicts-score"
    TITLE = "判定結果與分數及通過標準不合"


def joint_rows(record: Record | None) -> dict[str, SecondRow]:
    """The subjects that a pupil sits in the joint test, by code."""
    return {row.subject: row for row in registered(record) if row.test == "joint"}


def _rows(ground: Ground) -> dict[str, SecondRow]:
    application = ground.beside.get("application")
    if application is None or application.last("second-ticket-issued") is None:
        raise StepRequired("請先核發複選鑑定證。")
    return joint_rows(application)


def _check(rows: Mapping[str, SecondRow], named: Iterable[str], field: str) -> None:
    given = [*named]
    if len({*given}) != len(given) or not {*given} <= {*rows}:
        raise NotValid("請填寫這位學生參加聯合評量的學科，每科一次。", field)


def _attended(ground: Ground, form: RecordSecondAttendance) -> Found:
    rows = _rows(ground)
    _check(rows, (one.subject for one in form.attendance), "attendance")
    if ground.state in ("second_scored", "second_decided") and form.reason is None:
        raise ReasonRequired
    day = selection_of(ground.programme).second.test_day
    found = []
    for one in form.attendance:
        late = one.minutes_late or 0
        if one.attendance == "present" and too_late_to_enter(day, day.sessions[0].number, late):
            one = one.model_copy(update={"attendance": "late_refused"})
        found.append(one)
    return Found(
        computed=(
            Computed(
                rule="selection.second.test_day",
                inputs={one.subject: one.minutes_late for one in found},
                threshold=day.no_entry_after_minutes,
                outcome=",".join(one.attendance for one in found),
            ),
        ),
        fields={"attendance": tuple(found)},
    )


def _scored(ground: Ground, form: ImportSubjectScores) -> Found:
    """The scores as the test gave them; a later import replaces those it names, with a reason."""
    rows = _rows(ground)
    scores = form.scores if isinstance(form.scores, tuple) else ()
    _check(rows, (one.subject for one in scores), "scores")
    if ground.record is not None and ground.record.last(SCORED) and form.reason is None:
        raise ReasonRequired
    least, most = T_SCORES
    if any(not least <= one.t_score <= most for one in scores):
        raise NotValid("T 分數請填 0 至 100。", "scores")
    absent = _absent(ground.record)
    if any(one.subject in absent for one in scores):
        raise NotValid("缺考的學科沒有成績。", "scores")
    return Found()


def _absent(record: Record | None) -> set[str]:
    """The subjects whose newest attendance is not `present`."""
    newest: dict[str, str] = {}
    for step in () if record is None else record.all(ATTENDED):
        newest.update((one.subject, one.attendance) for one in step.attendance)
    return {subject for subject, attendance in newest.items() if attendance != "present"}


def scores_of(record: Record | None) -> dict[str, Decimal]:
    """The newest score of each subject."""
    found: dict[str, Decimal] = {}
    for step in () if record is None else record.all(SCORED):
        found.update((one.subject, one.t_score) for one in step.scores)
    return found


def _decided(ground: Ground, form: DecideSubjects) -> Found:
    rows = _rows(ground)
    given = form.decisions if isinstance(form.decisions, tuple) else ()
    _check(rows, (one.subject for one in given), "decisions")
    absent = _absent(ground.record)
    # Who is found to have been absent has no score, whatever was entered before.
    scores = {of: t for of, t in scores_of(ground.record).items() if of not in absent}
    if any(subject not in scores and subject not in absent for subject in rows):
        raise ScoresMissing
    verdicts, computed = judge(ground, rows.values(), scores, {one.subject: one for one in given})
    return Found(computed=computed, fields={"results": verdicts})


def judge(
    ground: Ground,
    rows: Iterable[SecondRow],
    scores: Mapping[str, Decimal],
    given: Mapping[str, SubjectDecision],
) -> tuple[tuple[Verdict, ...], tuple[Computed, ...]]:
    """What becomes of subjects by their scores, the line that counts, and what was decided.

    Raises `DecisionNeeded`, `DecisionContradicts`.
    """
    rules = selection_of(ground.programme)
    application = ground.beside.get("application") or ground.record
    assert application is not None
    special = is_special(ground.programme, application)
    letter = entrustment(rules, ground)
    found: list[Verdict] = []
    computed: list[Computed] = []
    for row in rows:
        t = scores.get(row.subject)
        answer = selection.second_outcome(
            rules, t, row.registration_type, entrustment=letter, special=special
        )
        found.append(_verdict(rules, row, t, answer, given.get(row.subject)))
        computed.append(answer.computed)
    return tuple(found), tuple(computed)


def _verdict(
    rules: Selection,
    row: SecondRow,
    t: Decimal | None,
    answer: selection.Answer[str],
    given: SubjectDecision | None,
) -> Verdict:
    outcome, basis = answer.value, "score"
    if outcome == selection.COUNCIL:
        if given is None or given.decision_basis != "interval_estimation":
            raise DecisionNeeded
        if given.decision_reason is None:
            raise ReasonRequired
        outcome = selection.PASSED if given.passed else selection.FAILED
        basis = "interval_estimation"
    elif given is not None and (
        given.decision_basis != "score" or given.passed is not (outcome == selection.PASSED)
    ):
        raise DecisionContradicts
    said = {
        "subject": row.subject,
        "exam_grade": row.exam_grade,
        "registration_type": row.registration_type,
        "test": row.test,
        "outcome": "absent" if t is None and outcome == selection.FAILED else outcome,
        "t_score": t,
        "pass_line": answer.computed.threshold,
        "basis": None if outcome == selection.SCHOOL else basis,
    }
    return Verdict.model_validate(said)


def entrustment(rules: Selection, ground: Ground) -> str | None:
    """What the school's letter says, by the programme's code; None before there is one, where the
    joint line counts."""
    batch = ground.beside.get("second_batch")
    filed = None if batch is None else batch.last("entrustment-filed")
    if filed is None:
        return None
    if filed.entrust_none:
        wanted = ("school", "school")
    else:
        wanted = ("joint", "school" if filed.line_choice == "own_line" else "joint")
    found = (one.code for one in rules.second.entrustments if (one.test, one.line) == wanted)
    return next(found, None)


define(PROCESS, ATTENDED, "複選到考紀錄", RecordSecondAttendance, _attended)
define(PROCESS, SCORED, "複選成績匯入", ImportSubjectScores, _scored)
define(
    PROCESS,
    DECIDED,
    "複選鑑定決議",
    DecideSubjects,
    _decided,
    {"results": Annotated[tuple[Verdict, ...] | Erased | None, ENCRYPTED]},
)
