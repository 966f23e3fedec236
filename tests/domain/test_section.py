"""A section's fields are said once: its events, their encryption and its words follow from them."""

import pytest
from pydantic import ValidationError

from domain import labels
from domain.access import MATRIX
from domain.event import TOPICS
from domain.section import HEADER, RowEvent, Section, choice_of
from domain.sections import SECTIONS
from domain.stored_type import bare, is_encrypted


@pytest.mark.parametrize("section", SECTIONS.values(), ids=list(SECTIONS))
def test_every_field_has_a_label_and_every_event_its_topic(section: Section) -> None:
    assert section.code in MATRIX
    assert section.code in labels.SECTIONS
    for name, info in section.data.model_fields.items():
        assert info.title, name
        assert labels.label(section.code, name) == info.title
    for group in section.groups:
        for name, info in group.model.model_fields.items():
            assert labels.label(section.code, f"{group.field}.{name}") == info.title
    for event in section.events():
        assert TOPICS[event.TOPIC] is event
        assert event.TOPIC.startswith(section.code.replace("_", "-") + ".")
        assert section.code == event.SECTION


@pytest.mark.parametrize("section", SECTIONS.values(), ids=list(SECTIONS))
def test_an_event_says_what_the_model_says_encrypted_alike(section: Section) -> None:
    for event in (section.recorded, section.corrected):
        for name in section.content if event is not None else ():
            assert event is not None
            told = event.model_fields[name]
            asked = section.data.model_fields[name]
            assert not told.is_required(), "an event says what changed and nothing else"
            assert is_encrypted(told) == is_encrypted(asked), name
    for group in section.groups:
        assert issubclass(group.added, RowEvent)
        for name, asked in group.model.model_fields.items():
            if name != "row_id":
                assert is_encrypted(group.added.model_fields[name]) == is_encrypted(asked), name
        assert {*group.removed.model_fields} <= {*group.added.model_fields}


@pytest.mark.parametrize("section", SECTIONS.values(), ids=list(SECTIONS))
def test_free_text_is_encrypted(section: Section) -> None:
    """A text that a code, a date or a number could not be is a person's, and is never plain."""
    models = [section.data, *(group.model for group in section.groups)]
    plain = {
        name
        for model in models
        for name, info in model.model_fields.items()
        if not is_encrypted(info) and choice_of(info) is None
        if bare(info.annotation) in (str, str | None, tuple[str, ...], dict[str, str])
    }
    # Of a school and a class, of a file its type and the hash of what is stored.
    assert plain <= {"school_name", "class_name", "media_type", "stored_sha256"}


def test_a_blank_is_as_if_nothing_were_given_and_nothing_else_is_taken() -> None:
    needs = SECTIONS["needs_assessment"].data
    given = {"guidance_recommendations": "  ", "source_meeting_id": None}
    assert needs.model_validate(given) == needs()
    assert (
        needs.model_validate({"guidance_recommendations": " 加深 "}).model_dump()[
            "guidance_recommendations"
        ]
        == "加深"
    )
    for wrong in ({"unknown": 1}, {"guidance_recommendations": "字" * 50_001}):
        with pytest.raises(ValidationError):
            needs.model_validate(wrong)


def test_which_record_it_is_stands_in_every_event() -> None:
    for section in SECTIONS.values():
        for event in section.events():
            assert {*HEADER} <= {*event.model_fields}


@pytest.mark.parametrize("section", SECTIONS.values(), ids=list(SECTIONS))
def test_every_field_has_a_title_and_says_what_it_means(section: Section) -> None:
    models = [section.data, *(group.model for group in section.groups)]
    for model in models:
        for name, info in model.model_fields.items():
            if name not in HEADER:
                assert info.title, name
                assert info.description, name
    assert section.source
