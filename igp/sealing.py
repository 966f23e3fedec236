"""The sealer: follows the books, records the map's root and keeps signed checkpoints (design D10).

One round, each step of which may be the last one that a killed process did:

1. bring the sealing views to where the books are;
2. record the root of the map as they stand there, where there is something new to count;
3. bring the views past that event;
4. sign the tree that ends with it, and keep the checkpoint.

The event of a root is recorded once, for its stream has one next version. A root that was recorded
and has no checkpoint gets it in the next round of whoever seals. Nobody waits for the sealer, and
where a view of its is stopped the books go on without it.
"""

import threading
import time
from contextlib import suppress

import structlog

from domain.capacity import Capacity
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ClockMoved
from domain.refusal import StaleVersion
from domain.sealing import MAP_STREAM, MapRootRecorded
from ledger.birth import clock_of
from ledger.checkpoints import (
    CheckpointRefused,
    Kept,
    SealedBook,
    Signing,
    keep_checkpoint,
    last_checkpoint,
)
from ledger.database import Connection
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from ledger.recorder import Beside
from ledger.standing import unmoved
from projections import tree
from projections.all_views import sealing_views
from projections.facts import OUTSIDE
from projections.runner import SCHEMA, Runner, enter
from projections.scope_map import NAME, NextRoot, last_root, next_root

#: At most so often a root of the map is recorded, in seconds.
ROOT_SECONDS = 1.0
#: At most so often a checkpoint of the book of access is kept, in seconds.
ACCESS_SECONDS = 60.0
#: How long after a move of a simulated clock a root waits for somebody's act, in seconds: the next
#: event carries exactly the new instant, and an act has it rather than the sealer.
MOVED_SECONDS = 2.0
#: How often an idle sealer looks, in seconds.
LOOK_SECONDS = 0.25
#: How long it waits after an error, growing up to the second, in seconds.
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
#: How long `seal_now` waits for a sealer that is running elsewhere, in seconds.
PATIENCE_SECONDS = 10.0

log = structlog.get_logger("igp.sealing")


class Inconsistent(LedgerError):
    """The tree no longer begins with what was signed before, so nothing more is signed. Run
    `igp replay verify` and keep its output."""


class Sealer:
    """Seals one ledger. Any number may run side by side; one of them works at a time."""

    def __init__(self, ledger: Ledger, *, access_seconds: float = ACCESS_SECONDS) -> None:
        self._ledger = ledger
        self._signing = Signing(ledger)
        self._runner = Runner(
            ledger.database,
            sealing_views(ledger.keyring),
            ledger.mapper,
            read=tree.leaf_fact_of,
            columns=tree.leaf_columns,
        )
        self._simulated = clock_of(ledger.database) == "simulated"
        self._access_seconds = access_seconds
        self._rooted = self._accessed = float("-inf")
        #: The last move of the clock that stood at the end of the book, and since when.
        self._moved = (0, 0.0)
        self._connection: Connection | None = None
        self._held = False
        self._stopping = threading.Event()

    def prepare(self) -> None:
        """Makes the tables of the views where there are none."""
        self._runner.prepare()

    def run(self) -> None:
        """Seals until `stop`, across lost connections and whatever else goes wrong."""
        pause = PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                if self.alone():
                    self.round()
                pause = PAUSE_SECONDS
                self._stopping.wait(LOOK_SECONDS)
                continue
            except OUTSIDE:
                log.warning("sealing.reconnecting")
            except Exception as error:
                # The class alone: the text of an error may hold what an event says.
                log.error("sealing.failed", error=type(error).__name__, again_in_seconds=pause)
            self.close()
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self.close()

    def stop(self) -> None:
        self._stopping.set()
        self._runner.stop()

    def close(self) -> None:
        """Gives the connections back, and with them the right to seal."""
        self._runner.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # -- one round

    def alone(self) -> bool:
        """Whether it is ours to seal: the lock is the connection's and goes with it."""
        connection = self._connected()
        if not self._held:
            row = connection.execute("SELECT pg_try_advisory_lock(1, 13)").fetchone()
            self._held = row is not None and bool(row[0])
        return self._held

    def round(self, *, at_once: bool = False) -> Kept | None:
        """What is due now, or with `at_once` everything; the new checkpoint of `records`.

        Raises `Inconsistent`, `LedgerError`s, and what a lost connection raises.
        """
        now = time.monotonic()
        if not at_once and now - self._rooted < ROOT_SECONDS:
            # Many events in one batch cost little more than few, and no root may come before.
            return None
        self._follow()
        due = self._due(at_once)
        if due is not None:
            self._rooted = now
            # Another sealer, or a move of the clock, may have been quicker.
            with suppress(StaleVersion):
                self._record(*due)
            self._follow()
        kept = self._sign_records()
        if at_once or now - self._accessed >= self._access_seconds:
            self._accessed = now
            self._sign_access()
        return kept

    def _follow(self) -> None:
        """Brings the views to where the books are at this moment; what comes later is for later."""
        heads = self._heads()
        while not self._stopping.is_set():
            stands = self._stands()
            if all(stands.get(book, head) >= head for book, head in heads.items()):
                return
            if self._runner.step(notes=False) == 0:
                return

    def _due(self, at_once: bool) -> tuple[NextRoot, Beside | None] | None:
        """What the next root says, where one is due, and what must still hold when it comes."""
        connection = self._connected()
        with connection.transaction():
            # All of it as of one moment.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute(
                "SELECT position FROM checkpoint WHERE view = %s AND poison IS NULL", (NAME,)
            ).fetchone()
            if row is None:
                return None
            covers = int(row[0])
            last = last_root(connection)
            new = connection.execute(
                "SELECT FROM books.records WHERE position > %s AND position <= %s"
                " AND topic <> %s LIMIT 1",
                (last.covers if last else 0, covers, MapRootRecorded.TOPIC),
            ).fetchone()
            if new is None:
                return None
            if not self._simulated:
                return next_root(connection, covers), None
            if not at_once and self._just_moved(connection):
                return None
            return next_root(connection, covers), unmoved({LEDGER_STREAM: _life(connection)})

    def _just_moved(self, connection: Connection) -> bool:
        row = connection.execute(
            "SELECT position, topic FROM books.records ORDER BY position DESC LIMIT 1"
        ).fetchone()
        if row is None or row[1] != ClockMoved.TOPIC:
            return False
        if self._moved[0] != row[0]:
            self._moved = (row[0], time.monotonic())
        return time.monotonic() - self._moved[1] < MOVED_SECONDS

    def _record(self, found: NextRoot, after: Beside | None) -> None:
        """Raises `StaleVersion`, and what the ledger refuses."""
        event = MapRootRecorded(
            originator_id=MAP_STREAM,
            originator_version=found.last.version + 1 if found.last else 1,
            by=SYSTEM,
            capacity=Capacity.SYSTEM,
            covers=found.covers,
            scopes=found.scopes,
            root=found.root.hex(),
        )
        self._ledger.record(event, after=after)

    def _sign_records(self) -> Kept | None:
        """Signs the tree up to the newest recorded root, unless that was done."""
        root = last_root(self._connected())
        return None if root is None else self._sign("records", root.position)

    def _sign_access(self) -> Kept | None:
        size = self._stands().get("access", 0)
        return self._sign("access", size) if size else None

    def _sign(self, book: SealedBook, size: int) -> Kept | None:
        connection = self._connected()
        last = last_checkpoint(connection, book)
        if last is not None and last.size >= size:
            return None
        try:
            if last is not None and tree.root(connection, book, last.size) != last.root:
                raise Inconsistent(Inconsistent.__doc__)
            root = tree.root(connection, book, size)
        except tree.NotInTree:
            # The tree was stopped, or built anew and is not there yet.
            return None
        note = self._signing.sign(self._signing.origin(book), size, root)
        try:
            return keep_checkpoint(self._ledger, book, note)
        except CheckpointRefused as refused:
            if str(refused) == "checkpoint-not-larger":
                return None
            raise

    # -- looking

    def _heads(self) -> dict[str, int]:
        row = (
            self._connected()
            .execute(
                "SELECT (SELECT max(position) FROM books.records),"
                " (SELECT max(position) FROM books.access)"
            )
            .fetchone()
        )
        assert row is not None
        return {"records": row[0] or 0, "access": row[1] or 0}

    def _stands(self) -> dict[str, int]:
        """Where the hindmost view of each book is, those apart that an event stopped."""
        rows = (
            self._connected()
            .execute("SELECT view, position FROM checkpoint WHERE poison IS NULL")
            .fetchall()
        )
        at = dict(rows)
        stands: dict[str, int] = {}
        for view in sealing_views(self._ledger.keyring):
            if view.name in at:
                stands[view.book] = min(stands.get(view.book, at[view.name]), at[view.name])
        return stands

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._held = False
            self._connection = self._ledger.database.connect("projector")
            enter(self._connection, SCHEMA)
        return self._connection


def seal_now(ledger: Ledger, *, patience: float = PATIENCE_SECONDS) -> Kept | None:
    """Seals what stands in the books now, or waits until the sealer that is running has done so.

    The newest checkpoint of `records`; it counts less where that sealer took longer than
    `patience` seconds. Raises as `Sealer.round`.
    """
    sealer = Sealer(ledger)
    sealer.prepare()
    deadline = time.monotonic() + patience
    try:
        with ledger.database.connect("projector") as connection:
            goal = _last_position(connection)
            while True:
                if sealer.alone():
                    sealer.round(at_once=True)
                    return last_checkpoint(connection, "records")
                kept = last_checkpoint(connection, "records")
                if (kept is not None and kept.size >= goal) or time.monotonic() > deadline:
                    return kept
                time.sleep(LOOK_SECONDS / 5)
    finally:
        sealer.close()


def _last_position(connection: Connection) -> int:
    row = connection.execute("SELECT max(position) FROM books.records").fetchone()
    return int(row[0] or 0) if row else 0


def _life(connection: Connection) -> int:
    """The version of the stream in which moves of the clock stand."""
    row = connection.execute(
        "SELECT max(stream_version) FROM books.records WHERE stream_id = %s", (LEDGER_STREAM,)
    ).fetchone()
    return int(row[0] or 0) if row else 0
