"""The heads of a list's columns: their words, and where a click on them leads."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode


def columns_of(
    path: str, words: Iterable[tuple[str, str]], sort: str, terms: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Of each column its label, the address of the list in its order, and how the list is ordered
    by it now; a second click turns the order around. `terms` are the filters of the address."""
    columns = []
    for by, label in words:
        order = "none"
        if sort.removeprefix("-") == by:
            order = "descending" if sort.startswith("-") else "ascending"
        turned = f"-{by}" if order == "ascending" else by
        href = f"{path}?{urlencode({**terms, 'sort': turned})}"
        columns.append({"label": label, "href": href, "order": order})
    return columns
