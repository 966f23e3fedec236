"""How much slower the same question becomes while the book around it grows."""

from collections.abc import Callable
from functools import partial

from bench.measure import Scale, at, by_contestant, in_turns, median, ratio, samples
from bench.result import Result

#: How many events there are in all, and the question by its number.
Sized = tuple[int, Callable[[int], None]]


def grown(
    name: str, what: str, small: Sized, large: Sized, scale: Scale, queries: int, own: int
) -> Result:
    """The question at both sizes in turns; `own` is how many events it is about at either."""
    turns = {name: partial(samples, large[1], small[1], queries)}
    at_large, at_small = by_contestant(in_turns(turns, scale.rounds))[name]
    growth = [ratio(at(at_large, p), at(at_small, p)) for p in (50, 99)]
    return Result(
        name=name,
        what=f"{what}，全部 {large[0]:,} 筆，p50",
        against=f"全部 {small[0]:,} 筆時",
        ratio=growth[0].median,
        bar=1.3,
        side="at_most",
        figures={
            "rounds_p50": str(growth[0]),
            "rounds_p99": str(growth[1]),
            "events_of_the_student": own,
            **{
                f"{size:,}": f"p50 {median(at(rounds, 50)):.2f} ms,"
                f" p99 {median(at(rounds, 99)):.2f} ms"
                for size, rounds in ((small[0], at_small), (large[0], at_large))
            },
        },
    )
