"""The history of one student while the book around it grows."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from bench.measure import Scale, in_turns, median, percentile, ratio, samples
from bench.place import Place
from bench.result import Result
from bench.stage import PER_STUDENT, Stage, stages
from projections.report import history
from projections.viewer import viewing

_QUERIES = 100


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = stages(place, scale)
    small, large = sizes[0], sizes[-1]
    found = in_turns({str(each.size): _turn(each) for each in sizes}, scale.rounds)
    growth = [
        ratio(_each(found[str(large.size)], p), _each(found[str(small.size)], p)) for p in (50, 99)
    ]
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
                    f"{int(size):,}": f"p50 {median(_each(rounds, 50)):.2f} ms,"
                    f" p99 {median(_each(rounds, 99)):.2f} ms"
                    for size, rounds in found.items()
                },
            },
        )
    ]


def _turn(each: Stage) -> Callable[[], list[float]]:
    viewer = uuid4()
    # Of each student every section: what the school sees.
    sets = [(each.student(97 * number), each.school_of(97 * number)) for number in range(_QUERIES)]

    def read(number: int) -> None:
        student, school = sets[number]
        found = _history(each, viewer, [school], student)
        if found != PER_STUDENT:
            raise RuntimeError(f"the history holds {found} changes")

    return lambda: samples(read, _QUERIES)


def _history(each: Stage, viewer: UUID, audiences: Sequence[UUID], student: UUID) -> int:
    with viewing(each.reader, viewer, audiences) as connection:
        return len(history(connection, student, each.size, 0, 1000))


def _each(rounds: Sequence[Sequence[float]], percent: float) -> list[float]:
    return [percentile(one, percent) for one in rounds]
