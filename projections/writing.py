"""How views write many rows at once."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from psycopg import sql

from ledger.database import Connection, as_array

_UUID_OID = 2950
_HEADER = struct.Struct(">iiiii")
_EMPTY = struct.pack(">iii", 0, 0, _UUID_OID)
_LENGTH = struct.pack(">i", 16)


def uuid_array(ids: Collection[UUID]) -> bytes:
    """A `uuid[]` in binary form, worth keeping where many rows share it."""
    if not ids:
        return _EMPTY
    header = _HEADER.pack(1, 0, _UUID_OID, len(ids), 1)
    return header + b"".join(_LENGTH + one.bytes for one in ids)


def columns(text: str) -> dict[str, str]:
    """The columns of `copy_rows` from "name type, ..."."""
    return dict(column.split() for column in text.split(","))


def copy_rows(
    connection: Connection,
    table: str,
    types: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Adds rows by COPY. `types` are its columns with their types; values stand in that order.

    The type `binary` is for values that are in PostgreSQL's binary form already.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, types))
    )
    with connection.cursor().copy(statement) as copy:
        # Bytes go through as they are, and the server takes them for the column's own type.
        copy.set_types(["bytea" if kind == "binary" else kind for kind in types.values()])
        for row in rows:
            copy.write_row(row)


def overwrite_rows(
    connection: Connection,
    table: str,
    types: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Overwrites rows that are there, each found by its first column."""
    names = [sql.Identifier(name) for name in types]
    kinds = [sql.SQL(kind) for kind in types.values()]
    # An array of arrays does not come apart row by row, one of their texts does.
    nested = [kind.endswith("[]") for kind in types.values()]
    sent = [
        sql.SQL("%b::text[]") if array else sql.SQL("%b::{}[]").format(kind)
        for kind, array in zip(kinds, nested, strict=True)
    ]
    values = [
        sql.SQL("{0} = n.{0}::{1}").format(name, kind)
        for name, kind in zip(names[1:], kinds[1:], strict=True)
    ]
    connection.execute(
        sql.SQL("UPDATE {} t SET {} FROM unnest({}) AS n ({}) WHERE t.{} = n.{}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(values),
            sql.SQL(", ").join(sent),
            sql.SQL(", ").join(names),
            names[0],
            names[0],
        ),
        [
            [as_array(value) for value in column] if array else list(column)
            for column, array in zip(zip(*rows, strict=True), nested, strict=True)
        ],
    )


def replace_rows(
    connection: Connection,
    table: str,
    types: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    old: Sequence[Any],
) -> None:
    """Writes rows whose key is the first column; `old` are the keys that may be there already."""
    if old:
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                sql.Identifier(table), sql.Identifier(next(iter(types)))
            ),
            (list(old),),
        )
    if rows:
        copy_rows(connection, table, types, rows)


def put_rows(
    connection: Connection, table: str, types: str, keys: int, rows: Sequence[Sequence[Any]]
) -> None:
    """Adds rows, or overwrites those that are there.

    `types` are the columns of the table as `columns` takes them; the first `keys` are its key.
    """
    if len(rows) == 1:
        # Most often an author's own row: arrays for it would cost more than writing it.
        connection.execute(_put(table, types, keys, one=True), rows[0])
    elif rows:
        values = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(_put(table, types, keys, one=False), values)


@cache
def _put(table: str, types: str, keys: int, *, one: bool) -> bytes:
    named = columns(types)
    names = list(named)
    sent = ", ".join(f"%s::{kind}{'' if one else '[]'}" for kind in named.values())
    overwritten = ", ".join(f"{name} = excluded.{name}" for name in names[keys:])
    return (
        f"INSERT INTO {table} ({', '.join(names)})"
        f" {f'VALUES ({sent})' if one else f'SELECT * FROM unnest({sent})'}"
        f" ON CONFLICT ({', '.join(names[:keys])}) DO UPDATE SET {overwritten}"
    ).encode()
