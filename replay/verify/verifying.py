"""The verification of all three books, from their first event to their last."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import IsolationLevel

from replay.verify.bodies import Bodies
from replay.verify.erasures import erasures, unfinished
from replay.verify.events import (
    broken_streams,
    read_book,
    wrong_beginning,
    wrong_heads,
    wrong_heartbeat,
)
from replay.verify.files import broken_files
from replay.verify.guards import open_guards
from replay.verify.keyfiles import KeyFiles
from replay.verify.report import BOOKS, Finding, Progress, Report


def verify(conninfo: str, keys: KeyFiles | None = None, progress: Progress | None = None) -> Report:
    """Reads everything in one snapshot, as a role that may read the books, and writes nothing.

    Without `keys` a ciphertext is checked in its form only. The role is the owner of the books, an
    administrator, or the projector. Raises `psycopg.Error` where the books cannot be read.

    1. What keeps the books append-only is in place: tables, triggers, functions, rights.
    2. The first event opens the ledger with the clock that it was born with.
    3. Positions run without a gap, time runs with them, every body is in its form and opens;
       a key is missing only where an order in the book says so.
    4. Every stream's versions run without a gap.
    5. What was noted about the ends of the books agrees with them.
    6. Every file that an event names lies there as it says, and no other does.

    What leaves all of this in order needs the signed checkpoints (design D10) to be found: the
    newest events removed, a plain value exchanged, a whole book replaced.
    """
    found: list[Finding] = []
    read: dict[str, int] = {}
    with psycopg.connect(conninfo) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # Names without a schema mean the system's, whatever lies in the database.
        connection.execute("SET LOCAL search_path = pg_catalog")
        found += open_guards(connection)
        with _if_there(connection):
            found += wrong_beginning(connection)
        orders = []
        with _if_there(connection):
            orders = erasures(connection)
            found += unfinished(orders, keys)
        destroyed = frozenset(name for order in orders for name in order.files)
        for book in BOOKS:
            read[book] = 0
            with _if_there(connection):
                read[book] = read_book(connection, book, Bodies(keys, destroyed), found, progress)
                found += broken_streams(connection, book)
        with _if_there(connection):
            found += wrong_heads(connection)
        with _if_there(connection):
            found += wrong_heartbeat(connection)
        with _if_there(connection):
            found += broken_files(connection, keys)
    return Report(found, read, len(orders))


@contextmanager
def _if_there(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Goes on where a table or a column is gone: that was found in step 1."""
    with (
        suppress(psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn),
        connection.transaction(),
    ):
        yield
