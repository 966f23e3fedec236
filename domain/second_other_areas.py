"""The other areas of a pupil who skips a whole grade (F28, Kaohsiung 3.7)."""

from decimal import Decimal
from uuid import UUID

from pydantic import Field

from domain.application import PROCESS
from domain.application_facts import record_of
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.placement_selection import level_of
from domain.process import Computed, Found, Ground, StepForm, define
from domain.refusal import NotValid, Refusal
from domain.second_eligible import full_skip, verdicts
from domain.second_outcome import whole_of
from domain.second_rows import rules_of
from domain.section import SectionData, Text, Word
from domain.selection import number
from domain.selection_rules import Selection


class NotFullSkip(Refusal):
    CODE = "not-a-full-skip"
    TITLE = "只有全部學科跳級的學生需要其他學習領域評量"


class AreaLevel(SectionData):
    """One area (F28). The level is computed from the score."""

    area: Word = Field(title="學習領域")
    assessed_grade: int = Field(title="評量年級")
    score: Decimal = Field(title="量化評量成績")
    level: Word | None = Field(None, title="量化評量等第")
    qualitative: Text = Field(title="質性評量")
    assessor: Word = Field(title="評估者")
    assessed_on: WrittenDate = Field(title="評估日期")


class AssessOtherAreas(StepForm):
    areas: Encrypted[tuple[AreaLevel, ...]] = Field(title="其他學習領域評量", min_length=1)
    with_next_school: bool = Field(False, title="國中協助評量")
    other_area_form_document: UUID | None = Field(None, title="其他學習領域評量表")


def _assess(ground: Ground, form: AssessOtherAreas) -> Found:
    """Every other area, of the grade that is jumped over; no level fails by itself (KAO-166)."""
    record, rules = record_of(ground), rules_of(ground)
    if full_skip(record) not in ("complete", "pending_council"):
        raise NotFullSkip
    over = whole_of(ground, verdicts(record)).value.assessed_grade
    areas = form.areas if isinstance(form.areas, tuple) else ()
    if any(one.assessed_grade != over for one in areas):
        raise NotValid(f"請評量跳過的年級：{over} 年級。", "areas")
    if any(not 0 <= one.score <= 100 for one in areas):
        raise NotValid("成績請填 0 至 100。", "areas")
    named = [one.area for one in areas]
    if {*named} != {*rules.full_skip.other_areas} or len({*named}) != len(named):
        wanted = "、".join(rules.full_skip.other_areas)
        raise NotValid(f"請評量每個其他學習領域各一次：{wanted}。", "areas")
    levelled = tuple(
        one.model_copy(update={"level": level_of(rules, int(one.score)).name}) for one in areas
    )
    levels = tuple(
        Computed(
            rule="selection.full_skip.levels",
            inputs={"area": one.area, "score": number(one.score)},
            outcome=str(one.level),
        )
        for one in levelled
    )
    return Found(
        computed=(*levels, _assessed_by(rules, over, form.with_next_school)),
        fields={"areas": levelled},
    )


def _assessed_by(rules: Selection, grade: int | None, with_next_school: bool) -> Computed:
    """Who assesses a grade, and whether the next school was there where it must (X-12): a school
    that was not asked is flagged, the council judges."""
    rule = next((one for one in rules.full_skip.assessors if grade in one.assessed_grades), None)
    needed = rule is not None and (rule.with_next_school or rule.by == "next_school")
    return Computed(
        rule="selection.full_skip.assessors",
        inputs={"assessed_grade": grade, "with_next_school": with_next_school},
        threshold=None if rule is None else rule.by,
        branch="next_school_needed" if needed else "own_school",
        outcome="next-school-not-there" if needed and not with_next_school else "as_ruled",
    )


define(PROCESS, "other-areas-assessed", "其他學習領域評量", AssessOtherAreas, _assess)
