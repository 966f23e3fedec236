"""The reference tables: each value has one code, one label, and a time in which it is offered."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from domain.labels import STAGES
from domain.organisation import Stage
from domain.reference import read, table, tables, words
from domain.section import Section, choice_of
from domain.sections import SECTIONS

TEXT = """
title = "科目"
source = "測試"
values = [
  { code = "old", label = "舊課程", until = 2023-07-31 },
  { code = "now", label = "國語文" },
  { code = "new", label = "新課程", since = 2023-08-01, stages = ["junior_high"] },
]
"""


def models(section: Section) -> Iterator[Any]:
    yield section.data
    yield from (group.model for group in section.groups)


def test_every_table_has_a_title_a_source_and_values() -> None:
    assert len(tables()) >= 12
    for name, found in tables().items():
        assert found.name == name
        assert found.title, name
        assert len(found.source) > 4, name
        assert found.values or found.open, name


def test_every_code_is_a_code_and_every_label_stands_once() -> None:
    for name, found in tables().items():
        for code, value in found.values.items():
            assert code == value.code
            assert code.replace(":", "_").isidentifier(), code
            assert code == code.lower()
            assert value.since is None or value.until is None or value.since <= value.until
        # Within a group nobody could tell two values with one label apart.
        labels = [(value.group, value.label) for value in found.values.values()]
        assert len(labels) == len(set(labels)), name


def test_every_group_has_a_value() -> None:
    for name, found in tables().items():
        if not found.open:
            groups = {value.group for value in found.values.values()}
            assert groups == set(found.groups or {None}), name


def test_every_choice_of_a_form_names_a_table() -> None:
    named = {
        choice.table
        for section in SECTIONS.values()
        for model in models(section)
        for info in model.model_fields.values()
        if (choice := choice_of(info)) is not None
    }
    assert named <= tables().keys()
    assert {"subjects", "traits", "needs", "interests", "teaching_models"} <= named


def test_what_the_manual_names_is_offered() -> None:
    """IGP manual 3.9 to 3.12."""
    groups = {
        group: [value.code for value in table("traits").values.values() if value.group == group]
        for group in table("traits").groups
    }
    assert {group: len(codes) for group, codes in groups.items()} == {
        "cognitive": 11,
        "affective": 12,
    }
    assert list(table("needs").groups) == [
        "domain_learning_courses",
        "special_needs_courses",
        "cognitive_instruction",
        "affective_guidance",
        "skills_training",
    ]
    components: dict[str | None, int] = {}
    for value in table("course_components").values.values():
        components[value.group] = components.get(value.group, 0) + 1
    assert components == {"enrichment_triad": 3, "parallel_curriculum": 4}
    assert components.keys() <= table("teaching_models").values.keys()
    assert {"dynamic", "portfolio", "performance"} <= table("assessment_methods").values.keys()


def test_stages_and_fields_of_interest_are_those_of_the_other_tables() -> None:
    assert dict(words("stages")) == {stage.value: STAGES[stage.value] for stage in Stage}
    assert dict(words("interest_fields")) == dict(table("interests").groups)


def test_a_value_is_offered_from_its_first_day_to_its_last() -> None:
    found = read("subjects", TEXT)

    def offered(*on: Any) -> list[str]:
        return [value.code for value in found.offered(*on)]

    assert offered(date(2023, 7, 31)) == ["old", "now"]
    assert offered(date(2023, 8, 1)) == ["now", "new"]
    assert offered(date(2023, 8, 1), Stage.ELEMENTARY) == ["now"]
    assert offered(date(2023, 8, 1), Stage.JUNIOR_HIGH) == ["now", "new"]


def test_the_subjects_of_the_old_guidelines_end_with_their_last_pupils() -> None:
    """Who entered in 107 had the guidelines of before 108 until the end of 112 (113.7.31)."""
    old = {"nature_and_living_technology", "arts_and_humanities"}
    codes = {
        day: {value.code for value in table("subjects").offered(day, Stage.ELEMENTARY)}
        for day in (date(2024, 7, 31), date(2024, 8, 1))
    }
    assert codes[date(2024, 7, 31)] - codes[date(2024, 8, 1)] == old
    assert codes[date(2024, 8, 1)] <= codes[date(2024, 7, 31)]


@pytest.mark.parametrize(
    "values",
    [
        '[{ code = "one", label = "一" }, { code = "one", label = "二" }]',
        '[{ code = "one", label = "一", group = "nowhere" }]',
    ],
)
def test_a_code_that_stands_twice_or_in_no_group_is_refused(values: str) -> None:
    with pytest.raises(ValueError, match="one"):
        read("broken", f'title = "表"\nsource = "測試"\nvalues = {values}\n')
