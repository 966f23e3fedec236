"""Is every `ledger.map-root.v1` the root of the map that its `covers` counts? (sealing.md)"""

import json
from collections.abc import Iterator
from typing import Any

from replay.verify.report import Finding
from replay.verify.scopes import Scopes

TOPIC = "ledger.map-root.v1"
_EMPTY = "0" * 64


class MapRoots:
    """Follows `records`. Without the house key `scope` only the order of `covers` can be told."""

    def __init__(self, scopes: Scopes | None) -> None:
        self.scopes = scopes
        #: Where a map's root stands; a checkpoint of `records` ends on one.
        self.positions: set[int] = set()
        #: Whether there was a map with something in it and no key to make it again.
        self.unchecked = False
        self._covers = 0

    def findings(self, position: int, body: bytes) -> Iterator[Finding]:
        """What is wrong with one. It has no subject."""
        self.positions.add(position)
        said = _said(body)
        if said is None:
            yield _wrong(position, "對照表的紀錄不符格式")
            return
        covers, entries, root = said
        if not self._covers < covers < position:
            yield _wrong(position, "對照表計入的位置不正確")
            return
        self._covers = covers
        if self.scopes is None:
            self.unchecked = self.unchecked or entries > 0
            if entries == 0 and root != _EMPTY:
                yield _wrong(position, "對照表沒有任何區段，雜湊值卻不是空的")
            return
        if self.scopes.cover(covers) != (entries, root):
            yield _wrong(position, f"對照表與第 {covers} 筆為止的紀錄不符")


def _said(body: bytes) -> tuple[int, int, str] | None:
    try:
        fields: Any = json.loads(body)
        covers, entries, root = fields["covers"], fields["scopes"], fields["root"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if type(covers) is not int or type(entries) is not int or type(root) is not str:
        return None
    return covers, entries, root


def _wrong(position: int, message: str) -> Finding:
    return Finding("records", None, position, "map-root", message)
