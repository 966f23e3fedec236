"""The time of an answer does not tell whether a colleague's counselling note exists (design D7).

Two questions are asked in turns, one about something that exists in a colleague's ledger and one
about nothing; a pair counts which of both was slower and by how much. Time leaks where the paired
differences lean to one side (sign test, p < 0.001) or where their median is a quarter of an answer
or more. A busy machine disturbs single answers but not one side more than the other; still, one
run in a thousand leans by chance, so that a finding counts only when twice as many new pairs lean
as well, to the same side.
"""

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from uuid import UUID, uuid4

import pytest

from ledger.database import Connection
from tests.county import Office, open_office, populate
from tests.database import Template, copied
from tests.story import Story

PAIRS = 200
NOTES = 50
SIGNIFICANCE = 0.001
SHARE = 0.25

NOTE = {
    "held_on": "112.8.1",
    "purpose": "學習適應",
    "participants": ["導師"],
    "recorder": "個管教師",
    "content": "與學生談課程安排。" * 20,
}

Ask = Callable[[], None]


@dataclass(frozen=True)
class Lean:
    """What pairs of answers say: their median difference as a share of an answer, and how likely
    chance alone leans as far to one side."""

    share: float
    chance: float

    @property
    def tells(self) -> bool:
        return abs(self.share) >= SHARE or self.chance < SIGNIFICANCE


def lean_of(first: Ask, second: Ask, pairs: int) -> Lean:
    """Asks both so often in turns, in each pair by lot which comes first."""
    lot = random.Random(pairs)
    times: dict[Ask, list[float]] = {first: [], second: []}
    for _ in range(pairs):
        both = [first, second]
        lot.shuffle(both)
        for ask in both:
            began = time.perf_counter()
            ask()
            times[ask].append(time.perf_counter() - began)
    return lean_in(times[first], times[second])


def lean_in(first: list[float], second: list[float]) -> Lean:
    differences = [a - b for a, b in zip(first, second, strict=True)]
    uneven = [difference for difference in differences if difference]
    slower = sum(difference > 0 for difference in uneven)
    return Lean(
        share=median(differences) / median(first + second),
        chance=sign_test(slower, len(uneven)),
    )


def sign_test(successes: int, of: int) -> float:
    """The two-sided probability that a fair coin is at least as far from half."""
    far = max(successes, of - successes)
    tail = sum(math.comb(of, k) for k in range(far, of + 1)) / float(2**of)
    return min(1.0, 2 * tail)


def assert_no_telling(first: Ask, second: Ask) -> None:
    for ask in (first, second) * 10:
        ask()
    lean = lean_of(first, second, PAIRS)
    if lean.tells:
        again = lean_of(first, second, 2 * PAIRS)
        assert not (again.tells and again.share * lean.share > 0), (lean, again)


@dataclass(frozen=True)
class Street:
    """Two students alike, in reach of the author and of the colleague who asks; the author's notes
    are all about the first. `notes` are their ids, `nothing` as many ids of nothing."""

    office: Office
    token: str
    noted: UUID
    plain: UUID
    notes: list[str]
    nothing: list[str]

    def asks(self, status: int, *paths: str, method: str = "GET") -> Ask:
        """Asks for one of the paths after the other, and expects this status."""
        turns = cycle(paths)

        def ask() -> None:
            answer = self.office.call(self.token, method, next(turns))
            assert answer.status_code == status, answer.text

        return ask


@pytest.fixture(scope="module")
def street(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    keys = tmp_path_factory.mktemp("street") / "keys"
    with (
        copied(template, administrator) as database,
        open_office(template, database, keys) as office,
    ):
        county = populate(office.ledger, office.house)
        story = Story(office.ledger)
        noted, plain = (
            story.student(county.schools["ks-a"], "五年三班", name=name)
            for name in ("甲生", "乙生")
        )
        for student in (noted, plain):
            for manager in ("a-cm", "a-cm2"):
                story.dispatch(student, county.accounts[manager])
        assert story.last is not None
        assert office.house.waiting.passed(story.last.position, patience=60.0)
        notes = [_written(office, county.tokens["a-cm"], noted) for _ in range(NOTES)]
        nothing = [str(uuid4()) for _ in notes]
        yield Street(office, county.tokens["a-cm2"], noted, plain, notes, nothing)


def _written(office: Office, token: str, student: UUID) -> str:
    answer = office.call(token, "POST", f"/students/{student}/notes", json=NOTE)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json()["id"])


def test_the_list_about_a_student_takes_as_long_whatever_a_colleague_wrote(street: Street) -> None:
    # The first test of all: every refusal lengthens the asker's own ledger, and slows the list.
    path = "/students/{0}/notes"
    assert_no_telling(
        street.asks(200, path.format(street.noted)), street.asks(200, path.format(street.plain))
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/students/{student}/notes/{note}"),
        ("GET", "/me/notes/{note}"),
        ("POST", "/students/{student}/notes/{note}/withdrawal"),
    ],
)
def test_a_colleagues_note_takes_as_long_as_one_that_never_was(
    street: Street, method: str, path: str
) -> None:
    there, nowhere = (
        [path.format(student=street.noted, note=note) for note in notes]
        for notes in (street.notes, street.nothing)
    )
    assert_no_telling(
        street.asks(404, *there, method=method), street.asks(404, *nowhere, method=method)
    )


def test_an_answer_a_tenth_slower_would_be_found() -> None:
    """Where one answer differs from the next by a tenth; where half of them take up to three times
    as long, because the machine is busy, one that takes half as long again would be."""
    chance = random.Random(7)
    steady = [chance.gauss(1.0, 0.1) for _ in range(2 * PAIRS)]
    busy = [one * chance.choice([1.0, chance.uniform(1.0, 3.0)]) for one in steady]
    for times, slower in ((steady, 1.1), (busy, 1.5)):
        assert not lean_in(times[:PAIRS], times[PAIRS:]).tells
        assert lean_in([slower * one for one in times[:PAIRS]], times[PAIRS:]).tells
