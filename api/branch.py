"""A router that one look at the address passes by.

Every request is compared with every route until one fits, and that took a millisecond: more than
most of what is asked takes itself. The addresses of a whole router are one pattern here.
"""

import re
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.routing import Match, Route
from starlette.types import Scope


class Branch(APIRouter):
    """The routes of `router` below `prefix`, asked only about addresses that are theirs."""

    def __init__(self, router: APIRouter, prefix: str = "") -> None:
        super().__init__()
        self.include_router(router, prefix=prefix)
        paths = "|".join(sorted({_pattern(path) for path in _paths(router)}))
        self._theirs = re.compile(f"{re.escape(prefix)}(?:{paths})")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if self._theirs.fullmatch(path) is None:
            return Match.NONE, {}
        return super().matches(scope)


def _paths(router: APIRouter) -> Iterator[str]:
    for route in router.routes:
        assert isinstance(route, Route)
        yield route.path


def _pattern(path: str) -> str:
    """The addresses of a path whose names in braces each stand for a part."""
    return "[^/]+".join(re.escape(said) for said in re.split(r"\{[^}]*\}", path))
