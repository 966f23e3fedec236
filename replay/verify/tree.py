"""The tree of a book while it is read: RFC 6962, section 2.1 (docs/formats/sealing.md)."""

from hashlib import sha256


class Tree:
    """Grows by leaf hashes, and keeps one hash for every power of two in its size."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes | None] = []

    def extend(self, leaves: list[bytes]) -> None:
        """Adds leaves in their order. Level by level, for a call for each pair costs more."""
        self.size += len(leaves)
        level = 0
        while leaves:
            if level == len(self._whole):
                self._whole.append(None)
            waiting = self._whole[level]
            if waiting is not None:
                leaves = [waiting, *leaves]
            self._whole[level] = leaves[-1] if len(leaves) & 1 else None
            pairs = zip(leaves[::2], leaves[1::2], strict=False)
            leaves = [sha256(b"\1" + left + right).digest() for left, right in pairs]
            level += 1

    def root(self) -> bytes:
        root: bytes | None = None
        for whole in self._whole:
            if whole is not None:
                root = whole if root is None else sha256(b"\1" + whole + root).digest()
        return sha256().digest() if root is None else root


class Roots:
    """Which sizes of which book's tree are asked for, and their roots once it was read.

    A ledger is named by its book and, in `notes`, its author.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str | None], set[int]] = {}
        self._found: dict[tuple[str, str | None, int], bytes] = {}
        #: How many events each ledger has that was read.
        self.sizes: dict[tuple[str, str | None], int] = {}

    def ask(self, book: str, owner: str | None, size: int) -> None:
        self._asked.setdefault((book, owner), set()).add(size)

    def asked(self, book: str, owner: str | None) -> list[int]:
        """The sizes asked for, without 0, the smallest first."""
        return sorted(self._asked.get((book, owner), set()) - {0})

    def keep(self, book: str, owner: str | None, tree: Tree) -> None:
        self._found[book, owner, tree.size] = tree.root()

    def at(self, book: str, owner: str | None, size: int) -> bytes | None:
        """The root at a size, None where the book never had it."""
        return Tree().root() if size == 0 else self._found.get((book, owner, size))
