"""On which days a pupil was taught by a placement, as the steps of its case say (Kaohsiung P13 to
P20): who owes a semester's report follows from it, whatever became of the placement later."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from domain import placement_path as path


class Taken(NamedTuple):
    """A step of a case: the state after it, the day from which it counts, and the subject that a
    re-placement or an abandonment is about."""

    state: str
    day: date
    area: str | None


def held_on(day: date, steps: Iterable[Taken], areas: Collection[str]) -> bool:
    """Whether the placement held on a day. `areas` are the subjects placed now: while one of them
    is placed anew, the others go on."""
    since = until = None
    anew: set[str] = set()
    for one in steps:
        if one.state in path.RUNNING:
            anew = set()
            if since is None or until is not None:
                since, until = one.day, None
        elif since is not None and until is None and one.state not in path.OVER:
            anew.add(one.area or "")
            if one.state not in path.DECIDED or anew.issuperset(areas):
                until = one.day
        if since is not None and until is not None and since <= day < until:
            return True
    return since is not None and until is None and since <= day
