"""The program over a ledger of the benchmarks: its house, its projector, its people."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event as Flag
from uuid import UUID

from api import sign_in
from api.house import House
from api.viewer import Viewer
from bench.county import fill
from bench.place import Place, Reached, opened, runner
from bench.workload import Workload
from igp.memory import settle
from projections.all_views import all_views

#: The threads in which the program answers, as many as its connections.
THREADS = 8
PASSWORD = "bench-password-114"


@contextmanager
def housed(reached: Reached) -> Iterator[House]:
    """The house as one process of the program has it."""
    with opened(reached, THREADS) as ledger:
        views = {view.name: view.book for view in all_views(ledger.keyring)}
        house = House.of(ledger, mode="production", version="0", views=views, readers=THREADS)
        try:
            yield house
        finally:
            house.close()


@contextmanager
def projecting(reached: Reached) -> Iterator[None]:
    """A projector in a process of its own, as the program has; it runs when this begins."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=_project, args=(reached, ready, done), daemon=True)
    process.start()
    ready.wait(60)
    try:
        yield
    finally:
        done.set()
        process.join()


def _project(reached: Reached, ready: Flag, done: Flag) -> None:
    with opened(reached) as ledger, runner(ledger) as running:
        running.catch_up()
        ready.set()

        def stop() -> None:
            done.wait()
            running.stop()

        threading.Thread(target=stop, daemon=True).start()
        settle()
        running.run()


@contextmanager
def county(
    place: Place, name: str, students: int, changes: int
) -> Iterator[tuple[Reached, Workload]]:
    """A ledger with a county in it, its views up to date."""
    with place.ledger(name) as reached:
        workload = Workload(students=students)
        with opened(reached) as ledger, runner(ledger) as building:
            fill(ledger, workload, changes)
            building.catch_up()
        yield reached, workload


def viewer_of(house: House, account: UUID) -> Viewer:
    return Viewer.of(house, account, house.ledger.now())


def token_of(house: House, account: UUID) -> str:
    """Lets the account sign in; returns its token."""
    username = f"bench-{account}"
    with house.ledger.pool.connection() as connection:
        hashed = house.passwords.hash(PASSWORD)
        sign_in.keep_credential(connection, house.ledger, account, username, hashed)
    return sign_in.sign_in(house, username, PASSWORD)
