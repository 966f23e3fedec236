"""The books verified, against plain SHA-256 over the same rows read the same way, on one core.

What is compared is reading, order, leaf, tree and root at every checkpoint's size. What is checked
besides of every body, its form and that it opens, is told as a figure of its own.
"""

import time
from collections.abc import Callable
from hashlib import sha256

import psycopg

from bench.county import fill
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, opened, settled
from bench.result import Result
from bench.workload import Workload
from igp.sealing import seal_now
from replay.verify import BOOKS, Finding, KeyFiles
from replay.verify.bodies import Bodies
from replay.verify.events import Following, read_book, read_rows
from replay.verify.tree import Roots

_CHANGES = 40_000
_READS = 4_000
#: Sizes at which a root is asked for, as many as a county's checkpoints of a busy hour.
_ROOTS = 1_000


def run(place: Place, scale: Scale) -> list[Result]:
    with place.ledger("verify") as reached:
        with opened(reached) as ledger:
            fill(ledger, Workload(students=scale.events(2000)), scale.events(_CHANGES), _READS)
            seal_now(ledger)
            settled(ledger.database, "books.records", "books.notes", "books.access")
        keys = KeyFiles(reached.keys, reached.master)
        conninfo = reached.database.conninfo("owner")
        turns: dict[str, Callable[[], float]] = {
            "plain": lambda: _plain(conninfo),
            "hashes": lambda: _verified(conninfo, None),
            "forms": lambda: _verified(conninfo, Bodies(None)),
            "contents": lambda: _verified(conninfo, Bodies(keys)),
        }
        found = in_turns(turns, scale.rounds)
    against = ratio(found["hashes"], found["plain"])
    return [
        Result(
            name="verify",
            what="查核：逐筆重算葉節點、雜湊樹與各檢查點的根",
            against="以同樣方式讀取同樣的列，只算 SHA-256",
            ratio=against.median,
            bar=0.5,
            figures={
                "rounds": str(against),
                "plain_per_second": median(found["plain"]),
                "hashes_per_second": median(found["hashes"]),
                "with_forms_of_bodies": str(ratio(found["forms"], found["plain"])),
                "with_forms_per_second": median(found["forms"]),
                "with_contents_opened": str(ratio(found["contents"], found["plain"])),
                "with_contents_per_second": median(found["contents"]),
            },
        )
    ]


def _plain(conninfo: str) -> float:
    """Events per second of all three books."""
    events = 0
    with psycopg.connect(conninfo) as connection:
        began = time.perf_counter()
        for book in BOOKS:
            for batch in read_rows(connection, book):
                for row in batch:
                    sha256(row[6]).digest()
                events += len(batch)
        return events / (time.perf_counter() - began)


def _verified(conninfo: str, bodies: Bodies | None) -> float:
    """The same with everything that is made of them."""
    found: list[Finding] = []
    roots = Roots()
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT max(position) FROM books.records").fetchone()
        assert row is not None
        for size in range(1, row[0], max(1, row[0] // _ROOTS)):
            roots.ask("records", None, size)
        began = time.perf_counter()
        following = Following(bodies, roots)
        events = sum(read_book(connection, book, following, found, None) for book in BOOKS)
        took = time.perf_counter() - began
    if found:
        raise RuntimeError(f"{len(found)} findings in sound books")
    return events / took
