"""Reference data: what the drop-downs and tick-lists offer, each value with its source and time.

The tables are TOML files beside this module (`subjects.toml`, ...), read once; what a county gives
itself, such as the published indicators of learning performance (Q31), is added when the program
starts. A value that is no longer offered stays valid in the records that hold it (IGP manual
reading Q30).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from domain.calendar import school_year_ends
from domain.organisation import Stage
from domain.toml_text import not_toml


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


_KEYS = frozenset(field.name for field in fields(Value))


@dataclass(frozen=True)
class Table:
    """A table: its Chinese name, where it comes from, the words of its groups, its values.

    To an `open` one a county adds values of its own.
    """

    name: str
    title: str
    source: str
    groups: Mapping[str, str]
    values: Mapping[str, Value]
    open: bool = False

    def offered(self, today: date, stage: Stage | None = None) -> list[Value]:
        """The values on offer on a day, in the order of the file."""
        return [value for value in self.values.values() if value.offered(today, stage)]


def day_of_offer(school_year: int | None, today: date) -> date:
    """The day whose values a record of a school year takes: today, and once the year is over its
    last day, for what was taught in July is still written down in August."""
    return today if school_year is None else min(today, school_year_ends(school_year))


def table(name: str) -> Table:
    """A table by its name. Raises `KeyError`."""
    return tables()[name]


def words(name: str) -> Mapping[str, str]:
    """The label of every code that the table holds or held; of codes that are added, from then."""
    return MappingProxyType(_words(name))


@cache
def _words(name: str) -> dict[str, str]:
    found = table(name)
    return dict(found.groups) | {code: value.label for code, value in found.values.items()}


def tables() -> Mapping[str, Table]:
    """Every table by its name."""
    return MappingProxyType(_tables())


@cache
def _tables() -> dict[str, Table]:
    folder = files(__name__)
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): read(
            name.removesuffix(".toml"), (folder / name).read_text(encoding="utf-8")
        )
        for name in names
    }


def add(name: str, text: str) -> Table:
    """Adds the values of a county's TOML text to an open table; its source stands with each.

    Raises `ValueError` where there is no such table, it takes no values, or a code is there
    already with another value.
    """
    known = _tables().get(name)
    if known is None or not known.open:
        raise ValueError(f"{name} 不是可以由各縣市加列的資料表。")
    said = read(name, text)
    added = {
        code: replace(value, source=value.source or said.source)
        for code, value in said.values.items()
    }
    for code, value in added.items():
        if known.values.get(code, value) != value:
            raise ValueError(f"{code} 已在 {name} 中，但內容不同。")
    groups = dict(known.groups) | dict(said.groups)
    grown = replace(
        known,
        groups=MappingProxyType(groups),
        values=MappingProxyType(dict(known.values) | added),
    )
    _words(name).update(groups | {code: value.label for code, value in added.items()})
    _tables()[name] = grown
    return grown


def read(name: str, text: str) -> Table:
    """A table from its TOML text. Raises `ValueError` where it is none, or a code stands twice or
    in no group."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{not_toml(error)}。") from None
    if not {"title", "source", "values"} <= said.keys():
        raise ValueError(f"{name} 需有 title、source 與 values。")
    groups = said.get("groups", {})
    values: dict[str, Value] = {}
    for one in said["values"]:
        if one.keys() - _KEYS or not {"code", "label"} <= one.keys():
            raise ValueError(f"{name} 的值有不認得的欄位，或缺少 code、label。")
        stages = one.get("stages", ())
        if not set(stages) <= set(Stage):
            raise ValueError(f"{name} 的 {one['code']}：stages 請填 {'、'.join(Stage)}。")
        one["stages"] = tuple(Stage(stage) for stage in stages)
        one["aliases"] = tuple(one.get("aliases", ()))
        value = Value(**one)
        if value.code in values:
            raise ValueError(f"{value.code} 在 {name} 中出現兩次。")
        if value.group not in (groups or {None}):
            raise ValueError(f"{name} 的 {value.code} 不屬於任何一組（group）。")
        values[value.code] = value
    return Table(
        name,
        said["title"],
        said["source"],
        MappingProxyType(groups),
        MappingProxyType(values),
        said.get("open", False),
    )
