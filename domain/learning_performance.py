"""學習表現 (F26): what teachers and the family say of a pupil, in two voices, for the case.

It may be entered in parts; what was said before is corrected with a reason.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from domain import placement_path as path
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.process import OWN, Found, Ground, Record, StepForm
from domain.refusal import ReasonRequired
from domain.section import SectionData, Text, Word

STEP = "learning-performance-entered"

Mark = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


class AreaMarks(SectionData):
    """The marks of an area; those of the second semester may wait."""

    area: Word = Field(title="領域")
    grade: Annotated[int, Field(ge=1, le=12)] = Field(title="年級")
    sem1: Mark | None = Field(None, title="上學期")
    sem2: Mark | None = Field(None, title="下學期")


class Achievement(SectionData):
    area: Word = Field(title="科目領域")
    date: WrittenDate | None = Field(None, title="日期")
    result: Text = Field(title="結果")


class EnterPerformance(StepForm):
    """Teachers say section 貳, the family 參; both speak of stress and of self-management."""

    achievement: Encrypted[tuple[AreaMarks, ...]] = Field((), title="學業成就")
    interest: Encrypted[Text | None] = Field(None, title="學習興趣")
    strengths: Encrypted[Text | None] = Field(None, title="學習特長分析")
    teacher_comment: Encrypted[Text | None] = Field(None, title="評語及建議")
    home_life: Encrypted[Text | None] = Field(None, title="家居生活")
    home_study: Encrypted[Text | None] = Field(None, title="在家學習")
    parent_child: Encrypted[Text | None] = Field(None, title="親子互動")
    parenting: Encrypted[Text | None] = Field(None, title="管教態度")
    extra_courses: Encrypted[Text | None] = Field(None, title="課外學習活動安排")
    peer_interaction: Encrypted[Text | None] = Field(None, title="與同儕團體互動情形（教師）")
    life_adaptation: Encrypted[Text | None] = Field(None, title="生活適應情形（家長）")
    stress_teacher: Encrypted[Text | None] = Field(None, title="壓力調適情形（教師）")
    stress_family: Encrypted[Text | None] = Field(None, title="壓力調適情形（家長）")
    self_mgmt_teacher: Encrypted[Text | None] = Field(None, title="自我管理情形（教師）")
    self_mgmt_family: Encrypted[Text | None] = Field(None, title="自我管理情形（家長）")
    special_achievements: Encrypted[tuple[Achievement, ...]] = Field((), title="特殊表現")


#: The fields, and of them those that tell of social adaptation.
FIELDS = tuple(one for one in EnterPerformance.model_fields if one not in StepForm.model_fields)
ADAPTATION = (
    "peer_interaction",
    "life_adaptation",
    "stress_teacher",
    "stress_family",
    "self_mgmt_teacher",
    "self_mgmt_family",
)


def told(record: Record | None) -> dict[str, Any]:
    """What has been said, the newest of each field."""
    said: dict[str, Any] = {}
    for one in () if record is None else record.all(STEP):
        said |= {name: value for name, value in one.changed() if name not in OWN}
    return said


def missing_adaptation(record: Record) -> tuple[str, ...]:
    """The labels of social adaptation that nobody has filled in yet."""
    said = told(record)
    return tuple(
        EnterPerformance.model_fields[name].title or name
        for name in ADAPTATION
        if said.get(name) is None
    )


def enter(ground: Ground, form: EnterPerformance) -> Found:
    """Raises `ReasonRequired` where something said before is said otherwise."""
    path.check_own_school(ground)
    before = told(ground.record)
    given = {name: getattr(form, name) for name in FIELDS if name in form.model_fields_set}
    if form.reason is None and any(before.get(one, given[one]) != given[one] for one in given):
        raise ReasonRequired
    return Found()
