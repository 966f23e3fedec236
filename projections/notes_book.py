"""The notes book in batches: many authors' ledgers at once, each with a checkpoint of its own.

An author writes a note now and then, so a step over one author's ledger alone would cost a
transaction for a note. What fails is done again author by author: it stops its author alone, and
nothing shared tells of it (design D7).
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from uuid import UUID

from ledger.database import Connection
from ledger.mapper import LedgerMapper
from projections.facts import note_fact_of, readable
from projections.view import Fact, View

#: An author, and up to which position of that ledger the view has come.
Stand = tuple[UUID, int]


def behind(connection: Connection, view: View) -> list[Stand]:
    """The authors whose ledger is ahead of the view, those whom an event stopped apart."""
    return connection.execute(
        "SELECT h.owner, coalesce(c.position, 0) FROM books.notes_head h"
        " JOIN checkpoint v ON v.view = %s AND v.version = %s"
        " LEFT JOIN owner_checkpoint c ON c.view = v.view AND c.owner = h.owner"
        " WHERE h.position > coalesce(c.position, 0) AND c.poison IS NULL ORDER BY h.owner",
        (view.name, view.version),
        binary=True,
    ).fetchall()


def facts_after(
    connection: Connection, mapper: LedgerMapper, stands: Sequence[Stand], limit: int
) -> list[Fact]:
    """About `limit` events of these authors, of each some, in the order of owner and position.

    Raises `Unreadable` where the first of an author's cannot be read.
    """
    rows = connection.execute(
        "SELECT s.owner, n.* FROM unnest(%s::uuid[], %s::bigint[]) AS s (owner, after)"
        " CROSS JOIN LATERAL ("
        "  SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes b"
        "  WHERE b.owner = s.owner AND b.position > s.after ORDER BY b.position LIMIT %s) n"
        " ORDER BY s.owner, n.position",
        (
            [owner for owner, _ in stands],
            [position for _, position in stands],
            max(1, limit // len(stands)),
        ),
        binary=True,
    ).fetchall()
    facts: list[Fact] = []
    for owner, of_owner in groupby(rows, key=lambda row: row[0]):
        mine = [row[1:] for row in of_owner]
        facts += readable(mine, partial(note_fact_of, mapper, owner))
    return facts


def move(
    connection: Connection, view: View, stands: Sequence[Stand], facts: Sequence[Fact]
) -> bool:
    """Moves the authors' checkpoints to the last of these facts, all of them or none."""
    last = {fact.owner: fact.position for fact in facts}
    moved = 0
    for new in (True, False):
        some = [
            (owner, old, last[owner])
            for owner, old in stands
            if owner in last and new == (old == 0)
        ]
        if some:
            columns = [list(column) for column in zip(*some, strict=True)]
            statement = _BEGIN if new else _MOVE
            values = (*columns, view.name, view.version)
            moved += connection.execute(statement.encode(), values).rowcount
    return moved == len(last)


_BEGIN = """
INSERT INTO owner_checkpoint (view, owner, position)
SELECT v.view, s.owner, s.new
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS s (owner, old, new)
JOIN checkpoint v ON v.view = %s AND v.version = %s
ORDER BY s.owner
ON CONFLICT DO NOTHING
"""

_MOVE = """
UPDATE owner_checkpoint c SET position = s.new
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS s (owner, old, new)
JOIN checkpoint v ON v.view = %s AND v.version = %s
WHERE c.view = v.view AND c.owner = s.owner AND c.position = s.old AND c.poison IS NULL
"""


def stop(
    connection: Connection, view: View, owner: UUID, position: int, poison: int, reason: str
) -> None:
    """Stops the view for one author."""
    connection.execute(
        "INSERT INTO owner_checkpoint (view, owner, position, poison, poison_reason)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (view, owner) DO UPDATE"
        " SET poison = excluded.poison, poison_reason = excluded.poison_reason"
        " WHERE owner_checkpoint.position = excluded.position",
        (view.name, owner, position, poison, reason),
    )
