"""The types of the fields of events, from those of the forms whose content they keep.

A limit of a form, such as a length, may change; what was stored within another one is read for
ever. So no type of an event has limits, and no part of one.
"""

from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidatorFunctionWrapHandler, WrapValidator, create_model
from pydantic.fields import FieldInfo

from domain.event import ENCRYPTED, Erased

Part = Callable[[type[BaseModel]], Any]


def stored_type(info: FieldInfo) -> Any:
    """The type of a form's field in an event: without limits, and never required."""
    plain = bare(info.annotation, _as_stored)
    return Annotated[plain | Erased | None, ENCRYPTED] if is_encrypted(info) else plain | None


def is_encrypted(info: FieldInfo) -> bool:
    return any(mark is ENCRYPTED for mark in info.metadata)


def bare(annotation: Any, part: Part = lambda model: model) -> Any:
    """A type without what is said beside it, such as its limits; `part` gives what stands for a
    model in it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return bare(inner[0], part)
    if origin in (Union, UnionType):
        return reduce(or_, (bare(one, part) for one in inner))
    if origin in (tuple, dict):
        return origin[tuple(one if one is ... else bare(one, part) for one in inner)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return part(annotation)
    return annotation


@cache
def _as_stored(model: type[BaseModel]) -> Any:
    """A model that is read from what was stored without looking at its limits."""
    fields: dict[str, Any] = {
        name: (
            bare(info.annotation, _as_stored),
            ... if info.is_required() else info.get_default(call_default_factory=True),
        )
        for name, info in model.model_fields.items()
    }
    unlimited = create_model(f"Stored{model.__name__}", **fields)

    def read(value: Any, as_given: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(value, Mapping):
            return as_given(value)
        said = unlimited.model_validate(value)
        return model.model_construct(
            said.model_fields_set, **{name: getattr(said, name) for name in fields}
        )

    return Annotated[model, WrapValidator(read)]
