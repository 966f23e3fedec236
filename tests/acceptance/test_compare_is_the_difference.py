"""A comparison of two moments tells what differs between the two pasts, and nothing else.

Over the demo county, whose year and a half has every kind of change: each student's record as it
stood at two moments is laid side by side and held against what the comparison says.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from igp.composition import build
from igp.demo.loading import load_demo
from igp.settings import Settings
from tests.api.serving import Caller, County

DAYS = ("112.8.1", "112.10.4", "113.4.20", "113.6.4", "113.7.6", "113.8.2", "113.10.1", "114.2.1")
#: What a section's record is found by, and is no difference of it.
HEADER = ("school_year", "education_stage")
PLACED = ("school_year", "area", "category", "target_year_grade", "placement_grade")
PLACED += ("arrangement", "occurred_on", "lessons_at", "free_time", "programme")
#: What says nothing.
EMPTY: tuple[Any, ...] = (None, [], {})

#: By field and row.
Fields = dict[tuple[str, str | None], Any]


@pytest.fixture(scope="module")
def county(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(mode="test", data_dir=folder, database_url=new_database())
    with build(settings) as running:
        load_demo(running)
        client = TestClient(create_app(running.house), raise_server_exceptions=False)
        with running.projecting():
            yield County(running.house, client, tokens={})


def stood(caller: Caller, student: str, day: str) -> dict[str, Fields]:
    """What every record said at the end of a day, by its id."""
    answer = caller.get(f"/students/{student}/as-of", at=day)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    found = {
        record["record_id"]: dict(_of_section(record["data"]))
        for section in told["sections"]
        for record in section["records"]
    }
    for one in told["placements"]:
        if one["status"] != "withdrawn":
            found[one["id"]] = {(name, None): one[name] for name in PLACED if one[name] is not None}
    return found


def _of_section(data: dict[str, Any]) -> Iterator[tuple[tuple[str, str | None], Any]]:
    for name, value in data.items():
        if isinstance(value, list) and any("row_id" in one for one in value):
            for row in value:
                for inner, said in row.items():
                    if inner != "row_id" and said not in EMPTY:
                        yield (f"{name}.{inner}", row["row_id"]), _plain(said)
        elif name not in HEADER and value not in EMPTY:
            yield (name, None), _plain(value)


def _plain(value: Any) -> Any:
    """Accounts by their ids, and instants however many digits they are written with."""
    if isinstance(value, list):
        return [one["id"] if isinstance(one, dict) else one for one in value]
    if isinstance(value, str) and value.endswith("+08:00"):
        return datetime.fromisoformat(value)
    return value


def compared(caller: Caller, student: str, start: str, end: str) -> dict[str, Any]:
    answer = caller.get(f"/students/{student}/compare", **{"from": start, "to": end})
    assert answer.status_code == 200, answer.text
    return {one["record_id"]: one for one in answer.json()["records"]}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ["a-office", "b-office"])
def test_a_comparison_is_the_difference_of_two_pasts(county: County, who: str) -> None:
    caller = county.caller(who)
    told = 0
    for student in caller.get("/students", limit=200).json()["items"]:
        of = student["id"]
        known = {day: stood(caller, of, day) for day in DAYS}
        for start, end in (*pairwise(DAYS), (DAYS[0], DAYS[-1])):
            records = compared(caller, of, start, end)
            for record in known[start].keys() | known[end].keys():
                before, after = known[start].get(record, {}), known[end].get(record, {})
                expected = {
                    place: (before.get(place), after.get(place))
                    for place in before.keys() | after.keys()
                    if before.get(place) != after.get(place)
                }
                fields = records[record]["fields"] if record in records else []
                said = {
                    (one["field"], one["row_id"]): (_plain(one["before"]), _plain(one["after"]))
                    for one in fields
                    # How a placement ended is its status.
                    if one["field"] != "outcome" or records[record]["section"] != "placement"
                }
                assert said == expected, (start, end, record)
                told += len(said)
    assert told > 100
