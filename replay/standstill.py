"""How a view is brought to a standstill and exchanged while others go on reading it.

Nobody is thrown out: a lock that is not given soon is given back and asked for again, so that a
reader or a runner never becomes the victim of a deadlock with us.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Literal

import psycopg
from psycopg import sql

from ledger.database import Connection

Mode = Literal["SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]

#: Shorter than the server's deadlock_timeout, after which it would end one of two that wait.
_ASK = "SET LOCAL lock_timeout = '500ms'"
#: How long to ask for a lock again and again, and to wait for transactions that began before.
PATIENCE_SECONDS = 60.0


class Busy(Exception):
    """Somebody reads the view in one transaction for longer than we wait. Try again later."""


def lock(connection: Connection, schema: str, tables: Iterable[str], mode: Mode) -> None:
    """Locks the tables for the open transaction. Raises `Busy`.

    In mode `SHARE ROW EXCLUSIVE` others may read and not write, in `ACCESS EXCLUSIVE` neither.
    """
    names = [sql.Identifier(schema, table) for table in tables]
    if not names:
        return
    statement = sql.SQL("LOCK TABLE {} IN {} MODE").format(
        sql.SQL(", ").join(names),
        sql.SQL(mode),
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(_ASK)
                connection.execute(statement)
                return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > deadline:
                raise Busy from None
            time.sleep(0.05)


def wait_for_older(connection: Connection, own: Sequence[int]) -> None:
    """Waits until every transaction of this database that is open now has ended. Raises `Busy`.

    Their snapshots do not see the rows of a table that was filled since; a reader among them
    that came to the new table would find it empty. Those that wait for us, and those that wait
    for them, are not waited for: they look again after us. `own` are process numbers of ours.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    older = _open(connection, own)
    while older := older & _open(connection, own):
        if time.monotonic() > deadline:
            raise Busy
        time.sleep(0.02)


def _open(connection: Connection, own: Sequence[int]) -> set[str]:
    rows = connection.execute(
        "SELECT a.pid, l.virtualtransaction, pg_blocking_pids(a.pid) FROM pg_locks l"
        " JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'virtualxid' AND l.granted"
        " AND a.datname = current_database() AND a.backend_type = 'client backend'"
        " AND a.pid <> ALL (%s)",
        (list(own),),
    ).fetchall()
    behind_us = set(own)
    while True:
        more = {pid for pid, _, blockers in rows if behind_us.intersection(blockers)} - behind_us
        if not more:
            return {transaction for pid, transaction, _ in rows if pid not in behind_us}
        behind_us |= more
