"""An event enters its stream at the version it was decided for, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from domain.event import Event
from domain.refusal import StaleVersion
from ledger.ledger import Ledger
from tests.ledger.tailing import account, act, rows_after


def recorded(ledger: Ledger, book: str, stream: UUID) -> list[int]:
    """The versions of a stream that stand in a shared book."""
    with ledger.database.connect("projector") as connection:
        return [
            row.version for row in rows_after(connection, book, None, 0) if row.stream == stream
        ]


def test_a_version_that_is_taken_is_refused_and_names_the_current_one(ledger: Ledger) -> None:
    by, stream = account(ledger), uuid4()
    ledger.record(act("records", by, stream, 1), act("records", by, stream, 2))
    with pytest.raises(StaleVersion) as refused:
        ledger.record(act("records", by, stream, 2))
    assert refused.value.current == 2


def test_a_version_cannot_be_skipped(ledger: Ledger) -> None:
    by, stream = account(ledger), uuid4()
    for version in (0, 2):
        with pytest.raises(StaleVersion):
            ledger.record(act("records", by, stream, version))
    assert recorded(ledger, "records", stream) == []


@pytest.mark.parametrize("bulk_from", [500, 2])
@pytest.mark.parametrize("versions", [(1, 1), (2, 1), (1, 3), (2, 3)])
def test_versions_of_one_batch_follow_each_other_in_its_order(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, bulk_from: int, versions: tuple[int, int]
) -> None:
    monkeypatch.setattr("ledger.recorder.BULK_FROM", bulk_from)
    by, stream, other = account(ledger), uuid4(), uuid4()
    events = [act("access", by, stream, version) for version in versions]
    with pytest.raises(StaleVersion):
        ledger.record(act("access", by, other, 1), *events)
    assert recorded(ledger, "access", other) == []


def test_one_stale_event_keeps_its_whole_batch_out_and_leaves_no_gap(ledger: Ledger) -> None:
    by, stream, other = account(ledger), uuid4(), uuid4()
    first = ledger.record(act("records", by, stream, 1))
    with pytest.raises(StaleVersion):
        ledger.record(act("records", by, other, 1), act("records", by, stream, 1))
    assert ledger.record(act("records", by, stream, 2)).position == first.position + 1


def test_of_eight_who_write_the_same_version_at_once_one_is_recorded(ledger: Ledger) -> None:
    by, stream = account(ledger), uuid4()
    start = Barrier(8)

    def write(_: int) -> str:
        event: Event = act("records", by, stream, 1)
        start.wait()
        try:
            ledger.record(event)
        except StaleVersion as stale:
            return f"version {stale.current} is there"
        return "recorded"

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(write, range(8)))
    assert outcomes == ["recorded", *["version 1 is there"] * 7]
    assert recorded(ledger, "records", stream) == [1]


def test_streams_of_two_authors_do_not_touch_each_other(ledger: Ledger) -> None:
    """The same stream id in two ledgers of notes is two streams, each with its own position 1."""
    stream = uuid4()
    for by in (account(ledger), account(ledger)):
        first = ledger.record(act("notes", by, stream, 1))
        assert (first.position, first.version, first.owner) == (1, 1, by)
