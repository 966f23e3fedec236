"""Subjects that are filled in after the bodies judged a pupil's case, as of a school's own test in
May: judged by the body of their category, then approved or noted (Kaohsiung 1.3, 2.3).

Steps of the case of `domain.placement_case`, which goes on meanwhile: its state says what became of
the subjects that it was judged with. Until the last of these acts a subject stands as awaiting
(`domain.placement.Status`) and counts for nothing; after it, from the next semester on.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from domain import labels
from domain import placement_path as path
from domain.application_facts import selection_of
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.placement import SECTION, Placement, PlacementDecided
from domain.placement_case import (
    PROCESS,
    Passed,
    Verdict,
    check_adaptation,
    check_carried,
    check_next_school,
    ended,
)
from domain.placement_rules import DecisionRule
from domain.process import Found, Ground, Record, StepForm, define
from domain.programme_rules import Programme
from domain.refusal import NotValid
from domain.rules import check_among
from domain.section import Text, Word

labels.name_more(
    SECTION,
    {"authority": "決定方式", "decided_on": "核定或備查日期", "starts_on": "生效的學期起日"},
    {"authority": {"approved": "核定", "noted": "備查"}},
)

STEPS = REVIEWED, DELIBERATED, DECIDED = (
    "addition-reviewed",
    "addition-deliberated",
    "addition-decided",
)


class ReviewAddition(StepForm):
    """The committee decides on exemptions and accelerations; of the rest it has the first look."""

    added_areas: tuple[Word, ...] = Field(min_length=1, title="增列的科目")
    committee_result: Passed = Field(title="特推會（資優小組）審查結果")
    committee_met_on: WrittenDate = Field(title="會議日期")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")
    committee_remarks: Encrypted[Text | None] = Field(None, title="審查意見")
    next_school_id: UUID | None = Field(None, title="銜接的學校", description="跨階段安置者必填。")


class DeliberateAddition(StepForm):
    added_areas: tuple[Word, ...] = Field(min_length=1, title="增列的科目")
    result: Verdict = Field(title="審議結果")
    meeting_on: WrittenDate = Field(title="會議日期")
    deliberation: Encrypted[Text | None] = Field(None, title="審議意見")


class DecideAddition(StepForm):
    """The authority's act, by a letter, which tells the school at once."""

    added_areas: tuple[Word, ...] = Field(min_length=1, title="增列的科目")
    result: Verdict = Field(title="核定或備查結果")
    decided_on: WrittenDate | None = Field(None, title="核定或備查日期")
    letter_number: Word = Field(title="鑑定結果依據文號")
    letter_date: WrittenDate = Field(title="發文日期")
    comments: Encrypted[Text | None] = Field(None, title="書面審查意見")


def passed_at(case: Record, step: str) -> set[UUID]:
    """The placements that a body let pass, at one of the steps of this module."""
    return {
        one for told in case.all(step) if told.outcome == "passed" for one in told.placement_ids
    }


def waits_for(programme: Programme, case: Record, row: Placement) -> str:
    """The step that an awaiting placement of the case waits for."""
    if row.placement_id not in passed_at(case, REVIEWED):
        return REVIEWED
    if _of_council(programme, row) and row.placement_id not in passed_at(case, DELIBERATED):
        return DELIBERATED
    return DECIDED


def _of_council(programme: Programme, row: Placement) -> bool:
    return _rule(programme, row).decides == path.rules_of(programme).council


def _rule(programme: Programme, row: Placement) -> DecisionRule:
    return selection_of(programme).decision(row.category)


def _named(ground: Ground, areas: Iterable[str], step: str) -> list[Placement]:
    """The placements of these subjects, which wait for the step. Raises `NotValid`."""
    assert ground.record is not None
    waiting = {
        one.area: one
        for one in path.awaiting(ground)
        if waits_for(ground.programme, ground.record, one) == step
    }
    words = "請填寫等待這個步驟的增列科目；目前等待的科目"
    check_among(areas, waiting, "added_areas", words)
    return [one for area, one in waiting.items() if area in {*areas}]


def _review(ground: Ground, form: ReviewAddition) -> Found:
    path.check_own_school(ground)
    rows = _named(ground, form.added_areas, REVIEWED)
    if form.committee_result == "failed":
        return _found(ground, rows, "refused", {})
    check_carried(ground, rows)
    if path.crossing(ground.programme, rows):
        check_next_school(ground, form.next_school_id)
    if not any(_of_council(ground.programme, one) for one in rows):
        return _found(ground, rows, "passed", {})
    check_adaptation(ground)
    # From here on the council sees the case.
    return _found(ground, rows, "passed", {"before_council": True})


def _deliberate(ground: Ground, form: DeliberateAddition) -> Found:
    rows = _named(ground, form.added_areas, DELIBERATED)
    if form.result == "passed":
        check_carried(ground, rows)
    return _found(ground, rows, form.result, {"body": path.rules_of(ground.programme).council})


def _decide(ground: Ground, form: DecideAddition) -> Found:
    """Raises `NotValid` where no semester of the placements' year is left to start with."""
    rows = _named(ground, form.added_areas, DECIDED)
    day = form.decided_on or ground.today
    if form.result == "refused":
        return _found(ground, rows, "refused", {"decided_on": day})
    semester = path.rules_of(ground.programme).semester_from(day)
    if semester is None or semester.school_year != ground.programme.school_year:
        raise NotValid("這個學年度已經沒有可以開始安置的學期，請在下一學年度申請。", "decided_on")
    starts = semester.starts
    found = _found(ground, rows, "passed", {"decided_on": day, "effective_on": starts})
    return replace(found, events=tuple(_decided(ground, one, day, starts) for one in rows))


def _decided(ground: Ground, row: Placement, day: date, starts: date) -> PlacementDecided:
    assert ground.record is not None
    return PlacementDecided(
        originator_id=row.placement_id,
        originator_version=row.version + 1,
        by=ground.actor.account_id,
        capacity=ground.actor.capacity,
        student_id=row.student_id,
        authority=_rule(ground.programme, row).authority,
        decided_on=day,
        starts_on=starts,
        request_id=ground.record.record_id,
    )


def _found(
    ground: Ground, rows: list[Placement], outcome: Verdict, fields: dict[str, Any]
) -> Found:
    """What a step says of the placements; those that it did not let pass end."""
    return Found(
        outcome=outcome,
        computed=(path.path_computed(ground.programme, rows),),
        fields={"placement_ids": tuple(one.placement_id for one in rows), **fields},
        events=ended(ground, rows, "refused") if outcome == "refused" else (),
    )


_ROWS: dict[str, Any] = {"placement_ids": tuple[UUID, ...]}

define(PROCESS, REVIEWED, "增列科目：特推會審議", ReviewAddition, _review, _ROWS)
define(
    PROCESS,
    DELIBERATED,
    "增列科目：鑑輔會審議",
    DeliberateAddition,
    _deliberate,
    _ROWS | {"body": str},
)
define(
    PROCESS,
    DECIDED,
    "增列科目：核定或備查",
    DecideAddition,
    _decide,
    _ROWS | {"effective_on": date},
)
