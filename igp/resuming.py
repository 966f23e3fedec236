"""`igp ledger resume`: somebody answers for going on after the clock was wrong."""

from domain import ledger_life
from domain.capacity import Capacity
from domain.command import Actor
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ResumeLedger
from igp.composition import build
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import NO, Failed, say
from ledger.birth import resume
from ledger.errors import ClockRefused


def resume_ledger(settings: Settings, username: str | None, reason: str) -> None:
    """Records that somebody answers for going on. Raises `Failed`, and refusals."""
    with build(settings, start=False) as running:
        actor = Actor(account_id=SYSTEM, capacity=Capacity.SYSTEM)
        if username is not None:
            with acting_as(running, username) as viewer:
                actor = Actor(account_id=viewer.account_id, capacity=viewer.capacity())
        life = running.ledger.state(ledger_life.evolve, LEDGER_STREAM)
        event = ledger_life.resume(life, ResumeLedger(actor=actor, reason=reason))
        try:
            resume(running.ledger, event)
        except ClockRefused:
            raise Failed(
                "伺服器的時鐘仍與紀錄簿不符，沒有記錄任何事。請先校正伺服器時間，再執行一次。", NO
            ) from None
    say("已記錄原因，紀錄簿繼續運作。")
