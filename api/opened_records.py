"""A record of the views as the domain knows one, opened field by field when somebody asks.

A roster of a county asks two thousand records for some of their fields each; whoever opens them
all reads most for nobody.
"""

from collections.abc import Callable, Set
from functools import cache
from typing import Any, NamedTuple, cast, get_args

from pydantic import TypeAdapter

from domain.event import ERASED, Erased
from domain.process import REFUSED, STEPS, Record, StepEvent
from ledger.opening import OneKey
from projections.processes import PackedRecord, ProcessRecord


class _Field(NamedTuple):
    """What an event says where a field was not given, and how its stored value becomes its own."""

    default: Any
    typed: Callable[[Any], Any] | None


class OpenedStep:
    """A step of a record, with the fields of its event: those of the event class, as it types
    them; `ERASED` where the key was destroyed."""

    def __init__(self, process: str, taken: dict[str, Any], key: OneKey) -> None:
        self.STEP: str = taken["step"]
        self.state: str = taken["state"]
        self.originator_version: int = taken["version"]
        self._process = process
        self._said: dict[str, Any] = taken["said"]
        self._key = key

    @property
    def model_fields_set(self) -> Set[str]:
        return self._said.keys()

    def __getattr__(self, name: str) -> Any:
        field = _fields(self._process, self.STEP).get(name)
        if field is None:
            raise AttributeError(f"{self._process} {self.STEP} has no {name}")
        if name in self._said:
            value = self._key.open(self._said[name])
            if field.typed is not None and value is not None and value is not ERASED:
                value = field.typed(value)
        else:
            value = field.default
        self.__dict__[name] = value
        return value


def opened_record(known: PackedRecord | ProcessRecord, key: OneKey) -> Record:
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
def _fields(process: str, step: str) -> dict[str, _Field]:
    known = STEPS.get((process, step))
    event = REFUSED[process] if known is None else known.event
    return {
        name: _Field(info.get_default(call_default_factory=True), _typed(info.annotation))
        for name, info in event.model_fields.items()
    }


def _typed(wanted: Any) -> Callable[[Any], Any] | None:
    """None where JSON says it as it is."""
    if wanted in _PLAIN or (get_args(wanted) and {*get_args(wanted)} <= _PLAIN):
        return None
    return TypeAdapter(wanted).validate_python


_PLAIN = {str, int, bool, Erased, type(None)}
