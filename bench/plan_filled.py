"""The plan that the benchmarks open: every section, 40 rows, texts as long as people write them."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from bench.workload import Student, text
from domain.basic_family import BASIC_FAMILY
from domain.capacity import Capacity
from domain.event import Event
from domain.organisation import Stage
from domain.section_record import record_id
from domain.sections import SECTIONS

YEAR = 113
STAGE = Stage.ELEMENTARY

_SPACE = UUID("0d4f5a2e-7a43-4f4d-8a4e-1a6c6f0f6b11")
_FAMILY, _TESTS, _CAREER, _AWARDS, _COURSES, _PERFORMANCES = 4, 6, 4, 10, 4, 4
#: 4 + 6 + 4 + 10 + 4 × 4.
ROWS = _FAMILY + _TESTS + _CAREER + _AWARDS + _COURSES * _PERFORMANCES


def plan_of(one: Student) -> Iterator[Event]:
    """The events of one student's plan, in the order of the sections."""
    return _Plan(one).events()


class _Plan:
    def __init__(self, one: Student) -> None:
        self._one = one
        self._versions: Counter[UUID] = Counter()
        self._random = random.Random(f"plan {one.number}")

    def events(self) -> Iterator[Event]:
        yield from self._year()
        yield self._single(
            "transition",
            grade=5,
            school_name="示範國小",
            class_name="五年一班",
            class_type="gifted_resource",
            remarks=self._text(80),
        )
        for code, count, row in (
            (
                "identification",
                _TESTS,
                {"test_name": "性向測驗", "test_date": date(2024, 3, 4), "result": "T 分數 72"},
            ),
            ("career_interest", _CAREER, {"instrument": "interest_inventory", "result": "研究型"}),
            (
                "awards",
                _AWARDS,
                {
                    "award_date": date(2024, 6, 1),
                    "event_name": "縣市科學展覽",
                    "organiser": "示範市政府教育局",
                    "prize": "特優",
                },
            ),
        ):
            yield self._single(code)
            for _ in range(count):
                yield self._row(code, self._id_of(code), **row)
        yield self._single("interest_analysis", interests=("reading", "puzzles", "experiments"))
        yield self._single("strengths_weaknesses", cognitive={"observation": "strength"})
        yield self._single(
            "needs_assessment",
            needs={"domain_learning_courses": ("enrichment",)},
            guidance_recommendations=self._text(600),
        )
        yield self._single("annual_goal", goal_text=self._text(200))
        for number in range(_COURSES):
            yield from self._course(number)
        for number in range(3):
            yield self._entry(
                "meeting",
                number,
                held_at=datetime(2025, 2, 10 + number, 5, 30, tzinfo=UTC),
                topic="個別輔導計畫會議",
                purpose="檢討目標",
                recorder_name="王小明",
                participants=("林個管", "家長代表"),
                content=self._text(600),
            )
        yield self._entry("replacement", 0, assessed_needs=self._text(100), outcome=self._text(100))

    def _year(self) -> Iterator[Event]:
        assert BASIC_FAMILY.opened is not None
        stream = self._id_of("basic_family")
        content = {
            "student_name": "林小安",
            "sex": "female",
            "birth_date": date(2015, 5, 1),
            "school_name": "示範國小",
            "grade": 5,
            "address": "示範市示範區示範路一號",
            "phone": "0912345678",
        }
        yield self._said(BASIC_FAMILY.opened, stream, **content)
        for _ in range(_FAMILY):
            family = {"kinship": "父", "name": "林大同", "phone": "0912345678"}
            yield self._row("basic_family", stream, **family)

    def _course(self, number: int) -> Iterator[Event]:
        yield self._entry(
            "course_goal",
            number,
            subject="mathematics",
            course_name="數學專題",
            teachers=(self._one.teacher,),
            semester="first",
        )
        for _ in range(_PERFORMANCES):
            yield self._row(
                "course_goal",
                self._entry_id("course_goal", number),
                learning_performance="n-III-2 在具體情境中，解決三步驟以上之常見應用問題。",
                adjusted_learning_performance=self._text(60),
                assessment_methods=("口頭報告", "作品"),
                assessment_result="達成",
            )

    def _single(self, code: str, **fields: Any) -> Event:
        return self._said(SECTIONS[code].recorded, self._id_of(code), **fields)

    def _entry(self, code: str, number: int, **fields: Any) -> Event:
        return self._said(SECTIONS[code].recorded, self._entry_id(code, number), **fields)

    def _row(self, code: str, stream: UUID, **fields: Any) -> Event:
        (group,) = SECTIONS[code].groups
        row_id = uuid5(_SPACE, f"{stream} {self._versions[stream]}")
        return self._said(group.added, stream, row_id=row_id, **fields)

    def _id_of(self, code: str) -> UUID:
        section = SECTIONS[code]
        return record_id(section, self._one.student, YEAR if section.per == "year" else STAGE)

    def _entry_id(self, code: str, number: int) -> UUID:
        return uuid5(_SPACE, f"{self._one.student} {code} {number}")

    def _text(self, characters: int) -> str:
        return text(self._random, characters)

    def _said(self, event_class: type[Event], stream: UUID, **fields: Any) -> Event:
        self._versions[stream] += 1
        return event_class(
            originator_id=stream,
            originator_version=self._versions[stream],
            by=self._one.teacher,
            capacity=Capacity.CASE_MANAGER,
            student_id=self._one.student,
            school_year=YEAR,
            education_stage=STAGE,
            **fields,
        )
