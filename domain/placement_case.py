"""A pupil's placement case: from the filled rows to the decision, its start and its end.

One per pupil and programme (Kaohsiung 2.3). The subjects, grades and categories are the placements
themselves (`domain.placement`); the case says what the bodies did with them.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from domain import labels, learning_performance
from domain import placement_path as path
from domain.application_facts import check_county
from domain.calendar import WrittenDate
from domain.event import Encrypted, Event
from domain.learning_performance import EnterPerformance, missing_adaptation
from domain.organisation import Stage
from domain.placement import Outcome, Placement, PlacementEnded
from domain.placement_judging import Row
from domain.placement_known import page_of
from domain.placement_words import CASE, CASE_CODES
from domain.process import Found, Ground, StepForm, define, evolving, process
from domain.refusal import NotValid, Refusal
from domain.rules import check_among
from domain.section import Text, Word

PROCESS = "placement_case"

process(PROCESS, PROCESS)
labels.name_more(PROCESS, CASE, CASE_CODES)
evolve = evolving(PROCESS)

Passed = Literal["passed", "failed"]
Verdict = Literal["passed", "refused"]


class OpenCase(StepForm):
    """A case of stage four, of a pupil tested this year or one placed already."""


class ReviewPlacement(StepForm):
    """What the committee, or the group that acts for it, says of the application (F24)."""

    committee_result: Passed = Field(title="特推會（資優小組）審查結果")
    committee_met_on: WrittenDate = Field(title="會議日期")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")
    committee_remarks: Encrypted[Text | None] = Field(None, title="審查意見")
    remark: Encrypted[Word | None] = Field(None, title="備註", description="印在鑑定安置名冊。")


class SubmitPlacement(StepForm):
    next_school_id: UUID | None = Field(None, title="銜接的學校", description="跨階段安置者必填。")
    other_area_document: UUID | None = Field(None, title="其他學習領域評量表")
    request_document: UUID | None = Field(None, title="重新/放棄安置申請書")


class DeskReview(StepForm):
    comments: Encrypted[Text] = Field(title="書面審查意見")


class DeskReviewClear(StepForm):
    comments: Encrypted[Text | None] = Field(None, title="書面審查意見")


class Deliberate(StepForm):
    """What the body says that decides on the categories of the case."""

    result: Verdict = Field(title="審議結果")
    meeting_on: WrittenDate = Field(title="會議日期")
    refused_areas: tuple[Word, ...] = Field((), title="未通過的科目")
    deliberation: Encrypted[Text | None] = Field(None, title="審議意見")


class AuthorityAct(StepForm):
    """The authority's final act: an approval, a filing for the record, or a refusal."""

    decided_on: WrittenDate | None = Field(None, title="核定或備查日期")
    letter_number: Word | None = Field(None, title="鑑定結果依據文號")
    letter_date: WrittenDate | None = Field(None, title="發文日期")
    comments: Encrypted[Text | None] = Field(None, title="書面審查意見")


class NotifyDecision(StepForm):
    letter_number: Word = Field(title="鑑定結果依據文號")
    letter_date: WrittenDate = Field(title="發文日期")
    next_school_id: UUID | None = Field(None, title="銜接的學校", description="跨階段安置者必填。")


class StartPlacement(StepForm):
    effective_on: WrittenDate | None = Field(
        None, title="生效日期", description="學期起日；不填時為決定後的第一個學期起日。"
    )


class AdaptationMissing(Refusal):
    """KAO-156: social adaptation is told before a skip goes to the council."""

    CODE = "social-adaptation-missing"
    TITLE = "提鑑輔會審議前，請先填寫學習表現的社會適應各項"


class RowNotCarried(Refusal):
    """A result was corrected after the row was filled in: nothing leads to it any more."""

    CODE = "placement-row-not-carried"
    TITLE = "測驗結果或歷年安置已變更，不能再申請這項安置"


class CouncilDecides(Refusal):
    """A subject came to a case of the school's committee, or changed, which the council decides."""

    CODE = "council-decides"
    TITLE = "這個案件有須經鑑輔會審議的科目"


class StartTooEarly(Refusal):
    CODE = "placement-starts-later"
    TITLE = "還沒有到安置生效的日期"


class NotThisAct(Refusal):
    """The authority's act is not the one that the categories of the case need."""

    CODE = "not-this-act"
    TITLE = "這個案件的安置類別不是以這種方式決定"


def _open(ground: Ground, form: OpenCase) -> Found:
    path.check_own_school(ground)
    check_county(ground)
    assert ground.student is not None
    return Found(fields={"current_grade": ground.student.grade})


def _review(ground: Ground, form: ReviewPlacement) -> Found:
    path.check_own_school(ground)
    rows = path.rows_of(ground)
    return Found(
        outcome=form.committee_result, computed=(path.path_computed(ground.programme, rows),)
    )


def _submit(ground: Ground, form: SubmitPlacement) -> Found:
    path.check_own_school(ground)
    rows = path.rows_of(ground)
    check_carried(ground, rows)
    if path.crossing(ground.programme, rows):
        check_next_school(ground, form.next_school_id)
    return Found(
        outcome=path.path_of(ground.programme, rows),
        computed=(path.path_computed(ground.programme, rows),),
    )


def check_carried(ground: Ground, rows: Iterable[Placement]) -> None:
    """Whether every row of the page is still offered by what stands on record now. Raises
    `RowNotCarried` with what is to be done."""
    application = ground.beside.get("application")
    if application is None:
        return
    for row in rows:
        page = page_of(
            ground.programme, ground.rules, application, ground.placements, row.placement_id
        )
        if page is None or row.programme is None or page.carries(Row.of(row)):
            continue
        raise RowNotCarried(
            f"「{row.area}」的測驗結果或歷年安置已變更，不能再申請這項安置；"
            "請先修正或刪除這一列，或由審議單位列為未通過的科目。"
        )


def check_next_school(ground: Ground, school: UUID | None) -> None:
    if school is None:
        assert ground.record is not None
        if not any(one.next_school_id for one in ground.record.steps):
            raise NotValid("安置年級在下一個階段，請選擇銜接的學校。", "next_school_id")
        return
    path.check_school(ground, "next_school_id", school, Stage.JUNIOR_HIGH)


def _nothing(ground: Ground, form: Any) -> Found:
    return Found()


def _clear(ground: Ground, form: DeskReviewClear) -> Found:
    _check_body(ground)
    if path.path_of(ground.programme, path.rows_of(ground)) == "council":
        check_adaptation(ground)
    return Found()


def _check_body(ground: Ground) -> None:
    """What is decided for the record alone holds no row of the council's: it may have been filled
    in after the case was handed in. Raises `CouncilDecides`."""
    if ground.state not in ("submitted_committee", "before_committee"):
        return
    council = [
        one.area
        for one in path.rows_of(ground)
        if path.path_of(ground.programme, [one]) == "council"
    ]
    if council:
        raise CouncilDecides(
            f"「{'、'.join(council)}」須經鑑輔會審議；請承辦學校退回補正後重新送件，"
            "或由學校修正或刪除這一列。"
        )


def check_adaptation(ground: Ground) -> None:
    """Raises `AdaptationMissing`."""
    assert ground.record is not None
    if missing := missing_adaptation(ground.record):
        raise AdaptationMissing("請先填寫學習表現的：" + "、".join(missing) + "。")


def _deliberate(ground: Ground, form: Deliberate) -> Found:
    path.check_own_school(ground)
    _check_body(ground)
    rows = path.rows_of(ground)
    areas = [one.area for one in rows]
    check_among(form.refused_areas, areas, "refused_areas", path.OF_THE_CASE)
    if form.result == "passed" and {*areas} <= {*form.refused_areas}:
        raise NotValid("所有科目都未通過時，審議結果請選擇未通過。", "result")
    if form.result == "passed":
        check_carried(ground, [one for one in rows if one.area not in form.refused_areas])
    council = path.rules_of(ground.programme).council
    body = council if ground.state == "before_council" else "school_committee"
    return Found(
        outcome=form.result,
        computed=(path.path_computed(ground.programme, rows),),
        fields={"body": body},
        events=ended(
            ground,
            [one for one in rows if form.result == "refused" or one.area in form.refused_areas],
            "refused",
        ),
    )


def _approve(ground: Ground, form: AuthorityAct) -> Found:
    return _act(ground, form, "approved", "placement-noted", "noted")


def _note(ground: Ground, form: AuthorityAct) -> Found:
    return _act(ground, form, "noted", "placement-approved", "approved")


def _act(ground: Ground, form: AuthorityAct, act: str, other_step: str, other: str) -> Found:
    rows = path.rows_of(ground)
    needed = path.acts_needed(ground.programme, rows)
    if act not in needed:
        raise NotThisAct
    assert ground.record is not None
    waits = other in needed and ground.record.last(other_step) is None
    return Found(
        outcome="waiting" if waits else "decided",
        computed=(path.path_computed(ground.programme, rows),),
        fields={"decided_on": form.decided_on or ground.today},
    )


def _refuse(ground: Ground, form: AuthorityAct) -> Found:
    return Found(
        fields={"decided_on": form.decided_on or ground.today},
        events=ended(ground, path.rows_of(ground), "refused"),
    )


def _notify(ground: Ground, form: NotifyDecision) -> Found:
    if ground.state == "decided" and path.crossing(ground.programme, path.rows_of(ground)):
        check_next_school(ground, form.next_school_id)
    return Found()


def starts_on(ground: Ground, rows: Sequence[Placement]) -> date:
    """The day of the semester after the authority's last act, before which nothing starts; where
    all that stands was decided on after the case, the earliest day of these."""
    own = [one.starts_on for one in rows if one.starts_on is not None]
    if len(own) == len(rows):
        return min(own)
    assert ground.record is not None
    acts = [ground.record.last(one) for one in ("placement-approved", "placement-noted")]
    days: list[date] = [one.decided_on for one in acts if one is not None]
    return path.starts_from(ground.programme, max(days)).starts


def _start(ground: Ground, form: StartPlacement) -> Found:
    """KAO-163: the year adjustment takes effect at the start of a semester."""
    path.check_own_school(ground)
    earliest = starts_on(ground, path.rows_of(ground))
    effective = form.effective_on or earliest
    path.check_semester_start(ground.programme, effective)
    if effective < earliest:
        raise StartTooEarly("安置在決定之後的學期起日才能生效。")
    if ground.today < effective:
        raise StartTooEarly
    return Found(fields={"effective_on": effective})


def ended(ground: Ground, rows: Iterable[Placement], outcome: Outcome) -> tuple[Event, ...]:
    """What becomes of rows that a body did not let pass, that were given up, or left."""
    assert ground.record is not None
    return tuple(
        PlacementEnded(
            originator_id=one.placement_id,
            originator_version=one.version + 1,
            by=ground.actor.account_id,
            capacity=ground.actor.capacity,
            student_id=one.student_id,
            outcome=outcome,
            request_id=ground.record.record_id,
        )
        for one in rows
    )


OPENED = define(PROCESS, "opened", "開案", OpenCase, _open, {"current_grade": int})
define(PROCESS, "committee-reviewed", "特推會（資優小組）審查", ReviewPlacement, _review, version=2)
define(
    PROCESS,
    learning_performance.STEP,
    "填寫學習表現",
    EnterPerformance,
    learning_performance.enter,
)
define(PROCESS, "submitted", "送件", SubmitPlacement, _submit)
define(PROCESS, "desk-review-returned", "書面審查退回補正", DeskReview, _nothing)
define(PROCESS, "desk-review-cleared", "書面審查通過", DeskReviewClear, _clear)
define(PROCESS, "placement-deliberated", "安置審議", Deliberate, _deliberate, {"body": str})
define(PROCESS, "placement-approved", "核定", AuthorityAct, _approve)
define(PROCESS, "placement-noted", "備查", AuthorityAct, _note)
define(PROCESS, "placement-refused", "不予核定", AuthorityAct, _refuse)
define(PROCESS, "notified", "函知結果", NotifyDecision, _notify)
define(PROCESS, "placement-started", "安置生效", StartPlacement, _start)
