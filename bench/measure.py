"""How a ratio is measured: in one run, in turns, as the median of the rounds' own ratios.

A machine is never quiet. What disturbs one round disturbs both of its halves, so a round's ratio
holds where its rates do not; and the median drops the round that was hit in the middle.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from igp.memory import settle

#: What a turn returns: a rate, a time, or many times.
Figure = TypeVar("Figure")


@dataclass(frozen=True)
class Scale:
    """How much is measured. `seconds` is the length of one turn."""

    rounds: int = 5
    seconds: float = 1.0
    quick: bool = False
    full: bool = False

    def events(self, count: int) -> int:
        """So many events, or a tenth of them in a quick run, which proves that it runs."""
        return max(count // 10, 100) if self.quick else count


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, and the lowest and the highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}-{self.high:.2f}]"


def in_turns(turns: Mapping[str, Callable[[], Figure]], rounds: int) -> dict[str, list[Figure]]:
    """Each round runs every turn once; who begins changes from round to round."""
    # As the program does before it serves; it helps whoever measures in this process alike.
    settle()
    names = list(turns)
    found: dict[str, list[Figure]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(turns[name]())
    return found


def ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """The ratios of two contestants round by round."""
    each = [one / other for one, other in zip(above, below, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


#: By name the milliseconds of two contestants: of each round, of each query.
Pairs = Mapping[str, tuple[list[list[float]], list[list[float]]]]


def by_contestant(found: Mapping[str, Sequence[tuple[list[float], list[float]]]]) -> Pairs:
    """The rounds of `samples` taken apart."""
    return {
        name: ([one for one, _ in rounds], [other for _, other in rounds])
        for name, rounds in found.items()
    }


def at(rounds: Sequence[Sequence[float]], percent: float) -> list[float]:
    """The percentile of each round."""
    return [percentile(one, percent) for one in rounds]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def samples(
    one: Callable[[int], object], other: Callable[[int], object], count: int
) -> tuple[list[float], list[float]]:
    """The milliseconds of `count` calls of each, by turns; each is given the call's number."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(count):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for which in order:
            began = time.perf_counter()
            (one, other)[which](number)
            found[which].append((time.perf_counter() - began) * 1000)
    return found


def rate(act: Callable[[], object], seconds: float) -> float:
    """Calls per second, called again and again for that long."""
    began = time.perf_counter()
    end = began + seconds
    count = 0
    while True:
        act()
        count += 1
        now = time.perf_counter()
        if now >= end:
            return count / (now - began)
