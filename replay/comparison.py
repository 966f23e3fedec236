"""Two copies of a view's tables, row by row. Of what a row holds only its key is ever shown."""

import hashlib
from collections.abc import Mapping, Sequence
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
    """What comparing found. The digests are of the tables of each copy; see `digest_of`."""

    rows: int
    digest: str
    living_rows: int
    living_digest: str
    differing: int
    named: tuple[Difference, ...]
    #: Tables and columns that only one of the copies has: those of another version.
    form: tuple[str, ...]
    #: The tables that are not the same in both, for what they hold or for their form.
    different: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.different


class _Whole:
    """The rows and the digest of all tables of one copy."""

    def __init__(self) -> None:
        self.rows, self._digest = 0, hashlib.sha256()

    def add(self, table: str, rows: int, digest: str) -> None:
        self.rows += rows
        self._digest.update(f"{table} {digest}\n".encode())

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def compare(
    connection: Connection,
    living: str,
    rebuilt: str,
    tables: Sequence[str],
    comparable: Mapping[str, str] | None = None,
) -> Comparison:
    """Compares the tables of two schemas, each in the order of its key.

    Of a table with other columns those are compared that both copies have, or what the query of
    `comparable` says of both (`projections.view.View`).
    """
    wholes = old, new = _Whole(), _Whole()
    differing = 0
    named: list[Difference] = []
    form: list[str] = []
    different: list[str] = []
    for table in tables:
        digests = []
        for whole, schema in zip(wholes, (living, rebuilt), strict=True):
            if _columns(connection, schema, table):
                digests.append(digest_of(connection, schema, table))
                whole.add(table, *digests[-1])
        changed = _form(connection, living, rebuilt, table)
        if not changed and digests[0] == digests[1]:
            continue
        query = (comparable or {}).get(table)
        if changed and query is not None and len(digests) == 2:
            many, found = _compared(connection, table, *_queries(query, living, rebuilt))
            if not many:
                continue
        elif len(digests) == 2:
            many, found = _differences(connection, living, rebuilt, table)
            # Equal as text and not as stored: a digest sees it, and no reader of the view does.
            many = many if changed else max(many, 1)
        else:
            many, found = 0, []
        differing += many
        named += found
        form += changed
        different.append(table)
    return Comparison(
        new.rows,
        new.digest,
        old.rows,
        old.digest,
        differing,
        tuple(named[:NAMED]),
        tuple(form),
        tuple(different),
    )


def _form(connection: Connection, living: str, rebuilt: str, table: str) -> list[str]:
    """What only one of the copies has of a table: `- table column type` was, `+ ...` is new."""
    before, after = (_columns(connection, schema, table) for schema in (living, rebuilt))
    if before == after:
        return []
    if not before or not after:
        return [f"{'-' if before else '+'} {table}"]
    said = [f"- {table} {' '.join(one)}" for one in before if one not in after]
    said += [f"+ {table} {' '.join(one)}" for one in after if one not in before]
    return said or [f"~ {table}"]


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
    """How many rows differ in the columns that both copies have, and the first of them by key."""
    before = _columns(connection, living, table)
    both = [name for name, kind in _columns(connection, rebuilt, table) if (name, kind) in before]
    names = [name for name in _key_columns(connection, rebuilt, table) if name in both]
    key = sql.SQL(" || ', ' || ").join(
        sql.SQL("{} || coalesce({}::text, '-')").format(
            sql.Literal(f"{name}="), sql.Identifier("t", name)
        )
        for name in names
    )
    row = sql.SQL(", ").join(sql.Identifier("t", name) for name in both)

    def select(schema: str) -> sql.Composed:
        return sql.SQL("SELECT {} AS key, ROW({})::text AS row FROM {} t").format(
            key if names else sql.Literal("-"), row, sql.Identifier(schema, table)
        )

    return _compared(connection, table, select(living), select(rebuilt))


def _queries(query: str, living: str, rebuilt: str) -> tuple[sql.Composed, sql.Composed]:
    """A view's own query as pairs of key and row, of each copy."""

    def select(schema: str) -> sql.Composed:
        own = sql.SQL(query).format(schema=sql.Identifier(schema))
        return sql.SQL("SELECT q.key::text AS key, q::text AS row FROM ({}) q").format(own)

    return select(living), select(rebuilt)


def _compared(
    connection: Connection, table: str, living: sql.Composed, rebuilt: sql.Composed
) -> tuple[int, list[Difference]]:
    found = connection.execute(
        sql.SQL(
            "SELECT count(*) OVER (), key FROM (({0} EXCEPT ALL {1}) UNION ALL"
            " ({1} EXCEPT ALL {0})) d GROUP BY key ORDER BY key LIMIT {2}"
        ).format(living, rebuilt, sql.Literal(NAMED))
    ).fetchall()
    return found[0][0] if found else 0, [Difference(table, key) for _, key in found]


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
