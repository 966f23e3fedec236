"""A writer reads its own write, and is told where the views are late (design D9)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from api import organisations
from api.acting import Asked
from api.house import House
from api.organisations import OrganisationEntry
from api.viewer import await_receipt, system_viewer
from api.waiting import ViewWaiter
from domain.organisation import Kind
from ledger.database import Connection
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner
from tests.api.serving import NOTE, PLACEMENT, County


@pytest.fixture
def waiter(ledger: Ledger, runner: Runner) -> Iterator[ViewWaiter]:
    """Over views that stand still until the test moves them."""
    books = {view.name: view.book for view in all_views(ledger.keyring)}
    waiter = ViewWaiter(ledger.database, books)
    yield waiter
    waiter.close()


def test_who_waits_is_told_when_the_last_view_has_passed(
    ledger: Ledger, runner: Runner, waiter: ViewWaiter
) -> None:
    position, _ = ledger.heartbeat()
    assert not waiter.passed(position, patience=0.05)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(waiter.passed, position, patience=30.0)
        runner.catch_up()
        assert waiting.result()
    assert not waiter.passed(position + 1, patience=0.05)


def test_a_stopped_view_is_not_waited_for(
    ledger: Ledger, runner: Runner, waiter: ViewWaiter
) -> None:
    runner.catch_up()
    position, _ = ledger.heartbeat()
    with ledger.database.connect("projector") as connection:
        connection.execute(
            "UPDATE views.checkpoint SET position = 0, poison = 1 WHERE view = 'changes'"
        )
    assert waiter.passed(position, patience=30.0)


def test_nobody_is_told_where_the_notes_of_another_are(waiter: ViewWaiter) -> None:
    assert not waiter.passed(1, UUID(int=9), patience=0.05)


def test_a_waiter_survives_a_cut_connection(
    ledger: Ledger, runner: Runner, waiter: ViewWaiter, administrator: Connection
) -> None:
    runner.catch_up()
    position, _ = ledger.heartbeat()
    assert waiter.passed(position, patience=30.0)
    administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = %s AND datname = %s",
        (ledger.database.role("reader"), ledger.database.name),
    )
    assert waiter.passed(position, patience=30.0)


def test_a_late_view_is_answered_202_and_the_receipt_waits_for_it(
    ledger: Ledger, runner: Runner
) -> None:
    books = {view.name: view.book for view in all_views(ledger.keyring)}
    house = House.of(ledger, mode="test", version="0", views=books, readers=2)
    try:
        entry = OrganisationEntry(code="ks-a", name="甲", kind=Kind.SCHOOL, county="示範市")
        system = system_viewer(house)
        done = organisations.register(house, system, Asked(body=entry))
        assert not done.shown
        assert done.recorded is not None
        content = {"b": "records", "p": done.recorded.position}
        receipt = house.tokens.seal("receipt", content, system.account_id)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(await_receipt, house, system.account_id, receipt)
            runner.catch_up()
            waiting.result()
        assert house.waiting.passed(done.recorded.position, patience=30.0)
    finally:
        house.close()


def test_what_was_written_is_read_at_once(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    for section, entry in (("placements", PLACEMENT), ("notes", NOTE)):
        records = f"/students/{student}/{section}"
        for number in range(1, 6):
            county.a_cm.made(records, entry)
            assert len(county.a_cm.get(records).json()["items"]) == number


def test_a_receipt_is_read_by_its_own_viewer_alone(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    answer = county.a_cm.post(f"/students/{student}/placements", PLACEMENT)
    receipt = {"Igp-Receipt": answer.headers["Igp-Receipt"]}
    path = f"/api/v1/students/{student}/placements"
    own = county.client.get(path, headers=county.a_cm.headers | receipt)
    assert own.status_code == 200
    other = county.client.get(path, headers=county.a_office.headers | receipt)
    assert (other.status_code, other.json()["code"]) == (422, "token-not-valid")
