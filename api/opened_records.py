"""A record of the views as the domain knows one, opened field by field when somebody asks.

A roster of a county asks two thousand records for some of their fields each; whoever opens them
all reads most for nobody.
"""

from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter

from domain.event import Erased
from domain.process import REFUSED, STEPS, Record, StepEvent
from ledger.opening import OneKey
from projections.processes import ProcessRecord


class OpenedStep:
    """A step of a record, with the fields of its event: those of the event class, as it types
    them; `ERASED` where the key was destroyed."""

    def __init__(self, process: str, taken: dict[str, Any], key: OneKey) -> None:
        self.STEP: str = taken["step"]
        self.state: str = taken["state"]
        self._event = _event_class(process, self.STEP)
        self._said: dict[str, Any] = taken["said"]
        self._key = key

    @property
    def model_fields_set(self) -> set[str]:
        return {*self._said, "state"}

    def __getattr__(self, name: str) -> Any:
        field = self._event.model_fields.get(name)
        if field is None:
            raise AttributeError(f"{self._event.TOPIC} has no {name}")
        if name not in self._said:
            return field.get_default(call_default_factory=True)
        value = self._key.open(self._said[name])
        if not isinstance(value, (Erased, bool, int)) and value is not None:
            value = _adapter(self._event, name).validate_python(value)
        self.__dict__[name] = value
        return value


def opened_record(known: ProcessRecord, key: OneKey) -> Record:
    """A record whose steps are opened when their fields are asked for."""
    steps = tuple(OpenedStep(known.process, one, key) for one in known.steps)
    return Record(
        known.record_id,
        known.version,
        known.process,
        known.programme,
        known.student,
        known.organisation,
        known.state,
        cast("tuple[StepEvent, ...]", steps),
    )


@cache
def _event_class(process: str, step: str) -> type[StepEvent]:
    known = STEPS.get((process, step))
    return REFUSED[process] if known is None else known.event


@cache
def _adapter(event_class: type[StepEvent], name: str) -> TypeAdapter[Any]:
    wanted: Any = event_class.model_fields[name].annotation
    return TypeAdapter(wanted)
