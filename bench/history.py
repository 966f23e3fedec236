"""The history of one student while the book around it grows."""

from collections.abc import Callable
from uuid import uuid4

from bench.growth import grown
from bench.measure import Scale
from bench.place import Place
from bench.result import Result
from bench.stage import PER_STUDENT, Stage, stages
from projections.report import history
from projections.viewer import viewing

_QUERIES = 100


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = stages(place, scale)
    small, large = sizes[0], sizes[-1]
    both = [(each.size, _read(each)) for each in (small, large)]
    return [grown("history", "一位學生的歷程", *both, scale, _QUERIES, PER_STUDENT)]


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
