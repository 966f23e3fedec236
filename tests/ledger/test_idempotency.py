"""A request that comes twice has one effect, and its key is looked at under the lock."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from domain.event import Book
from domain.refusal import StaleVersion
from ledger.errors import IdempotencyRepeat
from ledger.ledger import Ledger
from ledger.recorder import Idempotency
from tests.ledger.tailing import account, act


def key_of(by: UUID, key: bytes = b"key") -> Idempotency:
    return Idempotency(
        account=by, key=key, request=b"digest", status=201, record_id=uuid4(), version=1
    )


def count(ledger: Ledger, by: UUID) -> dict[str, int]:
    """How many events this account wrote in each book, and how many keys are kept of it."""
    with ledger.database.connect("owner") as connection:
        found = {
            book: connection.execute(
                f"SELECT count(*) FROM books.{book}"
                " WHERE convert_from(body, 'UTF8')::json->>'by' = %s".encode(),
                (str(by),),
            ).fetchone()
            for book in ("records", "access")
        }
        found["notes"] = connection.execute(
            "SELECT count(*) FROM books.notes WHERE owner = %s", (by,)
        ).fetchone()
        found["keys"] = connection.execute(
            "SELECT count(*) FROM desk.idempotency WHERE account = %s", (by,)
        ).fetchone()
    return {name: row[0] for name, row in found.items() if row is not None}


@pytest.mark.parametrize("bulk_from", [500, 1])
@pytest.mark.parametrize("events", [1, 3])
def test_of_a_request_that_arrives_eight_times_at_once_one_is_recorded(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, events: int, bulk_from: int
) -> None:
    monkeypatch.setattr("ledger.recorder.BULK_FROM", bulk_from)
    by = account(ledger)
    start = Barrier(8)

    def write(_: int) -> bool:
        # A new stream each time: only the key can tell that it is the same request.
        batch = [act("records", by, uuid4(), 1) for _ in range(events)]
        start.wait()
        try:
            ledger.record(*batch, idempotency=key_of(by))
        except IdempotencyRepeat:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(write, range(8))) == [False] * 7 + [True]
    assert count(ledger, by) == {"records": events, "access": 0, "notes": 0, "keys": 1}


@pytest.mark.parametrize("books", [("records", "notes"), ("notes", "access")])
def test_one_key_in_two_books_at_once_has_one_effect(
    ledger: Ledger, books: tuple[Book, Book]
) -> None:
    """Each book has its own lock, so here only the key's own uniqueness is left."""
    by = account(ledger)
    for round_ in range(10):
        start = Barrier(2)
        key = key_of(by, str(round_).encode())

        def write(book: Book, start: Barrier = start, key: Idempotency = key) -> bool:
            event = act(book, by, uuid4(), 1)
            start.wait()
            try:
                ledger.record(event, idempotency=key)
            except IdempotencyRepeat:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(write, books)) == [False, True]
    counted = count(ledger, by)
    assert counted.pop("keys") == 10
    assert sum(counted.values()) == 10


def test_a_refused_request_leaves_no_key_behind(ledger: Ledger) -> None:
    by, stream = account(ledger), uuid4()
    with pytest.raises(StaleVersion):
        ledger.record(act("records", by, stream, 7), idempotency=key_of(by))
    ledger.record(act("records", by, stream, 1), idempotency=key_of(by))
    assert count(ledger, by)["keys"] == 1


def test_keys_of_two_accounts_are_two_keys(ledger: Ledger) -> None:
    for by in (account(ledger), account(ledger)):
        ledger.record(act("records", by, uuid4(), 1), idempotency=key_of(by))
        assert count(ledger, by)["records"] == 1
