from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.ledger_life import (
    LEDGER_STREAM,
    SYSTEM,
    ClockBackwards,
    ClockMoved,
    LedgerLife,
    LedgerOpened,
    LedgerResumed,
    LedgerStarted,
    MoveClock,
    ResumeLedger,
    evolve,
    move_clock,
    resume,
)
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, ReasonRequired

OFFICER = UUID(int=101)
AUTHORITY = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
TEACHER = Actor(account_id=OFFICER, capacity=Capacity.CASE_MANAGER)
START = datetime(2023, 8, 1, tzinfo=ZoneInfo("Asia/Taipei"))
ENVELOPE: dict[str, Any] = {
    "originator_id": LEDGER_STREAM,
    "by": SYSTEM,
    "capacity": Capacity.SYSTEM,
}
OPENED = LedgerOpened(
    **ENVELOPE, originator_version=1, clock="simulated", start=START, authority="教育局"
)
OPENED_REAL = LedgerOpened(
    **ENVELOPE, originator_version=1, clock="real", start=None, authority="教育局"
)
STARTED = LedgerStarted(**ENVELOPE, originator_version=2, version="0.1.0")
MOVE = MoveClock(actor=AUTHORITY, current=START, now=START + timedelta(days=1))


def given(*events: Event) -> LedgerLife | None:
    return reduce(evolve, events, None)


def test_a_ledger_keeps_the_clock_it_was_opened_with() -> None:
    life = given(OPENED, STARTED)
    assert life is not None
    assert (life.clock, life.start, life.version) == ("simulated", START, 2)


def test_the_stream_of_the_ledger_is_one_and_never_changes() -> None:
    assert UUID("fe188c66-7a47-5605-b596-890e1d3c7f93") == LEDGER_STREAM
    assert UUID(int=0) == SYSTEM


def test_a_simulated_clock_moves_forward() -> None:
    assert move_clock(given(OPENED, STARTED), MOVE) == ClockMoved(
        **ENVELOPE | {"by": OFFICER, "capacity": AUTHORITY.capacity},
        originator_version=3,
        now=START + timedelta(days=1),
    )


def test_a_simulated_clock_never_moves_back() -> None:
    with pytest.raises(ClockBackwards) as refused:
        move_clock(given(OPENED), MOVE.model_copy(update={"now": START - timedelta(seconds=1)}))
    assert (refused.value.STATUS, refused.value.CODE) == (409, "clock-backwards")


def test_a_real_clock_cannot_be_moved_at_all() -> None:
    for life in (given(OPENED_REAL), given()):
        with pytest.raises(NotFound):
            move_clock(life, MOVE)


def test_only_the_authority_moves_the_clock_and_resumes() -> None:
    with pytest.raises(NotAllowed):
        move_clock(given(OPENED), MOVE.model_copy(update={"actor": TEACHER}))
    with pytest.raises(NotAllowed):
        resume(given(OPENED), ResumeLedger(actor=TEACHER, reason="時鐘校正"))


def test_a_resumption_needs_a_reason() -> None:
    assert resume(given(OPENED), ResumeLedger(actor=AUTHORITY, reason="時鐘校正")) == LedgerResumed(
        **ENVELOPE | {"by": OFFICER, "capacity": AUTHORITY.capacity},
        originator_version=2,
        reason="時鐘校正",
    )
    with pytest.raises(ReasonRequired):
        resume(given(OPENED), ResumeLedger(actor=AUTHORITY))
    with pytest.raises(NotFound):
        resume(given(), ResumeLedger(actor=AUTHORITY, reason="時鐘校正"))


def test_an_event_of_another_record_is_no_part_of_a_ledgers_life() -> None:
    foreign = PlanOpened(
        originator_id=OFFICER,
        originator_version=2,
        by=OFFICER,
        capacity="CM",
        student_id=OFFICER,
        school_year=113,
    )
    with pytest.raises(TypeError):
        given(OPENED, foreign)
    with pytest.raises(TypeError):
        given(STARTED)
