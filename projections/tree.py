"""The views `records_tree` and `access_tree`: the Merkle tree over a book, and proofs from it.

A row of `<book>_tile` holds up to sixteen hashes of neighbours at every fourth level, about 40
bytes an event in all. A row is written again until it is full, and every path needs few rows.
"""

from collections.abc import Callable, Iterable, Sequence

from ledger.database import Connection
from ledger.leaf import leaf_hash, leaf_of
from ledger.merkle import (
    HASH_BYTES,
    Node,
    Range,
    complete,
    consistency_ranges,
    hashes_of,
    inclusion_ranges,
    nodes_of,
)
from projections.view import SQL, Fact, SqlView, for_reader

#: How many levels of the tree a row stands for, and how many hashes it holds.
HEIGHT = 4
WIDTH = 1 << HEIGHT

#: The level of a tile among tiles, and its number there.
Tile = tuple[int, int]


class NotInTree(LookupError):
    """The tree of the view has not grown so far, or a row of it is not there."""


class TreeView(SqlView):
    """The tree over `records` or `access`: see the module."""

    def __init__(self, book: str) -> None:
        super().__init__(name=f"{book}_tree", version=1, tables=(f"{book}_tile",), book=book)

    def create(self, connection: Connection) -> None:
        reader = connection.info.user.removesuffix("projector") + "reader"
        text = for_reader(SQL / "tree.sql", reader)
        connection.execute(text.replace(b"{table}", self.tables[0].encode()))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        first = facts[0].position
        if any(fact.position != first + at for at, fact in enumerate(facts)):
            raise LookupError(f"the positions after {first} have a gap")
        leaves = [leaf_hash(leaf_of_fact(self.book, fact)) for fact in facts]
        tiles = _grown(_last_tiles(connection, self.tables[0], first - 1), first - 1, leaves)
        connection.execute(
            f"INSERT INTO {self.tables[0]} AS t (level, index, hashes)"
            " SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])"
            " ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes".encode(),
            (
                [level for level, _ in tiles],
                [index for _, index in tiles],
                list(tiles.values()),
            ),
        )


def leaf_of_fact(book: str, fact: Fact) -> bytes:
    """The leaf of an event of a shared book."""
    return leaf_of(
        book,
        None,
        fact.position,
        fact.stream_id,
        fact.stream_version,
        fact.topic,
        fact.student,
        fact.recorded_at,
        fact.body,
    )


def _last_tiles(connection: Connection, table: str, size: int) -> dict[Tile, bytes]:
    """The tiles of a tree of this size that are not full, one of a level at most."""
    wanted = []
    level = 0
    while (count := size >> HEIGHT * level) > 0:
        if count % WIDTH:
            wanted.append((level, count // WIDTH))
        level += 1
    found = _tiles(connection, table, wanted)
    for level, index in wanted:
        there = len(found.get((level, index), b"")) // HASH_BYTES
        if there != (size >> HEIGHT * level) % WIDTH:
            raise NotInTree(f"{table} is not the tree of {size} events")
    return found


def _grown(last: dict[Tile, bytes], size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that change when leaves are added to a tree of this size."""
    tiles: dict[Tile, bytes] = {}
    level, row = 0, list(leaves)
    while row:
        begin = size >> HEIGHT * level
        index = begin // WIDTH
        before = last.get((level, index), b"")
        filled = [before[at : at + HASH_BYTES] for at in range(0, len(before), HASH_BYTES)] + row
        row = []
        for at in range(0, len(filled), WIDTH):
            part = filled[at : at + WIDTH]
            tiles[level, index + at // WIDTH] = b"".join(part)
            if len(part) == WIDTH:
                row.append(complete(part))
        level += 1
    return tiles


# -- reading


def root(connection: Connection, book: str, size: int) -> bytes:
    """The root of the tree of the first `size` events. Raises `NotInTree`."""
    return _hashes(connection, book, [(0, size)])[0]


def inclusion(connection: Connection, book: str, index: int, size: int) -> list[bytes]:
    """The path of a leaf in the tree of `size`, from the leaf up.

    Raises `NotInTree`, and `ledger.merkle.ProofError` where no such tree has such a leaf.
    """
    return _hashes(connection, book, inclusion_ranges(index, size))


def consistency(connection: Connection, book: str, old: int, new: int) -> list[bytes]:
    """The path that shows the tree of `new` to begin with that of `old`.

    Raises `NotInTree`, and `ledger.merkle.ProofError` where the old one is larger.
    """
    ranges = consistency_ranges(old, new)
    # The last leaf is read too, for some paths need no hash at all and would not tell how far
    # the view has come.
    return _hashes(connection, book, [*ranges, (max(new - 1, 0), new)])[: len(ranges)]


def leaves(connection: Connection, book: str, indexes: Sequence[int]) -> list[bytes]:
    """The leaf hashes at these indexes. Raises `NotInTree`."""
    return _hashes(connection, book, [(index, index + 1) for index in indexes])


def inclusions(
    connection: Connection, book: str, indexes: Iterable[int], size: int
) -> dict[int, list[bytes]]:
    """The paths of many leaves in one tree, by one statement. Raises as `inclusion`."""
    ranges = {index: inclusion_ranges(index, size) for index in indexes}
    node = _reader(connection, book, [part for parts in ranges.values() for part in parts])
    return {index: hashes_of(parts, node) for index, parts in ranges.items()}


def _hashes(connection: Connection, book: str, ranges: Sequence[Range]) -> list[bytes]:
    return hashes_of(ranges, _reader(connection, book, ranges))


def _reader(connection: Connection, book: str, ranges: Sequence[Range]) -> Callable[[Node], bytes]:
    """Gives the hash of every complete subtree of these ranges, all read by one statement."""
    wanted = {_place(node)[0] for part in ranges for node in nodes_of(part)}
    tiles = _tiles(connection, f"{book}_tile", sorted(wanted))

    def hash_of(node: Node) -> bytes:
        tile, first, count = _place(node)
        held = tiles.get(tile, b"")[first * HASH_BYTES : (first + count) * HASH_BYTES]
        if len(held) != count * HASH_BYTES:
            raise NotInTree(f"the tree of {book} has not grown so far")
        return complete([held[at : at + HASH_BYTES] for at in range(0, len(held), HASH_BYTES)])

    return hash_of


def _place(node: Node) -> tuple[Tile, int, int]:
    """The tile that a complete subtree is folded from, and which of its hashes."""
    level, index = node
    at, above = divmod(level, HEIGHT)
    first = index << above
    return (at, first // WIDTH), first % WIDTH, 1 << above


def _tiles(connection: Connection, table: str, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
    if not wanted:
        return {}
    rows = connection.execute(
        f"SELECT t.level, t.index, t.hashes FROM unnest(%s::smallint[], %s::bigint[])"
        f" AS w (level, index) JOIN {table} t ON t.level = w.level AND t.index = w.index".encode(),
        ([level for level, _ in wanted], [index for _, index in wanted]),
        prepare=True,
        binary=True,
    )
    return {(level, index): hashes for level, index, hashes in rows}
