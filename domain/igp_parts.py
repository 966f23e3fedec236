"""The hand-written parts of a guidance plan (F30), and what a revision changed in them.

Parts one to six are filled from the records where these have them; what no record has (marks of
the second semester, analyses, needs, parts seven and eight) is written by hand.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field

from domain.event import Encrypted, Erased
from domain.learning_performance import AreaMarks
from domain.process import OWN, Record, StepForm
from domain.section import SectionData, Text, Word

Weekday = Literal[1, 2, 3, 4, 5]


class Lesson(SectionData):
    """A cell of the timetable; `period` is a code of the programme's."""

    weekday: Weekday = Field(title="星期")
    period: Annotated[str, Field(max_length=20)] = Field(title="節次")
    content: Word = Field(title="內容")


class PlanTeacher(SectionData):
    area: Word = Field(title="領域")
    teacher: Word = Field(title="教師")
    note: Word | None = Field(None, title="備註")


class HandWritten(StepForm):
    """What is written by hand; what is left out stays as it was."""

    target_class: Word | None = Field(None, title="就讀班級")
    placement_class: Word | None = Field(None, title="安置班級")
    class_teacher_name: Encrypted[Word | None] = Field(None, title="級任教師")
    guidance_teachers: Encrypted[tuple[PlanTeacher, ...]] = Field((), title="輔導教師")
    in_gifted_class: bool | None = Field(None, title="資優資源班")
    gifted_class_teacher: Encrypted[Word | None] = Field(None, title="資優資源班導師")
    sem2_marks: Encrypted[tuple[AreaMarks, ...]] = Field((), title="下學期成績")
    strengths_weaknesses: Encrypted[Text | None] = Field(None, title="優、劣勢分析")
    overall_analysis: Encrypted[Text | None] = Field(None, title="學生特質綜合分析")
    special_needs: Encrypted[Text | None] = Field(None, title="特殊教育之需求")
    goals: Encrypted[Text | None] = Field(None, title="目標")
    teaching_focus: Encrypted[Text | None] = Field(None, title="輔導（教學內容）重點")
    timetable: Encrypted[tuple[Lesson, ...]] = Field((), title="學習時間規劃（課表）")
    assessment_methods: Encrypted[Text | None] = Field(None, title="評量方式")
    teachers: Encrypted[tuple[PlanTeacher, ...]] = Field((), title="師資")
    travel_safety: Encrypted[Text | None] = Field(None, title="校外學習安全／交通")
    exemption_fee_note: Encrypted[Text | None] = Field(None, title="免修鐘點費支付")
    adjustments: Encrypted[Text | None] = Field(None, title="調整措施")
    review_notes: Encrypted[Text | None] = Field(None, title="檢討及建議")


#: The hand-written fields, each with its part.
PART_OF = {
    "target_class": "one",
    "placement_class": "one",
    "class_teacher_name": "one",
    "guidance_teachers": "one",
    "in_gifted_class": "one",
    "gifted_class_teacher": "one",
    "sem2_marks": "four",
    "strengths_weaknesses": "four",
    "overall_analysis": "six",
    "special_needs": "six",
    "goals": "seven",
    "teaching_focus": "seven",
    "timetable": "seven",
    "assessment_methods": "seven",
    "teachers": "seven",
    "travel_safety": "seven",
    "exemption_fee_note": "seven",
    "adjustments": "seven",
    "review_notes": "seven",
}
FIELDS = tuple(PART_OF)

#: What must be written before the committee reviews; of pupils who cross into the next stage, the
#: way to and from school, too (KAO-130).
REQUIRED = (
    "strengths_weaknesses",
    "overall_analysis",
    "special_needs",
    "goals",
    "teaching_focus",
    "timetable",
    "assessment_methods",
    "teachers",
)
WHEN_CROSSING = ("travel_safety",)

#: Steps that write, and steps after which a reviewer has seen what was written.
WRITING = ("drafted", "revised")


class Difference(BaseModel, frozen=True):
    """What a revision changed in one field; values as they were said."""

    field: str
    label: str
    part: str
    before: Any
    after: Any


class Revision(NamedTuple):
    version: int
    differences: tuple[Difference, ...]


def label(name: str) -> str:
    return HandWritten.model_fields[name].title or name


def written(record: Record | None) -> dict[str, Any]:
    """What stands in the plan: the newest of each field."""
    said: dict[str, Any] = {}
    for one in () if record is None else record.steps:
        if one.STEP in WRITING:
            said |= {name: value for name, value in one.changed() if name not in OWN}
    return {name: said[name] for name in FIELDS if said.get(name) not in (None, ())}


def missing(record: Record | None, *, crossing: bool) -> tuple[str, ...]:
    """The labels of what must be written and is not."""
    said = written(record)
    wanted = REQUIRED + (WHEN_CROSSING if crossing else ())
    return tuple(label(name) for name in wanted if name not in said)


def revisions(record: Record) -> tuple[Revision, ...]:
    """What each revision changed, the oldest first: the marked difference of the hand-written
    parts (KAO-129)."""
    before: dict[str, Any] = {}
    found: list[Revision] = []
    for one in record.steps:
        if one.STEP not in WRITING:
            continue
        said = {name: value for name, value in one.changed() if name in PART_OF}
        if one.STEP == "revised":
            changed = tuple(
                Difference(
                    field=name,
                    label=label(name),
                    part=PART_OF[name],
                    before=plain(before.get(name)),
                    after=plain(value),
                )
                for name, value in said.items()
                if before.get(name) != value
            )
            found.append(Revision(one.originator_version, changed))
        before |= said
    return tuple(found)


def plain(value: Any) -> Any:
    """A value as JSON has it; what was erased reads so."""
    match value:
        case Erased():
            return str(value)
        case BaseModel():
            return value.model_dump(mode="json")
        case tuple() | list():
            return [plain(one) for one in value]
    return value
