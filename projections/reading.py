"""How rows of the views become what is read from them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson

Read = TypeVar("Read")


def with_row(made: Callable[..., Read], rows: Iterable[Sequence[Any]]) -> list[Read]:
    """One `made` of the columns of each row; the last column is JSON, as a view keeps it."""
    return [made(*row[:-1], orjson.loads(row[-1])) for row in rows]
