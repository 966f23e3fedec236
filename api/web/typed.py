"""What was typed into a form, as the JSON that the API takes; see `api.web.fields`.

Nothing is judged here: what a model will not take is handed on as it was typed.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from fastapi import Depends, Request
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from api.web.fields import is_moment, plain_type, row_model_of
from domain.calendar import TAIPEI, DateNotUnderstood, parse_date
from domain.section import HEADER, choice_of

_MOST_FIELDS = 5000
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：時]?([0-5][0-9])分?")


#: Of a filter in an address: a field that was left empty narrows nothing. What bounds the value
#: stands in its type, not in `Query`, which would try it on None.
BLANK = BeforeValidator(lambda value: None if value == "" else value)


async def _form(request: Request) -> FormData:
    async with request.form(max_fields=_MOST_FIELDS, max_files=10) as form:
        return FormData(list(form.multi_items()))


Typed = Annotated[FormData, Depends(_form)]


def text(form: FormData, name: str) -> str | None:
    """A single value; None where nothing was typed."""
    value = form.get(name)
    if not isinstance(value, str):
        return None
    # Browsers send line breaks as CR LF, wherever they stand.
    plain = value.replace("\r\n", "\n")
    return plain if plain.strip() else None


def texts(form: FormData, name: str) -> list[str]:
    """The values of boxes that were ticked."""
    return [one for one in form.getlist(name) if isinstance(one, str) and one]


def data_of(
    model: type[BaseModel],
    form: FormData,
    skip: Iterable[str] = (),
    *,
    blank_rows: bool = False,
) -> dict[str, Any]:
    """The JSON of a model without the fields of `skip`; those of the header where the form has
    them. New rows in which nothing was typed are kept with `blank_rows`."""
    data: dict[str, Any] = {}
    apart = {*skip}
    for name, info in model.model_fields.items():
        if name in apart:
            continue
        if name in HEADER:
            if (value := _value(name, info, form)) is not None:
                data[name] = value
            continue
        rows = row_model_of(info)
        data[name] = (
            _value(name, info, form) if rows is None else _rows(name, rows, form, blank_rows)
        )
    return data


def _rows(name: str, model: type[BaseModel], form: FormData, blank: bool) -> list[dict[str, Any]]:
    """The rows in their order."""
    found = []
    for number in row_numbers(name, form):
        row: dict[str, Any] = {
            inner: _value(f"{name}.{number}.{inner}", info, form)
            for inner, info in model.model_fields.items()
        }
        if blank or any(value not in (None, [], {}) for value in row.values()):
            found.append(row)
    return found


def row_numbers(name: str, form: FormData) -> list[int]:
    """The numbers of the rows that a form has under this name, in their order."""
    start = len(name) + 1
    parts = {key[start:].partition(".")[0] for key in form if key.startswith(f"{name}.")}
    return sorted({int(part) for part in parts if part.isdecimal() and len(part) < 5})


def _value(name: str, info: FieldInfo, form: FormData) -> Any:
    plain = plain_type(info)
    inner = get_args(plain)
    origin = get_origin(plain)
    if origin is dict and get_origin(inner[1]) is tuple:
        return {
            group: ticked
            for group in _keys(name, form)
            if (ticked := texts(form, f"{name}.{group}"))
        }
    if origin is dict:
        said = {key: text(form, f"{name}.{key}") for key in _keys(name, form)}
        return {key: value for key, value in said.items() if value is not None}
    if origin is tuple:
        choice = choice_of(info)
        if choice is not None and not choice.free:
            return texts(form, name)
        # Some may be ticked, others typed, one a line.
        return list(dict.fromkeys(one for part in texts(form, name) for one in _lines(part)))
    if isinstance(plain, type) and not issubclass(plain, Enum):
        if is_moment(plain):
            return _moment(text(form, f"{name}.day"), text(form, f"{name}.time"))
        if issubclass(plain, bool):
            return {"true": True, "false": False}.get(text(form, name) or "")
        if issubclass(plain, int):
            return _number(text(form, name))
        if issubclass(plain, date):
            return text(form, name)
    return text(form, name)


def _keys(name: str, form: FormData) -> list[str]:
    """What stands after the name of a mapping, in the order of the form."""
    start = len(name) + 1
    return list(dict.fromkeys(key[start:] for key in form if key.startswith(f"{name}.")))


def _lines(value: str) -> list[str]:
    """One entry a line, or between 、."""
    parts = re.split(r"[\n、]", value)
    return [part.strip() for part in parts if part.strip()]


def _number(value: str | None) -> int | str | None:
    plain = unicodedata.normalize("NFKC", value or "").strip()
    return int(plain) if plain.isdecimal() and len(plain) < 10 else value


def _moment(day: str | None, clock: str | None) -> str | None:
    """An instant in Taipei; where day or time are none, what was typed."""
    if day is None and clock is None:
        return None
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", clock or "").strip())
    try:
        local = parse_date(day or "")
    except DateNotUnderstood:
        local = None
    if found is None or local is None:
        return f"{day or ''} {clock or ''}".strip()
    at = time(int(found[1]), int(found[2]))
    return datetime.combine(local, at, tzinfo=TAIPEI).isoformat()


def under(form: FormData, prefix: str) -> FormData:
    """The part of a form whose names have this prefix, without it."""
    start = len(prefix)
    return FormData(
        [(name[start:], value) for name, value in form.multi_items() if name.startswith(prefix)]
    )


def version_of(form: FormData) -> str | None:
    """`If-Match` of the version that the form was loaded with."""
    value = text(form, "_version")
    return None if value is None else f'"{value}"'


def doing(form: FormData) -> tuple[str, ...]:
    """Which button was pressed: `("save",)`, `("add", "tests")`, `("remove", "tests", "0")`."""
    return tuple((text(form, "_do") or "save").split(":"))


def with_rows(data: Mapping[str, Any], do: tuple[str, ...]) -> dict[str, Any]:
    """What was typed, after a button that adds or removes a row."""
    changed = dict(data)
    match do:
        case ("add", group):
            changed[group] = [*(data.get(group) or []), {}]
        case ("remove", group, number) if number.isdecimal():
            rows = list(data.get(group) or [])
            changed[group] = [row for at, row in enumerate(rows) if at != int(number)]
    return changed
