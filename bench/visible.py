"""From committed to visible, against the library's `wait()`."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from api.house import House
from bench import library
from bench.aggregates import County, placed
from bench.deciding import States, decide
from bench.house import county, housed, projecting
from bench.measure import Scale, at, in_turns, median, ratio
from bench.place import Place
from bench.result import Result
from bench.workload import Change, Student, Workload

#: Writes of one turn.
_WRITES = 30


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        reached, workload = stack.enter_context(county(place, "visible", 100, 1000))
        stack.enter_context(projecting(reached))
        house = stack.enter_context(housed(reached))
        peer = stack.enter_context(place.plain("visible_library"))
        theirs = stack.enter_context(
            ProjectionRunner(
                application_class=County,
                projection_class=_Seen,
                view_class=_SeenTable,
                env=library.environment(peer),
            )
        )
        found = in_turns(
            {
                "placement": lambda: _ours(house, workload, workload.edit),
                "note": lambda: _ours(house, workload, workload.note),
                "library": lambda: _theirs(theirs, workload),
            },
            scale.rounds,
        )
    wait = at(found["library"], 50)
    ratios = {name: ratio(at(found[name], 50), wait) for name in ("placement", "note")}
    slower = max(ratios, key=lambda name: ratios[name].median)
    return [
        Result(
            name="visible",
            what="從寫入完成到檢視看得到，p50",
            against="函式庫的 wait()",
            ratio=ratios[slower].median,
            bar=0.1,
            side="at_most",
            figures={
                "worst": slower,
                "rounds": str(ratios[slower]),
                **{
                    f"{name}_ms": " / ".join(f"{median(at(rounds, p)):.1f}" for p in (50, 99))
                    for name, rounds in found.items()
                },
            },
        )
    ]


def _ours(house: House, workload: Workload, change: Callable[[Student], Change]) -> list[float]:
    """The milliseconds from the answer of the ledger to the views that show it."""
    states = States(house.ledger)
    found = []
    for number in range(_WRITES):
        one = workload.everybody[number % len(workload.everybody)]
        recorded = house.ledger.record(decide(states, change(one))[1])
        began = time.perf_counter()
        if not house.shown(recorded):
            raise RuntimeError("the views did not come")
        found.append((time.perf_counter() - began) * 1000)
    return found


def _theirs(runner: ProjectionRunner[County, "_SeenTable"], workload: Workload) -> list[float]:
    found = []
    for number in range(_WRITES):
        one = replace(workload.everybody[number % len(workload.everybody)], student=uuid4())
        saved = runner.app.save(placed(one))
        began = time.perf_counter()
        runner.wait(saved[-1].notification.id, timeout=10)
        found.append((time.perf_counter() - began) * 1000)
    return found


class _SeenTable(PostgresTrackingRecorder):
    """The library's way: one row and the tracking in a transaction."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(SQL("CREATE TABLE IF NOT EXISTS seen (id uuid)").format())

    def see(self, seen: UUID, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("INSERT INTO seen VALUES (%s)", (seen,), prepare=True)
            self._insert_tracking(cursor, tracking)


class _Seen(Projection[_SeenTable]):
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.see(domain_event.originator_id, tracking)
