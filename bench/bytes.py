"""Bytes on disk for each change of the county's workload: the books, and the books with views."""

from itertools import islice

import psycopg

from bench.changes import fill_streams
from bench.deciding import States, decide
from bench.measure import Scale
from bench.place import Place, opened, runner, settled
from bench.result import Result
from bench.workload import STUDENTS, Workload
from ledger.database import Database

_CHANGES = 20_000
#: How many are recorded between two steps of the projector, as on a busy day.
_BETWEEN = 100

_SIZES = """
SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('books', 'views')
"""


def run(place: Place, scale: Scale) -> list[Result]:
    with place.ledger("bytes") as reached, opened(reached) as ledger, runner(ledger) as building:
        workload = Workload(students=STUDENTS)
        fill_streams(ledger, workload, 1)
        building.catch_up()
        states = States(ledger)
        before = _sizes(reached.database)
        count = scale.events(_CHANGES)
        for number, change in enumerate(islice(workload.changes(), count), start=1):
            ledger.record(decide(states, change)[1])
            if number % _BETWEEN == 0:
                building.catch_up()
        building.catch_up()
        grown = {
            table: (size - before.get(table, 0)) / count
            for table, size in _sizes(reached.database).items()
        }
    books = sum(size for table, size in grown.items() if table.startswith("books."))
    whole = sum(grown.values())
    figures = {table: size for table, size in sorted(grown.items()) if size >= 1}
    return [
        Result(
            name="bytes-log",
            what="每筆異動在簿冊中的位元組數（含索引）",
            against="1,200 位元組",
            ratio=books / 1200,
            bar=1.0,
            side="at_most",
            figures={"changes": count, "bytes": books},
        ),
        Result(
            name="bytes-all",
            what="每筆異動在簿冊與檢視中的位元組數（含索引）",
            against="2,040 位元組（django-pghistory）",
            ratio=whole / 2040,
            bar=1.0,
            side="at_most",
            figures={"changes": count, "bytes": whole, **figures},
        ),
    ]


def _sizes(database: Database) -> dict[str, int]:
    """Bytes of each table with its indexes and what lies beside it, dead rows given back."""
    settled(database)
    with psycopg.connect(database.admin, autocommit=True) as connection:
        return dict(connection.execute(_SIZES).fetchall())
