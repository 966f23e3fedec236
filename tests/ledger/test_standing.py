"""Many streams are read at once, and a decision that rests on other streams finds them unmoved."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from domain.event import Event
from domain.refusal import StaleVersion
from ledger.ledger import Ledger
from ledger.standing import unmoved
from tests.ledger.tailing import account, act


def versions(state: tuple[int, ...] | None, event: Event) -> tuple[int, ...]:
    return (*(state or ()), event.originator_version)


def test_the_states_of_many_streams_are_those_of_each(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.ledger.STREAMS_AT_ONCE", 2)
    by, streams = account(ledger), [uuid4() for _ in range(5)]
    for number, stream in enumerate(streams):
        for one in range(1, number + 1):
            ledger.record(act("records", by, stream, one))
    found = ledger.states(versions, [*streams, uuid4()])
    assert found == {
        stream: tuple(range(1, number + 1)) for number, stream in enumerate(streams) if number
    }


def test_what_a_process_knows_is_carried_on_and_not_read_again(ledger: Ledger) -> None:
    by, stream = account(ledger), uuid4()
    ledger.record(act("records", by, stream, 1))
    assert ledger.states(versions, [stream]) == {stream: (1,)}
    ledger.record(act("records", by, stream, 2))
    assert ledger.states(versions, [stream]) == {stream: (1, 2)}
    assert ledger.state(versions, stream) == (1, 2)


def test_a_decision_is_refused_where_a_stream_it_stood_on_has_moved(ledger: Ledger) -> None:
    by, ground, stream = account(ledger), uuid4(), uuid4()
    ledger.record(act("records", by, ground, 1))
    ledger.record(act("records", by, stream, 1), after=unmoved({ground: 1, uuid4(): 0}))
    ledger.record(act("records", by, ground, 2))
    with pytest.raises(StaleVersion) as refused:
        ledger.record(act("records", by, stream, 2), after=unmoved({ground: 1}))
    assert refused.value.current == 2
    assert ledger.states(versions, [stream]) == {stream: (1,)}


def test_of_two_decisions_that_stand_on_each_other_one_is_recorded(ledger: Ledger) -> None:
    by = account(ledger)
    for _ in range(5):
        pair = uuid4(), uuid4()

        def write(number: int, pair: tuple[UUID, UUID] = pair) -> bool:
            mine, other = pair[number], pair[1 - number]
            try:
                ledger.record(act("records", by, mine, 1), after=unmoved({other: 0}))
            except StaleVersion:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(write, (0, 1))) == [False, True]
