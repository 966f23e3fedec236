"""The whole program under load, and one of its processes is killed again and again.

`igp serve` runs as people start it. Four people write notes and placements over HTTP, each request
with an `Idempotency-Key`, and repeat what got no answer. Meanwhile the API, the projector or the
database server is killed with SIGKILL. Three rounds kill each of them once; the long suite kills
twenty times.
"""

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from igp.composition import Running, build
from igp.embedded_cluster import load, postmaster
from igp.settings import Settings
from tests.county import County
from tests.igp.test_serving import Program, alive, children, ready, wait_for
from tests.projections.view_case import rebuilt, rows, stopped

ROUNDS = 20 if os.environ.get("IGP_LONG") else 3
VICTIMS = ("api", "projector", "server")

#: A killed API resets its connections, so this is for a machine that is very busy.
ANSWER_SECONDS = 120.0


class Town:
    """The program, started again after it was killed; its children it starts again itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http = httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False)
        self._start()

    def close(self) -> None:
        self.program.stop()
        self.http.close()

    def _start(self) -> None:
        self.program = Program(self.folder, IGP_MODE="test")
        self.address = self.program.address()

    def kill(self, victim: str) -> None:
        match victim:
            case "api":
                self.program.stop(signal.SIGKILL)
                self._start()
            case "projector":
                # Between a death and the next birth there is none.
                (projector,) = wait_for(
                    lambda: [pid for pid in children(self.program.process.pid) if alive(pid)]
                )
                os.kill(projector, signal.SIGKILL)
            case "server":
                pid = postmaster(load(self.folder / "postgres"))
                assert pid is not None
                # The program starts it again.
                os.kill(pid, signal.SIGKILL)


@dataclass
class Client:
    """Somebody who writes to one list, and what was acknowledged: ids by the text sent."""

    town: Town
    token: str
    path: str
    name: str
    done: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        while not self.done.is_set():
            text = f"{self.name} {len(self.acknowledged)}"
            self.acknowledged[text] = self.until_acknowledged(text)

    def repeated(self, text: str) -> str:
        """The id in the answer to the same request, sent once more."""
        answer = self._post(text)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def listed(self) -> list[dict[str, Any]]:
        """Every record that the list holds."""
        items: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 200}
        while True:
            answer = self.town.http.get(
                f"{self.town.address}/api/v1{self.path}", headers=self._headers, params=query
            )
            assert answer.status_code == 200, answer.text
            items += answer.json()["items"]
            if answer.json()["next_cursor"] is None:
                return items
            query["cursor"] = answer.json()["next_cursor"]

    @property
    def text_field(self) -> str:
        return "content" if self.path.endswith("notes") else "arrangement"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def until_acknowledged(self, text: str) -> str:
        while True:
            try:
                answer = self._post(text)
            except httpx2.TransportError:
                threading.Event().wait(0.05)
                continue
            if answer.status_code in (201, 202):
                return str(answer.json()["id"])
            # Without its database the program says so, and nothing else is said.
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"]
            threading.Event().wait(0.05)

    def _post(self, text: str) -> httpx2.Response:
        plain = _NOTE if self.text_field == "content" else _PLACEMENT
        return self.town.http.post(
            f"{self.town.address}/api/v1{self.path}",
            headers=self._headers | {"Idempotency-Key": text},
            json=plain | {self.text_field: text},
        )


_NOTE = {
    "held_on": "112.8.1",
    "purpose": "了解適應情形",
    "participants": ["導師"],
    "recorder": "個管教師",
}
_PLACEMENT = {
    "school_year": 113,
    "area": "英語",
    "category": "skip",
    "target_year_grade": 5,
    "placement_grade": 6,
}


@pytest.fixture
def town(folder: Path, county: County) -> Iterator[Town]:
    town = Town(folder)
    yield town
    town.close()


@pytest.mark.timeout(1800 if ROUNDS > 3 else 300)
def test_every_acknowledged_write_is_there_once_whatever_was_killed(
    town: Town, county: County, settings: Settings
) -> None:
    clients = _clients(town, county)
    chance = random.Random(ROUNDS)
    with ThreadPoolExecutor(len(clients)) as threads:
        running = [threads.submit(client.run) for client in clients]
        try:
            for victim in _victims(chance):
                _until(clients, running, more=chance.randint(5, 25))
                town.kill(victim)
            _until(clients, running, more=20)
        finally:
            for client in clients:
                client.done.set()
        for each in running:
            each.result()

    wait_for(lambda: ready(town.address))
    with build(settings) as beside:
        _wait_for_views(beside)
        for client in clients:
            _compare(client)
        _wait_for_views(beside)
        for view in beside.views:
            assert stopped(beside.ledger, view) == []
            living = rows(beside.ledger, view)
            assert any(living.values()) or view.name in UNTOLD
            assert rebuilt(beside.ledger, view, batch=2000) == living


def _clients(town: Town, county: County) -> list[Client]:
    done = threading.Event()
    return [
        Client(town, county.tokens[who], f"/students/{county.students[student]}/{list_}", who, done)
        for who, student, list_ in (
            ("a-cm", "a1", "notes"),
            ("itinerant", "b1", "notes"),
            ("a-office", "a2", "placements"),
            ("b-office", "b1", "placements"),
        )
    ]


def _victims(chance: random.Random) -> list[str]:
    """Each of them in some order, and again."""
    chosen: list[str] = []
    while len(chosen) < ROUNDS:
        chosen += chance.sample(VICTIMS, len(VICTIMS))
    return chosen[:ROUNDS]


def _until(clients: list[Client], running: list[Any], *, more: int) -> None:
    """Waits until so many writes more are acknowledged, to each of them at least one."""
    start = [len(client.acknowledged) for client in clients]

    def enough() -> bool:
        for each in running:
            if each.done():
                each.result()
        gained = [
            len(client.acknowledged) - before for client, before in zip(clients, start, strict=True)
        ]
        return sum(gained) >= more and min(gained) >= 1

    wait_for(enough)


def _compare(client: Client) -> None:
    """What the list holds is what was acknowledged, and a repeat makes nothing new."""
    said = client.acknowledged
    assert {text: client.repeated(text) for text in said} == said
    listed = client.listed()
    mine = [item for item in listed if str(item[client.text_field]).startswith(client.name)]
    assert Counter(item["id"] for item in mine) == Counter(said.values())
    assert {item[client.text_field]: item["id"] for item in mine} == said


#: Views of what nobody does here.
UNTOLD = {
    "access_log",
    "course_templates",
    "disputes",
    "erasures",
    "processes",
    "programmes",
    "school_scans",
}


def _wait_for_views(running: Running) -> None:
    """Until every view is at the end of its book, and of each author's ledger."""
    shared = {
        book: [view.name for view in running.views if view.book == book]
        for book in ("records", "access")
    }
    own = [view.name for view in running.views if view.book == "notes"]
    assert sum(map(len, shared.values())) + len(own) == len(running.views)

    def caught_up() -> bool:
        with running.database.connect("projector") as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM views.checkpoint"
                " WHERE view = ANY(%(records)s)"
                " AND position = (SELECT max(position) FROM books.records)"
                " OR view = ANY(%(access)s)"
                " AND position = (SELECT coalesce(max(position), 0) FROM books.access)) = %(many)s"
                " AND NOT EXISTS (SELECT FROM books.notes_head h, unnest(%(own)s::text[]) v"
                " WHERE NOT EXISTS (SELECT FROM views.owner_checkpoint c WHERE c.view = v"
                " AND c.owner = h.owner AND c.position = h.position))",
                shared | {"many": sum(map(len, shared.values())), "own": own},
            ).fetchone()
        return row is not None and bool(row[0])

    wait_for(caught_up)
