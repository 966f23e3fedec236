"""Two copies of a view's tables, row by row. Of what a row holds only its key is ever shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from ledger.database import Connection

#: So many rows that differ are named; the others are counted.
NAMED = 10


@dataclass(frozen=True)
class Difference:
    """A row that only one of the copies has, or that the two have differently, by its key."""

    table: str
    key: str


@dataclass(frozen=True)
class Comparison:
    """What comparing found. `digest` is of the rebuilt copy; see `digest_of`."""

    rows: int
    digest: str
    differing: int
    named: tuple[Difference, ...]
    #: Tables that only one copy has, or that have other columns: those of another version.
    incomparable: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return self.differing == 0 and not self.incomparable


def compare(connection: Connection, living: str, rebuilt: str, tables: Sequence[str]) -> Comparison:
    """Compares the tables of two schemas, each in the order of its key."""
    whole = hashlib.sha256()
    rows = differing = 0
    named: list[Difference] = []
    incomparable: list[str] = []
    for table in tables:
        count, digest = digest_of(connection, rebuilt, table)
        rows += count
        whole.update(f"{table} {digest}\n".encode())
        if _columns(connection, living, table) != _columns(connection, rebuilt, table):
            incomparable.append(table)
        elif digest_of(connection, living, table) != (count, digest):
            many, found = _differences(connection, living, rebuilt, table)
            differing += many
            named += found
    return Comparison(rows, whole.hexdigest(), differing, tuple(named[:NAMED]), tuple(incomparable))


def digest_of(connection: Connection, schema: str, table: str) -> tuple[int, str]:
    """How many rows a table has, and the SHA-256 of its binary COPY in the order of its key."""
    statement = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT (FORMAT binary)").format(
        sql.Identifier(schema, table), _key(connection, schema, table)
    )
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                digest.update(block)
        return cursor.rowcount, digest.hexdigest()


def _differences(
    connection: Connection, living: str, rebuilt: str, table: str
) -> tuple[int, list[Difference]]:
    names = _key_columns(connection, rebuilt, table)
    key = sql.SQL(" || ', ' || ").join(
        sql.SQL("{} || coalesce({}::text, '-')").format(
            sql.Literal(f"{name}="), sql.Identifier("t", name)
        )
        for name in names
    )
    rows = [
        sql.SQL("SELECT {} AS key, t::text AS row FROM {} t").format(
            key, sql.Identifier(schema, table)
        )
        for schema in (living, rebuilt)
    ]
    found = connection.execute(
        sql.SQL(
            "SELECT count(*) OVER (), key FROM (({0} EXCEPT ALL {1}) UNION ALL"
            " ({1} EXCEPT ALL {0})) d GROUP BY key ORDER BY key LIMIT {2}"
        ).format(*rows, sql.Literal(NAMED))
    ).fetchall()
    # Equal as text and not as stored: a digest sees it, and no reader of the view does.
    many = found[0][0] if found else 1
    return many, [Difference(table, key) for _, key in found]


def _key(connection: Connection, schema: str, table: str) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(name) for name in _key_columns(connection, schema, table)
    )


def _key_columns(connection: Connection, schema: str, table: str) -> list[str]:
    """The columns of the primary key, else of a unique index, else all."""
    found = connection.execute(
        "SELECT array_agg(a.attname ORDER BY k.ord) FROM pg_index i"
        " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, ord)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
        " WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indpred IS NULL"
        " AND k.ord <= i.indnkeyatts"
        " GROUP BY i.indexrelid, i.indisprimary ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1",
        (f'"{schema}"."{table}"',),
    ).fetchone()
    return found[0] if found else [name for name, _ in _columns(connection, schema, table)]


def _columns(connection: Connection, schema: str, table: str) -> list[tuple[str, str]]:
    """Names and types in order; empty where there is no such table."""
    return connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (f'"{schema}"."{table}"',),
    ).fetchall()
