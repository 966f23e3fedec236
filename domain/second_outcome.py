"""Results of the second stage as published, and what the school decides itself.

Forms F18 and F22 (Kaohsiung A18 to A20, 3.6). The publication is one act for the whole
stage (`domain.publication`); each application keeps what of it concerns the pupil.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from domain import selection
from domain.application import PROCESS
from domain.application_facts import is_special, record_of
from domain.calendar import WrittenDate
from domain.event import ENCRYPTED, Encrypted, Erased
from domain.placement_selection import FullSkip as FullSkipGrade
from domain.process import Computed, Found, Ground, Record, StepForm, define
from domain.publication import NotDecided, Publishing, register
from domain.refusal import NotValid, Refusal
from domain.second_eligible import (
    PUBLISHED,
    SCHOOL_OUTCOME,
    EligibleSubject,
    FullSkip,
    Verdict,
    exceptions,
    passed,
    registered,
    verdicts,
    whole_grade,
    whole_types,
)
from domain.second_forms import SUBMITTED, SecondRow
from domain.second_rows import rules_of
from domain.section import SectionData, Word
from domain.selection_rules import Selection

DECIDED = "subject-decision-made"
#: By which the school decides on a joint test's score, beside the programme's own standards.
SCHOOL_LINE = "school_line"

RESULT: dict[str, Any] = {
    "results": Annotated[tuple[Verdict, ...] | Erased | None, ENCRYPTED],
    "eligible": Annotated[tuple[EligibleSubject, ...] | Erased | None, ENCRYPTED],
    "full_skip": Annotated[FullSkip | Erased | None, ENCRYPTED],
}


class SchoolDoesNotDecide(NotValid):
    """The council decides on this subject, by the joint test and its line."""

    CODE = "school-does-not-decide"
    TITLE = "這一科不由學校認定"


class ContradictsLine(Refusal):
    CODE = "contradicts-line"
    TITLE = "認定結果與分數及通過標準不合"


class NoResult(StepForm):
    """The publication has no form: what it says is read from the examination."""


class SchoolOutcome(SectionData):
    """What the school's committee decided on one subject, and by what."""

    subject: Word = Field(title="學科")
    standard: Word = Field(title="通過標準依據")
    score: Decimal | None = Field(None, title="成績", description="校內評量的成績；聯合評量免填。")
    line: Decimal | None = Field(None, title="通過標準")
    passed: bool = Field(title="通過")


class RecordOutcome(StepForm):
    outcomes: Encrypted[tuple[SchoolOutcome, ...]] = Field(title="認定結果", min_length=1)
    committee_met_on: WrittenDate = Field(title="特推會日期")
    next_stage_represented: bool = Field(
        False, title="下一教育階段學校代表列席", description="跨教育階段的評量須邀請。"
    )
    minutes_document: UUID | None = Field(None, title="會議紀錄")


def results_of(ground: Ground, results: Iterable[Verdict], *more: Computed) -> Found:
    """What follows from verdicts about to be recorded: the subjects that the pupil may be placed
    in, and whether they come to a full skip."""
    record, rules = record_of(ground), rules_of(ground)
    new = tuple(results)
    known = verdicts(record, new)
    found = passed(known)
    rows = registered(record)
    fields = {"results": new, "eligible": found, "full_skip": "none"}
    if any(row.registration_type in whole_types(rules) for row in rows):
        whole = whole_of(ground, known)
        fields["full_skip"] = whole.outcome
        more = (*more, whole.computed)
    return Found(outcome=_outcome(rows, known, found), computed=more, fields=fields)


def whole_of(ground: Ground, known: dict[str, Verdict]) -> selection.Answer[FullSkipGrade]:
    record = record_of(ground)
    placed = record.last(SUBMITTED).placed or ()
    return whole_grade(rules_of(ground), known, placed, exceptions(record))


def _outcome(
    rows: Iterable[SecondRow], known: dict[str, Verdict], found: tuple[EligibleSubject, ...]
) -> str:
    """`school` while nothing is passed and the school has yet to decide on a subject."""
    if found:
        return "eligible"
    waits = any(
        row.subject not in known or known[row.subject].outcome == "school_decides" for row in rows
    )
    return "school" if waits else "none"


def _publish(ground: Ground, form: NoResult) -> Found:
    """Raises `NotDecided`."""
    examination = ground.beside.get("examination")
    decided = None if examination is None else _decided(examination)
    if examination is None or decided is None:
        raise NotDecided
    ticket = _ticket(record_of(ground))
    found = results_of(ground, decided.results)
    shown = {
        "stage": "second",
        "published_on": ground.today,
        "examination_version": examination.version,
        "ticket_no": ticket.ticket_no,
        "room_no": ticket.room_no,
        "computer_room_no": ticket.computer_room_no,
    }
    given = {name: one for name, one in shown.items() if one is not None}
    return replace(found, fields={**found.fields, **given})


def _decided(examination: Record) -> Any:
    """The newest decision, unless a score was imported or attendance was corrected after it."""
    said = [
        one
        for one in examination.steps
        if one.STEP in (DECIDED, "subject-score-imported", "second-attendance-recorded")
    ]
    return said[-1] if said and said[-1].STEP == DECIDED else None


def _ticket(record: Record) -> Any:
    return record.last("second-ticket-reissued") or record.last("second-ticket-issued")


def _concerns(application: Record, examination: Record | None) -> bool:
    """Who sits the joint test and has no result yet, or whose result changed since."""
    if _ticket(application) is None:
        return False
    published = application.last(PUBLISHED)
    if published is None:
        return True
    return examination is not None and examination.version > published.examination_version


def _record_outcome(ground: Ground, form: RecordOutcome) -> Found:
    record, rules = record_of(ground), rules_of(ground)
    rows = {row.subject: row for row in registered(record)}
    known = verdicts(record)
    done: list[Verdict] = []
    computed: list[Computed] = []
    for one in form.outcomes if isinstance(form.outcomes, tuple) else ():
        row = rows.get(one.subject)
        if row is None:
            raise NotValid("請選擇已報考的學科。", "outcomes")
        verdict, found = _school_verdict(ground, rules, row, one, known.get(row.subject))
        done.append(verdict)
        computed.append(found)
    next_stage = rules.pupils.next_stage_from
    if any(rows[one.subject].exam_grade >= next_stage for one in done):
        computed.append(_represented(form.next_stage_represented))
    return results_of(ground, done, *computed)


def _school_verdict(
    ground: Ground,
    rules: Selection,
    row: SecondRow,
    given: SchoolOutcome,
    known: Verdict | None,
) -> tuple[Verdict, Computed]:
    """A subject is the school's to decide where the letter says so, or it tested it itself, or
    an award stands in for the test; types that sit the joint test never are (KAO-168)."""
    joint = row.test == "joint"
    if joint and (known is None or known.basis not in (None, SCHOOL_LINE)):
        raise SchoolDoesNotDecide(field="outcomes")
    if joint and known is not None and known.outcome != "school_decides" and known.basis is None:
        raise SchoolDoesNotDecide(field="outcomes")
    if joint:
        if given.standard != SCHOOL_LINE or given.line is None:
            raise NotValid("請填寫學校自訂的通過標準。", "outcomes")
        score = None if known is None else known.t_score
    else:
        _check_standard(rules, row, given)
        score = given.score
    line = given.line
    special = is_special(ground.programme, record_of(ground))
    judged = None if line is None else score is not None and score >= line
    if judged is not None and judged is not given.passed and not (given.passed and special):
        raise ContradictsLine
    outcome = "passed" if given.passed else "failed"
    verdict = Verdict(
        subject=row.subject,
        exam_grade=row.exam_grade,
        registration_type=row.registration_type,
        test=row.test or "joint",
        outcome="passed" if given.passed else "failed",
        t_score=score if joint else None,
        pass_line=line,
        basis=given.standard,
    )
    return verdict, Computed(
        rule="selection.second.own_standards",
        inputs={"subject": row.subject, "score": selection.number(score)},
        threshold=selection.number(line),
        branch=given.standard,
        outcome=outcome,
    )


def _check_standard(rules: Selection, row: SecondRow, given: SchoolOutcome) -> None:
    standard = next((one for one in rules.second.own_standards if one.code == given.standard), None)
    if standard is None or row.registration_type not in standard.types:
        raise NotValid("請選擇計畫所列、適用於這個類型的通過標準。", "outcomes")
    if standard.instead_of_test is not (row.test == "award"):
        raise NotValid("獎項只能用於報名時已登記免測驗的學科。", "outcomes")


def _represented(there: bool) -> Computed:
    """Who sits on the committee where a test reaches into the next stage (KAO-15)."""
    return Computed(
        rule="selection.committees",
        inputs={"next_stage_represented": there},
        outcome="represented" if there else "next-stage-not-represented",
    )


SHOWN = define(
    PROCESS,
    PUBLISHED,
    "公告複選結果",
    NoResult,
    _publish,
    RESULT
    | {
        "stage": str,
        "published_on": date,
        "examination_version": int,
        "ticket_no": str,
        "room_no": str,
        "computer_room_no": str,
    },
)
define(PROCESS, SCHOOL_OUTCOME, "特推會認定結果", RecordOutcome, _record_outcome, RESULT)

register(Publishing("second", SHOWN, _concerns))
