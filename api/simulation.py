"""`POST /simulation/clock`: moves the clock of a simulated ledger forward (design D13)."""

from datetime import datetime, timedelta
from typing import cast

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.http import Posted, response_of, writes
from api.viewer import SignedIn, TheHouse, Viewer
from domain import ledger_life
from domain.capacity import Capacity
from domain.command import Actor
from domain.refusal import NotFound
from ledger import notes_commitment
from ledger.database import Connection
from ledger.errors import ClockBackwards

router = APIRouter(prefix="/simulation", tags=["simulation"])


#: The events of one instant follow each other by microseconds.
_ROOM = timedelta(microseconds=10)


class NewInstant(Body):
    """Where the clock is to stand."""

    now: AwareDatetime


def move_clock(house: House, viewer: Viewer, asked: Asked) -> Done:
    """Moves the clock. Raises `NotFound` where the ledger lives in real time."""
    deed = Deed(
        what="simulation.clock",
        body=NewInstant,
        see=_see,
        permit=office(Capacity.AUTHORITY_ADMINISTRATOR),
        decide=_decide,
        status=200,
    )
    try:
        return perform(house, viewer, asked, deed)
    except ClockBackwards:
        # The clock ran on, or somebody moved it, after the decision had read it.
        raise ledger_life.ClockBackwards from None


@router.post("/clock", **writes(NewInstant, 200))
def post_clock(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """調整模擬時鐘（主管機關學務），只能往後。"""
    return response_of(house, viewer, move_clock(house, viewer, asked))


def _newest(acting: Acting) -> datetime:
    """When the last event of `records` was recorded."""
    with acting.house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT recorded_at FROM books.records ORDER BY position DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return cast(datetime, row[0])


def _see(acting: Acting) -> ledger_life.LedgerLife:
    life = acting.state(ledger_life.evolve, ledger_life.LEDGER_STREAM)
    if life is None or life.clock == "real":
        raise NotFound
    return life


def _decide(acting: Acting, _: ledger_life.LedgerLife, actor: Actor, given: NewInstant) -> Decided:
    command = ledger_life.MoveClock(actor=actor, current=acting.house.ledger.now(), now=given.now)
    event = ledger_life.move_clock(_see(acting), command)
    # For a midnight that an earlier move passed; in mode `test` nothing else makes up for it. Where
    # there is no time left for one more event before the new instant, the next move does.
    if given.now - _newest(acting) > _ROOM:
        notes_commitment.make_up(acting.house.ledger, before_a_move=True)

    def move(connection: Connection) -> None:
        connection.execute("SELECT books.move_clock(%s)", (given.now,))

    return Decided((event,), None, event.originator_version, after=move)
