"""What Prometheus may ask: is the ledger up, and how far behind is each shared view.

Nothing here speaks of notes: neither their views nor the process's own work, which grows with
what anybody writes (design D7). So there are no process collectors either.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ledger.database import Connection, Database
from projections.runner import SCHEMA
from projections.view import View

HOST = "127.0.0.1"


@dataclass(frozen=True)
class ViewState:
    """Where a view of a shared book is; `poison` is the position of the event that stopped it."""

    view: str
    book: str
    version: int
    position: int
    head: int
    poison: int | None

    @property
    def behind(self) -> int:
        return self.head - self.position


def heads(connection: Connection) -> dict[str, int]:
    """The last position of each shared book; the connection is the projector's."""
    found = {}
    for book in ("records", "access"):
        row = connection.execute(
            f"SELECT position FROM books.{book} ORDER BY position DESC LIMIT 1".encode()
        ).fetchone()
        found[book] = int(row[0]) if row else 0
    return found


def view_states(connection: Connection, views: Iterable[View]) -> list[ViewState]:
    """The views of `records` and `access`, those of notes never; as the projector."""
    books = {view.name: view.book for view in views if view.book != "notes"}
    at = heads(connection)
    rows = connection.execute(
        f"SELECT view, version, position, poison FROM {SCHEMA}.checkpoint"
        " WHERE view = ANY(%s) ORDER BY view".encode(),
        (list(books),),
    ).fetchall()
    return [
        ViewState(name, books[name], version, position, max(at[books[name]], position), poison)
        for name, version, position, poison in rows
    ]


class LedgerCollector(Collector):
    """Looks when it is asked, over a connection of its own."""

    def __init__(self, database: Database, views: Iterable[View]) -> None:
        self._database = database
        self._views = list(views)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily("igp_ledger_up", "Whether the books can be read (1) or not (0).")
        behind = GaugeMetricFamily(
            "igp_view_behind", "Events of its book a view has not seen.", labels=["view"]
        )
        stopped = GaugeMetricFamily(
            "igp_view_stopped", "Whether an event stopped the view (1) or not (0).", labels=["view"]
        )
        try:
            with self._database.connect("projector") as connection:
                states = view_states(connection, self._views)
        except psycopg.Error:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        for state in states:
            behind.add_metric([state.view], state.behind)
            stopped.add_metric([state.view], state.poison is not None)
        return [up, behind, stopped]


def serve_metrics(database: Database, views: Iterable[View], port: int) -> None:
    """Answers on `http://127.0.0.1:port/metrics` until the process ends. Raises `OSError`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LedgerCollector(database, views))
    start_http_server(port, addr=HOST, registry=registry)
