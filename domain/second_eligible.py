"""What a pupil may be placed in after the second stage: verdicts by subject, and a full skip.

Results as published, decisions revised after a recheck, and outcomes that the school's committee
recorded, the newest of a subject counting (Kaohsiung A18 to A20, 3.7). Pure.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from domain.placement import Category
from domain.placement_selection import FullSkip as WholeGrade
from domain.placement_selection import Last, Pass, full_skip_completeness
from domain.process import Record
from domain.second_forms import EXCEPTION, SUBMITTED, WITHOUT_ALL, PlacedSubject, SecondRow, Test
from domain.section import SectionData, Word
from domain.selection import Answer
from domain.selection_rules import Selection

PUBLISHED = "second-stage-result-published"
REVISED = "second-decision-revised"
SCHOOL_OUTCOME = "school-outcome-recorded"
RECHECKED = "second-recheck-completed"

_SAYING = (PUBLISHED, REVISED, SCHOOL_OUTCOME)

VerdictOutcome = Literal["passed", "failed", "absent", "school_decides"]
#: `none` where no type of a full skip was registered.
FullSkip = Literal["complete", "incomplete", "pending_council", "none"]


class Verdict(SectionData):
    """What became of a subject. `basis` is `score`, `interval_estimation`, or the standard of the
    school's own decision."""

    subject: Word = Field(title="學科")
    exam_grade: int = Field(title="報考年級")
    registration_type: Word = Field(title="報考類型")
    test: Test = Field(title="測驗方式")
    outcome: VerdictOutcome = Field(title="鑑定結果")
    t_score: Decimal | None = Field(None, title="T 分數")
    pass_line: Decimal | None = Field(None, title="通過標準")
    basis: Word | None = Field(None, title="判定依據")


class EligibleSubject(SectionData):
    """A subject in which the pupil may be placed."""

    subject: Word = Field(title="學科")
    exam_grade: int = Field(title="報考年級")
    registration_type: Word = Field(title="報考類型")
    test: Test = Field(title="測驗方式")


def registered(record: Record | None) -> tuple[SecondRow, ...]:
    """The subjects of the second stage as registered last."""
    newest = None if record is None else record.last(SUBMITTED)
    return () if newest is None else tuple(newest.rows)


def verdicts(record: Record | None, newer: Iterable[Verdict] = ()) -> dict[str, Verdict]:
    """By subject; `newer` are those about to be recorded. Empty before the results are published,
    but for what the school itself tested."""
    found: dict[str, Verdict] = {}
    for step in () if record is None else record.steps:
        if step.STEP in _SAYING:
            results: Iterable[Verdict] = getattr(step, "results", None) or ()
            found.update((one.subject, one) for one in results)
    found.update((one.subject, one) for one in newer)
    return found


def passed(known: Mapping[str, Verdict]) -> tuple[EligibleSubject, ...]:
    return tuple(
        EligibleSubject(
            subject=one.subject,
            exam_grade=one.exam_grade,
            registration_type=one.registration_type,
            test=one.test,
        )
        for one in known.values()
        if one.outcome == "passed"
    )


def eligible(record: Record | None) -> tuple[EligibleSubject, ...]:
    """As the newest event says it that says it."""
    return tuple(_newest(record, "eligible") or ())


def full_skip(record: Record | None) -> FullSkip | None:
    """As the newest event says it that says it; None before any results."""
    found: FullSkip | None = _newest(record, "full_skip")
    return found


def _newest(record: Record | None, name: str) -> Any:
    said = (one for one in reversed(() if record is None else record.steps))
    return next((getattr(one, name) for one in said if one.STEP in _SAYING), None)


def whole_grade(
    rules: Selection,
    known: Mapping[str, Verdict],
    placed: Iterable[PlacedSubject],
    allowed: frozenset[str],
) -> Answer[WholeGrade]:
    """Whether what was passed and the standing placements come to a full skip (3.7)."""
    passes = (
        Pass(one.subject, one.exam_grade, one.registration_type, one.test == "joint")
        for one in known.values()
        if one.outcome == "passed"
    )
    return completeness(rules, passes, placed, allowed)


def completeness(
    rules: Selection,
    passes: Iterable[Pass],
    placed: Iterable[PlacedSubject],
    allowed: frozenset[str],
) -> Answer[WholeGrade]:
    """Whether these passes, and for types that may become a full skip the standing placements,
    land all subjects on one grade (3.7, KAO-153)."""
    taken = [one for one in passes if one.type in whole_types(rules)]
    parts = {kind.code for kind in rules.types if kind.may_become_full}
    last = {one.subject: Last(one.category, one.placement_grade) for one in placed}
    return full_skip_completeness(
        rules,
        taken,
        last if any(one.type in parts for one in taken) else {},
        override=WITHOUT_ALL in allowed,
    )


def whole_types(rules: Selection) -> tuple[str, ...]:
    """The registration types that are, or may come to, a skip of the whole grade."""
    return tuple(
        kind.code
        for kind in rules.types
        if kind.may_become_full or (kind.all_subjects and Category.SKIP in kind.categories)
    )


def exceptions(record: Record | None) -> frozenset[str]:
    """What the council allowed against the rule, by recorded decisions."""
    return (
        frozenset() if record is None else frozenset(one.exception for one in record.all(EXCEPTION))
    )
