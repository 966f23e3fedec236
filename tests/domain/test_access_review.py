"""What the rules list of the acts in the book of access; a person decides."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.access_review import RULES, Act, findings
from domain.calendar import TAIPEI

READER, OTHER = UUID(int=1), UUID(int=2)
NOON = datetime(2024, 9, 2, 12, tzinfo=TAIPEI)


def act(
    number: int,
    at: datetime,
    *students: int,
    kind: str = "read",
    reader: UUID = READER,
    capacity: str = "CM",
    rule: str | None = None,
) -> Act:
    ids = tuple(UUID(int=100 + one) for one in students)
    return Act(number, at, reader, kind, capacity, rule, ids)


def listed(acts: list[Act], worked: dict[tuple[UUID, UUID], datetime] | None = None) -> list[str]:
    return [one.rule.code for one in findings(acts, worked)]


@pytest.mark.parametrize(
    ("hour", "minute", "found"),
    [(6, 59, True), (7, 0, False), (18, 59, False), (19, 0, True), (23, 30, True)],
)
def test_what_is_read_outside_the_hours_is_listed(hour: int, minute: int, found: bool) -> None:
    at = NOON.replace(hour=hour, minute=minute)
    assert (listed([act(1, at, 1)]) == ["outside-hours"]) is found


def test_the_night_is_that_of_taipei_and_each_day_is_one_finding() -> None:
    late = NOON.replace(hour=20)
    acts = [act(1, late, 1), act(2, late + timedelta(hours=1), 2), act(3, late + timedelta(1), 1)]
    utc = [
        Act(one.position, one.at.astimezone(), one.reader, "read", "CM", None, one.students)
        for one in acts
    ]
    found = findings(utc, None)
    assert [[one.position for one in each.acts] for each in found] == [[3], [1, 2]]
    assert found[1].students == (UUID(int=101), UUID(int=102))


def test_more_students_in_an_hour_than_one_looks_after_are_listed_as_one_stretch() -> None:
    acts = [act(number, NOON + timedelta(minutes=number), number) for number in range(41)]
    assert listed(acts) == ["many-students"]
    assert listed(acts[:40]) == []
    # The same students again are not more students.
    again = [
        act(50 + number, NOON + timedelta(minutes=number), number % 40) for number in range(55)
    ]
    assert listed(again) == []
    # Over two hours they are too few at a time.
    slow = [act(number, NOON + timedelta(minutes=2 * number), number) for number in range(41)]
    assert listed(slow) == []
    [found] = findings([act(n, NOON + timedelta(minutes=n), n) for n in range(120)], None)
    assert len(found.acts) == 120


def test_two_readers_are_not_one() -> None:
    acts = [
        act(number, NOON, number, reader=READER if number % 2 else OTHER) for number in range(60)
    ]
    assert listed(acts) == []


def test_a_large_export_and_many_searches_are_listed_with_their_numbers() -> None:
    export = act(1, NOON, *range(31), kind="exported")
    [found] = findings([export], None)
    assert (found.rule.code, found.rule.numbers) == ("bulk-export", {"most": 30})
    assert listed([act(1, NOON, *range(30), kind="exported")]) == []
    searches = [act(number, NOON, 1, kind="searched") for number in range(21)]
    assert listed(searches) == ["many-searches"]


def test_refusals_of_students_out_of_reach_are_listed_and_others_are_not() -> None:
    assert listed([act(n, NOON, n, kind="refused", rule="not-found") for n in range(3)]) == [
        "refused-often"
    ]
    assert listed([act(n, NOON, n, kind="refused", rule="stale-version") for n in range(9)]) == []
    assert listed([act(n, NOON, n, kind="refused", rule="not-found") for n in range(2)]) == []


def test_a_reader_who_works_with_the_student_is_not_listed_and_one_who_does_not_is() -> None:
    acts = [act(number, NOON + timedelta(hours=number % 6), 1) for number in range(10)]
    acts.sort(key=lambda one: one.at)
    student = UUID(int=101)
    assert listed(acts, {}) == ["without-work"]
    assert listed(acts, {(READER, student): NOON - timedelta(days=40)}) == []
    assert listed(acts, {(READER, student): NOON - timedelta(days=43)}) == ["without-work"]
    # Where nobody knows who worked nothing is said of it, and of those who only look neither.
    assert listed(acts, None) == []
    assert listed([act(n, NOON, 1, capacity="SA") for n in range(10)], {}) == []


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.label and rule.numbers for rule in RULES)
