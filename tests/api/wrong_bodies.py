"""What somebody may type where something else is meant."""

import copy
from collections.abc import Iterator
from typing import Any

#: What nobody may read elsewhere: somebody typed it into the wrong field.
TYPED = "瑪瑙河邊的話"
WRONG: tuple[Any, ...] = (
    None,
    "",
    " ",
    TYPED,
    TYPED * 2000,
    f"{TYPED}\u202e\ufffe",
    "112.13.45",
    0,
    -1,
    10**30,
    1.5,
    True,
    [],
    [TYPED],
    [None, None],
    {},
    {"unknown": TYPED},
    [{"unknown": TYPED}],
)


def wrong_bodies(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with each of its fields, and of what is in them, made wrong in turn."""
    for place in _places(body):
        for value in WRONG:
            made = copy.deepcopy(body)
            at: Any = made
            for step in place[:-1]:
                at = at[step]
            at[place[-1]] = value
            yield made


def _places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the fields of a body and of what is in it are."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        yield (*before, name)
        if isinstance(one, (dict, list)):
            yield from _places(one, (*before, name))
