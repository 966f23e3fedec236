"""A writer reads its own write: wait until the views have passed a position (design D9).

One poller per process looks where the views are, while somebody waits, through the reader's
role; and one notifier hints to the runners that there is work, outside every append.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from uuid import UUID

import psycopg

from ledger.database import Connection, Database
from ledger.errors import LedgerUnavailable

#: How long a write waits for its views, in seconds; afterwards it answers 202.
PATIENCE_SECONDS = 2.0
#: How often the poller looks while somebody waits, in seconds.
_LOOK_SECONDS = 0.002
_RECONNECT_SECONDS = 0.2
_CHANNEL = "igp_recorded"

log = logging.getLogger("igp.api")


class _Wait:
    """Somebody waits until the views of `records`, or the author's own, are at `position`."""

    __slots__ = ("done", "owner", "position")

    def __init__(self, owner: UUID | None, position: int) -> None:
        self.owner = owner
        self.position = position
        self.done = threading.Event()


class ViewWaiter:
    """Waits for views. A view stopped by a failing event is not waited for; it is told of."""

    def __init__(self, database: Database, books: Mapping[str, str], schema: str = "views") -> None:
        """`books` says of each view by name which book it reads."""
        self._database = database
        self._schema = schema
        self._views = {
            book: [name for name, of in books.items() if of == book] for book in books.values()
        }
        self._waits: list[_Wait] = []
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._closing = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="view-waiter", daemon=True)
        self._thread.start()

    def passed(
        self, position: int, owner: UUID | None = None, *, patience: float = PATIENCE_SECONDS
    ) -> bool:
        """Whether the views of `records`, or of the owner's notes, passed the position in time."""
        wait = _Wait(owner, position)
        with self._lock:
            self._waits.append(wait)
        self._work.set()
        try:
            return wait.done.wait(patience)
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._waits.remove(wait)

    def close(self) -> None:
        self._closing = True
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            self._work.wait()
            with self._lock:
                waits = list(self._waits)
                if not waits and not self._closing:
                    self._work.clear()
            if not waits:
                continue
            try:
                self._look(waits)
                time.sleep(_LOOK_SECONDS)
            except psycopg.OperationalError:
                self._drop()
                time.sleep(_RECONNECT_SECONDS)
        self._drop()

    def _look(self, waits: Iterable[_Wait]) -> None:
        connection = self._connected()
        records: int | None = None
        owners: dict[UUID, int] = {}
        for wait in waits:
            if wait.owner is None:
                if records is None:
                    records = self._records(connection)
                reached = records
            else:
                if wait.owner not in owners:
                    owners[wait.owner] = self._notes(connection, wait.owner)
                reached = owners[wait.owner]
            if reached >= wait.position:
                wait.done.set()

    def _records(self, connection: Connection) -> int:
        row = connection.execute(
            f'SELECT min(position) FROM "{self._schema}".checkpoint'
            " WHERE view = ANY(%s) AND poison IS NULL".encode(),
            (self._views.get("records", []),),
            prepare=True,
        ).fetchone()
        return row[0] if row is not None and row[0] is not None else 0

    def _notes(self, connection: Connection, owner: UUID) -> int:
        views = self._views.get("notes", [])
        with connection.transaction():
            connection.execute(
                "SELECT set_config('igp.viewer', %s, true)", (str(owner),), prepare=True
            )
            row = connection.execute(
                f'SELECT count(*), min(position) FROM "{self._schema}".owner_checkpoint'
                " WHERE view = ANY(%s) AND owner = %s".encode(),
                (views, owner),
                prepare=True,
            ).fetchone()
        return row[1] if row is not None and row[0] == len(views) else 0

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._database.connect("reader")
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Notifier:
    """Hints to the runners that something was recorded. A hint may be lost; they poll as well."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._work = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def hint(self) -> None:
        self._work.set()

    def close(self) -> None:
        self._closing = True
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while True:
            self._work.wait()
            self._work.clear()
            if self._closing:
                break
            try:
                if connection is None or connection.closed:
                    connection = self._database.connect("writer")
                connection.execute(f"NOTIFY {_CHANNEL}".encode())
            except (psycopg.Error, LedgerUnavailable):
                log.warning("notifier.reconnecting")
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(_RECONNECT_SECONDS)
        if connection is not None:
            connection.close()
