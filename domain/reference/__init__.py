"""Reference data: what the drop-downs and tick-lists offer, each value with its source and time.

The tables are TOML files beside this module (`subjects.toml`, ...), read once. A value that is no
longer offered stays valid in the records that hold it (IGP manual reading Q30).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from domain.organisation import Stage


@dataclass(frozen=True)
class Choice:
    """Marks a field that holds a code of this table; with `free` any other text is taken too."""

    table: str
    free: bool = False


@dataclass(frozen=True)
class Value:
    """One value. It is offered from `since` to `until`, both included, without end where None."""

    code: str
    label: str
    group: str | None = None
    since: date | None = None
    until: date | None = None
    stages: tuple[Stage, ...] = ()
    aliases: tuple[str, ...] = ()
    source: str | None = None

    def offered(self, today: date, stage: Stage | None = None) -> bool:
        return (
            (self.since is None or self.since <= today)
            and (self.until is None or today <= self.until)
            and (stage is None or not self.stages or stage in self.stages)
        )


@dataclass(frozen=True)
class Table:
    """A table: its Chinese name, where it comes from, the words of its groups, its values."""

    name: str
    title: str
    source: str
    groups: Mapping[str, str]
    values: Mapping[str, Value]

    def offered(self, today: date, stage: Stage | None = None) -> list[Value]:
        """The values on offer on a day, in the order of the file."""
        return [value for value in self.values.values() if value.offered(today, stage)]


def table(name: str) -> Table:
    """A table by its name. Raises `KeyError`."""
    return tables()[name]


def words(name: str) -> Mapping[str, str]:
    """The label of every code that the table holds or held."""
    found = table(name)
    return MappingProxyType(
        dict(found.groups) | {code: value.label for code, value in found.values.items()}
    )


@cache
def tables() -> Mapping[str, Table]:
    """Every table by its name."""
    folder = files(__name__)
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return MappingProxyType(
        {
            name.removesuffix(".toml"): read(
                name.removesuffix(".toml"), (folder / name).read_text(encoding="utf-8")
            )
            for name in names
        }
    )


def read(name: str, text: str) -> Table:
    """A table from its TOML text. Raises `ValueError` where a code stands twice or in no group."""
    said = tomllib.loads(text)
    groups = said.get("groups", {})
    values: dict[str, Value] = {}
    for one in said["values"]:
        one["stages"] = tuple(Stage(stage) for stage in one.get("stages", ()))
        one["aliases"] = tuple(one.get("aliases", ()))
        value = Value(**one)
        if value.code in values:
            raise ValueError(f"{value.code} stands twice in {name}")
        if value.group not in (groups or {None}):
            raise ValueError(f"{value.code} of {name} is in no group")
        values[value.code] = value
    return Table(name, said["title"], said["source"], MappingProxyType(groups), values)
