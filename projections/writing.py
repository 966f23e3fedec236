"""How views write many rows at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql

from ledger.database import Connection


def copy_rows(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Adds rows by COPY. `columns` are the names with their types; values stand in that order."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


def replace_rows(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    old: Sequence[Any],
) -> None:
    """Writes rows whose key is the first column; `old` are the keys that may be there already."""
    if old:
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                sql.Identifier(table), sql.Identifier(next(iter(columns)))
            ),
            (list(old),),
        )
    if rows:
        copy_rows(connection, table, columns, rows)
