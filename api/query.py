"""What a query may hold: the names that its route knows, each once where it is no list.

A filter that is misspelt would otherwise be none at all, and the list longer than was asked for.
"""

from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute
from pydantic import Field

from api.problems import BodyNotValid, FieldError
from domain.refusal import NotFound

SchoolYear = Annotated[int, Field(ge=1, le=999, description="學年度（民國年）")]
Grade = Annotated[int, Field(ge=1, le=12)]

_CONTROL = "control-character", "文字不可包含控制字元。"

#: What was read of a route once, by its function: the parameters follow from that.
_KNOWN: dict[Callable[..., Any], dict[str, bool]] = {}


def check_query(request: Request) -> None:
    """Raises `BodyNotValid` naming each parameter that is not to be read as it stands, and
    `NotFound` where the path holds what no id has."""
    known = _parameters(request.scope["route"])
    _check(request, lambda name, values: _told(known.get(name), values))


async def check_characters(request: Request) -> None:
    """The same of an address of a page, to which more may be added than its route knows. Where it
    stands, every request comes by: it needs no thread of its own."""
    _check(request, lambda _, values: _CONTROL if any(map(_controls, values)) else None)


def _check(request: Request, told_of: Callable[[str, list[str]], tuple[str, str] | None]) -> None:
    if any(_controls(str(part)) for part in request.path_params.values()):
        raise NotFound
    given = request.query_params
    wrong = [
        FieldError(field=name, code=told[0], message=told[1])
        for name in dict.fromkeys(given)
        if (told := told_of(name, given.getlist(name)))
    ]
    if wrong:
        raise BodyNotValid(wrong)


def _told(is_list: bool | None, values: list[str]) -> tuple[str, str] | None:
    """What is wrong with the values of a parameter; None for `is_list`: the route has no such."""
    if is_list is None:
        return "unknown-field", "沒有這個欄位，請移除。"
    if not is_list and len(values) > 1:
        return "repeated-field", "這個欄位只能填一次。"
    return _CONTROL if any(map(_controls, values)) else None


def _parameters(route: APIRoute) -> dict[str, bool]:
    """The query parameters of a route: by name whether it may come more than once."""
    known = _KNOWN.get(route.endpoint)
    if known is None:
        known = _KNOWN[route.endpoint] = {
            one.alias: _is_list(one.field_info.annotation)
            for one in get_flat_params(route.dependant)
            if not isinstance(one.field_info, (Path, Header, Cookie))
        }
    return known


def _is_list(annotation: Any) -> bool:
    return list in (get_origin(annotation), *map(get_origin, get_args(annotation)))


def _controls(text: str) -> bool:
    return any(character < " " for character in text)
