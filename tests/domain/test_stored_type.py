"""What was stored is read whatever the limits of today's forms are."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, ValidationError

from domain.application_forms import Contact, SubmitInitial
from domain.capacity import Capacity
from domain.event import ENCRYPTED, TOPICS
from domain.stored_type import stored_type

_ID = UUID(int=7)
_TOPIC = "application.initial-application-submitted.v1"


def submitted(**said: Any) -> Any:
    return TOPICS[_TOPIC].model_validate(
        {
            "originator_id": _ID,
            "originator_version": 2,
            "by": _ID,
            "capacity": Capacity.SYSTEM,
            "student_id": _ID,
            "programme": "x",
            "rules": 1,
            "state": "submitted",
            **said,
        }
    )


def test_a_part_of_an_event_is_read_beyond_the_limits_of_its_form() -> None:
    names = ("甲\n乙", "長" * 101, "")
    event = submitted(guardians=[{"name": one, "phone_mobile": "1\n2"} for one in names])
    assert [one.name for one in event.guardians] == [*names]
    assert {type(one) for one in event.guardians} == {Contact}
    assert event.guardians[0].phone_home is None
    assert event.guardians[0].model_fields_set == {"name", "phone_mobile"}
    with pytest.raises(ValidationError):
        SubmitInitial.model_validate({"guardians": [{"name": names[0]}]})


def test_what_a_form_gave_stands_in_the_event_as_it_is() -> None:
    given = Contact(name="林大安")
    event = submitted(guardians=(given,), emergency=None)
    assert event.guardians == (given,)


def test_a_part_of_a_part_has_no_limit_either() -> None:
    class Inner(BaseModel):
        word: str = Field(max_length=2)

    class Outer(BaseModel):
        inner: Inner = Field()

    class Form(BaseModel):
        outer: tuple[Outer, ...] | None = Field(None)

    class Said(BaseModel):
        outer: stored_type(Form.model_fields["outer"]) = None  # type: ignore[valid-type]

    said = Said.model_validate({"outer": [{"inner": {"word": "三個字"}}]})
    assert said.outer[0].inner.word == "三個字"  # type: ignore[index]


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_no_field_of_an_event_has_a_limit(topic: str) -> None:
    for name, info in TOPICS[topic].model_fields.items():
        assert [mark for mark in info.metadata if mark is not ENCRYPTED] == [], name
