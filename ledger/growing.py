"""The tree of a ledger that is read from its start, in the memory of a few hashes."""

from ledger.merkle import fold, node_hash


class Growing:
    """Grows by leaf hashes; `root` is the hash of the tree so far (RFC 6962, section 2.1)."""

    def __init__(self) -> None:
        self.size = 0
        #: The complete subtrees from left to right: how many leaves, hash.
        self._parts: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        self.size += 1
        leaves = 1
        while self._parts and self._parts[-1][0] == leaves:
            hashed = node_hash(self._parts.pop()[1], hashed)
            leaves *= 2
        self._parts.append((leaves, hashed))

    def root(self) -> bytes:
        return fold([hashed for _, hashed in self._parts])
