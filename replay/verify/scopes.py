"""The chains of all scopes and the map over them, followed event by event (sealing.md)."""

import hmac
from hashlib import sha256
from typing import Any
from uuid import UUID

_NOTHING = bytes(32)
#: A subtree with more than one entry: left, right, and its hash until something below changes.
_Node = list[Any]


class ScopeMap:
    """A binary trie in memory; a root costs the hashes of the paths that changed since the last."""

    def __init__(self) -> None:
        #: None, an entry as (key, hash), or a node.
        self._top: Any = None
        self.entries = 0

    def put(self, key: bytes, count: int, last: bytes) -> None:
        """Sets the entry of a key."""
        entry = (key, sha256(b"\0" + key + count.to_bytes(8, "big") + last).digest())
        bits, depth = int.from_bytes(key, "big"), 255
        holder: _Node = [self._top, None, None]
        side, first = 0, holder
        while isinstance(holder[side], list):
            holder = holder[side]
            holder[2] = None
            side = bits >> depth & 1
            depth -= 1
        met = holder[side]
        if met is None or met[0] == key:
            self.entries += met is None
            holder[side] = entry
        else:
            self.entries += 1
            holder[side] = _apart(entry, met, bits, depth)
        self._top = first[0]

    def root(self) -> bytes:
        return _hash(self._top)


def _apart(entry: tuple[bytes, bytes], met: tuple[bytes, bytes], bits: int, depth: int) -> _Node:
    """A subtree of two entries, with the nodes down to the bit in which they differ."""
    other = int.from_bytes(met[0], "big")
    top: _Node = [None, None, None]
    node = top
    while True:
        mine, theirs = bits >> depth & 1, other >> depth & 1
        if mine != theirs:
            node[mine], node[theirs] = entry, met
            return top
        node[mine] = [None, None, None]
        node = node[mine]
        depth -= 1


def _hash(what: Any) -> bytes:
    if what is None:
        return _NOTHING
    if isinstance(what, tuple):
        hashed: bytes = what[1]
        return hashed
    if what[2] is None:
        what[2] = sha256(b"\1" + _hash(what[0]) + _hash(what[1])).digest()
    kept: bytes = what[2]
    return kept


class Scopes:
    """Every scope's chain, and the map as the last `covers` counts it."""

    def __init__(self, extracted: bytes) -> None:
        """`extracted` is the house key `scope`, extracted."""
        self._extracted = extracted
        self._map = ScopeMap()
        self._waiting: list[tuple[int, str, str, bytes]] = []
        self._scope_keys: dict[str, bytes] = {}
        self._chains: dict[tuple[str, str], tuple[bytes, int, bytes]] = {}

    def add(self, position: int, student: str, noun: str, leaf: bytes) -> None:
        """An event about a student, which the next map's root that covers it counts."""
        self._waiting.append((position, student, noun, leaf))

    def cover(self, covers: int) -> tuple[int, str]:
        """Counts the events up to a position; returns the map's entries and its root in hex."""
        changed = set()
        number = 0
        for position, student, noun, leaf in self._waiting:
            if position > covers:
                break
            number += 1
            scope = student, noun
            key, count, last = self._chains.get(scope) or (self._key(scope), 0, _NOTHING)
            chained = sha256(b"igp-chain/1" + last + leaf).digest()
            self._chains[scope] = key, count + 1, chained
            changed.add(scope)
        del self._waiting[:number]
        for scope in changed:
            self._map.put(*self._chains[scope])
        return self._map.entries, self._map.root().hex()

    def _key(self, scope: tuple[str, str]) -> bytes:
        student, noun = scope
        if student not in self._scope_keys:
            info = b"igp-scope/1" + UUID(student).bytes
            self._scope_keys[student] = hmac.digest(self._extracted, info + b"\1", sha256)
        return hmac.digest(self._scope_keys[student], noun.encode(), sha256)
