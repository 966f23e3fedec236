"""Merkle trees after RFC 6962, section 2.1: hashes, paths, and the check of paths. Pure.

A tree over n leaves is the list of its leaf hashes. A node is `(level, index)`: the complete
subtree of the 2**level leaves from `index << level` on. Every subtree that a path names is a range
of leaves `(begin, end)`, and its hash is folded from the complete subtrees that it is made of.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

#: The hash of a tree without leaves.
EMPTY = hashlib.sha256(b"").digest()
HASH_BYTES = 32

_PAIR = 2 * HASH_BYTES
_sha256 = hashlib.sha256

Node = tuple[int, int]
#: The leaves from `begin` up to and without `end`.
Range = tuple[int, int]


class ProofError(Exception):
    """A path that does not lead where it says, or has not the form of one."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 01, the left and the right hash."""
    return _sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of the tree whose complete subtrees, from left to right, have these hashes."""
    if len(hashes) == 1:
        return hashes[0]
    if not hashes:
        return EMPTY
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def complete(hashes: bytes) -> bytes:
    """The hash of the node above 2**n neighbours, whose hashes stand one after another."""
    if len(hashes) == _PAIR:
        return _sha256(b"\x01" + hashes).digest()
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                _sha256(b"\x01" + hashes[at : at + _PAIR]).digest()
                for at in range(0, len(hashes), _PAIR)
            ]
        )
    return hashes


def nodes_of(part: Range) -> list[Node]:
    """The complete subtrees of a range, from left to right; those of a tree have falling levels."""
    begin, end = part
    width = end - begin
    if width & (width - 1) == 0 and width and begin % width == 0:
        return [(width.bit_length() - 1, begin // width)]
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The siblings of a leaf's path, from the leaf up. Raises `ProofError`."""
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    ranges.reverse()
    return ranges


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The subtrees that show a tree of `new` leaves to begin with one of `old`.

    Empty where there is nothing to show: for equal sizes, and for an empty old tree. Raises
    `ProofError` where the old one is larger.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} cannot begin with one of {old}")
    if old in (0, new):
        return []
    ranges: list[Range] = []
    begin, end = 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    # The old tree itself is known to who asks.
    if begin:
        ranges.append((begin, end))
    ranges.reverse()
    return ranges


def hashes_of(ranges: Iterable[Range], node: Callable[[Node], bytes]) -> list[bytes]:
    """The hash of each range; `node` gives that of a complete subtree."""
    return [fold([node(one) for one in nodes_of(part)]) for part in ranges]


def root_of(size: int, node: Callable[[Node], bytes]) -> bytes:
    """The hash of the tree of the first `size` leaves."""
    return fold([node(one) for one in nodes_of((0, size))])


class Leaves:
    """A tree in memory, from its leaf hashes: for a ledger that nobody keeps a tree of."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._levels = [list(hashes)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append(
                [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
            )

    def __len__(self) -> int:
        return len(self._levels[0])

    def node(self, which: Node) -> bytes:
        level, index = which
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The hash of the tree of the first `size` leaves, all where none is given."""
        return root_of(len(self) if size is None else size, self.node)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return hashes_of(inclusion_ranges(index, size), self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return hashes_of(consistency_ranges(old, new), self.node)


# -- checking


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` in which the leaf hash stands at `index` if the path is true.

    Raises `ProofError` where the path has not the length that it must have.
    """
    ranges = inclusion_ranges(index, size)
    _check_hashes(path, len(ranges))
    _check_hashes([leaf], 1)
    root = leaf
    for (begin, _), sibling in zip(ranges, path, strict=True):
        root = node_hash(root, sibling) if begin > index else node_hash(sibling, root)
    return root


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raises `ProofError` where the path does not lead from the leaf to the root."""
    if root_by_inclusion(leaf, index, size, path) != root:
        raise ProofError("the path does not lead to the root")


def check_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Raises `ProofError` where the path does not show that the new tree begins with the old."""
    ranges = consistency_ranges(old, new)
    _check_hashes(path, len(ranges))
    if old == 0 and old_root != EMPTY:
        raise ProofError("an empty tree has another root")
    if old == new and old_root != new_root:
        raise ProofError("trees of one size have two roots")
    if old in (0, new):
        return
    rest = list(zip(ranges, path, strict=True))
    # A complete old tree is no range of the path: its root is where both ways begin.
    was = now = old_root
    if ranges[0][0] < old:
        was = now = rest.pop(0)[1]
    for (begin, _), sibling in rest:
        if begin >= old:
            now = node_hash(now, sibling)
        else:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
    if was != old_root:
        raise ProofError("the path does not lead to the old root")
    if now != new_root:
        raise ProofError("the path does not lead to the new root")


def _split(width: int) -> int:
    """The largest power of two that is smaller than a width of at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _check_hashes(path: Sequence[bytes], length: int) -> None:
    if len(path) != length:
        raise ProofError(f"a path of {length} hashes has {len(path)}")
    if any(len(one) != HASH_BYTES for one in path):
        raise ProofError("a hash has 32 bytes")
