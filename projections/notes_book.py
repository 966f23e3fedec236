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


def behind(connection: Connection, views: Sequence[View]) -> list[tuple[list[View], list[Stand]]]:
    """The authors whose ledgers are ahead of a view, those whom an event stopped apart.

    Views for which that is the same stand together: they are brought up to date in one batch.
    """
    stands: dict[str, list[Stand]] = {}
    for view, owner, position in connection.execute(
        "SELECT v.view, h.owner, coalesce(c.position, 0) FROM books.notes_head h"
        " CROSS JOIN unnest(%s::text[], %s::bigint[]) AS w (view, version)"
        " JOIN checkpoint v ON v.view = w.view AND v.version = w.version"
        " LEFT JOIN owner_checkpoint c ON c.view = v.view AND c.owner = h.owner"
        " WHERE h.position > coalesce(c.position, 0) AND c.poison IS NULL ORDER BY h.owner",
        ([view.name for view in views], [view.version for view in views]),
        binary=True,
    ):
        stands.setdefault(view, []).append((owner, position))
    together: dict[tuple[Stand, ...], list[View]] = {}
    for view in views:
        if view.name in stands:
            together.setdefault(tuple(stands[view.name]), []).append(view)
    return [(alike, list(stand)) for stand, alike in together.items()]


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
    connection: Connection, views: Sequence[View], stands: Sequence[Stand], facts: Sequence[Fact]
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
            names, versions = [view.name for view in views], [view.version for view in views]
            statement = _BEGIN if new else _MOVE
            moved += connection.execute(statement, (*columns, names, versions)).rowcount
    return moved == len(last) * len(views)


_BEGIN = b"""
INSERT INTO owner_checkpoint (view, owner, position)
SELECT v.view, s.owner, s.new
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS s (owner, old, new)
CROSS JOIN unnest(%s::text[], %s::bigint[]) AS w (view, version)
JOIN checkpoint v ON v.view = w.view AND v.version = w.version
ORDER BY s.owner, v.view
ON CONFLICT DO NOTHING
"""

_MOVE = b"""
UPDATE owner_checkpoint c SET position = s.new
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS s (owner, old, new)
CROSS JOIN unnest(%s::text[], %s::bigint[]) AS w (view, version)
JOIN checkpoint v ON v.view = w.view AND v.version = w.version
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
