"""The pages in a real browser: Debian's Chromium, driven over a server on this machine."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from ledger.database import Connection
from tests.api.serving import County, serving
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
    ):
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
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        raise FileNotFoundError("apt-get install chromium fonts-noto-cjk, or make test")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(_ARGUMENTS)
        )
        yield made
        made.close()
