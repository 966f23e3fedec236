"""Tells a ledger what stands in a student's plan: every section, with rows, as its saves record."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from domain.capacity import Capacity
from domain.organisation import Stage
from domain.section import Section
from domain.section_record import record_id
from domain.sections import SECTIONS
from ledger.ledger import Ledger, Recorded

#: The fields of each section that has one record for a year or a stage, its rows apart.
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "transition": {
        "grade": 4,
        "school_name": "苓雅示範國小",
        "class_name": "四年甲班",
        "class_type": "gifted_resource",
        "homeroom_teacher_name": "李導師",
        "enrolled_from": date(2020, 8, 1),
    },
    "identification": {},
    "career_interest": {},
    "interest_analysis": {
        "interests": ("reading", "puzzles"),
        "interests_other": ("science",),
        "interests_other_note": {"science": "觀察昆蟲"},
    },
    "awards": {},
    "strengths_weaknesses": {
        "cognitive": {"observation": "strength", "memory": "weakness"},
        "academic": {"mathematics": "strength"},
        "other_ticked": ("cognitive:strength",),
        "other_note": {"cognitive:strength": "空間推理"},
    },
    "needs_assessment": {
        "needs": {"domain_learning_courses": ("enrichment",)},
        "guidance_recommendations": "加深加廣數學課程，並安排專題研究。\n每月檢視一次。",
    },
    "annual_goal": {"goal_text": "完成一項數學專題研究", "teaching_model": "enrichment_triad"},
}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "identification": {
        "test_name": "數學性向測驗",
        "test_date": date(2023, 3, 4),
        "result": "T 分數 72",
    },
    "career_interest": {"instrument": "interest_inventory", "result": "研究型"},
    "awards": {"event_name": "縣市科學展覽", "prize": "特優", "award_date": date(2023, 6, 1)},
    "course_goal": {
        "component": "type_1_general_exploration",
        "learning_performance": "n-II-1 理解一億以內數的位值結構",
        "assessment_methods": ("oral", "作品"),
    },
}


class PlanStory:
    """Each method records what one save would, as `by` in the capacity of a case manager."""

    def __init__(self, ledger: Ledger, student: UUID, by: UUID, year: int = 112) -> None:
        self._ledger, self._student, self._by, self._year = ledger, student, by, year
        self._versions: Counter[UUID] = Counter()
        self.stage = Stage.ELEMENTARY
        self.last: Recorded | None = None

    def everything(self, rows: int = 2, teacher: UUID | None = None) -> dict[str, UUID]:
        """Every section but the school year's own record; returns the ids of the records."""
        made = {code: self.section(code, rows) for code in FIELDS}
        made["course_goal"] = self.course(teacher or self._by, rows)
        made["meeting"] = self.meeting()
        made["replacement"] = self.entry(
            "replacement", assessed_needs="需要更高層次的數學課程", outcome="改安置於資優資源班"
        )
        return made

    def section(self, code: str, rows: int = 0) -> UUID:
        """A record of a section with one for a year or a stage."""
        section = SECTIONS[code]
        key = self._year if section.per == "year" else self.stage
        made = record_id(section, self._student, key)
        self.record(section, made, **FIELDS[code])
        for _ in range(rows if section.groups and code in ROWS else 0):
            self.row(code, made)
        return made

    def course(self, teacher: UUID, rows: int = 0, **fields: Any) -> UUID:
        content = {"subject": "mathematics", "course_name": "數學專題", "semester": "first"}
        made = self.entry("course_goal", **content | {"teachers": (teacher,)} | fields)
        for _ in range(rows):
            self.row("course_goal", made)
        return made

    def meeting(self, **fields: Any) -> UUID:
        content = {
            "held_at": datetime(2023, 7, 10, 5, 30, tzinfo=UTC),
            "topic": "期初會議",
            "purpose": "討論課程安排",
            "recorder_name": "吳組長",
            "participants": ("林個管", "家長代表"),
            "content": "決議加深數學課程。",
        }
        return self.entry("meeting", **content | fields)

    def entry(self, code: str, **fields: Any) -> UUID:
        """A record of a section that has many."""
        made = self._ledger.entropy.uuid(self._by, "plan story")
        self.record(SECTIONS[code], made, **fields)
        return made

    def record(self, section: Section, made: UUID, **fields: Any) -> None:
        self._say(section.recorded, made, **fields)

    def correct(self, code: str, made: UUID, **fields: Any) -> None:
        corrected = SECTIONS[code].corrected
        assert corrected is not None
        self._say(corrected, made, reason="補正", **fields)

    def withdraw(self, code: str, made: UUID) -> None:
        withdrawn = SECTIONS[code].withdrawn
        assert withdrawn is not None
        self._say(withdrawn, made, reason="重複")

    def row(self, code: str, made: UUID) -> None:
        (group,) = SECTIONS[code].groups
        row_id = self._ledger.entropy.uuid(self._by, "row")
        self._say(group.added, made, row_id=row_id, **ROWS[code])

    def _say(self, event_class: Any, made: UUID, **fields: Any) -> None:
        self._versions[made] += 1
        self.last = self._ledger.record(
            event_class(
                originator_id=made,
                originator_version=self._versions[made],
                by=self._by,
                capacity=Capacity.CASE_MANAGER,
                student_id=self._student,
                school_year=self._year,
                education_stage=self.stage,
                **fields,
            )
        )
