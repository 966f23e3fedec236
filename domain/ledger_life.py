"""The life of the ledger itself: its birth, its starts, its clock (design D13)."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import Event
from domain.refusal import NotFound, Refusal
from domain.rules import permit_authority, require_reason
from domain.stream_ids import natural_id

#: The account in whose name the program itself acts.
SYSTEM = UUID(int=0)

#: The one stream of these events.
LEDGER_STREAM = natural_id("ledger")


class LedgerOpened(Event):
    """The first event: which clock the ledger has, for good. `start` is a simulated clock's."""

    TOPIC = "ledger.opened.v1"

    clock: Literal["real", "simulated"]
    start: datetime | None
    authority: str


class LedgerStarted(Event):
    """The program of this version opened the books."""

    TOPIC = "ledger.started.v1"

    version: str


class ClockMoved(Event):
    """A simulated clock was moved forward; the next event carries exactly `now`."""

    TOPIC = "ledger.clock-moved.v1"

    now: datetime


class LedgerResumed(Event):
    """Somebody answers for going on although the clock was behind the last event."""

    TOPIC = "ledger.resumed.v1"


class LedgerLife(BaseModel, frozen=True):
    version: int
    clock: Literal["real", "simulated"]
    start: datetime | None
    authority: str


def evolve(life: LedgerLife | None, event: Event) -> LedgerLife:
    if isinstance(event, LedgerOpened):
        return LedgerLife(
            version=event.originator_version,
            clock=event.clock,
            start=event.start,
            authority=event.authority,
        )
    if life is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a ledger")
    match event:
        case LedgerStarted() | ClockMoved() | LedgerResumed():
            changed: dict[str, Any] = {"version": event.originator_version}
            return life.model_copy(update=changed)
    raise TypeError(f"{event.TOPIC} does not belong to the life of a ledger")


class MoveClock(Command):
    """`current` is the clock's instant when the command was given; both are aware."""

    current: datetime
    now: datetime


class ResumeLedger(Command):
    pass


class ClockBackwards(Refusal):
    CODE = "clock-backwards"
    TITLE = "模擬時鐘只能往後調整，不能倒退"


def move_clock(life: LedgerLife | None, command: MoveClock) -> ClockMoved:
    """Raises `NotFound` where the clock is real, `NotAllowed`, `ClockBackwards`."""
    if life is None or life.clock == "real":
        raise NotFound
    permit_authority(command.actor)
    if command.now < command.current:
        raise ClockBackwards
    return ClockMoved(**command.envelope(LEDGER_STREAM, life.version + 1), now=command.now)


def resume(life: LedgerLife | None, command: ResumeLedger) -> LedgerResumed:
    """Raises `NotFound`, `NotAllowed`, `ReasonRequired`."""
    if life is None:
        raise NotFound
    permit_authority(command.actor)
    require_reason(command)
    return LedgerResumed(**command.envelope(LEDGER_STREAM, life.version + 1))
