"""Changes with the change list visible, against a hand-made audit trigger and the library.

One year's changes of a county (see `workload`), each read, decided and stored alone. Ours count
only when the last of them stands in the views that a projector process keeps.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice

import psycopg

from bench import aggregates, library, trigger
from bench.county import record
from bench.crew import Crew, Work
from bench.deciding import States, decide, filled
from bench.house import projecting
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, Reached, opened
from bench.result import Result
from bench.workload import Change, Workload
from domain import placement as placements
from ledger.database import Connection
from ledger.ledger import Ledger
from projections.runner import CHANNEL

_WRITERS = (1, 4)
#: Events of a placement's stream when measuring begins.
_LENGTH = 50
_STUDENTS = 400
#: Streams of so many events, and how many of them, for the growth with length.
_SHORT, _LONG = (10, 400), (1000, 10)

_BATCH = 2000


def run(place: Place, scale: Scale) -> list[Result]:
    with (
        place.ledger("changes") as reached,
        place.plain("changes_trigger") as by_trigger,
        place.plain("changes_library") as by_library,
    ):
        trigger.create(by_trigger)
        aggregates.County(env=library.environment(by_library)).close()
        with projecting(reached):
            results = []
            for writers in _WRITERS:
                peers = (by_trigger, by_library)
                results += _against_peers(reached, peers, writers, scale)
            results.append(_growth(reached, scale))
    return results


def _against_peers(
    reached: Reached, peers: tuple[str, str], writers: int, scale: Scale
) -> list[Result]:
    workload = Workload(students=scale.events(_STUDENTS), seed=writers)
    with opened(reached) as ledger:
        fill_streams(ledger, workload, _LENGTH)
    everybody = workload.everybody
    trigger.fill(peers[0], everybody)
    aggregates.fill(peers[1], Workload(len(everybody), seed=writers), _LENGTH)
    arguments = [(reached, peers, len(everybody), part, writers) for part in range(writers)]
    with Crew(_ready, arguments) as crew, reached.database.connect("projector") as looking:
        turns: dict[str, Callable[[], float]] = {
            "ours": lambda: _visible_rate(crew, "ours", looking, scale.seconds),
            "trigger": lambda: crew.rate("trigger", scale.seconds),
            "library": lambda: crew.rate("library", scale.seconds),
        }
        # A process that has just started knows no state and no statement yet; one that has run
        # for a while keeps the states of the streams it has seen.
        cold = {name: turn() for name, turn in turns.items()}
        crew.rate("ours, every state", 0)
        found = in_turns(turns, scale.rounds)
    figures = {
        **{f"{name}_per_second": median(rates) for name, rates in found.items()},
        **{f"{name}_in_the_first_second": rate for name, rate in cold.items()},
        "events_of_a_stream": _LENGTH,
    }
    to_trigger = ratio(found["ours"], found["trigger"])
    to_library = ratio(found["ours"], found["library"])
    what = f"異動到出現在異動報表，{writers} 人同時寫入"
    return [
        Result(
            name=f"changes-{writers}-trigger",
            what=what,
            against="手寫的 PostgreSQL 稽核觸發程序",
            ratio=to_trigger.median,
            bar=1.0,
            figures={"rounds": str(to_trigger), **figures},
        ),
        Result(
            name=f"changes-{writers}-library",
            what=what,
            against="直接使用函式庫的 Aggregate",
            ratio=to_library.median,
            bar=4.0,
            figures={"rounds": str(to_library), **figures},
        ),
    ]


def _growth(reached: Reached, scale: Scale) -> Result:
    crews: dict[str, Crew] = {}
    with ExitStack() as stack:
        looking = stack.enter_context(reached.database.connect("projector"))
        for seed, (length, students) in enumerate((_SHORT, _LONG), start=10):
            with opened(reached) as ledger:
                fill_streams(ledger, Workload(students, seed=seed), length)
            crew = stack.enter_context(Crew(_editing, [(reached, students, seed, length)]))
            crew.rate("ours", scale.seconds)
            crews[str(length)] = crew
        found = in_turns(
            {
                name: lambda crew=crew: _visible_rate(  # type: ignore[misc]
                    crew, "ours", looking, scale.seconds
                )
                for name, crew in crews.items()
            },
            scale.rounds,
        )
    (short, _), (long, _) = _SHORT, _LONG
    slower = ratio(found[str(long)], found[str(short)])
    return Result(
        name="changes-length",
        what=f"修改已有 {long:,} 筆事件的安置",
        against=f"修改已有 {short} 筆事件的安置",
        ratio=slower.median,
        bar=0.9,
        figures={
            "rounds": str(slower),
            **{f"per_second_at_{name}": median(rates) for name, rates in found.items()},
        },
    )


def fill_streams(ledger: Ledger, workload: Workload, length: int) -> None:
    """Each student's placement with so many events, ready-made and recorded in bulk."""
    workload.make_keys(ledger)
    made = (
        stored for _, stored in filled(ledger.mapper, iter(workload.mine), workload.earlier(length))
    )
    while batch := list(islice(made, _BATCH)):
        record(ledger, batch)


def _visible_rate(crew: Crew, name: str, looking: Connection, seconds: float) -> float:
    """Changes per second, until the last one is seen in the views."""
    crew.begin(name, seconds)
    count, began, _ = crew.end()
    # As the program does with every write.
    looking.execute(f"NOTIFY {CHANNEL}".encode())
    wait_until_visible(looking)
    return count / (time.monotonic() - began)


def wait_until_visible(looking: Connection) -> None:
    """Until every view has reached the end of its book."""
    while True:
        row = looking.execute(_BEHIND, prepare=True).fetchone()
        if row is not None and not row[0]:
            return
        time.sleep(0.001)


_BEHIND = """
SELECT (SELECT min(position) FROM views.checkpoint WHERE view = 'changes')
           < (SELECT max(position) FROM books.records)
    OR EXISTS (SELECT FROM books.notes_head h LEFT JOIN views.owner_checkpoint c
               ON c.owner = h.owner AND c.view = 'own_notes'
               WHERE h.position > coalesce(c.position, 0))
"""


def _ready(
    stack: ExitStack,
    reached: Reached,
    peers: tuple[str, str],
    students: int,
    part: int,
    writers: int,
) -> Mapping[str, Work]:
    ledger = stack.enter_context(opened(reached, 1))
    states = States(ledger)
    connection = stack.enter_context(psycopg.connect(peers[0], autocommit=True))
    county = aggregates.County(env=library.environment(peers[1], CREATE_TABLE="n"))
    stack.callback(county.close)

    def changes() -> Iterator[Change]:
        workload = Workload(students, part, writers, seed=writers)
        for _ in workload.earlier(_LENGTH):
            pass
        return workload.changes()

    def every_state(end: float) -> int:
        for one in Workload(students, part, writers, seed=writers).mine:
            states.of(placements.evolve, one.placement)
        return 0

    return {
        "ours": _until(changes(), lambda change: ledger.record(decide(states, change)[1])),
        "ours, every state": every_state,
        "trigger": _until(changes(), lambda change: trigger.change(connection, change)),
        "library": _until(changes(), county.change),
    }


def _editing(
    stack: ExitStack, reached: Reached, students: int, seed: int, length: int
) -> Mapping[str, Work]:
    ledger = stack.enter_context(opened(reached, 1))
    states = States(ledger)
    workload = Workload(students, seed=seed)
    for _ in workload.earlier(length):
        pass
    return {
        "ours": _until(workload.edits(), lambda change: ledger.record(decide(states, change)[1]))
    }


def _until(changes: Iterator[Change], act: Callable[[Change], object]) -> Work:
    def work(end: float) -> int:
        count = 0
        while time.monotonic() < end:
            act(next(changes))
            count += 1
        return count

    return work
