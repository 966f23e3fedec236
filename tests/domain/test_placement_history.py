"""What the papers of a placement list of tests and placements (F03, F04), without a book."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.application import OPENED, evolve
from domain.capacity import Capacity
from domain.placement import Category
from domain.placement_history import PlacedOnce, assessed_before, assessed_now, placed_before
from domain.process import STEPS, Record
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.selection_rules import Selection

RULES = read(shipped_text("kaohsiung-114"))


def record(**said: dict[str, Any]) -> Record:
    """An application with these steps after it was opened."""
    steps = {"opened": {"current_grade": 4, "target_year_grade": 5}, **said}
    known: Record | None = None
    for version, (name, fields) in enumerate(steps.items(), start=1):
        code = name.replace("_", "-")
        event = OPENED.event if code == "opened" else STEPS["application", code].event
        made = event(
            originator_id=UUID(int=1),
            originator_version=version,
            by=UUID(int=2),
            capacity=Capacity.SCHOOL_ADMINISTRATOR,
            student_id=UUID(int=3),
            programme=RULES.code,
            rules=1,
            state="opened",
            **fields,
        )
        known = evolve(known, made)
    assert known is not None
    return known


def verdict(t_score: int, outcome: str) -> dict[str, Any]:
    said = {"subject": "english", "exam_grade": 5, "registration_type": "skip_part"}
    return said | {"test": "joint", "outcome": outcome, "t_score": t_score, "pass_line": 65}


def test_results_stand_as_they_were_changed_by_a_recheck_each_with_its_line() -> None:
    known = record(
        initial_result_published={"outcome": "failed", "t_full": Decimal(68)},
        recheck_completed={"recheck_t_full": Decimal(70)},
        decision_revised_by_recheck={"outcome": "passed"},
        second_stage_result_published={"results": (verdict(64, "failed"),)},
        second_decision_revised={"results": (verdict(66, "passed"),)},
    )
    initial, english = assessed_now(RULES, known)
    assert (initial.t_score, initial.pass_line, initial.outcome) == (70, "69（PR 97）", "passed")
    assert (english.test, english.exam_grade) == ("英語成就測驗", 5)
    assert (english.t_score, english.pass_line, english.outcome) == (66, "65（PR 93）", "passed")


def test_the_history_has_failures_too_and_what_the_register_has_not() -> None:
    assert isinstance(RULES.selection, Selection)
    english = {"school_year": 112, "test": "english", "exam_grade": 3, "t_score": 50}
    ability = {"school_year": 113, "test": "acceleration_initial", "exam_grade": 3, "t_score": 71}
    exempted = {"school_year": 112, "grade_that_year": 3, "area": "英文", "placement_grade": 3}
    skipped = {"school_year": 113, "grade_that_year": 4, "area": "數學", "placement_grade": 5}
    known = record(
        initial_application_submitted={},
        details_corrected={
            "past_assessments": [
                english | {"outcome": "failed"},
                ability | {"outcome": "passed", "t_total": 225},
            ],
            "past_placements": [
                exempted | {"category": "exemption", "placement_note": None},
                skipped | {"category": "skip", "placement_note": "五年甲班"},
            ],
        },
    )
    failed, passed = assessed_before(RULES, known)
    assert (failed.test, failed.outcome, failed.pass_line) == (
        "英語成就測驗",
        "failed",
        "65（PR 93）",
    )
    assert (passed.t_total, passed.pass_line) == (225, "69（PR 97）")
    recorded = PlacedOnce(
        school_year=112,
        target_year_grade=3,
        area="英語",
        category=Category.EXEMPTION,
        placement_grade=3,
        placement_note="三年乙班",
    )
    listed = placed_before(RULES.selection, known, [recorded])
    assert [(one.school_year, one.area, one.placement_note) for one in listed] == [
        (112, "英語", "三年乙班"),
        (113, "數學", "五年甲班"),
    ]
