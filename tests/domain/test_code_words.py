"""Whatever a record of a programme says is read in words: fields, codes of the house, and codes of
the programme by its own names."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from domain.catalogue import stored_events
from domain.code_words import code_words, names_of, state_words
from domain.event import Erased, Event
from domain.labels import label, written
from domain.programme import shipped_text
from domain.programme_rules import read

SECTIONS = ("application", "application_result", "placement_case")
#: Never shown (`projections.changes`): links, and what a column says again.
APART = {"programme", "rules", "computed", "before_council", "flags"}


def fields(model: type[BaseModel], of: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a model and of its parts, `guardians.name`, with its type."""
    for name, info in model.model_fields.items():
        if of or name not in {*Event.model_fields, *APART}:
            yield f"{of}{name}", info.annotation
            for one in inside(info.annotation):
                if isinstance(one, type) and issubclass(one, BaseModel) and one is not Erased:
                    yield from fields(one, f"{of}{name}.")


def inside(annotation: Any) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from inside(one)


def codes(annotation: Any) -> Iterator[str]:
    for one in inside(annotation):
        if get_origin(one) is Literal:
            yield from (code for code in get_args(one) if isinstance(code, str))
        elif isinstance(one, type) and issubclass(one, Enum):
            yield from (member.value for member in one)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_and_every_code_of_the_house_has_its_word(section: str) -> None:
    said = {
        (name, code)
        for event in stored_events()
        if section == event.SECTION and event.BOOK == "records"
        for name, annotation in fields(event)
        if name not in ("student_id", "next_school_id")
        for code in ("", *codes(annotation))
    }
    assert {name for name, _ in said if label(section, name) == name} == set()
    raw = {(name, code) for name, code in said if code and written(section, name, code) == code}
    assert raw == set()


def test_codes_of_a_programme_have_the_words_of_its_text() -> None:
    rules = read(shipped_text("kaohsiung-114"))
    words = code_words(rules)
    for machine in rules.machines:
        for rule in machine.steps:
            assert rule.step in words["step"]
    assert state_words(rules, "placement_case")["igp_document"]["before_council"] == "待鑑輔會審查"
    rows = [{"subject": "chinese", "registration_type": "exempt", "test": "joint", "exam_grade": 4}]
    named = dict(names_of(words, "rows", rows))
    assert named == {"subject=chinese": "國語", "registration_type=exempt": "免修課程"}
    told = written("application", "rows", rows, named)
    assert told == "報考學科：國語；報考類型：免修課程；測驗方式：聯合評量；報考年級：四年級"
    # A code of one field is no code of another.
    assert written("application", "teacher_statement", "exempt", named) == "exempt"
    late = dict(names_of(words, "late", "recheck_not_accepted"))
    assert written("application", "late", "recheck_not_accepted", late) == "逾期恕不受理"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2025-02-17", "民國114年2月17日"),
        ("2025-02-17T09:12:00.000000+08:00", "民國114年2月17日 09:12"),
        ("2025-02-30", "2025-02-30"),
    ],
)
def test_a_day_reads_in_the_roc_calendar_whatever_its_field(value: str, text: str) -> None:
    assert written("placement_case", "handed_over_on", value) == text
