"""The cards of the directory: what the register said of somebody at a position of `records`.

The view `directory` writes them (`projections.directory`), one with each event.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import orjson

from ledger.database import Connection

Kind = Literal["student", "account", "organisation"]
Row = dict[str, Any]


def cards_at(
    connection: Connection, kind: Kind, ids: Iterable[UUID], position: int
) -> dict[UUID, Row]:
    """The rows in force at a position of `records`; who was not there yet is left out."""
    rows = connection.execute(
        "SELECT w.id, c.row FROM unnest(%(ids)s::uuid[]) AS w(id), LATERAL ("
        "  SELECT row FROM card WHERE kind = %(kind)s AND id = w.id AND position <= %(position)s"
        "  ORDER BY position DESC LIMIT 1) c",
        {"kind": kind, "ids": list(ids), "position": position},
        binary=True,
    )
    return {identity: orjson.loads(row) for identity, row in rows}


def newest_cards(connection: Connection, wanted: Mapping[Kind, Iterable[UUID]]) -> dict[UUID, Row]:
    """The rows in force now, of several kinds in one statement."""
    pairs = [(kind, one) for kind, ids in wanted.items() for one in ids]
    rows = connection.execute(
        "SELECT w.id, c.row FROM unnest(%(kinds)s::text[], %(ids)s::uuid[]) AS w(kind, id),"
        " LATERAL (SELECT row FROM card WHERE kind = w.kind AND id = w.id"
        "  ORDER BY position DESC LIMIT 1) c",
        {"kinds": [kind for kind, _ in pairs], "ids": [one for _, one in pairs]},
        binary=True,
        prepare=True,
    )
    return {identity: orjson.loads(row) for identity, row in rows}
