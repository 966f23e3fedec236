"""A row of the placement page against the rules of Kaohsiung's programme, without a book."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import ERASED
from domain.placement import (
    Category,
    CorrectPlacement,
    Placement,
    RecordPlacement,
    Status,
    evolve,
    record,
)
from domain.placement_judging import (
    AreaNotOfProgramme,
    AreaTaken,
    CategoryNotOffered,
    FreeTimeNotAllowed,
    Known,
    LessonsOffCampus,
    NextStageSchoolRequired,
    Page,
    PlacementGradeWrong,
    Row,
    TargetGradeDiffers,
)
from domain.placement_known import known_of
from domain.placement_row import PlacementRowFilled, fill, revise
from domain.placement_selection import Last, Pass
from domain.process import Record
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.refusal import NotValid, ReasonRequired

RULES = read(shipped_text("kaohsiung-114"))
ENGLISH = Pass("english", 5, "skip_part")
KNOWN = Known(target_year_grade=5, passes={"english": ENGLISH})
SKIP = Row("英語", Category.SKIP, 5, 6)
OFFICE = Actor(account_id=uuid4(), capacity=Capacity.SCHOOL_ADMINISTRATOR)


def page(known: Known = KNOWN, **changed: Any) -> Page:
    assert not isinstance(RULES.selection, str)
    assert not isinstance(RULES.placement, str)
    rules = RULES.placement.model_copy(update=changed)
    return Page(RULES.code, 3, RULES.selection, rules, known)


def test_a_skip_lands_one_above_the_exam_grade_and_says_how_it_was_computed() -> None:
    judged = page().judge(SKIP)
    assert judged.flags == ()
    assert [one.rule for one in judged.computed] == [
        "selection.placements_offered",
        "placement.row",
    ]
    assert judged.computed[0].inputs["passed"] == ["english", 5, "skip_part", True]
    with pytest.raises(PlacementGradeWrong):
        page().judge(replace(SKIP, placement_grade=7))


@pytest.mark.parametrize("area", ["英語", "英文"])
def test_a_subject_is_known_by_its_other_names(area: str) -> None:
    assert page().judge(replace(SKIP, area=area)).flags == ()


def test_what_nobody_passed_and_what_the_plan_does_not_know_is_refused() -> None:
    with pytest.raises(CategoryNotOffered):
        page().judge(replace(SKIP, area="數學"))
    with pytest.raises(AreaNotOfProgramme):
        page().judge(replace(SKIP, area="體操"))
    with pytest.raises(TargetGradeDiffers):
        page().judge(replace(SKIP, target_year_grade=4))
    with pytest.raises(AreaTaken):
        page(replace(KNOWN, taken=frozenset({"english"}))).judge(SKIP)


def test_another_category_than_registered_needs_a_reason_and_the_council() -> None:
    exempt = Row("英語", Category.EXEMPTION, 5, 5)
    with pytest.raises(ReasonRequired):
        page().judge(exempt)
    assert page().judge(exempt, reason="家長意願").flags == ("category-changed",)
    # A request to be placed again has a way of its own.
    assert page().judge(exempt, again=True).flags == ()


def test_a_subject_that_was_refused_is_filled_in_again_with_a_reason_and_a_flag() -> None:
    of = RecordPlacement(
        actor=OFFICE,
        today=date(2025, 4, 20),
        placement_id=uuid4(),
        student_id=uuid4(),
        school_year=114,
        area="英語",
        category=Category.SKIP,
        target_year_grade=5,
        placement_grade=6,
    )
    refused = evolve(None, record(None, of)).model_copy(update={"status": Status.REFUSED})
    application = Record(
        uuid4(), 0, "application", RULES.code, refused.student_id, None, "published", ()
    )
    assert not isinstance(RULES.selection, str)
    for year, again in ((114, {"english"}), (113, set())):
        row = refused.model_copy(update={"school_year": year})
        known = known_of(RULES.selection, 114, application, iter([row]))
        assert (known.refused, known.taken) == (frozenset(again), frozenset())
    before = page(replace(KNOWN, refused=frozenset({"english"})))
    with pytest.raises(ReasonRequired):
        before.judge(SKIP)
    assert before.judge(SKIP, reason="申復後通過").flags == ("refused-before",)
    assert before.judge(SKIP, again=True).flags == ()


def test_a_row_that_no_body_saw_says_so_and_keeps_it_when_it_is_corrected() -> None:
    for late, flag in (
        (page(replace(KNOWN, settled=True)), "after-decision"),
        *(
            (page(replace(KNOWN, after_review={"english": flag})), flag)
            for flag in ("after-desk-review", "corrected-after-desk-review")
        ),
    ):
        with pytest.raises(ReasonRequired):
            late.judge(SKIP)
        assert late.judge(SKIP, reason="學校 5 月底自辦").flags == (flag,)
        assert late.judge(SKIP, again=True).flags == ()
        assert late.judge(SKIP, before=()).flags == ()
        assert page().judge(SKIP, reason="更正班級", before=(flag,)).flags == (flag,)


def test_a_type_becomes_a_skip_by_the_joint_test_alone() -> None:
    own = replace(KNOWN, passes={"english": Pass("english", 5, "exempt", joint=False)})
    with pytest.raises(CategoryNotOffered):
        page(own).judge(SKIP, reason="家長意願")
    joint = replace(KNOWN, passes={"english": Pass("english", 5, "exempt")})
    assert page(joint).judge(SKIP, reason="家長意願").flags == ("category-changed",)


def test_two_grades_ahead_of_the_last_placement_is_for_the_council_to_see() -> None:
    known = Known(
        5, {"english": Pass("english", 7, "skip_part")}, {"english": Last(Category.SKIP, 6)}
    )
    row = Row("英語", Category.SKIP, 5, 8, "至示範國中上課")
    assert page(known).judge(row).flags == ("two-ahead",)


def test_who_passed_several_grades_at_once_is_exempt_again_without_a_test() -> None:
    again = Row("英語", Category.EXEMPTION, 5, 5)
    known = Known(5, last={"english": Last(Category.EXEMPTION, 4)})
    with pytest.raises(CategoryNotOffered):
        page(known).judge(again)
    legacy = replace(known, legacy=frozenset({"english"}))
    assert page(legacy).judge(again).flags == ("exempt-without-test",)


def test_a_placement_in_the_next_stage_names_the_school() -> None:
    known = Known(7, last={"english": Last(Category.SKIP, 7)})
    row = Row("英語", Category.PROMOTION, 7, 8)
    with pytest.raises(NextStageSchoolRequired):
        page(known).judge(row)
    named = replace(row, arrangement="至示範國中上課", lessons_at="next_stage_school")
    assert page(known).judge(named).flags == ()
    # What an order erased is not asked for again.
    assert page(known).judge(replace(row, arrangement=ERASED)).flags == ()
    with pytest.raises(LessonsOffCampus):
        page(known).judge(replace(named, lessons_at="elsewhere"))


def test_lessons_are_at_the_own_school_or_flagged_as_the_plan_says() -> None:
    for away in (
        {"lessons_at": "elsewhere"},
        {"lessons_at": "next_stage_school"},
        {"arrangement": "至示範國中上課"},
    ):
        with pytest.raises(LessonsOffCampus):
            page().judge(replace(SKIP, **away))  # type: ignore[arg-type]
    lenient = page(off_campus="flagged")
    assert lenient.judge(replace(SKIP, lessons_at="elsewhere")).flags == ("lessons-off-campus",)


def test_exempt_time_is_at_school_and_not_all_in_the_gifted_class() -> None:
    known = replace(KNOWN, passes={"english": Pass("english", 5, "exempt")})
    exempt = Row("英語", Category.EXEMPTION, 5, 5)
    for spent in ("self_study", "gifted_class_partly"):
        assert page(known).judge(replace(exempt, free_time=spent)).flags == ()
    for spent in ("gifted_class_wholly", "off_campus"):
        with pytest.raises(FreeTimeNotAllowed):
            page(known).judge(replace(exempt, free_time=spent))
    with pytest.raises(NotValid):
        page(known).judge(replace(exempt, free_time="swimming"))
    with pytest.raises(NotValid):
        page().judge(replace(SKIP, free_time="self_study"))


def recorded() -> PlacementRowFilled:
    command = RecordPlacement(
        actor=OFFICE,
        placement_id=uuid4(),
        student_id=uuid4(),
        school_year=114,
        area="英語",
        category=Category.SKIP,
        target_year_grade=5,
        placement_grade=6,
    )
    return fill(record(None, command), page(), lessons_at="own_school")


def test_a_row_is_filled_and_revised_in_the_stream_of_its_placement() -> None:
    filled = recorded()
    assert (filled.programme, filled.rules, filled.lessons_at) == ("kaohsiung-114", 3, "own_school")
    row: Placement = evolve(None, filled)
    assert (row.version, row.programme, row.lessons_at) == (1, "kaohsiung-114", "own_school")
    changed = CorrectPlacement(actor=OFFICE, category=Category.EXEMPTION, reason="改為免修")
    with pytest.raises(PlacementGradeWrong):
        revise(row, changed, page())
    both = CorrectPlacement(
        actor=OFFICE, category=Category.EXEMPTION, placement_grade=5, reason="改為免修"
    )
    revised = revise(row, both, page())
    assert revised is not None
    assert revised.flags == ("category-changed",)
    after = evolve(row, revised)
    assert (after.version, after.category, after.flags) == (
        2,
        Category.EXEMPTION,
        ("category-changed",),
    )
    same = CorrectPlacement(actor=OFFICE, lessons_at="own_school")
    assert revise(row, same, page()) is None
