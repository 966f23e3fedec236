"""Which version of a record somebody had loaded, and what their command changes in it."""

from collections.abc import Iterable
from typing import Any, Protocol

from pydantic import BaseModel

from domain.command import Command
from domain.refusal import StaleVersion


class Change(Command):
    """A command on a record that exists.

    `expected_version` is the version the person had loaded (`If-Match`); None where the caller
    has compared it already. Of a correction's own fields those count that were given.
    """

    expected_version: int | None = None


class Versioned(Protocol):
    """A state with the version of its last event, from 1."""

    @property
    def version(self) -> int: ...


def expect(state: Versioned | None, version: int | None) -> None:
    """Refuse a change of a version that is not the current one. Nothing recorded is version 0.

    Raises `StaleVersion`, which carries the current version.
    """
    current = 0 if state is None else state.version
    if version is not None and version != current:
        raise StaleVersion(current)


def changes(command: Command, state: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    """The fields of these names that the command gives and that differ from the state's."""
    return {
        name: getattr(command, name)
        for name in names
        if name in command.model_fields_set and getattr(command, name) != getattr(state, name)
    }
