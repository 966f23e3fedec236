"""Loads the steps of the demo county that the ledger does not hold yet.

How far it got the ledger itself says: every step but the first begins with a move of the clock to
the step's own instant, and whoever acts in it has recorded something since, or has not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from api.house import House
from api.sign_in import account_of_name
from api.viewer import system_viewer
from domain.ledger_life import LEDGER_STREAM, ClockMoved
from domain.refusal import Refusal
from igp.composition import Running, build
from igp.demo.acts import Desk, move_clock, viewer_of
from igp.demo.steps import STEPS, Step
from igp.importing.running import BadFolder
from igp.settings import Settings
from igp.terminal import Failed, progress, say
from ledger.ledger import Ledger

#: Who moves the clock.
_AUTHORITY = "eb"
_OTHERS = "這個紀錄簿已有其他資料，示範縣市只能載入空的紀錄簿。"
_NEWER = (
    "示範縣市新增了 {count} 步，時間在這個紀錄簿的時鐘之前，不會補上；現有資料不受影響。"
    "要看到完整的示範，請以 IGP_DATA_DIR 指定另一個（新的）資料夾再啟動一次。"
)
_CHANGED = "示範縣市的資料已經改變，第 {number} 步無法載入；現有資料不受影響。"


class NotLoadable(Failed):
    """The ledger holds what the demo county cannot go into."""


def demo(settings: Settings) -> None:
    """`igp demo`: what is missing of the demo county. Raises `Failed`."""
    if not settings.simulated:
        raise Failed(
            "示範資料只能載入示範或測試模式的紀錄簿，請設定 IGP_MODE=demo（或 test），"
            "並以 IGP_DATA_DIR 指定另一個資料夾。"
        )
    with build(settings) as running:
        added = load_demo(running)
    say(f"示範縣市已載入，這次新增 {added} 步。" if added else "示範縣市已是最新，沒有新增。")


def load_demo(running: Running, stop: Callable[[], bool] = lambda: False) -> int:
    """Does the missing steps in their order, the clock standing still; returns how many.

    Between two steps it may be stopped; the next time it goes on. Raises `NotLoadable`.
    """
    left = missing_steps(running)
    if passed := passed_over(running):
        say(_NEWER.format(count=len(passed)))
    if not left:
        return 0
    with running.projecting(), _standing_clock(running), _house(running) as house:
        running.catch_up()
        with progress("載入示範縣市") as told:
            for number, step in enumerate(left, start=1):
                if stop():
                    return number - 1
                try:
                    _do(running, house, step)
                except (BadFolder, LookupError, Refusal):
                    at = STEPS.index(step) + 1
                    raise NotLoadable(_CHANGED.format(number=at)) from None
                told(number, len(left))
    return len(left)


def missing_steps(running: Running) -> tuple[Step, ...]:
    """The steps that are not in the ledger. Raises `NotLoadable` where others' data is."""
    ledger = running.ledger
    if account_of_name(ledger, _AUTHORITY) is None:
        if _has_accounts(running):
            raise NotLoadable(_OTHERS)
        return STEPS
    instants = _instants(ledger)
    last = _last(instants)
    # At the last one nobody acts any more.
    done = last == len(STEPS) - 1 or _acted(running, STEPS[last])
    return STEPS[last + 1 if done else last :]


def passed_over(running: Running) -> tuple[Step, ...]:
    """The steps that came to the demo county after this ledger was loaded, at instants that its
    clock had passed: nothing is recorded in the past, so they are never done here."""
    instants = _instants(running.ledger)
    # Of the first step the clock was born with its instant.
    return tuple(one for one in STEPS[1 : _last(instants)] if one.at not in instants)


def _instants(ledger: Ledger) -> set[datetime]:
    return {event.now for event in ledger.events(LEDGER_STREAM) if isinstance(event, ClockMoved)}


def _last(instants: set[datetime]) -> int:
    """The number of the last step that the ledger's clock was moved to."""
    return max((number for number, one in enumerate(STEPS) if one.at in instants), default=0)


def _do(running: Running, house: House, step: Step) -> None:
    """One step. What it would do to a clock that somebody moved on further happens now."""
    if step.at > house.ledger.now():
        move_clock(Desk(running, house, viewer_of(house, _AUTHORITY)), step.at)
    viewer = system_viewer(house) if step.who is None else viewer_of(house, step.who)
    step.act(Desk(replace(running, house=house), house, viewer))


def _acted(running: Running, step: Step) -> bool:
    """Whether somebody's last step was done before the loading was interrupted."""
    if step.who is None:
        # An import that is done already records nothing.
        return False
    who = account_of_name(running.ledger, step.who)
    assert who is not None
    with running.database.connect("projector") as connection:
        own = connection.execute(
            "SELECT 1 FROM books.notes WHERE owner = %s AND recorded_at >= %s LIMIT 1",
            (who, step.at),
        ).fetchone()
        shared = connection.execute(
            "SELECT topic, body FROM (SELECT topic, body, recorded_at FROM books.records"
            "  ORDER BY position DESC LIMIT 1000) newest WHERE recorded_at >= %s",
            (step.at,),
        ).fetchall()
    return own is not None or any(
        not topic.startswith("ledger.") and UUID(orjson.loads(body)["by"]) == who
        for topic, body in shared
    )


def _has_accounts(running: Running) -> bool:
    with running.ledger.pool.connection() as connection:
        row = connection.execute("SELECT 1 FROM desk.credential LIMIT 1").fetchone()
    return row is not None


@contextmanager
def _standing_clock(running: Running) -> Iterator[None]:
    """The clock stands while the county is loaded, so that every act has its minute."""
    _run_clock(running.ledger, running=False)
    try:
        yield
    finally:
        _run_clock(running.ledger, running=running.settings.mode == "demo")


def _run_clock(ledger: Ledger, *, running: bool) -> None:
    with ledger.pool.connection() as connection:
        connection.execute("SELECT books.resume_clock(%s)", (running,))


@contextmanager
def _house(running: Running) -> Iterator[House]:
    """A house whose clock stands, with the passwords of the real one."""
    house = House.of(
        running.ledger,
        mode="test",
        version=running.house.version,
        views=running.house.views,
        readers=2,
    )
    house.passwords = running.house.passwords
    try:
        yield house
    finally:
        house.close()
