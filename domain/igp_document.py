"""The guidance plan of a placement case (F30): written, reviewed by path, signed, uploaded.

Exemption and acceleration: committee, pre-review, upload with the minutes. Skip and promotion:
committee, pre-review, council, approval, upload (Kaohsiung 2.3a).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from domain import igp_parts
from domain import placement_path as path
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.igp_parts import HandWritten
from domain.placement import Category, Placement
from domain.placement_addition import DECIDED as ADDED
from domain.placement_transfer import SignaturesMissing
from domain.process import Computed, Found, Ground, Record, StepForm, define, evolving, process
from domain.process_step import PastClosing, effect_of
from domain.programme_data import Code
from domain.programme_rules import Programme
from domain.refusal import NotValid, Refusal
from domain.rules import check_among
from domain.section import Text, Word
from domain.window import standing

PROCESS = "igp_document"

process(PROCESS, "placement_case")
evolve = evolving(PROCESS)

CASE = "placement_case"
#: The stage of the list of scans.
STAGE = "igp"


class DraftPlan(HandWritten):
    """The first version; everything may still wait."""


class RevisePlan(HandWritten):
    """What changed; the reviewer is shown the difference."""


class CommitteeReviewPlan(StepForm):
    committee_result: Literal["passed", "failed"] = Field(title="特推會（資優小組）審查結果")
    committee_met_on: WrittenDate = Field(title="會議日期")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")


class PreReviewPlan(StepForm):
    pre_review: Literal["passed", "passed_with_changes"] = Field(title="預審結果")
    advice: Encrypted[Text | None] = Field(None, title="預審建議")


class CouncilReviewPlan(StepForm):
    result: Literal["passed", "refused"] = Field(title="審議結果")
    meeting_on: WrittenDate = Field(title="會議日期")
    advice: Encrypted[Text | None] = Field(None, title="預審建議")


class ApprovePlan(StepForm):
    letter_number: Word = Field(title="鑑定結果依據文號")
    letter_date: WrittenDate = Field(title="發文日期")


class UploadPlan(StepForm):
    """The signed plan; of an exemption, the committee's minutes with it."""

    igp_document: UUID = Field(title="個別輔導計畫掃描檔")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")
    request_document: UUID | None = Field(None, title="重新/放棄安置申請書")
    signs: tuple[Code, ...] = Field(title="輔導小組簽章")


class NoPlanNeeded(Refusal):
    """KAO-127: what was given up needs no guidance plan."""

    CODE = "igp-not-required"
    TITLE = "已放棄安置，不需要擬定個別輔導計畫"


class NotApprovedYet(Refusal):
    CODE = "placement-not-decided"
    TITLE = "安置核定或備查之後，才擬定個別輔導計畫"


class PartsMissing(Refusal):
    CODE = "igp-parts-missing"
    TITLE = "個別輔導計畫還有必填的項目"


class ChangesNotMade(Refusal):
    """What passed with changes is revised by the advice first (2.3a)."""

    CODE = "igp-changes-not-made"
    TITLE = "預審結果為修正後通過，請先依預審建議修訂個別輔導計畫"


class PlanOutdated(Refusal):
    """What was written is about placements that are others now: no body reviews it (2.3, P17)."""

    CODE = "igp-outdated"
    TITLE = "安置已經變更，請先依新的安置修訂個別輔導計畫"


def required(programme: Programme, case: Record | None, rows: tuple[Placement, ...]) -> bool:
    """Whether a pupil's case needs a guidance plan: as long as one placement stands."""
    return case is not None and case.state not in path.GIVEN_UP and bool(rows)


def _rows(ground: Ground) -> tuple[Placement, ...]:
    """Raises `NoPlanNeeded`, `NotApprovedYet`."""
    rows = path.of_year(ground.placements, ground.programme.school_year)
    case = ground.beside.get(CASE)
    if not required(ground.programme, case, rows):
        raise NoPlanNeeded
    assert case is not None
    if case.state not in path.DECIDED:
        raise NotApprovedYet
    return rows


def _write(ground: Ground, form: HandWritten) -> Found:
    path.check_own_school(ground)
    rows = _rows(ground)
    periods = [one.code for one in path.rules_of(ground.programme).igp_periods]
    timetable = form.timetable if isinstance(form.timetable, tuple) else ()
    check_among([one.period for one in timetable], periods, "timetable", "請填寫課表的節次代碼")
    return Found(
        computed=(path.path_computed(ground.programme, rows),),
        fields={
            "path": path.path_of(ground.programme, rows),
            "case_version": ground.beside[CASE].version,
        },
    )


def _revise(ground: Ground, form: RevisePlan) -> Found:
    if not any(name in form.model_fields_set for name in igp_parts.FIELDS):
        raise NotValid("請填寫修訂的項目。", "goals")
    found = _write(ground, form)
    # What became of the placement since may send the plan through other bodies.
    before = _last_written(ground.record)
    same = before is None or before.path == found.fields["path"]
    return replace(found, outcome="same_way" if same else "other_way")


def _last_written(plan: Record | None) -> Any:
    steps = () if plan is None else plan.steps
    return next((one for one in reversed(steps) if one.STEP in igp_parts.WRITING), None)


#: The steps by which a body reviews, and the field with the day on which it met.
_MET_ON = {"committee-reviewed": "committee_met_on", "council-reviewed": "meeting_on"}


def reviewed_on(plan: Record) -> date | None:
    """The day on which a body last met over the plan: the committee, and of a skip the council."""
    for one in reversed(plan.steps):
        if one.STEP in _MET_ON:
            return cast("date", getattr(one, _MET_ON[one.STEP]))
    return None


def outdated(case: Record | None, plan: Record | None) -> bool:
    """Whether the case took a turn after which the plan that there is counts no more."""
    written = _last_written(plan)
    if case is None or written is None:
        return False
    turns = [one.originator_version for step in ANEW for one in case.all(step)]
    return any(one > written.case_version for one in (*turns, *_added(case)))


def _added(case: Record) -> Iterator[int]:
    """The versions of a case at which further subjects came to it."""
    return (one.originator_version for one in case.all(ADDED) if one.outcome == "passed")


def _rows_written_about(ground: Ground) -> tuple[Placement, ...]:
    """Raises `NoPlanNeeded`, `NotApprovedYet`, `PlanOutdated`."""
    rows = _rows(ground)
    if outdated(ground.beside.get(CASE), ground.record):
        raise PlanOutdated
    return rows


def _committee(ground: Ground, form: CommitteeReviewPlan) -> Found:
    path.check_own_school(ground)
    rows = _rows_written_about(ground)
    crossing = bool(path.crossing(ground.programme, rows))
    if missing := igp_parts.missing(ground.record, crossing=crossing):
        raise PartsMissing("請填寫：" + "、".join(missing) + "。")
    if form.committee_result == "failed":
        return Found(outcome="failed")
    return Found(
        outcome=path.path_of(ground.programme, rows),
        computed=(path.path_computed(ground.programme, rows),),
    )


def _pre_review(ground: Ground, form: PreReviewPlan) -> Found:
    """KAO-126: what passed as it was is reviewed by the council on paper, without attendance."""
    rows = _rows_written_about(ground)
    if path.path_of(ground.programme, rows) == "committee":
        return Found()
    return Found(fields={"paper_review": form.pre_review == "passed"})


def _council(ground: Ground, form: CouncilReviewPlan) -> Found:
    _rows_written_about(ground)
    _changes_made(ground)
    return Found(outcome=form.result)


def _changes_made(ground: Ground) -> None:
    """Raises `ChangesNotMade` where nothing was written since a review that asks for changes."""
    assert ground.record is not None
    reviewed, written = ground.record.last("pre-reviewed"), _last_written(ground.record)
    if reviewed is None or reviewed.pre_review != "passed_with_changes" or written is None:
        return
    if written.originator_version < reviewed.originator_version:
        raise ChangesNotMade


def _approve(ground: Ground, form: ApprovePlan) -> Found:
    _rows_written_about(ground)
    return Found()


def papers_of(programme: Programme, case: Record, rows: tuple[Placement, ...]) -> tuple[str, ...]:
    """The kinds of scans that the plan's stage asks of the case (8.4)."""
    if isinstance(programme.uploads, str):
        return ()
    held = {*_upload_cases(programme, case, rows)}
    found = (
        kind
        for one in programme.uploads.required
        if one.stage == STAGE and not held.isdisjoint(one.cases)
        for kind in one.kinds
    )
    return tuple(dict.fromkeys(found))


def _upload_cases(programme: Programme, case: Record, rows: tuple[Placement, ...]) -> Iterator[str]:
    if case.last("placement-replaced") is not None:
        yield "re_placement"
    full = path.is_full_skip(programme, rows)
    for one in rows:
        if one.category is Category.SKIP:
            yield "full_skip" if full else "partial_skip"
        else:
            yield one.category.value


def _upload(ground: Ground, form: UploadPlan) -> Found:
    """Raises `ChangesNotMade`, `SignaturesMissing`, `NotValid`, and `PastClosing` after the last
    day of all."""
    path.check_own_school(ground)
    _changes_made(ground)
    rows = _rows_written_about(ground)
    rules = path.rules_of(ground.programme)
    if missing := rules.igp_signatures.missing(form.signs):
        raise SignaturesMissing("請補上簽章：" + "、".join(missing) + "。")
    case = ground.beside[CASE]
    for kind in papers_of(ground.programme, case, rows):
        field = FIELD_OF.get(kind)
        if field is not None and getattr(form, field) is None:
            raise NotValid(f"請上傳「{UploadPlan.model_fields[field].title}」。", field)
    # What is drawn up anew in the course of the year has no day that was printed for it.
    anew = ground.state == "amended" or any(case.last(one) is not None for one in ANEW)
    assert ground.record is not None
    begun = ground.record.last("drafted").case_version
    anew = anew or any(one > begun for one in _added(case))
    late, computed = (None, ()) if anew else _lateness(ground, rows)
    return Found(late=late, computed=computed)


#: The field in which a kind of scan is named.
FIELD_OF = {"committee_minutes": "minutes_document", "placement_request": "request_document"}
#: Steps of the case after which its plan is a new one.
ANEW = ("placement-replaced", "transfer-received")


def _lateness(
    ground: Ground, rows: tuple[Placement, ...]
) -> tuple[str | None, tuple[Computed, ...]]:
    """KAO-160: late after the day of the own kind, refused after the day the page closes."""
    way = path.path_of(ground.programme, rows)
    rule = next((one for one in path.rules_of(ground.programme).igp_due if one.path == way), None)
    if rule is None:
        return None, ()
    closes = ground.programme.window(rule.closes)
    if standing(closes, ground.now, ground.postponed) == "late":
        raise PastClosing(closes)
    window = ground.programme.window(rule.due)
    late = standing(window, ground.now, ground.postponed) == "late"
    computed = Computed(
        rule="placement_cases.igp_due",
        inputs={"path": way, "day": ground.today.isoformat()},
        threshold=[rule.due, rule.closes],
        outcome="late" if late else "in_time",
    )
    return (effect_of(window) if late else None), (computed,)


_WRITTEN = {"path": str, "case_version": int}

define(PROCESS, "drafted", "擬定個別輔導計畫", DraftPlan, _write, dict(_WRITTEN))
define(PROCESS, "revised", "修訂個別輔導計畫", RevisePlan, _revise, dict(_WRITTEN))
define(PROCESS, "committee-reviewed", "特推會審查計畫", CommitteeReviewPlan, _committee)
define(PROCESS, "pre-reviewed", "預審", PreReviewPlan, _pre_review, {"paper_review": bool})
define(PROCESS, "council-reviewed", "鑑輔會審查計畫", CouncilReviewPlan, _council)
define(PROCESS, "approved", "核定計畫", ApprovePlan, _approve)
define(PROCESS, "final-uploaded", "上傳定稿", UploadPlan, _upload)
