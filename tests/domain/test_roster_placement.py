"""The placement roster's wording (F27), from an application and placements, without a book."""

from typing import Any
from uuid import UUID, uuid4

from domain.application import OPENED, evolve
from domain.capacity import Capacity
from domain.placement import Category, Placement
from domain.process import STEPS, StepEvent
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.roster import Entry, School
from domain.roster_placement import PLACEMENT

RULES = read(shipped_text("kaohsiung-114"))
STUDENT = uuid4()
APPLICATION = uuid4()


def placed(year: int, own: int, category: Category, to: int, area: str = "英語") -> Placement:
    return Placement(
        placement_id=uuid4(),
        version=1,
        student_id=STUDENT,
        school_year=year,
        area=area,
        category=category,
        target_year_grade=own,
        placement_grade=to,
        arrangement="至示範國中上課" if to > 6 else None,
        occurred_on=None,
    )


def step(made_of: type[StepEvent], version: int, **fields: Any) -> StepEvent:
    return made_of(
        originator_id=APPLICATION,
        originator_version=version,
        by=UUID(int=1),
        capacity=Capacity.SCHOOL_ADMINISTRATOR,
        student_id=STUDENT,
        programme=RULES.code,
        rules=1,
        state="opened",
        **fields,
    )


def entry(*placements: Placement) -> Entry:
    opened = step(OPENED.event, 1, current_grade=6, target_year_grade=7)
    submitted = step(
        STEPS["application", "initial-application-submitted"].event,
        2,
        past_assessments=[
            {"school_year": 113, "test": "english", "exam_grade": 6, "t_score": 68}
            | {"outcome": "passed"},
            {"school_year": 113, "test": "mathematics", "exam_grade": 6, "t_score": 50}
            | {"outcome": "failed"},
        ],
        past_placements=[
            {"school_year": 111, "grade_that_year": 4, "area": "國文", "category": "exemption"}
            | {"placement_grade": 4},
            {"school_year": 113, "grade_that_year": 6, "area": "英語", "category": "skip"}
            | {"placement_grade": 7},
        ],
    )
    record = evolve(evolve(None, opened), submitted)
    return Entry(
        student_id=STUDENT,
        name="王小明",
        national_id="A1****6789",
        class_name=None,
        school=School("ks-a", "示範國小"),
        records={"application": record},
        placements=placements,
    )


def test_passes_alone_are_listed_and_every_placement_once_by_one_name() -> None:
    made = PLACEMENT.rows(
        RULES,
        [
            entry(
                placed(113, 6, Category.SKIP, 7),
                placed(114, 7, Category.PROMOTION, 8),
                placed(114, 7, Category.SKIP, 8, "國文"),
            )
        ],
    )
    (row,) = made.rows
    assert row["past_passes"] == "113英語成就測驗(六年級)通過"
    assert row["past_placements"] == "111四年級國語免修四年級、113六年級英語跳級七年級"
    assert row["requested"] == "英語升級八年級、國語跳級八年級"
    assert row["target_year_grade"] == "七年級"
    assert row["placement_note"] == "至示範國中上課"
    assert (row["placement_outcome"], row["remark"]) == (None, None)
    assert made.totals == {"students": 1, "units": 2}


def test_who_asks_for_no_placement_of_the_year_is_not_on_the_roster() -> None:
    assert PLACEMENT.rows(RULES, [entry(placed(113, 6, Category.SKIP, 7))]).rows == ()
