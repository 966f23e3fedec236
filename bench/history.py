"""The history of one student while the book around it grows."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from bench.measure import Scale, at, by_contestant, in_turns, median, ratio, samples
from bench.place import Place
from bench.result import Result
from bench.stage import PER_STUDENT, Stage, stages
from projections.report import history
from projections.viewer import viewing

_QUERIES = 100


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = stages(place, scale)
    small, large = sizes[0], sizes[-1]
    turns = {"history": partial(samples, _read(large), _read(small), _QUERIES)}
    at_large, at_small = by_contestant(in_turns(turns, scale.rounds))["history"]
    growth = [ratio(at(at_large, p), at(at_small, p)) for p in (50, 99)]
    return [
        Result(
            name="history",
            what=f"一位學生的歷程，全部 {large.size:,} 筆，p50",
            against=f"全部 {small.size:,} 筆時",
            ratio=growth[0].median,
            bar=1.3,
            side="at_most",
            figures={
                "rounds_p50": str(growth[0]),
                "rounds_p99": str(growth[1]),
                "changes_of_the_student": PER_STUDENT,
                **{
                    f"{each.size:,}": f"p50 {median(at(rounds, 50)):.2f} ms,"
                    f" p99 {median(at(rounds, 99)):.2f} ms"
                    for each, rounds in ((small, at_small), (large, at_large))
                },
            },
        )
    ]


def _read(each: Stage) -> Callable[[int], None]:
    viewer = uuid4()
    # Of each student every section: what the school sees.
    asked = [(each.student(97 * number), each.school_of(97 * number)) for number in range(_QUERIES)]

    def read(number: int) -> None:
        student, school = asked[number]
        with viewing(each.reader, viewer, [school]) as connection:
            found = history(connection, student, each.size, 0, 1000)
        if len(found) != PER_STUDENT:
            raise RuntimeError(f"the history holds {len(found)} changes")

    return read
