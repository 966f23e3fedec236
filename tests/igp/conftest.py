"""Programs of the front door over the run's one server, each with a database of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from igp import logs
from igp.composition import Running, build
from igp.embedded import Server
from igp.settings import Settings

_numbers = count(1)


@pytest.fixture(scope="session")
def new_database(server: Server, worker_id: str) -> Iterator[Callable[[], str]]:
    """Makes an empty database and gives its URL, as somebody writes it into DATABASE_URL."""
    made = []
    parts = conninfo_to_dict(server.dsn)
    with psycopg.connect(server.dsn, autocommit=True) as connection:

        def make() -> str:
            name = f"door_{worker_id}_{next(_numbers)}"
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            made.append(name)
            login = f"{parts['user']}:{quote(str(parts['password']), safe='')}"
            return f"postgresql://{login}@{parts['host']}:{parts['port']}/{name}"

        yield make
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture
def settings(new_database: Callable[[], str], tmp_path: Path) -> Settings:
    """Settings of mode `test` over an empty database."""
    return Settings(mode="test", data_dir=tmp_path / "data", database_url=new_database())


@pytest.fixture
def running(settings: Settings) -> Iterator[Running]:
    """An open house in mode `test`, its views kept up to date."""
    with ExitStack() as stack:
        running = stack.enter_context(build(settings))
        stack.enter_context(running.projecting())
        yield running


@pytest.fixture
def commands(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment in which `igp.cli.run` finds these settings."""
    # The log belongs to a process of its own; here it is the test run's.
    monkeypatch.setattr(logs, "configure", lambda path: None)
    assert settings.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    return settings
