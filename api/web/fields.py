"""Fields of a form, made from a pydantic model: its titles are the labels, its types the controls.

A form is filled from the JSON of a record or, after a refusal, from what was typed; both have one
shape, the one that the API takes. The names of the controls are the dotted paths of that JSON, as
errors name them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from api.web.form import Choices, Field, Form, Kind, Option, Options, RowForm, Rows
from domain.label_fields import GRADE_FIELDS
from domain.labels import GRADES, label, written
from domain.organisation import Stage
from domain.reference import Table, table
from domain.rules import LONGEST_TEXT, LONGEST_WORD
from domain.section import HEADER, PLAIN, Row, choice_of
from domain.stored_type import bare
from domain.strengths_weaknesses import Mark

__all__ = ["Form", "Making", "Option", "making"]

#: A description that speaks of codes is meant for programs.
_FOR_PROGRAMS = re.compile(r"[A-Za-z_]{3,}")
#: More values than this are not offered while one types.
_MOST_SUGGESTED = 400


@dataclass(frozen=True)
class Making:
    """What the fields of one form have in common. `choices` are the options of fields whose
    values are records, `fixed` the fields that are shown and not changed."""

    section: str
    today: date
    stage: Stage | None = None
    choices: Choices = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    #: What stands before every name, for a model inside another one.
    prefix: str = ""
    #: What a list of words is ticked from before more are typed.
    suggested: Choices = field(default_factory=dict)
    #: Texts of several lines, where the type does not say so.
    long: frozenset[str] = frozenset()
    #: Groups of rows that another deed adds, such as uploads.
    managed: frozenset[str] = frozenset()

    def form(self, model: type[BaseModel], data: Mapping[str, Any]) -> Form:
        """The form of a model with this in it."""
        fields: list[Field] = []
        rows: list[Rows] = []
        for name, info in model.model_fields.items():
            if name in self.hidden or name in self.managed:
                continue
            inner = row_model_of(info)
            if inner is None:
                fields.append(self._field(self.prefix + name, name, info, data.get(name)))
            else:
                rows.append(self._rows(name, info, inner, data.get(name)))
        return Form(tuple(fields), tuple(rows))

    def _rows(self, name: str, info: FieldInfo, model: type[BaseModel], value: Any) -> Rows:
        made = []
        for number, row in enumerate(value if isinstance(value, list | tuple) else ()):
            fields = tuple(
                self._field(f"{name}.{number}.{inner}", f"{name}.{inner}", of_row, row.get(inner))
                for inner, of_row in model.model_fields.items()
                if inner != "row_id" and inner not in self.hidden
            )
            made.append(RowForm(row.get("row_id"), fields))
        return Rows(name, self._label(name, info), tuple(made), _hint(info))

    def _field(self, name: str, path: str, info: FieldInfo, value: Any) -> Field:
        value = to_jsonable_python(value)
        kind, groups = self._control(name, path, info, value)
        title = self._label(path, info)
        if path in self.fixed:
            shown = written(self.section, path, value) or "—"
            return Field(name, title, "fixed", value, shown=shown)
        return Field(
            name,
            title,
            kind,
            value,
            _hint(info),
            info.is_required(),
            groups,
            _longest(info) if kind in ("word", "text") else None,
        )

    def _label(self, path: str, info: FieldInfo) -> str:
        return info.title or label(self.section, path)

    def _control(
        self, name: str, path: str, info: FieldInfo, value: Any
    ) -> tuple[Kind, tuple[Options, ...]]:
        last = path.rpartition(".")[2]
        plain = plain_type(info)
        many = get_origin(plain) is tuple
        if path in self.choices:
            return ("ticks" if many else "choice"), (Options(tuple(self.choices[path])),)
        choice = choice_of(info)
        if choice is not None:
            return self._of_table(name, plain, table(choice.table), choice.free, value)
        if many:
            return "lines", (Options(tuple(self.suggested.get(path, ()))),)
        if last in GRADE_FIELDS:
            grades = tuple(Option(str(one), f"{words}年級") for one, words in GRADES.items())
            return "choice", (Options(grades),)
        if isinstance(plain, type):
            if issubclass(plain, Enum):
                return "choice", (Options(self._of_enum(path, plain)),)
            if issubclass(plain, bool):
                return "radio", (Options((Option("true", "是"), Option("false", "否"))),)
            if is_moment(plain):
                return "moment", ()
            if issubclass(plain, date):
                return "date", ()
            if issubclass(plain, int):
                return "number", ()
        long = path in self.long or (_longest(info) or 0) > LONGEST_WORD
        return ("text" if long else "word"), ()

    def _of_enum(self, path: str, kind: type[Enum]) -> tuple[Option, ...]:
        return tuple(Option(str(one.value), written(self.section, path, one.value)) for one in kind)

    def _of_table(
        self, name: str, plain: Any, known: Table, free: bool, value: Any
    ) -> tuple[Kind, tuple[Options, ...]]:
        offered = self._offered(known, value)
        inner = get_args(plain)
        match get_origin(plain):
            case origin if origin is dict and get_origin(inner[1]) is tuple:
                groups = [
                    Options(one.options, one.label, f"{name}.{one.code}", one.code)
                    for one in offered
                ]
                return "ticks", tuple(groups)
            case origin if origin is dict and inner[1] is Mark:
                marks = (
                    *(Option(one.value, written("", "mark", one.value)) for one in Mark),
                    Option("", "未勾選"),
                )
                own = [one for one in offered if name not in known.groups or one.code == name]
                return "marks", tuple(
                    Options(marks, option.label, f"{name}.{option.value}", option.value)
                    for group in own
                    for option in group.options
                )
            case origin if origin is dict:
                return "texts", tuple(
                    Options((), option.label, f"{name}.{option.value}", option.value)
                    for group in offered
                    for option in group.options
                )
            case origin if origin is tuple and free:
                return "lines", (Options(tuple(item for one in offered for item in one.options)),)
            case origin if origin is tuple:
                return "ticks", tuple(Options(one.options, one.label) for one in offered)
        if not free:
            return "choice", tuple(Options(one.options, one.label) for one in offered)
        if len(known.values) > _MOST_SUGGESTED:
            offered = []
        suggested = tuple(Options(one.options) for one in offered)
        return ("word" if suggested else "text"), suggested

    def _offered(self, known: Table, value: Any) -> list[Options]:
        """What is on offer today, and what stands in the record although it is no longer."""
        held = _codes(value)
        groups: list[str | None] = [*known.groups] or [None]
        of: dict[str | None, list[Option]] = {group: [] for group in groups}
        for one in known.values.values():
            if one.offered(self.today, self.stage) or one.code in held:
                of[one.group].append(Option(one.code, one.label))
        return [
            Options(tuple(options), known.groups.get(group or "", ""), code=group or "")
            for group, options in of.items()
            if options
        ]


def plain_type(info: FieldInfo) -> Any:
    """The type of a field without limits and without None."""
    plain = bare(info.annotation)
    if get_origin(plain) not in (tuple, dict):
        inner = [one for one in get_args(plain) if one is not type(None)]
        if inner:
            plain = inner[0]
    return plain


def is_moment(kind: type) -> bool:
    """Whether a type is of instants; pydantic's own is no datetime to Python."""
    return kind is AwareDatetime or issubclass(kind, datetime)


def row_model_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model of the rows that a field holds, where it holds rows."""
    inner = get_args(plain_type(info))
    first = inner[0] if inner else None
    return first if isinstance(first, type) and issubclass(first, Row) else None


def making(section: str, today: date, stage: str | None = None, **more: Any) -> Making:
    """As `Making`, hiding what nobody types: the header and the ids of rows."""
    hidden = frozenset(more.pop("hidden", ())) | {"row_id", *HEADER}
    return Making(section, today, None if stage is None else Stage(stage), hidden=hidden, **more)


def _hint(info: FieldInfo) -> str | None:
    """What a person has to know to fill the field in."""
    text = info.description
    if text is None or PLAIN in info.metadata or _FOR_PROGRAMS.search(text):
        return None
    return text


def _longest(info: FieldInfo) -> int | None:
    """The most characters that a text may have, wherever its type says it."""
    for one in _metadata(info):
        longest = getattr(one, "max_length", None)
        if isinstance(longest, int):
            return longest if longest <= LONGEST_TEXT else None
    return None


def _metadata(info: FieldInfo) -> Iterable[Any]:
    yield from info.metadata
    pending = [info.annotation]
    while pending:
        one = pending.pop()
        yield from getattr(one, "__metadata__", ())
        pending.extend(inner for inner in get_args(one) if get_origin(one) is not None)


def _codes(value: Any) -> frozenset[str]:
    """Every code that stands in a value."""
    match value:
        case str():
            return frozenset({value})
        case Mapping():
            inner = [*value, *value.values()]
        case list() | tuple():
            inner = list(value)
        case _:
            return frozenset()
    return frozenset().union(*(_codes(one) for one in inner))
