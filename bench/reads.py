"""Reading with the access book on, against the same reading without it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from api.history import read_history
from api.house import House
from api.placements import get_placement
from api.viewer import Viewer
from bench.house import THREADS, county, housed, viewer_of
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place
from bench.result import Result
from bench.workload import Student
from domain.event import Event
from ledger.access_book import AccessBook

_STUDENTS, _CHANGES = 200, 8000

Read = Callable[[House, Viewer, Student], object]


class _NoBook(AccessBook):
    """Keeps nothing."""

    def __init__(self) -> None:
        pass

    def record(self, event: Event) -> None:
        pass


def run(place: Place, scale: Scale) -> list[Result]:
    size = scale.events(_STUDENTS), scale.events(_CHANGES)
    with county(place, "reads", *size) as (reached, workload), housed(reached) as house:
        without = replace(house, access=_NoBook())
        teachers = {one.teacher for one in workload.everybody}
        viewers = {teacher: viewer_of(house, teacher) for teacher in teachers}
        asked = [(viewers[one.teacher], one) for one in workload.everybody]
        results = []
        for name, what, bar, read in (
            ("reads-history", "讀一位學生的全部歷程", 0.9, _history),
            ("reads-record", "讀一筆安置", 0.65, _record),
        ):
            found = in_turns(
                {
                    "with": _turn(house, asked, read, scale.seconds),
                    "without": _turn(without, asked, read, scale.seconds),
                },
                scale.rounds,
            )
            share = ratio(found["with"], found["without"])
            results.append(
                Result(
                    name=name,
                    what=f"{what}，{THREADS} 個執行緒，記入查閱簿",
                    against="不記入查閱簿",
                    ratio=share.median,
                    bar=bar,
                    figures={
                        "rounds": str(share),
                        **{f"{side}_per_second": median(rates) for side, rates in found.items()},
                    },
                )
            )
    return results


def _history(house: House, viewer: Viewer, one: Student) -> object:
    return read_history(house, viewer, one.student, 1000, None)


def _record(house: House, viewer: Viewer, one: Student) -> object:
    return get_placement(house, viewer, one.student, one.placement)


def _turn(
    house: House, asked: list[tuple[Viewer, Student]], read: Read, seconds: float
) -> Callable[[], float]:
    def turn() -> float:
        numbers = count()
        done: list[int] = []
        end = time.perf_counter() + seconds

        def work() -> None:
            mine = 0
            while time.perf_counter() < end:
                viewer, one = asked[next(numbers) % len(asked)]
                read(house, viewer, one)
                mine += 1
            done.append(mine)

        began = time.perf_counter()
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(done) != THREADS:
            raise RuntimeError("a reader failed")
        return sum(done) / (time.perf_counter() - began)

    return turn
