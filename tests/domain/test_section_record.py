"""A save of a section becomes the events of what changed, and they make the record again."""

from collections.abc import Iterator
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.annual_goal import ANNUAL_GOAL
from domain.awards import AWARDS
from domain.basic_family import BASIC_FAMILY
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import ERASED, Event
from domain.identification import IDENTIFICATION
from domain.needs_assessment import NEEDS_ASSESSMENT
from domain.organisation import Stage
from domain.placement import PlacementWithdrawn
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.rules import DateInFuture
from domain.section import Section, SectionData, SectionEvent
from domain.section_record import (
    NotOffered,
    Record,
    RowNotFound,
    SaveRecord,
    StageLocked,
    WithdrawRecord,
    evolve,
    is_live,
    record_id,
    save,
    withdraw,
)
from domain.strengths_weaknesses import STRENGTHS_WEAKNESSES

STUDENT, TEACHER, ROW, OTHER_ROW, NOBODY = (UUID(int=n) for n in range(1, 6))
STAGE, TODAY = Stage.ELEMENTARY, date(2023, 8, 1)
CASE_MANAGER, SUBJECT_TEACHER, OFFICE = (
    Actor(account_id=TEACHER, capacity=capacity)
    for capacity in (
        Capacity.CASE_MANAGER,
        Capacity.SUBJECT_TEACHER,
        Capacity.SCHOOL_ADMINISTRATOR,
    )
)
AWARD = {"event_name": "科學展覽", "prize": "特優"}


def given_events(*events: Event) -> Record | None:
    return reduce(evolve, events, None)


def data_of(section: Section, value: dict[str, Any]) -> SectionData:
    return section.data.model_validate(value)


def saving(
    section: Section,
    value: dict[str, Any],
    record: Record | None = None,
    *,
    new_rows: tuple[UUID, ...] = (),
    **more: Any,
) -> tuple[SectionEvent, ...]:
    """The events of a save by the case manager, with a reason."""
    year = section.per == "year"
    command: dict[str, Any] = {
        "actor": CASE_MANAGER,
        "reason": "更正",
        "record_id": record_id(section, STUDENT, 112 if year else STAGE),
        "student_id": STUDENT,
        "school_year": 112 if year else None,
        "education_stage": STAGE,
        "student_stage": STAGE,
        "today": TODAY,
        "data": data_of(section, value),
        "new_rows": frozenset(new_rows),
    }
    return save(section, record, SaveRecord(**command | more))


def awards(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"awards": rows}


def happened(events: tuple[SectionEvent, ...]) -> list[str]:
    return [event.HAPPENING for event in events]


TWO = given_events(
    *saving(
        AWARDS,
        awards(AWARD | {"row_id": ROW}, AWARD | {"row_id": OTHER_ROW}),
        new_rows=(ROW, OTHER_ROW),
    )
)
NEEDS = given_events(*saving(NEEDS_ASSESSMENT, {"guidance_recommendations": "加深"}))


def test_what_was_empty_is_recorded_and_what_was_saved_is_corrected() -> None:
    both = {"guidance_recommendations": "加廣", "needs": {"skills_training": ["writing_skills"]}}
    recorded, corrected = saving(NEEDS_ASSESSMENT, both, NEEDS)
    assert (recorded.HAPPENING, dict(recorded.changed())) == (
        "recorded",
        {
            "school_year": 112,
            "education_stage": STAGE,
            "needs": {"skills_training": ("writing_skills",)},
        },
    )
    assert dict(corrected.changed())["guidance_recommendations"] == "加廣"
    assert "needs" not in dict(corrected.changed())
    assert (recorded.originator_version, corrected.originator_version) == (2, 3)
    assert {recorded.originator_id, corrected.originator_id} == {
        record_id(NEEDS_ASSESSMENT, STUDENT, 112)
    }


def test_a_first_save_needs_no_reason_and_a_correction_does() -> None:
    filled = {"guidance_recommendations": "加深", "needs": {"skills_training": ["writing_skills"]}}
    assert saving(NEEDS_ASSESSMENT, filled, reason=None)
    assert happened(saving(NEEDS_ASSESSMENT, filled, NEEDS, reason=None)) == ["recorded"]
    for changed in ({"guidance_recommendations": "加廣"}, {}):
        for reason in (None, "  "):
            with pytest.raises(ReasonRequired):
                saving(NEEDS_ASSESSMENT, changed, NEEDS, reason=reason)


def test_a_field_that_is_left_out_is_emptied() -> None:
    [event] = saving(NEEDS_ASSESSMENT, {}, NEEDS)
    assert dict(event.changed())["guidance_recommendations"] is None
    emptied = evolve(NEEDS, event)
    assert emptied.data["guidance_recommendations"] is None
    assert happened(saving(NEEDS_ASSESSMENT, {"guidance_recommendations": "加深"}, emptied)) == [
        "recorded"
    ]


def test_rows_are_removed_corrected_and_added_in_this_order() -> None:
    third = UUID(int=9)
    given = awards(
        AWARD | {"row_id": third, "event_name": "奧林匹亞"},
        AWARD | {"row_id": ROW, "prize": "優等"},
    )
    events = saving(AWARDS, given, TWO, new_rows=(third,))
    assert happened(events) == ["row-removed", "row-corrected", "row-added"]
    assert [dict(event.changed())["row_id"] for event in events] == [OTHER_ROW, ROW, third]
    assert "event_name" not in dict(events[1].changed())
    folded = reduce(evolve, events, TWO)
    assert [row["row_id"] for row in folded.rows("awards")] == [ROW, third]
    assert folded.rows("awards")[0]["prize"] == "優等"


def test_rows_added_alone_need_no_reason_and_begin_the_record() -> None:
    events = saving(AWARDS, awards(AWARD | {"row_id": ROW}), new_rows=(ROW,), reason=None)
    assert happened(events) == ["recorded", "row-added"]
    assert [event.originator_version for event in events] == [1, 2]


def test_saving_what_stands_or_nothing_makes_no_event() -> None:
    assert (
        saving(NEEDS_ASSESSMENT, {"guidance_recommendations": " 加深 "}, NEEDS, reason=None) == ()
    )
    assert saving(AWARDS, awards(*map(dict, TWO.rows("awards"))), TWO, reason=None) == ()  # type: ignore[union-attr]
    assert saving(AWARDS, awards(), reason=None) == ()
    assert saving(NEEDS_ASSESSMENT, {"needs": {"skills_training": []}}, reason=None) == ()


def test_a_row_that_nobody_knows_is_refused() -> None:
    for record in (TWO, None):
        with pytest.raises(RowNotFound) as refused:
            saving(AWARDS, awards(AWARD | {"row_id": NOBODY}), record)
        assert refused.value.field == "awards.0.row_id"


def test_only_who_may_writes_begins_and_withdraws() -> None:
    goal = given_events(*saving(ANNUAL_GOAL, {"goal_text": "獨立研究"}, actor=SUBJECT_TEACHER))
    strengths = given_events(*saving(STRENGTHS_WEAKNESSES, {"cognitive": {"memory": "strength"}}))
    with pytest.raises(NotAllowed):
        saving(ANNUAL_GOAL, {"goal_text": "獨立研究"})
    with pytest.raises(NotAllowed):
        saving(AWARDS, awards(), TWO, actor=OFFICE)
    # A subject teacher changes the strengths, and neither begins nor removes them.
    changed = {"cognitive": {"memory": "weakness"}}
    assert saving(STRENGTHS_WEAKNESSES, changed, strengths, actor=SUBJECT_TEACHER)
    with pytest.raises(NotAllowed):
        saving(STRENGTHS_WEAKNESSES, changed, actor=SUBJECT_TEACHER)
    for section, record, actor in (
        (STRENGTHS_WEAKNESSES, strengths, SUBJECT_TEACHER),
        (STRENGTHS_WEAKNESSES, strengths, CASE_MANAGER),
        (AWARDS, TWO, CASE_MANAGER),
        (ANNUAL_GOAL, goal, CASE_MANAGER),
    ):
        with pytest.raises(NotAllowed):
            withdraw(section, record, withdrawing(actor=actor))


def withdrawing(**more: Any) -> WithdrawRecord:
    command = {"actor": SUBJECT_TEACHER, "reason": "誤建", "student_stage": STAGE}
    return WithdrawRecord(**command | more)


def test_a_withdrawn_record_begins_anew_in_the_same_stream() -> None:
    goal = {"goal_text": "獨立研究", "teaching_model": "discover"}
    record = given_events(*saving(ANNUAL_GOAL, goal, actor=SUBJECT_TEACHER))
    assert record is not None
    event = withdraw(ANNUAL_GOAL, record, withdrawing())
    gone = evolve(record, event)
    assert (gone.withdrawn, gone.version, is_live(gone)) == (True, 2, False)
    with pytest.raises(AlreadyWithdrawn):
        withdraw(ANNUAL_GOAL, gone, withdrawing())
    again = saving(ANNUAL_GOAL, {"goal_text": "創造力"}, gone, actor=SUBJECT_TEACHER, reason=None)
    assert happened(again) == ["recorded"]
    anew = reduce(evolve, again, gone)
    assert (anew.version, dict(anew.data)) == (3, {"goal_text": "創造力"})


def test_a_withdrawal_needs_a_record_its_version_a_reason_and_its_stage() -> None:
    record = given_events(*saving(ANNUAL_GOAL, {"goal_text": "一"}, actor=SUBJECT_TEACHER))
    for refusal, known, more in (
        (NotFound, None, {}),
        (StaleVersion, record, {"expected_version": 2}),
        (ReasonRequired, record, {"reason": None}),
        (StageLocked, record, {"student_stage": Stage.JUNIOR_HIGH}),
    ):
        with pytest.raises(refusal):
            withdraw(ANNUAL_GOAL, known, withdrawing(**more))


def test_a_save_of_another_version_is_refused() -> None:
    for version, record in ((0, NEEDS), (2, NEEDS), (1, None)):
        with pytest.raises(StaleVersion):
            saving(NEEDS_ASSESSMENT, {}, record, expected_version=version)


def test_a_record_of_another_stage_is_for_reading() -> None:
    with pytest.raises(StageLocked):
        saving(AWARDS, awards(), TWO, student_stage=Stage.JUNIOR_HIGH)
    with pytest.raises(StageLocked):
        saving(AWARDS, awards(AWARD | {"row_id": ROW}), new_rows=(ROW,), student_stage=None)


def test_a_day_to_come_and_a_code_not_on_offer_are_refused_where_they_stand() -> None:
    test = {"test_name": "智力測驗", "result": "PR 97", "row_id": ROW}
    for day, refusal in (("112.8.1", None), ("112.8.2", DateInFuture)):
        rows = {"tests": [test | {"test_date": day}]}
        if refusal is None:
            assert saving(IDENTIFICATION, rows, new_rows=(ROW,))
        else:
            with pytest.raises(refusal) as refused:
                saving(IDENTIFICATION, rows, new_rows=(ROW,))
            assert refused.value.field == "tests.0.test_date"
    with pytest.raises(NotOffered) as not_offered:
        saving(AWARDS, awards(AWARD | {"row_id": ROW, "level": "galactic"}), new_rows=(ROW,))
    assert not_offered.value.field == "awards.0.level"
    with pytest.raises(NotOffered):
        saving(STRENGTHS_WEAKNESSES, {"academic": {"alchemy": "strength"}})


def test_a_value_past_its_last_day_stays_where_it_stands_and_is_not_taken_anew() -> None:
    old, later = "nature_and_living_technology", date(2024, 8, 1)
    marks = {"academic": {old: "strength"}}
    new = {"school_year": 113}
    record = given_events(*saving(STRENGTHS_WEAKNESSES, marks, **new, imported=True))
    more = {"academic": {old: "weakness", "english": "strength"}}
    assert saving(STRENGTHS_WEAKNESSES, more, record, today=later, **new)
    with pytest.raises(NotOffered):
        saving(STRENGTHS_WEAKNESSES, marks, today=later, **new)


def test_a_school_year_that_is_over_takes_what_its_last_day_offered() -> None:
    marks = {"academic": {"nature_and_living_technology": "strength"}}
    assert saving(STRENGTHS_WEAKNESSES, marks, today=date(2025, 3, 1))
    # Taiwan Sign Language is taught from the school year 111 on.
    signed = {"academic": {"taiwan_sign_language": "strength"}}
    with pytest.raises(NotOffered):
        saving(STRENGTHS_WEAKNESSES, signed, today=date(2022, 9, 1), school_year=110)
    assert saving(STRENGTHS_WEAKNESSES, signed, today=date(2022, 9, 1), school_year=111)
    # Of another ledger comes any value that the table holds, and no other.
    assert saving(
        STRENGTHS_WEAKNESSES, marks, today=date(2025, 3, 1), school_year=113, imported=True
    )
    with pytest.raises(NotOffered):
        saving(STRENGTHS_WEAKNESSES, {"academic": {"alchemy": "strength"}}, imported=True)


def test_what_was_erased_is_not_written_over() -> None:
    assert NEEDS is not None
    erased = NEEDS.model_copy(update={"data": {"guidance_recommendations": ERASED}})
    with pytest.raises(NotValid):
        saving(NEEDS_ASSESSMENT, {"guidance_recommendations": "加深"}, erased)


def test_an_event_of_something_else_is_no_part_of_a_record() -> None:
    other = PlacementWithdrawn(
        originator_id=ROW,
        originator_version=1,
        by=TEACHER,
        capacity=Capacity.CASE_MANAGER,
        student_id=STUDENT,
        reason="誤植",
    )
    with pytest.raises(TypeError):
        evolve(None, other)
    corrected = saving(NEEDS_ASSESSMENT, {"guidance_recommendations": "加廣"}, NEEDS)
    with pytest.raises(TypeError):
        evolve(None, corrected[0])


def test_a_source_is_the_teachers_once_they_corrected_the_field() -> None:
    assert BASIC_FAMILY.opened is not None
    stream = record_id(BASIC_FAMILY, STUDENT, 112)
    said = {
        "student_name": "林大同",
        "sex": "male",
        "birth_date": date(2013, 5, 6),
        "school_name": "苓雅示範國小",
        "grade": 5,
    }
    opened = BASIC_FAMILY.opened(
        originator_id=stream,
        originator_version=1,
        by=TEACHER,
        capacity=Capacity.CASE_MANAGER,
        student_id=STUDENT,
        school_year=112,
        education_stage=STAGE,
        field_sources={"student_name": "directory", "grade": "directory"},
        copied_from_year=111,
        **said,
    )
    record = evolve(None, opened)
    assert "copied_from_year" not in record.data
    changed = reduce(
        evolve, saving(BASIC_FAMILY, said | {"student_name": "林小同"}, record), record
    )
    assert changed.sources == {"student_name": "teacher", "grade": "directory"}


# -- any saves


words = st.text("甲乙丙 ", max_size=2)
days = st.sampled_from([None, "112.5.1", "112.7.31"])
row = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(["科展", "奧賽"]),
        "prize": st.sampled_from(["特優", "金牌"]),
        "award_date": days,
        "organiser": words,
        "level": st.sampled_from([None, "county", "national"]),
    }
)


@st.composite
def saves(draw: st.DrawFn) -> list[list[tuple[int | None, dict[str, Any]]]]:
    """Saves of awards: each names for every row one that stands, by its number, or None."""
    made = []
    for _ in range(draw(st.integers(1, 5))):
        numbers = draw(st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=4, unique=False))
        made.append([(number, draw(row)) for number in numbers])
    return made


def ids() -> Iterator[UUID]:
    number = 100
    while True:
        yield UUID(int=(number := number + 1))


@given(saves())
def test_whatever_is_saved_the_events_make_it_again(
    several: list[list[tuple[int | None, dict[str, Any]]]],
) -> None:
    record: Record | None = None
    fresh = ids()
    for one in several:
        standing = [found["row_id"] for found in record.rows("awards")] if record else []
        rows, new = [], []
        for number, said in one:
            known = number is not None and number < len(standing)
            row_id = standing[number] if known and number is not None else next(fresh)
            if any(other["row_id"] == row_id for other in rows):
                continue
            new += [] if known else [row_id]
            rows.append(said | {"row_id": row_id})
        events = saving(AWARDS, awards(*rows), record, new_rows=tuple(new))
        record = reduce(evolve, events, record)
        wanted = {one.row_id: one for one in data_of(AWARDS, awards(*rows)).awards}  # type: ignore[attr-defined]
        found = {} if record is None else {one["row_id"]: one for one in record.rows("awards")}
        assert found.keys() == wanted.keys()
        for row_id, said in found.items():
            assert {name: one for name, one in said.items() if one is not None} == {
                name: one for name, one in wanted[row_id].model_dump().items() if one is not None
            }
        shown = awards(*map(dict, found.values()))
        assert saving(AWARDS, shown, record, reason=None) == ()
