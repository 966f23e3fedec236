"""What becomes of a placement while it lasts: difficulties, a return, tasks, who pays (3.11, 2.6).

Steps of the case of `domain.placement_case`.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from domain import placement_path as path
from domain.application_facts import selection_of, value
from domain.calendar import WrittenDate
from domain.case_rules import SemesterNumber
from domain.event import Encrypted
from domain.placement import Category
from domain.placement_case import PROCESS, Verdict, ended
from domain.process import Found, Ground, Record, StepForm, define
from domain.programme_data import Code
from domain.refusal import NotValid, Refusal
from domain.rules import check_among
from domain.second_eligible import registered
from domain.section import Text, Word


class FindDifficulty(StepForm):
    difficulty: Encrypted[Text] = Field(title="適應困難情形")


class NotifyGuardian(StepForm):
    guardian_notified_on: WrittenDate = Field(title="通知法定代理人日期")
    notice: Encrypted[Text | None] = Field(None, title="通知內容")


class HoldCaseMeeting(StepForm):
    meeting_on: WrittenDate = Field(title="會議日期")
    meeting_result: Encrypted[Text] = Field(title="個案會議決議")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")


class ResolveDifficulty(StepForm):
    follow_up: Encrypted[Text | None] = Field(None, title="後續輔導")


class ProposeReturn(StepForm):
    """The committee passed that the pupil goes back, by whole semesters (KAO-134)."""

    committee_met_on: WrittenDate = Field(title="會議日期")
    return_areas: tuple[Word, ...] = Field(min_length=1, title="回歸原年級的科目")
    return_school_year: int = Field(ge=1, le=999, title="回歸的學年度")
    return_semester: SemesterNumber = Field(title="回歸的學期")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")


class DeliberateReturn(StepForm):
    result: Verdict = Field(title="審議結果")
    meeting_on: WrittenDate = Field(title="會議日期")
    deliberation: Encrypted[Text | None] = Field(None, title="審議意見")


class ReturnToGrade(StepForm):
    """The pupil is in the original grade again."""


class DoTask(StepForm):
    task: Code = Field(title="工作項目")
    done_on: WrittenDate = Field(title="完成日期")
    task_note: Encrypted[Text | None] = Field(None, title="辦理情形")


class RequestSubsidy(StepForm):
    """Special Education Act, article 41: of pupils with disabilities or in need."""

    subsidy_status: Encrypted[Code] = Field(title="補助資格")
    subsidy_areas: tuple[Word, ...] = Field(min_length=1, title="申請補助的科目")
    explanation: Encrypted[Text] = Field(title="申請說明")
    status_document: UUID | None = Field(None, title="資格證明")


class DecideSubsidy(StepForm):
    subsidy_result: Literal["granted", "refused"] = Field(title="補助審核結果")
    letter_number: Word | None = Field(None, title="鑑定結果依據文號")
    letter_date: WrittenDate | None = Field(None, title="發文日期")


class ApprovePayment(StepForm):
    """The guardians find and pay the teacher; the committee has approved it (guideline 9)."""

    committee_met_on: WrittenDate = Field(title="會議日期")
    payment_areas: tuple[Word, ...] = Field(min_length=1, title="自聘自付的科目")
    payment_note: Encrypted[Text | None] = Field(None, title="師資與費用說明")


class PlanNotRevised(Refusal):
    """KAO-133: the guidance plan is revised after the meeting, before anything else."""

    CODE = "igp-not-revised"
    TITLE = "請先依個案會議的決議修訂個別輔導計畫"


class ReturnTooEarly(Refusal):
    """Until the semester of the return begins, the placement holds."""

    CODE = "return-starts-later"
    TITLE = "還沒有到回歸原年級的學期起日"


class NoSuchTask(NotValid):
    CODE = "no-such-task"
    TITLE = "這位學生沒有這個工作項目"


class SubsidyNotForStatus(Refusal):
    """KAO-157: other pupils' guardians pay, with the committee's approval."""

    CODE = "subsidy-not-for-status"
    TITLE = "這個身分不能申請補助；由法定代理人自付，並由特推會審議通過"


class NotExempt(Refusal):
    CODE = "placement-not-exempt"
    TITLE = "只有免修或加速的科目才有個別輔導費用"


def _nothing(ground: Ground, form: Any) -> Found:
    return Found()


def plan_revised_after(ground: Ground, step: str) -> bool:
    """Whether the guidance plan was drafted or revised after the newest such step of the case."""
    plan = ground.beside.get("igp_document")
    since = None if ground.record is None else ground.record.last(step)
    if plan is None or since is None:
        return False
    versions = [one.case_version for one in (*plan.all("drafted"), *plan.all("revised"))]
    return any(one >= since.originator_version for one in versions)


def _after_meeting(ground: Ground) -> None:
    if not plan_revised_after(ground, "case-meeting-held"):
        raise PlanNotRevised


def _resolve(ground: Ground, form: ResolveDifficulty) -> Found:
    _after_meeting(ground)
    return Found()


def _propose(ground: Ground, form: ProposeReturn) -> Found:
    path.check_own_school(ground)
    _after_meeting(ground)
    rows = path.rows_of(ground)
    check_among(form.return_areas, [one.area for one in rows], "return_areas", path.OF_THE_CASE)
    semester = path.rules_of(ground.programme).semester(
        form.return_school_year, form.return_semester
    )
    if semester is None:
        raise NotValid("計畫中沒有這個學期。", "return_semester")
    returning = [one for one in rows if one.area in form.return_areas]
    return Found(
        outcome=path.path_of(ground.programme, returning),
        computed=(path.path_computed(ground.programme, returning),),
        fields={"effective_on": semester.starts},
    )


def _deliberate(ground: Ground, form: DeliberateReturn) -> Found:
    return Found(outcome=form.result)


def _return(ground: Ground, form: ReturnToGrade) -> Found:
    path.check_own_school(ground)
    assert ground.record is not None
    proposed = ground.record.last("return-proposed")
    if ground.today < proposed.effective_on:
        raise ReturnTooEarly
    rows = path.rows_of(ground)
    returning = [one for one in rows if one.area in proposed.return_areas]
    return Found(
        outcome="part" if len(returning) < len(rows) or path.awaiting(ground) else "all",
        events=ended(ground, returning, "returned"),
        fields={
            "return_areas": proposed.return_areas,
            "return_school_year": proposed.return_school_year,
            "return_semester": proposed.return_semester,
            "effective_on": proposed.effective_on,
        },
    )


def _task(ground: Ground, form: DoTask) -> Found:
    path.check_own_school(ground)
    assert ground.record is not None
    known = path.tasks_of(
        ground.programme, path.rows_of(ground), {}, **aims_of(ground.beside.get("application"))
    )
    if form.task not in {one.code for one in known}:
        raise NoSuchTask(field="task")
    return Found()


def aims_of(application: Record | None) -> dict[str, Any]:
    """What of an application the tasks follow from: the types as registered last, and whether the
    district's junior high is a controlled one, as it was said last (2.7)."""
    return {
        "types": {one.subject: one.registration_type for one in registered(application)},
        "controlled": application is not None and bool(value(application, "controlled_enrolment")),
    }


_LIGHTER = (Category.EXEMPTION, Category.ACCELERATION)


def _lighter_areas(ground: Ground, areas: tuple[str, ...], field: str) -> None:
    """Raises `NotExempt`, `NotValid`."""
    lighter = [one.area for one in path.rows_of(ground) if one.category in _LIGHTER]
    if not lighter:
        raise NotExempt
    check_among(areas, lighter, field, "請填寫免修或加速的科目")


def _subsidy(ground: Ground, form: RequestSubsidy) -> Found:
    path.check_own_school(ground)
    _lighter_areas(ground, form.subsidy_areas, "subsidy_areas")
    if form.subsidy_status not in selection_of(ground.programme).subsidy.statuses:
        raise SubsidyNotForStatus
    return Found()


def _payment(ground: Ground, form: ApprovePayment) -> Found:
    path.check_own_school(ground)
    _lighter_areas(ground, form.payment_areas, "payment_areas")
    return Found()


_RETURNED: dict[str, Any] = {
    "effective_on": date,
    "return_areas": tuple[str, ...],
    "return_school_year": int,
    "return_semester": int,
}

define(PROCESS, "difficulty-found", "發現適應困難", FindDifficulty, _nothing)
define(PROCESS, "guardian-notified", "通知法定代理人", NotifyGuardian, _nothing)
define(PROCESS, "case-meeting-held", "召開個案會議", HoldCaseMeeting, _nothing)
define(PROCESS, "difficulty-resolved", "適應困難已改善", ResolveDifficulty, _resolve)
define(
    PROCESS,
    "return-proposed",
    "特推會通過回歸原年級",
    ProposeReturn,
    _propose,
    {"effective_on": date},
)
define(PROCESS, "return-deliberated", "審議回歸原年級", DeliberateReturn, _deliberate)
define(PROCESS, "returned-to-original-grade", "回歸原年級", ReturnToGrade, _return, dict(_RETURNED))
define(PROCESS, "task-done", "完成轉銜工作", DoTask, _task)
define(PROCESS, "subsidy-requested", "申請補助", RequestSubsidy, _subsidy)
define(PROCESS, "subsidy-decided", "審核補助", DecideSubsidy, _nothing)
define(PROCESS, "guardian-payment-approved", "通過自聘自付", ApprovePayment, _payment)
