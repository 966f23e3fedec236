"""What sealing costs: the append bar with the sealer running, and a proof against one SELECT."""

import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event as Flag
from uuid import uuid4

import psycopg

from bench import library
from bench.append import ready
from bench.crew import Crew
from bench.measure import Scale, at, in_turns, median, ratio, samples
from bench.place import Place, Reached, opened
from bench.result import Result
from igp.memory import settle
from igp.sealing import LOOK_SECONDS, Sealer
from ledger.checkpoints import last_checkpoint
from ledger.database import Connection
from ledger.merkle import HASH_BYTES
from projections import tree
from projections.runner import SCHEMA, enter
from projections.tree import Tile, TreeView
from projections.writing import columns, copy_rows

#: By how many processes is appended.
_SIZES = (1, 4, 8)
#: A turn is so many times longer than others', so that some roots fall into each.
_LONGER = 3
_EVENTS, _FULL = 500_000, 5_000_000
_CHUNK = 1 << 16
_PROOFS = 400
#: What appending may keep at least, and how many SELECTs a proof may take at most.
_KEPT, _TIMES = 0.95, 3.0

#: Events with the columns of a book, found by their position.
_TABLE = """
CREATE TABLE event (
    subject uuid, stream_id uuid NOT NULL, recorded_at timestamptz NOT NULL,
    position bigint NOT NULL, stream_version integer NOT NULL, body bytea NOT NULL,
    topic text NOT NULL
);
INSERT INTO event
    SELECT md5(n::text)::uuid, md5('stream ' || n)::uuid, now(), n, 1,
           decode(repeat(md5(n::text), 8), 'hex'), 'placement.recorded.v1'
    FROM generate_series(1, {size}) n;
ALTER TABLE event ADD PRIMARY KEY (position);
ANALYZE event;
"""
_SELECT = (
    "SELECT position, recorded_at, stream_id, stream_version, topic, subject, body"
    " FROM event WHERE position = %s"
)


def run(place: Place, scale: Scale) -> list[Result]:
    return [*_appends(place, scale), _proofs(place, scale)]


# -- appending while the sealer runs


@dataclass
class Running:
    """The sealer in a process of its own, which seals while it is told to."""

    reached: Reached
    going: Flag

    def seal(self) -> None:
        """From now on it seals; returns when nothing of before is left to do."""
        self.going.set()
        with self.reached.database.connect("projector") as connection:
            while self.behind(connection) > 1:
                time.sleep(0.02)

    def rest(self) -> None:
        self.going.clear()
        # A round that had begun ends meanwhile.
        time.sleep(2 * LOOK_SECONDS)

    def behind(self, connection: Connection) -> int:
        """How many events no checkpoint counts."""
        row = connection.execute("SELECT max(position) FROM books.records").fetchone()
        kept = last_checkpoint(connection, "records")
        end = int(row[0] or 0) if row else 0
        return end - (kept.size if kept else 0)


@contextmanager
def _sealing(reached: Reached) -> Iterator[Running]:
    context = multiprocessing.get_context("spawn")
    going, done = context.Event(), context.Event()
    process = context.Process(target=_seal, args=(reached, going, done), daemon=True)
    process.start()
    try:
        yield Running(reached, going)
    finally:
        done.set()
        process.join()


def _seal(reached: Reached, going: Flag, done: Flag) -> None:
    with opened(reached, 1) as ledger:
        sealer = Sealer(ledger)
        sealer.prepare()
        settle()
        while not done.is_set():
            if going.is_set() and sealer.alone():
                sealer.round()
            done.wait(LOOK_SECONDS)
        sealer.close()


def _appends(place: Place, scale: Scale) -> list[Result]:
    results = []
    with place.ledger("seal") as reached, place.plain("seal_library") as peer:
        factory = library.factory(peer)
        library.recorder(factory)
        factory.close()
        student, account = uuid4(), uuid4()
        with opened(reached, 1) as ledger:
            ledger.keyring.create_account(account, account)
            ledger.keyring.create_student(student, account)
        with _sealing(reached) as sealer:
            for size in _SIZES:
                with Crew(ready, [(reached, peer, student, account)] * size) as crew:
                    results.append(_measured(sealer, crew, size, scale))
    return results


def _measured(sealer: Running, crew: Crew, size: int, scale: Scale) -> Result:
    seconds = _LONGER * scale.seconds
    left: list[int] = []
    crew.rate("ours", scale.seconds)

    def sealed() -> float:
        sealer.seal()
        rate = crew.rate("ours", seconds)
        with sealer.reached.database.connect("projector") as connection:
            left.append(sealer.behind(connection))
        # Not the other's turn, nor a lighter one of the next round.
        sealer.seal()
        return rate

    def unsealed() -> float:
        sealer.rest()
        return crew.rate("ours", seconds)

    found = in_turns({"with": sealed, "without": unsealed}, scale.rounds)
    share = ratio(found["with"], found["without"])
    events = median(found["with"])
    return Result(
        name=f"seal-append-{size}",
        what=f"單筆寫入，{size} 個程序，同時封存",
        against="不封存",
        ratio=share.median,
        bar=_KEPT,
        figures={
            "rounds": str(share),
            "with_per_second": events,
            "without_per_second": median(found["without"]),
            "seconds_behind_at_the_end": max(left) / events,
        },
    )


# -- a proof


def _proofs(place: Place, scale: Scale) -> Result:
    size = scale.events(_FULL if scale.full else _EVENTS)
    draw = random.Random(1)
    asked = [draw.randrange(size) for _ in range(_PROOFS)]
    with (
        place.ledger("seal_proof") as reached,
        place.plain("seal_select") as peer,
        psycopg.connect(peer, autocommit=True) as plain,
        reached.database.connect("projector") as connection,
    ):
        plain.execute(_TABLE.format(size=size).encode())
        enter(connection, SCHEMA)
        _grow(connection, size)

        def prove(number: int) -> object:
            return tree.inclusion(connection, "records", asked[number], size)

        def select(number: int) -> object:
            return plain.execute(
                _SELECT, (asked[number] + 1,), prepare=True, binary=True
            ).fetchone()

        found = in_turns({"proof": lambda: samples(prove, select, _PROOFS)}, scale.rounds)["proof"]
    ours, theirs = ([turn[which] for turn in found] for which in (0, 1))
    share = ratio(at(ours, 50), at(theirs, 50))
    return Result(
        name="seal-proof",
        what=f"{size:,} 筆中一筆的證明",
        against="以位置查一筆紀錄",
        ratio=share.median,
        bar=_TIMES,
        side="at_most",
        figures={
            "rounds": str(share),
            "events": size,
            "proof_ms_p50": median(at(ours, 50)),
            "proof_ms_p99": median(at(ours, 99)),
            "select_ms_p50": median(at(theirs, 50)),
            "select_ms_p99": median(at(theirs, 99)),
        },
    )


def _grow(connection: Connection, size: int) -> None:
    """The rows of a tree of so many leaves, as the view keeps them; the leaves are random."""
    view = TreeView("records")
    view.create(connection)
    last: dict[Tile, bytes] = {}
    done: dict[Tile, bytes] = {}
    for begin in range(0, size, _CHUNK):
        raw = os.urandom(HASH_BYTES * min(_CHUNK, size - begin))
        leaves = [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]
        last |= tree.grown(last, begin, leaves)
        full = {tile for tile, hashes in last.items() if len(hashes) == tree.TILE_BYTES}
        done |= {tile: last.pop(tile) for tile in full}
    types = columns("tile int8, hashes bytea")
    copy_rows(connection, view.tables[0], types, (done | last).items())
    connection.execute(f"ANALYZE {view.tables[0]}".encode())
