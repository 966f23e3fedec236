"""Tracking reports of placed pupils, one for each semester (F31): one record per pupil and
programme, whose calendar also holds reports of pupils placed under an earlier programme."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from domain import placement_path as path
from domain.calendar import WrittenDate
from domain.case_rules import SemesterNumber, TrackingRule
from domain.event import Encrypted
from domain.learning_performance import AreaMarks
from domain.placement import Category, Status
from domain.placement_transfer import SignaturesMissing
from domain.process import Computed, Found, Ground, Record, StepForm, define, evolving, process
from domain.process_step import effect_of
from domain.programme_data import NONE, Code
from domain.programme_rules import Programme
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.section import SectionData, Text, Word
from domain.window import standing

PROCESS = "tracking"
STEP = "report-uploaded"

process(PROCESS, "placement_case")
evolve = evolving(PROCESS)


#: The four of the statute, as the report has them to tick.
StatutoryType = Literal["exemption", "acceleration", "partial_skip", "full_skip"]


class TrackedArea(SectionData):
    area: Word = Field(title="領域")
    grade: int = Field(ge=1, le=12, title="年級")
    category: Category = Field(title="安置類別")


class UploadReport(StepForm):
    """A semester's report; the paper stays at the school, its scan is uploaded."""

    school_year: int = Field(ge=1, le=999, title="學年度")
    semester: SemesterNumber = Field(title="學期")
    filled_on: WrittenDate | None = Field(None, title="填表日期")
    register_class: Word | None = Field(None, title="目前學籍班級")
    placement_class: Word | None = Field(None, title="縮修安置班級")
    type: StatutoryType | None = Field(None, title="縮短修業年限類別")
    area_grades: tuple[TrackedArea, ...] = Field((), title="領域科目")
    guidance_teacher: Encrypted[Word | None] = Field(None, title="輔導教師")
    is_external: bool | None = Field(None, title="外聘")
    period_from: WrittenDate | None = Field(None, title="輔導計畫追蹤期（起）")
    period_to: WrittenDate | None = Field(None, title="輔導計畫追蹤期（迄）")
    previous_totals: Encrypted[tuple[AreaMarks, ...]] = Field((), title="上學期總成績")
    learning: Encrypted[Text | None] = Field(None, title="學生整體學習表現")
    adaptive_behaviour: Encrypted[Text | None] = Field(None, title="學生適應行為表現")
    class_teacher_advice: Encrypted[Text | None] = Field(None, title="教師教學具體建議（導師）")
    subject_teacher_advice: Encrypted[Text | None] = Field(
        None, title="教師教學具體建議（各科／輔導教師）"
    )
    guardian_advice: Encrypted[Text | None] = Field(None, title="家長建議")
    tracking_report_document: UUID = Field(title="追蹤報告表掃描檔")
    report_signs: tuple[Code, ...] = Field((), title="報告表簽章")


class NotTracked(Refusal):
    CODE = "tracking-not-due"
    TITLE = "計畫中沒有這個學期的追蹤報告"


class NotPlaced(Refusal):
    CODE = "not-placed-that-year"
    TITLE = "這位學生在這個學年度沒有安置"


Standing = Literal["uploaded", "late", "missing", "due"]


def due(programme: Programme, school_year: int, semester: int) -> TrackingRule | None:
    """The rule of a semester's report, if this programme's calendar has it."""
    return next(
        (
            one
            for one in path.rules_of(programme).tracking
            if (one.school_year, one.semester) == (school_year, semester)
        ),
        None,
    )


def uploaded(record: Record | None, school_year: int, semester: int) -> bool:
    reports = () if record is None else record.all(STEP)
    return any((one.school_year, one.semester) == (school_year, semester) for one in reports)


#: What became of a placement that had been in force.
_LEFT = (Status.RETURNED, Status.ABANDONED, Status.SUPERSEDED)


def _held(ground: Ground, school_year: int, semester: int) -> bool:
    """Whether a placement held in a semester: one in force, or one that had begun by its end and
    was left. By when it was left is asked of a return alone, which says its semester; who owes a
    report is the list's to say (`domain.placement_held`)."""
    if path.of_year(ground.placements, school_year):
        return True
    left = any(one.status in _LEFT and one.school_year == school_year for one in ground.placements)
    case = ground.beside.get("placement_case")
    begun = path.rules_of(ground.programme).semester(school_year, semester)
    if not left or case is None or begun is None:
        return left
    back = case.last("returned-to-original-grade")
    if back is not None and back.effective_on <= begun.starts:
        return False
    starts = [one.effective_on for one in case.all("placement-started")]
    return school_year != ground.programme.school_year or any(one <= begun.ends for one in starts)


def _upload(ground: Ground, form: UploadReport) -> Found:
    """Raises `NotTracked`, `NotPlaced`, `ReasonRequired` for a second one of the semester, and
    `SignaturesMissing`."""
    path.check_own_school(ground)
    rule = due(ground.programme, form.school_year, form.semester)
    if rule is None:
        raise NotTracked
    if not _held(ground, form.school_year, form.semester):
        raise NotPlaced
    if uploaded(ground.record, form.school_year, form.semester) and form.reason is None:
        raise ReasonRequired
    signed = path.rules_of(ground.programme).tracking_signatures
    if signed != NONE and (missing := signed.missing(form.report_signs)):
        raise SignaturesMissing("請補上簽章：" + "、".join(missing) + "。")
    if form.period_from and form.period_to and form.period_to < form.period_from:
        raise NotValid("追蹤期間的迄日不可早於起日。", "period_to")
    window = ground.programme.window(rule.window)
    late = standing(window, ground.now, ground.postponed) == "late"
    return Found(
        late=effect_of(window) if late else None,
        computed=(
            Computed(
                rule="placement_cases.tracking",
                inputs={"school_year": form.school_year, "semester": form.semester},
                threshold=rule.window,
                outcome="late" if late else "in_time",
            ),
        ),
    )


define(PROCESS, STEP, "上傳追蹤報告", UploadReport, _upload, version=3)
