"""A form as the templates show it: fields with labels and values, groups of rows, their names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from domain.calendar import TAIPEI

Kind = Literal[
    "fixed", "word", "text", "lines", "number", "date", "moment", "choice", "radio", "ticks",
    "marks", "texts",
]  # fmt: skip


@dataclass(frozen=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True)
class Options:
    """A group of options. `name` and `code` are of a group that is a control of its own."""

    options: tuple[Option, ...] = ()
    label: str = ""
    name: str = ""
    code: str = ""


Choices = Mapping[str, Sequence[Option]]


@dataclass(frozen=True)
class Field:
    """A control with its label and what stands in it."""

    name: str
    label: str
    kind: Kind
    value: Any = field(default=None, repr=False)
    hint: str | None = None
    required: bool = False
    groups: tuple[Options, ...] = ()
    longest: int | None = None
    #: Of a fixed field: its value in words.
    shown: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def typed(self) -> str:
        """The text of a control that holds text."""
        if self.value is None:
            return ""
        if isinstance(self.value, list | tuple):
            return "\n".join(map(str, self.value))
        return str(self.value)

    def chosen(self, value: str, group: str = "") -> bool:
        """Whether an option is chosen, of a group where the groups are apart."""
        now = self.value
        if group and isinstance(now, Mapping):
            now = now.get(group)
        if isinstance(now, list | tuple):
            return value in map(str, now)
        return now is not None and str(now) == value

    def marked(self, code: str, value: str) -> bool:
        """Of a list of marks: whether this item has the mark, or none where it is empty."""
        marks = self.value if isinstance(self.value, Mapping) else {}
        return str(marks.get(code) or "") == value

    def text_of(self, code: str) -> str:
        """Of several texts under one name: the one of this code."""
        texts = self.value if isinstance(self.value, Mapping) else {}
        return str(texts.get(code) or "")

    @property
    def further(self) -> str:
        """Of a list of words: those that are no option, one a line."""
        offered = {option.value for group in self.groups for option in group.options}
        values = self.value if isinstance(self.value, list | tuple) else []
        return "\n".join(str(one) for one in values if str(one) not in offered)

    @property
    def _moment(self) -> tuple[str, str]:
        text = self.typed
        try:
            local = datetime.fromisoformat(text).astimezone(TAIPEI)
        except ValueError:
            day, _, time = text.partition(" ")
            return day, time
        return local.date().isoformat(), f"{local:%H:%M}"

    @property
    def day_typed(self) -> str:
        return self._moment[0]

    @property
    def time_typed(self) -> str:
        return self._moment[1]


@dataclass(frozen=True)
class RowForm:
    row_id: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Rows:
    """A group of rows that repeats."""

    name: str
    label: str
    rows: tuple[RowForm, ...]
    hint: str | None = None

    @property
    def id(self) -> str:
        return f"f-{self.name}"


@dataclass(frozen=True)
class Form:
    """The fields of a model, then its groups of rows."""

    fields: tuple[Field, ...]
    rows: tuple[Rows, ...] = ()

    def _named(self) -> Iterable[tuple[str, str]]:
        for one in self.fields:
            yield one.name, one.label
        for group in self.rows:
            yield group.name, group.label
            for number, row in enumerate(group.rows, start=1):
                for one in row.fields:
                    yield one.name, f"{group.label}第 {number} 筆，{one.label}"

    def _nearest(self, name: str) -> tuple[str, str] | None:
        """The control that an error's path is of: itself, or what it stands in."""
        known = dict(self._named())
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            if (found := ".".join(parts[:end])) in known:
                return found, known[found]
        return None

    def anchor(self, name: str) -> str | None:
        """The id of the control that is wrong, None where there is none."""
        found = self._nearest(name)
        return None if found is None else f"f-{found[0]}"

    def label(self, name: str) -> str:
        found = self._nearest(name)
        return name if found is None else found[1]
