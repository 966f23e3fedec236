"""Filters that somebody keeps under a name, for that person alone; kept as drafts are."""

from typing import NamedTuple

import orjson

from api import drafts
from api.web.rendering import Page
from domain.refusal import NotFound

#: How many views one person keeps of a list, and how long a name may be.
_MOST, _LONGEST = 30, 60


class SavedView(NamedTuple):
    """A name and the query string of the list."""

    name: str
    address: str


def kept(page: Page, of: str) -> list[SavedView]:
    """The views of a list, by their names."""
    return sorted(_stored(page, of))


def _stored(page: Page, of: str) -> list[SavedView]:
    """The same in the order in which they were kept."""
    try:
        _, body = drafts.kept(page.house, page.viewer.account_id, _key(of))
    except NotFound:
        return []
    return [SavedView(*one) for one in body["views"]]


def keep(page: Page, of: str, name: str, address: str) -> None:
    """Keeps a view; one of the same name is replaced, the oldest beyond the most is dropped."""
    name = name.strip()[:_LONGEST]
    others = [one for one in _stored(page, of) if one.name != name]
    _write(page, of, [*others, SavedView(name, address)][-_MOST:])


def forget(page: Page, of: str, name: str) -> None:
    _write(page, of, [one for one in _stored(page, of) if one.name != name])


def _write(page: Page, of: str, views: list[SavedView]) -> None:
    body = orjson.dumps({"views": [[*one] for one in views]})
    drafts.keep(page.house, page.viewer.account_id, _key(of), body)


def _key(of: str) -> str:
    return f"views:{of}"
