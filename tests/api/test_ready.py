"""`/readyz` says yes when every shared view has seen its whole book, and only then."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.house import House
from domain.ledger_life import SYSTEM
from ledger.database import Connection
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner
from projections.view import Fact, SqlView, View
from tests.ledger.tailing import account, act
from tests.story import Story


class Readings(SqlView):
    """A view of the book of access, as small as can be."""

    def __init__(self) -> None:
        super().__init__(name="readings", version=1, tables=("reading",), book="access")

    def create(self, connection: Connection) -> None:
        connection.execute("CREATE TABLE reading (position bigint PRIMARY KEY)")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        for fact in facts:
            connection.execute("INSERT INTO reading VALUES (%s)", (fact.position,))


@contextmanager
def asked(ledger: Ledger, views: Sequence[View]) -> Iterator[TestClient]:
    house = House.of(
        ledger, mode="test", version="0", views={view.name: view.book for view in views}
    )
    try:
        with TestClient(create_app(house)) as client:
            yield client
    finally:
        house.close()


@pytest.fixture
def views(ledger: Ledger) -> list[View]:
    return [*all_views(ledger.keyring), Readings()]


@pytest.mark.parametrize("late", ["records", "access"])
def test_a_view_that_has_not_seen_the_newest_event_of_its_book_is_not_ready(
    ledger: Ledger, views: list[View], late: str
) -> None:
    runner = Runner(ledger.database, views, ledger.mapper)
    runner.prepare()
    runner.catch_up()
    with asked(ledger, views) as client:
        assert client.get("/readyz").status_code == 200
        ledger.record(act(late, SYSTEM, Story(ledger).new_id(), 1))  # type: ignore[arg-type]
        not_ready = client.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["code"]) == (503, "unavailable")
        runner.catch_up()
        assert client.get("/readyz").json() == {"status": "ready"}
    runner.close()


def test_a_note_that_no_view_has_seen_changes_nothing(ledger: Ledger, views: list[View]) -> None:
    runner = Runner(ledger.database, views, ledger.mapper)
    runner.prepare()
    author = account(ledger)
    runner.catch_up()
    with asked(ledger, views) as client:
        before = client.get("/readyz")
        ledger.record(act("notes", author, Story(ledger).new_id(), 1))
        after = client.get("/readyz")
        assert (after.status_code, after.content) == (before.status_code, before.content)
    runner.close()
