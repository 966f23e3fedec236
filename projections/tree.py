"""The views `records_tree` and `access_tree`: the Merkle tree over a book, and proofs from it.

A row of `<book>_tile` holds up to sixteen neighbours at every fourth level, and after each four of
them the node above, so that a path is little more than pieces of few rows: about 47 bytes an event
in all. A row is written again until it is full.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from domain.event import Event
from domain.sealing import MapRootRecorded
from ledger.database import Connection
from ledger.leaf import leaf_hash, leaf_of
from ledger.merkle import (
    HASH_BYTES,
    Node,
    Range,
    complete,
    consistency_ranges,
    fold,
    inclusion_ranges,
    nodes_of,
)
from projections.view import SQL, Fact, SqlView, for_reader
from projections.writing import put_rows

#: How many levels of the tree a row stands for, and how many hashes it holds.
HEIGHT = 4
WIDTH = 1 << HEIGHT

#: Four hashes and the node above them stand together in a row.
_GROUP = 4
_GROUP_BYTES = (_GROUP + 1) * HASH_BYTES
TILE_BYTES = WIDTH // _GROUP * _GROUP_BYTES

#: A tile's number: its level among tiles times 2**48, and its index there.
Tile = int
_LEVEL = 1 << 48


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
        leaves = [leaf_hash_of(self.book, fact) for fact in facts]
        tiles = grown(_last_tiles(connection, self.tables[0], first - 1), first - 1, leaves)
        put_rows(connection, self.tables[0], "tile int8, hashes bytea", 1, list(tiles.items()))


def leaf_columns(book: str) -> str:
    """The columns of a shared book that `leaf_fact_of` reads: the server hashes the leaf
    (docs/formats/leaf.md) where it lies, and sends of the bodies those of the map's roots alone.
    """
    return f"""
        position, recorded_at, stream_id, stream_version, topic, subject,
        CASE WHEN topic = '{MapRootRecorded.TOPIC}' THEN body ELSE ''::bytea END,
        sha256('\\x00'::bytea || convert_to(
            E'igp-event/1\\n{book}\\n-\\n' || position || E'\\n' || stream_id || E'\\n'
            || stream_version || E'\\n' || topic || E'\\n' || coalesce(subject::text, '-')
            || E'\\n' || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            || E'\\n', 'UTF8') || body)
    """


def leaf_fact_of(row: Sequence[Any]) -> Fact:
    """A fact for views over the bytes alone: no event stops them, whatever it says."""
    position, at, stream, version, topic, subject, body, leaf = row
    return Fact(position, at, stream, version, topic, Event, subject, {}, body=body, leaf_hash=leaf)


def leaf_hash_of(book: str, fact: Fact) -> bytes:
    """The leaf hash of an event of a shared book, where the server has not made it."""
    return fact.leaf_hash or leaf_hash(
        leaf_of(
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
    )


def _last_tiles(connection: Connection, table: str, size: int) -> dict[Tile, bytes]:
    """The tiles of a tree of this size that are not full, one of a level at most."""
    wanted = []
    level = 0
    while (count := size >> HEIGHT * level) > 0:
        if count % WIDTH:
            wanted.append(level * _LEVEL + count // WIDTH)
        level += 1
    found = _tiles(connection, table, wanted)
    for tile in wanted:
        level = tile // _LEVEL
        there = len(_row(found.get(tile, b"")))
        if there != (size >> HEIGHT * level) % WIDTH:
            raise NotInTree(f"{table} is not the tree of {size} events")
    return found


def grown(last: dict[Tile, bytes], size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that change when leaves are added to a tree of this size."""
    tiles: dict[Tile, bytes] = {}
    level, row = 0, list(leaves)
    while row:
        begin = size >> HEIGHT * level
        index = begin // WIDTH
        before = last.get(level * _LEVEL + index, b"")
        filled = _row(before) + row
        row = []
        for at in range(0, len(filled), WIDTH):
            part, top = _packed(filled[at : at + WIDTH])
            tiles[level * _LEVEL + index + at // WIDTH] = part
            if len(part) == TILE_BYTES:
                row.append(top)
        level += 1
    return tiles


def _row(tile: bytes) -> list[bytes]:
    """The neighbours that stand in a tile, without the nodes above them."""
    return [
        tile[at : at + HASH_BYTES]
        for at in range(0, len(tile), HASH_BYTES)
        if at % _GROUP_BYTES != _GROUP * HASH_BYTES
    ]


def _packed(row: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The tile of up to sixteen neighbours, and the node above those that are whole groups."""
    groups, nodes = [], []
    for at in range(0, len(row), _GROUP):
        group = b"".join(row[at : at + _GROUP])
        groups.append(group)
        if len(group) == _GROUP * HASH_BYTES:
            nodes.append(complete(group))
            groups.append(nodes[-1])
    return b"".join(groups), complete(b"".join(nodes)) if len(nodes) == _GROUP else b""


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
    found = iter(_hashes(connection, book, [part for parts in ranges.values() for part in parts]))
    return {index: list(islice(found, len(parts))) for index, parts in ranges.items()}


def _hashes(connection: Connection, book: str, ranges: Sequence[Range]) -> list[bytes]:
    """The hash of each range, all of them read by one statement."""
    parts = [[_place(node) for node in nodes_of(part)] for part in ranges]
    tiles = _tiles(connection, f"{book}_tile", {tile for part in parts for tile, _, _ in part})
    try:
        return [
            fold([_taken(tiles[tile], above, begin) for tile, above, begin in part])
            for part in parts
        ]
    except LookupError:
        raise NotInTree(f"the tree of {book} has not grown so far") from None


def _place(node: Node) -> tuple[Tile, int, int]:
    """The tile in which a complete subtree stands, how many levels above its row, and where."""
    level, index = node
    up, above = level // HEIGHT, level % HEIGHT
    first = index << above
    group, at = divmod(first % WIDTH, _GROUP)
    begin = group * _GROUP_BYTES + (at if above < 2 else _GROUP) * HASH_BYTES
    return up * _LEVEL + first // WIDTH, above, begin


def _taken(tile: bytes, above: int, begin: int) -> bytes:
    """The hash of a subtree in a tile. Raises `LookupError` where it is not whole."""
    if above == 1:
        held = tile[begin : begin + 2 * HASH_BYTES]
    elif above == 3:
        after = begin + _GROUP_BYTES
        held = tile[begin : begin + HASH_BYTES] + tile[after : after + HASH_BYTES]
    else:
        held = tile[begin : begin + HASH_BYTES]
    if len(held) != (2 * HASH_BYTES if above % 2 else HASH_BYTES):
        raise LookupError
    return complete(held)


def _tiles(connection: Connection, table: str, wanted: Collection[Tile]) -> dict[Tile, bytes]:
    if not wanted:
        return {}
    # As text, for to write a short array of numbers in binary takes longer than to read it.
    rows = connection.execute(
        f"SELECT tile, hashes FROM {table} WHERE tile = ANY(%s::bigint[])".encode(),
        (f"{{{','.join(map(str, wanted))}}}",),
        prepare=True,
        binary=True,
    )
    return dict(rows.fetchall())
