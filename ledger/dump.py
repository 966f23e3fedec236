"""The tables that cannot be built again, as files and back (docs/decisions/backup.md).

What lies in `books` and `desk` is all there is to keep: `views` follow from the books. A file holds
one table as PostgreSQL's COPY writes it in binary, and no statement: the tables themselves are made
by the migrations, so that a dump brings no code of its own.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql
from pydantic import BaseModel

from ledger.birth import make_clock
from ledger.database import Connection, Database
from ledger.disk_errors import why
from ledger.durable import new_file
from ledger.modes import Clock

#: What follows from the clock, and who is signed in: everybody signs in again.
LEFT_OUT = (
    "books.birth",
    "desk.session",
    "desk.attempt",
    "desk.password_reset",
    "desk.passkey_step",
)

#: Called as (tables done, tables in all) after every table.
Told = Callable[[int, int], None]

_BLOCK = 1 << 20

#: Every table with its columns; those that others refer to come before these.
_TABLES = """
SELECT n.nspname, c.relname,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT array_agg(a.attname::text) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('books', 'desk') AND c.relkind = 'r'
      AND n.nspname || '.' || c.relname <> ALL (%s)
ORDER BY (SELECT count(*) FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'), 1, 2
"""


class DumpError(Exception):
    """The files cannot be used; the message (zh-TW) says which and what to do."""


class NotEmpty(DumpError):
    """Something lies in this database already."""


class Dumped(BaseModel, frozen=True, extra="forbid"):
    """A table and the file that holds it; `sha256` of the file in lower-case hex."""

    table: str
    columns: tuple[str, ...]
    file: str
    sha256: str


def dump(
    connection: Connection, folder: Path, told: Told = lambda done, total: None
) -> list[Dumped]:
    """Writes every table into a file of its own, in the transaction of the owner's connection.

    The files are durable when this returns; their names are not.
    """
    tables = _tables(connection)
    made = []
    for schema, table, columns, _ in tables:
        name = f"{schema}.{table}"
        path = folder / f"{name}.copy"
        hashing = hashlib.sha256()
        statement = sql.SQL("COPY {}.{} ({}) TO STDOUT (FORMAT binary)").format(
            sql.Identifier(schema), sql.Identifier(table), _list(columns)
        )
        with new_file(path) as stream, connection.cursor().copy(statement) as copy:
            for block in copy:
                hashing.update(block)
                stream.write(block)
        made.append(Dumped(table=name, columns=columns, file=path.name, sha256=hashing.hexdigest()))
        told(len(made), len(tables))
    return made


def check_files(folder: Path, dumped: Iterable[Dumped]) -> None:
    """Raises `DumpError` where a file is missing or not the one that was written."""
    for one in dumped:
        hashing = hashlib.sha256()
        try:
            with (folder / Path(one.file).name).open("rb") as stream:
                while block := stream.read(_BLOCK):
                    hashing.update(block)
        except OSError as error:
            raise DumpError(f"無法讀取備份的檔案 {one.file}（{why(error)}）。") from None
        if hashing.hexdigest() != one.sha256:
            raise DumpError(
                f"備份的檔案 {one.file} 與備份時不同，沒有還原任何資料。請改用另一份備份。"
            )


def is_empty(database: Database) -> bool:
    """Whether nothing of a ledger lies here; tables without a row are nothing."""
    # As the administrator, for the roles may not be there either.
    with psycopg.connect(database.patient, autocommit=True) as connection:
        return _is_empty(connection)


def load(database: Database, clock: Clock, folder: Path, dumped: Sequence[Dumped]) -> None:
    """Fills the tables of a migrated database in which no ledger was born, all of them or none.

    Raises `NotEmpty` where there is a ledger, and `DumpError`.
    """
    with database.connect("owner", autocommit=False) as connection:
        # One ledger is born here, by whoever comes first (ledger/birth.py).
        connection.execute("SELECT pg_advisory_xact_lock(1, 9)")
        if not _is_empty(connection):
            raise NotEmpty("這個資料庫已有紀錄簿，不會覆寫。")
        make_clock(connection, database, clock)
        files = {one.table: one for one in dumped}
        there = {f"{row[0]}.{row[1]}": row for row in _tables(connection)}
        if files.keys() != there.keys():
            odd = "、".join(sorted(files.keys() ^ there.keys()))
            raise DumpError(f"備份的資料表與程式的不同：{odd}。請使用備份時的程式版本。")
        for name, (schema, table, columns, counted) in there.items():
            if sorted(files[name].columns) != sorted(columns):
                raise DumpError(f"資料表 {name} 的欄位與備份的不同。請使用備份時的程式版本。")
            _fill(connection, schema, table, files[name], folder)
            for column in counted or ():
                _count_on(connection, schema, table, column)
        connection.commit()


def _fill(connection: Connection, schema: str, table: str, one: Dumped, folder: Path) -> None:
    statement = sql.SQL("COPY {}.{} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(schema), sql.Identifier(table), _list(one.columns)
    )
    try:
        with (
            (folder / Path(one.file).name).open("rb") as stream,
            connection.cursor().copy(statement) as copy,
        ):
            while block := stream.read(_BLOCK):
                copy.write(block)
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.InternalError_) as error:
        kind = type(error).__name__
        raise DumpError(
            f"備份的檔案 {one.file} 內容不正確（{kind}），沒有還原任何資料。請改用另一份備份。"
        ) from None


def _count_on(connection: Connection, schema: str, table: str, column: str) -> None:
    """A column that numbers its rows goes on after the last one."""
    connection.execute(
        sql.SQL(
            "SELECT setval(pg_get_serial_sequence({name}, {text}), max({column}))"
            " FROM {schema}.{table} HAVING count(*) > 0"
        ).format(
            name=sql.Literal(f'"{schema}"."{table}"'),
            text=sql.Literal(column),
            column=sql.Identifier(column),
            schema=sql.Identifier(schema),
            table=sql.Identifier(table),
        )
    )


def _is_empty(connection: Connection) -> bool:
    for schema, table, _, _ in [*_tables(connection), ("books", "birth", (), None)]:
        statement = sql.SQL("SELECT EXISTS (SELECT FROM {}.{})").format(
            sql.Identifier(schema), sql.Identifier(table)
        )
        try:
            with connection.transaction():
                row = connection.execute(statement).fetchone()
        except psycopg.errors.UndefinedTable:
            continue
        if row is not None and row[0]:
            return False
    return True


def _tables(connection: Connection) -> list[tuple[str, str, tuple[str, ...], list[str] | None]]:
    rows = connection.execute(_TABLES, (list(LEFT_OUT),)).fetchall()
    return [(schema, table, tuple(columns), counted) for schema, table, columns, counted in rows]


def _list(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
