"""Builds views in batches: exactly once, whoever runs it (design D8).

A batch writes the rows and moves the checkpoint by compare-and-set in one transaction. A view
that fails on an event stops there, names it, and the other views go on. NOTIFY is a hint only:
the runner polls, and the checkpoint is the truth.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ledger.database import Connection, Database
from ledger.mapper import LedgerMapper
from projections import notes_book
from projections.facts import OUTSIDE, Unreadable, columns_of, fact_of, readable
from projections.view import SQL, Fact, View, for_reader

BATCH = 2000
#: Of the book of access: a small batch, for who reads own writes must not wait behind it.
ACCESS_BATCH = 200
SCHEMA = "views"
CHANNEL = "igp_recorded"

#: How long an idle runner sleeps between two looks when nobody hints, in seconds.
IDLE_SECONDS = 0.05
#: How often it looks at the authors' ledgers when nobody hints, in seconds: who writes a note
#: brings the own views up to date.
NOTES_SECONDS = 1.0
#: How long the views of the book of access may wait while others are behind, in seconds: nobody
#: waits for them.
ACCESS_SECONDS = 0.5
#: Between small batches it rests at most so many seconds, the longer the more events came in one:
#: who waits for one write is shown it at once, and while several write without pause a batch costs
#: much the same whether it holds three of them or twenty.
REST_SECONDS = 0.02
#: How long it waits before it reaches for a lost database again, in seconds.
RECONNECT_SECONDS = 0.2

log = logging.getLogger("igp.projections")


def enter(connection: Connection, schema: str) -> None:
    """Makes a connection ready to write the views of a schema.

    A crash may undo its newest batches, rows and checkpoint together; they are built again from
    the books, whose events are durable before anybody reads them.
    """
    connection.execute(f'SET search_path = "{schema}"; SET synchronous_commit = off'.encode())


class Overtaken(Exception):
    """Another runner moved the checkpoint first; its work stands and ours was rolled back."""


class Runner:
    """Brings the views of one database up to date. Any number may run side by side."""

    def __init__(
        self,
        database: Database,
        views: Sequence[View],
        mapper: LedgerMapper,
        *,
        schema: str = SCHEMA,
        batch: int = BATCH,
        read: Callable[[Sequence[Any]], Fact] = fact_of,
        columns: Callable[[str], str] = columns_of,
    ) -> None:
        """`read` makes the facts of the `columns` of a shared book, by the book's name."""
        self._database = database
        self._read, self._columns = read, columns
        self._views = {view.name: view for view in views}
        self._mapper = mapper
        self._schema = schema
        self._batch = batch
        self._stopping = threading.Event()
        self._connection: Connection | None = None

    # -- running

    def prepare(self) -> None:
        """Makes missing tables and checkpoints."""
        with self._database.connect("projector", autocommit=False) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(1, 8)")
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"'.encode())
            connection.execute(f'SET search_path = "{self._schema}"'.encode())
            connection.execute(for_reader(SQL / "checkpoints.sql", self._database.role("reader")))
            for view in self._views.values():
                made = connection.execute(
                    "INSERT INTO checkpoint (view, version, position) VALUES (%s, %s, 0)"
                    " ON CONFLICT (view) DO NOTHING",
                    (view.name, view.version),
                ).rowcount
                if made:
                    view.create(connection)
            connection.commit()

    def try_again(self) -> None:
        """Lets each stopped view meet the event once more that stopped it, since what made it fail
        may be mended. Where it still fails it stops there again; nothing is passed over. A view of
        another version is left to the program of that version."""
        views = list(self._views.values())
        own = [view.name for view in views], [view.version for view in views]
        with self._database.connect("projector", autocommit=False) as connection:
            connection.execute(f'SET search_path = "{self._schema}"'.encode())
            for table in ("checkpoint", "owner_checkpoint"):
                connection.execute(
                    f"UPDATE {table} c SET poison = NULL, poison_reason = NULL"
                    " FROM unnest(%s::text[], %s::bigint[]) AS w (view, version)"
                    " JOIN checkpoint v ON v.view = w.view AND v.version = w.version"
                    " WHERE c.view = v.view AND c.poison IS NOT NULL".encode(),
                    own,
                )
            connection.commit()

    def run(self) -> None:
        """Runs until `stop`, across lost connections."""
        while not self._stopping.is_set():
            try:
                with self._database.connect("projector") as listener:
                    listener.execute(f"LISTEN {CHANNEL}".encode())
                    looked = hinted = watched = 0.0
                    while not self._stopping.is_set():
                        began = time.monotonic()
                        notes = hinted >= looked or began - looked > NOTES_SECONDS
                        read = self.step(notes=notes, access=False)
                        if notes:
                            looked = began
                        if read == 0 or began - watched > ACCESS_SECONDS:
                            watched = began
                            read += self.step_access()
                        if read == 0:
                            for _ in listener.notifies(timeout=IDLE_SECONDS, stop_after=1):
                                hinted = time.monotonic()
                            continue
                        hinted = time.monotonic()
                        if read < self._batch:
                            took = time.monotonic() - began
                            self._stopping.wait(min(took * (read - 1) / 2, REST_SECONDS))
            except OUTSIDE:
                log.warning("projections.reconnecting")
                self._drop()
                self._stopping.wait(RECONNECT_SECONDS)
        self._drop()

    def stop(self) -> None:
        self._stopping.set()

    def close(self) -> None:
        """Gives the connection back, where `run` did not."""
        self._drop()

    def catch_up(self) -> int:
        """Applies what is there now; returns how many events it read."""
        total = 0
        while not self._stopping.is_set():
            read = self.step()
            total += read
            if read == 0:
                break
        return total

    def step(self, *, notes: bool = True, access: bool = True) -> int:
        """One batch of each group of views that stand at the same position."""
        connection = self._connected()
        read = self._step_book(connection, "records")
        of_authors = [view for view in self._views.values() if view.book == "notes"]
        if notes:
            for alike, stands in notes_book.behind(connection, of_authors):
                read += self._step_notes(connection, alike, stands)
        return read + self.step_access() if access else read

    def step_access(self) -> int:
        """One small batch of the views of the book of access."""
        if not any(view.book == "access" for view in self._views.values()):
            return 0
        return self._step_book(self._connected(), "access")

    def _step_book(self, connection: Connection, book: str) -> int:
        groups: defaultdict[int, list[View]] = defaultdict(list)
        for name, version, position in connection.execute(
            "SELECT view, version, position FROM checkpoint WHERE poison IS NULL"
        ):
            view = self._views.get(name)
            # What another version of the program built is left to it.
            if view is not None and view.version == version and view.book == book:
                groups[position].append(view)
        read = 0
        for position, views in groups.items():
            try:
                facts = self._facts(connection, book, position)
            except Unreadable as error:
                for view in views:
                    self._stop(connection, view, position, error.position, error.reason)
                continue
            if facts:
                self._apply(connection, views, position, facts)
                read += len(facts)
        return read

    # -- one batch

    def _apply(
        self, connection: Connection, views: Sequence[View], position: int, facts: Sequence[Fact]
    ) -> None:
        """Writes a batch for views that stand together; apart, and one by one, when it fails."""
        try:
            with connection.transaction():
                # First, so that another runner, or a rebuild, waits here and not among the tables.
                if not self._move(connection, views, position, facts[-1].position):
                    raise Overtaken
                for view in views:
                    view.apply(connection, facts)
        except Overtaken:
            return
        except OUTSIDE:
            raise
        except Exception:
            if self._moved(connection, views[0], position):
                return
            if len(views) > 1:
                for view in views:
                    self._apply(connection, [view], position, facts)
            elif len(facts) > 1:
                for fact in facts:
                    if not self._apply_one(connection, views[0], position, fact):
                        return
                    position = fact.position
            else:
                self._apply_one(connection, views[0], position, facts[0])

    def _apply_one(self, connection: Connection, view: View, position: int, fact: Fact) -> bool:
        """One event alone, to find the one that fails; returns whether to go on."""
        try:
            with connection.transaction():
                moved = self._move(connection, [view], position, fact.position)
                if moved:
                    view.apply(connection, [fact])
            return moved
        except OUTSIDE:
            raise
        except Exception as error:
            if not self._moved(connection, view, position):
                self._stop(connection, view, position, fact.position, type(error).__name__)
            return False

    @staticmethod
    def _move(connection: Connection, views: Sequence[View], old: int, new: int) -> bool:
        """Moves the checkpoints of the views from one position on, all of them or none."""
        moved = connection.execute(
            "UPDATE checkpoint c SET position = %s"
            " FROM unnest(%s::text[], %s::bigint[]) AS v (view, version)"
            " WHERE c.view = v.view AND c.version = v.version AND c.position = %s"
            " AND c.poison IS NULL",
            (new, [view.name for view in views], [view.version for view in views], old),
        ).rowcount
        return moved == len(views)

    def _stop(
        self, connection: Connection, view: View, position: int, poison: int, reason: str
    ) -> None:
        """Stops the view at an event, until it is tried again (`try_again`)."""
        log.error("projections.stopped view=%s position=%s", view.name, poison)
        connection.execute(
            "UPDATE checkpoint SET poison = %s, poison_reason = %s"
            " WHERE view = %s AND position = %s",
            (poison, reason, view.name, position),
        )

    def _step_notes(
        self, connection: Connection, views: Sequence[View], stands: Sequence[notes_book.Stand]
    ) -> int:
        """One batch over all authors' ledgers that are ahead of these views."""
        try:
            return self._apply_notes(connection, views, stands)
        except OUTSIDE:
            raise
        except Exception:
            # Whose event it was shows when each author's are applied alone.
            return sum(
                self._step_owner(connection, view, stand) for view in views for stand in stands
            )

    def _step_owner(self, connection: Connection, view: View, stand: notes_book.Stand) -> int:
        """One batch of an author's ledger; event by event when it fails, to find the one."""
        try:
            return self._apply_notes(connection, [view], [stand])
        except OUTSIDE:
            raise
        except Unreadable as error:
            notes_book.stop(connection, view, *stand, error.position, error.reason)
            return 0
        except Exception:
            # Which event it was shows when each is applied alone.
            pass
        owner, position = stand
        facts = self._note_facts(connection, [stand])
        for fact in facts:
            try:
                self._write_notes(connection, [view], [(owner, position)], [fact])
            except Overtaken:
                break
            except OUTSIDE:
                raise
            except Exception as error:
                reason = type(error).__name__
                notes_book.stop(connection, view, owner, position, fact.position, reason)
                break
            position = fact.position
        return len(facts)

    def _apply_notes(
        self, connection: Connection, views: Sequence[View], stands: Sequence[notes_book.Stand]
    ) -> int:
        facts = self._note_facts(connection, stands)
        with suppress(Overtaken):
            self._write_notes(connection, views, stands, facts)
        return len(facts)

    @staticmethod
    def _write_notes(
        connection: Connection,
        views: Sequence[View],
        stands: Sequence[notes_book.Stand],
        facts: Sequence[Fact],
    ) -> None:
        with connection.transaction():
            if not notes_book.move(connection, views, stands, facts):
                raise Overtaken
            for view in views:
                view.apply(connection, facts)

    def _moved(self, connection: Connection, view: View, position: int) -> bool:
        """Whether another runner did this work meanwhile, so that ours failed for that alone."""
        row = connection.execute(
            "SELECT position FROM checkpoint WHERE view = %s", (view.name,)
        ).fetchone()
        return row is None or row[0] != position

    # -- reading the books

    def _facts(self, connection: Connection, book: str, after: int) -> list[Fact]:
        rows = connection.execute(
            f"SELECT {self._columns(book)} FROM books.{book}"
            " WHERE position > %s ORDER BY position LIMIT %s".encode(),
            (after, min(self._batch, ACCESS_BATCH) if book == "access" else self._batch),
            binary=True,
        ).fetchall()
        return readable(rows, self._read)

    def _note_facts(self, connection: Connection, stands: Sequence[notes_book.Stand]) -> list[Fact]:
        return notes_book.facts_after(connection, self._mapper, stands, self._batch)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._database.connect("projector")
            enter(self._connection, self._schema)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
