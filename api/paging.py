"""Pages of lists that are put in order in memory, over what the viewer may see (contract 2).

A cursor holds the last row's place in the order, so that a row that comes or goes elsewhere
moves nothing; it is opaque, and bound to viewer, filter and order.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from fastapi import Query

from api.house import House
from api.name_order import name_key
from api.tokens import TokenNotValid
from api.viewer import Viewer
from domain.refusal import Refusal
from ledger.encryption import canonical

Item = TypeVar("Item")

#: The most that a page holds.
LARGEST_PAGE = 200

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="每頁筆數")]
Cursor = Annotated[str | None, Query(description="上一頁的 next_cursor")]

#: The fields that hold names.
_NAMES = frozenset({"name", "course_name"})

#: A row's place: its key in the order, which JSON can hold, then its id; and the row.
Place = tuple[Any, UUID | str, Item]


class CursorNotValid(Refusal):
    """The cursor is of another viewer, filter or order, or of nobody's."""

    CODE = "cursor-not-valid"
    STATUS = 422
    TITLE = "分頁代碼不正確，請從第一頁重新查詢"

    def __init__(self) -> None:
        super().__init__(field="cursor")


class Identified(Protocol):
    """What a list holds: a model with an id of its own."""

    @property
    def id(self) -> UUID | str: ...

    def model_dump(self, *, mode: str, include: set[str]) -> dict[str, Any]: ...


Listed = TypeVar("Listed", bound=Identified)


def sorted_page(
    house: House,
    viewer: Viewer,
    items: Iterable[Listed],
    sort: str,
    *,
    what: str,
    wanted: Mapping[str, Any],
    limit: int,
    cursor: str | None,
) -> tuple[list[Listed], str | None]:
    """A page of items by one of their fields, `-` before it for descending; what is empty comes
    first, names by strokes. Raises `CursorNotValid`."""
    by = sort.removeprefix("-")
    return paged(
        house,
        viewer,
        [(_key(by, one), one.id, one) for one in items],
        what=what,
        wanted={**wanted, "sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )


def _key(by: str, item: Identified) -> list[Any]:
    # Instants of one list have one offset, so that their texts sort as they do.
    value = item.model_dump(mode="json", include={by})[by]
    if value is None:
        return []
    if by in _NAMES:
        return name_key(value)
    return [value]


def paged(
    house: House,
    viewer: Viewer,
    rows: Sequence[Place[Item]],
    *,
    what: str,
    wanted: Mapping[str, Any],
    limit: int,
    cursor: str | None,
    descending: bool = False,
) -> tuple[list[Item], str | None]:
    """A page of the rows in order, and the cursor of the next. Raises `CursorNotValid`.

    `what` and `wanted` are the list and its filter and order.
    """
    bound = hashlib.sha256(canonical([what, dict(wanted)])).hexdigest()
    ordered = sorted(rows, key=lambda row: (row[0], str(row[1])), reverse=descending)
    start = 0
    if cursor is not None:
        last = _opened(house, viewer, cursor, bound)
        try:
            start = next(
                (
                    number
                    for number, row in enumerate(ordered)
                    if (
                        (row[0], str(row[1])) < last if descending else (row[0], str(row[1])) > last
                    )
                ),
                len(ordered),
            )
        except TypeError:
            # Of an earlier program, whose rows had other keys.
            raise CursorNotValid from None
    page = ordered[start : start + limit]
    if start + limit >= len(ordered):
        return [row[2] for row in page], None
    content = {"of": bound, "key": page[-1][0], "id": page[-1][1]}
    return [row[2] for row in page], house.tokens.seal("cursor", content, viewer.account_id)


def _opened(house: House, viewer: Viewer, cursor: str, bound: str) -> tuple[Any, str]:
    try:
        content = house.tokens.open("cursor", cursor, viewer.account_id)
    except TokenNotValid:
        raise CursorNotValid from None
    if content["of"] != bound:
        raise CursorNotValid
    return content["key"], content["id"]
