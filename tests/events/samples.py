"""One made-up event of every kind, with every field given."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel

from domain.capacity import Capacity
from domain.event import Erased, Event
from domain.stream_ids import NAMESPACE
from domain.student_event import StudentEvent

ACTOR = uuid5(NAMESPACE, "example actor")
ACCOUNT = uuid5(NAMESPACE, "example account")
STUDENT = uuid5(NAMESPACE, "example student")

_ENVELOPE = ("originator_id", "originator_version", "event_id", "by", "capacity", "policy")


def sample(event_class: type[Event]) -> Event:
    """The event with a value in every field, the same at every call."""
    of_student = event_class.BOOK == "notes" or event_class.SECTION is not None
    of_student = of_student or issubclass(event_class, StudentEvent)
    fields: dict[str, Any] = {
        name: _value(name, field.annotation)
        for name, field in event_class.model_fields.items()
        if name not in _ENVELOPE and name != "student_id"
    }
    if of_student:
        fields["student_id"] = STUDENT
    return event_class(
        originator_id=uuid5(NAMESPACE, f"example stream {event_class.TOPIC}"),
        originator_version=1,
        event_id=uuid5(NAMESPACE, f"example event {event_class.TOPIC}"),
        by=ACTOR,
        capacity=Capacity.CASE_MANAGER,
        **fields,
    )


def _value(name: str, wanted: Any) -> Any:
    origin = get_origin(wanted)
    if origin is Annotated:
        return _value(name, get_args(wanted)[0])
    if origin in (Union, UnionType):
        return _value(name, next(one for one in get_args(wanted) if one is not Erased))
    if origin is Literal:
        return get_args(wanted)[0]
    if origin is tuple:
        return (_value(name, get_args(wanted)[0]),)
    if origin in (dict, Mapping):
        return {f"key_{name}": _value(name, get_args(wanted)[1])}
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next(iter(wanted))
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return wanted(
            **{inner: _value(inner, one.annotation) for inner, one in wanted.model_fields.items()}
        )
    if name == "account_id":
        return ACCOUNT
    return {
        str: f"範例：{name}",
        int: 5,
        Any: f"範例：{name}",
        bool: True,
        time: time(8, 30),
        Decimal: Decimal("65.5"),
        UUID: uuid5(NAMESPACE, f"example {name}"),
        date: date(2024, 5, 13),
        datetime: datetime(2024, 5, 13, 1, 2, 3, 456789, tzinfo=UTC),
        AwareDatetime: datetime(2024, 5, 13, 1, 2, 3, 456789, tzinfo=UTC),
    }[wanted]
