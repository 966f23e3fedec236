"""The pages in a real browser: Debian's Chromium, driven over a server on this machine."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.testclient import TestClient

from api.app import create_app
from igp.composition import build
from igp.demo.loading import load_demo
from igp.settings import Settings
from ledger.database import Connection
from tests.api.serving import Caller, County, serving
from tests.database import Template, copied, opened

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Site:
    """A county that is served to browsers."""

    url: str
    county: County


def found(caller: Caller, name: str) -> list[str]:
    """The ids of the students of this name that somebody finds."""
    answer = caller.post("/students/search", {"q": name})
    return [str(one["id"]) for one in answer.json()["items"]]


@contextmanager
def _served(county: County) -> Iterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(county.house), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages")
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", county)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def site(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One for all tests of a module: what one leaves behind, the next one finds."""
    keys = tmp_path_factory.mktemp("site") / "keys"
    with (
        copied(template, administrator) as database,
        opened(template, database, keys, size=4) as ledger,
        serving(ledger) as county,
        _served(county) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def demo(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The demo county, whose clock stands at 114.2.14 08:00, for all tests of a module."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(mode="test", data_dir=folder, database_url=new_database())
    with build(settings) as running:
        load_demo(running)
        client = TestClient(create_app(running.house), raise_server_exceptions=False)
        with running.projecting(), _served(County(running.house, client, tokens={})) as served:
            yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        raise FileNotFoundError("apt-get install chromium fonts-noto-cjk, or make test")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(_ARGUMENTS)
        )
        yield made
        made.close()
