"""What every event has, whatever happened: its envelope, its topic, its encrypted fields."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.capacity import Capacity

Book = Literal["records", "notes", "access"]

#: The version of the rules of `domain.access` in force; stored with every event.
POLICY = 1


class Erased(BaseModel, frozen=True):
    """The value of an encrypted field whose key was destroyed by a lawful order (design D11)."""

    def __str__(self) -> str:
        return "已依法刪除"


ERASED = Erased()

T = TypeVar("T")


def plain(value: T | Erased) -> T:
    """A value as it was typed: what a form says is never erased."""
    assert not isinstance(value, Erased)
    return value


#: Marks a field that the ledger encrypts when it writes. The domain sees plain values.
ENCRYPTED = object()
Encrypted = Annotated[T | Erased, ENCRYPTED]


class Event(BaseModel):
    """A thing that happened. Its fields beyond this envelope are what it says.

    A field that was not given is not stored, so an event that corrects carries the changed
    fields only (IGP manual reading 5.1.3): `changed()` yields exactly those.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str]
    BOOK: ClassVar[Book] = "records"
    #: The section of a student's record that the event belongs to, or None.
    SECTION: ClassVar[str | None] = None

    originator_id: UUID
    originator_version: int
    event_id: UUID | None = None
    by: UUID
    capacity: Capacity
    policy: int = POLICY
    student_id: UUID | None = None
    occurred_on: date | None = None
    correlation_id: UUID | None = None
    reason: Encrypted[str | None] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        topic = cls.__dict__.get("TOPIC")
        if topic is None:
            return
        if topic in TOPICS and TOPICS[topic].__qualname__ != cls.__qualname__:
            raise TypeError(f"two events have the topic {topic}")
        TOPICS[topic] = cls

    def changed(self) -> Iterator[tuple[str, Any]]:
        """The fields that the event itself says, in the order of its class."""
        said = self.model_fields_set
        for name in _own_fields(type(self)):
            if name in said:
                yield name, getattr(self, name)


@cache
def _own_fields(event_class: type[Event]) -> tuple[str, ...]:
    """The fields of a class beside the envelope; asked of every event that is read."""
    return tuple(name for name in event_class.model_fields if name not in Event.model_fields)


#: Every event of the house by its stored name.
TOPICS: dict[str, type[Event]] = {}

Upcast = Callable[[Mapping[str, Any]], dict[str, Any]]

#: Old topic to the topic that followed it, and the pure function from old fields to new.
UPCASTS: dict[str, tuple[str, Upcast]] = {}


def upcast(topic: str, fields: Mapping[str, Any]) -> tuple[type[Event], dict[str, Any]]:
    """The class that reads a stored topic today, and the stored fields in its form.

    Raises `UnknownTopic` where neither an event nor an upcast has that name.
    """
    current = dict(fields)
    event_class = class_of(topic)
    while topic in UPCASTS:
        topic, function = UPCASTS[topic]
        current = function(current)
    return event_class, current


def class_of(topic: str) -> type[Event]:
    """The class that reads a stored topic today. Raises `UnknownTopic`."""
    while topic in UPCASTS:
        topic, _ = UPCASTS[topic]
    if topic not in TOPICS:
        raise UnknownTopic(topic)
    return TOPICS[topic]


class UnknownTopic(LookupError):
    """The book holds an event of a kind this version does not know. Run the newer version."""
