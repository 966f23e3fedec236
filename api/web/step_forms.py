"""The form of a step of a process: made from its pydantic form, whatever that holds.

Beside what `api.web.fields` knows there are choices of codes, models inside models, rows of them,
and records that are named by their id. `data_of` reads the same form back as the API takes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from api.web import typed as plain
from api.web.fields import Making
from api.web.form import Choices, Field, Form, Option, Options, RowForm, Rows
from api.web.typed import text, texts
from domain.event import Erased
from domain.labels import label, written
from domain.process import SECTION_OF, STEPS, StepForm
from domain.stored_type import bare

#: What a step says for programs: how it was computed, and of which records.
_APART = frozenset({"computed", "programme", "rules", "state", "organisation_id", "student_id"})
#: Where the words of a code are looked for, after the process's own.
_FURTHER = ("application", "application_result", "placement")


@dataclass(frozen=True)
class StepMaking:
    """What the fields of a step's form have in common. `choices` are the records that a field can
    name, by the field's name."""

    process: str
    making: Making
    choices: Choices = field(default_factory=dict)

    def form(self, model: type[BaseModel], data: Mapping[str, Any]) -> Form:
        """The form with this in it. What every step may say comes last."""
        fields: list[Field] = []
        rows: list[Rows] = []
        common = [name for name in StepForm.model_fields if name in model.model_fields]
        for name in [*(one for one in model.model_fields if one not in common), *common]:
            info = model.model_fields[name]
            inner = inner_of(info)
            if inner is None:
                fields.append(self._field(name, name, info, data.get(name)))
            elif _many(info):
                rows.append(self._rows(name, info, inner, data.get(name)))
            else:
                held = data.get(name)
                held = held if isinstance(held, Mapping) else {}
                for part, of_part in inner.model_fields.items():
                    made = self._field(f"{name}.{part}", part, of_part, held.get(part))
                    named = f"{info.title or name}：{made.label}"
                    need = info.is_required() and made.required
                    fields.append(_with(made, label=named, required=need))
        return Form(tuple(fields), tuple(rows))

    def _rows(self, name: str, info: FieldInfo, model: type[BaseModel], value: Any) -> Rows:
        made = []
        for number, row in enumerate(value if isinstance(value, list | tuple) else ()):
            fields = tuple(
                self._field(f"{name}.{number}.{part}", part, of_part, row.get(part))
                for part, of_part in model.model_fields.items()
                if part != "row_id"
            )
            made.append(RowForm(None, fields))
        return Rows(name, info.title or name, tuple(made))

    def _field(self, name: str, last: str, info: FieldInfo, value: Any) -> Field:
        codes = codes_of(info)
        options = [Option(one, words(self.process, last, one)) for one in codes]
        if last in self.choices:
            options = [*self.choices[last]]
        if last not in self.choices and not codes:
            [made] = self.making.form(_alone(last, info), {last: value}).fields
            return _with(made, name=name)
        kind: Any = "ticks" if _many(info) else "choice"
        title = info.title or last
        offered = (Options(tuple(options)),)
        return Field(name, title, kind, value, required=info.is_required(), groups=offered)


def required_rows(model: type[BaseModel]) -> dict[str, Any]:
    """A form that nobody filled in yet, with a row where there must be one."""
    return {
        name: [{}]
        for name, info in model.model_fields.items()
        if info.is_required() and _many(info) and inner_of(info) is not None
    }


def words(process: str, name: str, value: Any) -> str:
    """A code or a value as people read it, by the labels of the domain."""
    own = SECTION_OF.get(process) or process
    for section in dict.fromkeys((own, process, *_FURTHER)):
        if (said := written(section, name, value)) != str(value):
            return said
    return str(value)


def said(
    process: str, step: str, data: Mapping[str, Any], names: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What a step says, as labels and texts. `names` are those of records by their id."""
    known = STEPS.get((process, step))
    fields = {} if known is None else known.form.model_fields
    own = SECTION_OF.get(process) or process
    told = []
    for name, value in data.items():
        if name in _APART or value in (None, "", [], {}):
            continue
        info = fields.get(name)
        title = label(own, name) if info is None else info.title or name
        told.append((title, _told(process, name, value, info, names)))
    return told


def _told(
    process: str, name: str, value: Any, info: FieldInfo | None, names: Mapping[str, str]
) -> str:
    if isinstance(value, list | tuple):
        return "／".join(_told(process, name, one, info, names) for one in value)
    if isinstance(value, Mapping):
        inner = None if info is None else inner_of(info)
        parts = {} if inner is None else inner.model_fields
        own = SECTION_OF.get(process) or process
        return "，".join(
            f"{(parts[one].title if one in parts else None) or label(own, one)}："
            f"{_told(process, one, part, parts.get(one), names)}"
            for one, part in value.items()
            if part not in (None, "", [], {})
        )
    return names.get(str(value)) or words(process, name, value)


def data_of(model: type[BaseModel], form: FormData, *, blank_rows: bool = False) -> dict[str, Any]:
    """What was typed into the form of a model; what nobody typed is left out, rows in which nothing
    was typed are kept with `blank_rows`."""
    found = {
        name: _value(name, info, form, blank_rows) for name, info in model.model_fields.items()
    }
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _value(name: str, info: FieldInfo, form: FormData, blank_rows: bool) -> Any:
    inner = inner_of(info)
    if inner is not None:
        if not _many(info):
            return data_of(inner, plain.under(form, f"{name}."))
        rows = [
            data_of(inner, plain.under(form, f"{name}.{number}."))
            for number in plain.row_numbers(name, form)
        ]
        return [row for row in rows if row or blank_rows]
    codes = codes_of(info)
    if codes or _of_records(info):
        said = texts(form, name) if _many(info) else [text(form, name)]
        given = [one if one is None else codes.get(one, one) for one in said]
        return given if _many(info) else given[0]
    return plain.data_of(_alone(name, info), form).get(name)


def _alone(name: str, info: FieldInfo) -> type[BaseModel]:
    """A model of one field, for what is made of models."""
    return type("_Alone", (BaseModel,), {"__annotations__": {name: info.annotation}, name: info})


def _with(made: Field, **changed: Any) -> Field:
    known = {one: getattr(made, one) for one in Field.__dataclass_fields__}
    return Field(**(known | changed))


def types_of(info: FieldInfo) -> Iterator[Any]:
    """The type of a field and those inside it."""
    pending = [bare(info.annotation)]
    while pending:
        one = pending.pop(0)
        yield one
        if get_origin(one) is not Literal:
            pending.extend(bare(inner) for inner in get_args(one) if inner is not ...)


def _many(info: FieldInfo) -> bool:
    return any(get_origin(one) is tuple for one in types_of(info))


def inner_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model inside a field, or of its rows."""
    for one in types_of(info):
        if isinstance(one, type) and issubclass(one, BaseModel) and one is not Erased:
            return one
    return None


def codes_of(info: FieldInfo) -> dict[str, Any]:
    """What a field may say, by how it is written."""
    for one in types_of(info):
        if get_origin(one) is Literal:
            return {str(code): code for code in get_args(one)}
    return {}


def _of_records(info: FieldInfo) -> bool:
    return any(one is UUID for one in types_of(info))
