"""Chains of scopes and the map over them (docs/formats/sealing.md). Pure.

A scope is a student and a noun. The map is a binary trie over the 256 bits of the scopes' keys; it
is kept in nodes of every fourth bit, each named by its path, a byte for each four bits. What stands
for a node is `b""` for no entry, the 72 bytes of `Entry.packed` for one, and a hash of 32 bytes for
more.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.encryption import expand

#: The chain before the first event, and the hash of a subtree without entries.
NOTHING = bytes(32)
KEY_BYTES = 32
_ENTRY_BYTES = KEY_BYTES + 8 + 32
_SCOPE_INFO = b"igp-scope/1"

#: Where a node stands: a byte (0 to 15) for each four bits of the keys below it.
Path = bytes


@dataclass(frozen=True)
class Entry:
    """What the map says of a scope: its key, how many events, and the chain's last hash."""

    key: bytes
    count: int
    last: bytes

    @property
    def packed(self) -> bytes:
        return self.key + self.count.to_bytes(8, "big") + self.last

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(b"\x00" + self.packed).digest()


@dataclass(frozen=True)
class MapProof:
    """The way to a key: siblings from the root down, and what stands where it ends.

    `entry` is the key's own (present), another's or None (both absent).
    """

    key: bytes
    siblings: tuple[bytes, ...]
    entry: Entry | None

    @property
    def found(self) -> Entry | None:
        """The key's own entry, or None where the proof is one of absence."""
        return self.entry if self.entry is not None and self.entry.key == self.key else None


def noun_of(topic: str) -> str:
    """The part of a topic before its first dot."""
    return topic.partition(".")[0]


def chained(last: bytes, leaf_hash: bytes) -> bytes:
    """The chain after one more event; it begins with `NOTHING`."""
    return hashlib.sha256(b"igp-chain/1" + last + leaf_hash).digest()


def student_key(extracted: bytes, student: UUID) -> bytes:
    """The scope key of a student, from the house key `scope` as the keyring gives it: after
    HKDF-Extract. It survives the erasure of the student."""
    return expand(extracted, _SCOPE_INFO + student.bytes)


def scope_key(student_key: bytes, noun: str) -> bytes:
    """The key of a scope of the student in the map."""
    return hmac.digest(student_key, noun.encode(), hashlib.sha256)


# -- the map in memory


def map_root(entries: Iterable[Entry]) -> bytes:
    """The root of the map of these entries, whose keys differ."""
    return _root(sorted(entries, key=lambda entry: entry.key), 0)


def _root(entries: Sequence[Entry], depth: int) -> bytes:
    if not entries:
        return NOTHING
    if len(entries) == 1:
        return entries[0].hash
    middle = next((at for at, one in enumerate(entries) if _bit(one.key, depth)), len(entries))
    return _branch(_root(entries[:middle], depth + 1), _root(entries[middle:], depth + 1))


def _branch(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1


# -- the map in nodes


def path_of(key: bytes, length: int) -> Path:
    """The path of a key's node at a depth of `length` times four bits."""
    return bytes(_nibble(key, at) for at in range(length))


def entry_of(node: bytes) -> Entry | None:
    """The one entry of a node, or None where it has none or more."""
    if len(node) != _ENTRY_BYTES:
        return None
    return Entry(node[:KEY_BYTES], int.from_bytes(node[KEY_BYTES:-32], "big"), node[-32:])


def is_many(node: bytes) -> bool:
    return len(node) == 32


def hash_of(node: bytes) -> bytes:
    """The hash of the subtree that a node stands for."""
    if not node:
        return NOTHING
    return node if is_many(node) else hashlib.sha256(b"\x00" + node).digest()


Load = Callable[[Sequence[Path]], Mapping[Path, bytes]]


class Trie:
    """The nodes of a map as far as they are needed; `load` reads those of some paths.

    A path that `load` leaves out has no entry. What was read or set is remembered, so that several
    changes one after another read each node once, and a level of the map is read at a time.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._known: dict[Path, bytes] = {}

    def root(self) -> bytes:
        """The hash of the whole map."""
        self._need([b""])
        return hash_of(self._known[b""])

    def set(self, entries: Iterable[Entry]) -> dict[Path, bytes]:
        """Sets entries, and returns every node that this changes, the root's under `b""`."""
        changed: dict[Path, bytes] = {}
        level: dict[Path, dict[bytes, Entry]] = {b"": {one.key: one for one in entries}}
        if not level[b""]:
            return changed
        self._need([b""])
        rows = []
        while level:
            divided = [path for path, new in level.items() if not self._alone(path, new, changed)]
            self._need([child for path in divided for child in _children(path)])
            below: dict[Path, dict[bytes, Entry]] = {}
            for path in divided:
                for key, one in level[path].items():
                    below.setdefault(path + bytes([_nibble(key, len(path))]), {})[key] = one
            rows.append(divided)
            level = below
        for divided in reversed(rows):
            for path in divided:
                node = _halves([self._known[child] for child in _children(path)])[0][0]
                changed[path] = self._known[path] = node
        return changed

    def _alone(self, path: Path, new: dict[bytes, Entry], changed: dict[Path, bytes]) -> bool:
        """Sets a node whose one entry is new; otherwise it is divided, or was before."""
        node = self._known[path]
        if is_many(node):
            return False
        old = entry_of(node)
        if old is not None:
            new.setdefault(old.key, old)
        if len(new) > 1:
            # Nothing stands below what was never divided.
            self._known.update(dict.fromkeys(_children(path), b""))
            return False
        changed[path] = self._known[path] = next(iter(new.values())).packed
        return True

    def prove(self, keys: Iterable[bytes]) -> dict[bytes, MapProof]:
        """A proof for each key, of presence or of absence."""
        going: dict[bytes, list[bytes]] = {key: [] for key in keys}
        found = {}
        self._need([b""])
        length = 0
        while going:
            paths = {key: path_of(key, length) for key in going}
            many = {key: path for key, path in paths.items() if is_many(self._known[path])}
            self._need([child for path in set(many.values()) for child in _children(path)])
            for key, path in paths.items():
                end = self._walk(key, path, going[key]) if key in many else self._known[path]
                if not is_many(end):
                    found[key] = MapProof(key, tuple(going.pop(key)), entry_of(end))
            length += 1
        return found

    def _walk(self, key: bytes, path: Path, siblings: list[bytes]) -> bytes:
        """Four bits down from a divided node, or fewer where the way ends: what it leads to."""
        halves = _halves([self._known[child] for child in _children(path)])
        at, node = 0, halves[0][0]
        for row in halves[1:]:
            at = at * 2 + _bit(key, len(path) * 4 + len(row).bit_length() - 2)
            node = row[at]
            siblings.append(hash_of(row[at ^ 1]))
            if not is_many(node):
                break
        return node

    def _need(self, paths: Iterable[Path]) -> None:
        unknown = [path for path in dict.fromkeys(paths) if path not in self._known]
        if unknown:
            read = self._load(unknown)
            self._known.update((path, read.get(path, b"")) for path in unknown)


def _children(path: Path) -> list[Path]:
    return [path + bytes([nibble]) for nibble in range(16)]


def _nibble(key: bytes, at: int) -> int:
    return key[at // 2] >> 4 if at % 2 == 0 else key[at // 2] & 15


def _halves(children: Sequence[bytes]) -> list[list[bytes]]:
    """The nodes between sixteen neighbours and the one above them: rows of 1, 2, 4, 8 and 16."""
    rows = [list(children)]
    while len(rows[0]) > 1:
        below = rows[0]
        rows.insert(0, [_over(below[at], below[at + 1]) for at in range(0, len(below), 2)])
    return rows


def _over(left: bytes, right: bytes) -> bytes:
    # A subtree of one entry is not divided: it stands for itself at every depth.
    if not left and not is_many(right):
        return right
    if not right and not is_many(left):
        return left
    return _branch(hash_of(left), hash_of(right))
