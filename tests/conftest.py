"""What tests of many floors need: a server, a template, and a ledger of their own."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from igp.embedded import Server
from ledger.database import Connection, Pool
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner
from tests.api.serving import County, serving
from tests.database import Template, copied, make_template, opened, running_server

# What passes here passes everywhere: only the long suite draws other examples in every run.
settings.register_profile("short", derandomize=True)
if not os.environ.get("IGP_LONG"):
    settings.load_profile("short")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """One PostgreSQL server for the whole run, whatever the number of workers."""
    base = tmp_path_factory.getbasetemp()
    with running_server((base if worker_id == "master" else base.parent) / "server") as server:
        yield server


@pytest.fixture(scope="session")
def new_database(server: Server, worker_id: str) -> Iterator[Callable[[], str]]:
    """Makes an empty database and gives its URL, as somebody writes it into DATABASE_URL."""
    numbers, made = count(1), []
    parts = conninfo_to_dict(server.dsn)
    with psycopg.connect(server.dsn, autocommit=True) as connection:

        def make() -> str:
            name = f"door_{worker_id}_{next(numbers)}"
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            made.append(name)
            login = f"{parts['user']}:{quote(str(parts['password']), safe='')}"
            return f"postgresql://{login}@{parts['host']}:{parts['port']}/{name}"

        yield make
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="session")
def template(server: Server, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Template:
    """A migrated and born ledger that the ledgers of this worker are copies of."""
    return make_template(server, f"test_{worker_id}", tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def administrator(template: Template) -> Iterator[Connection]:
    """An autocommit connection that makes and drops databases."""
    with psycopg.connect(template.admin, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def founded(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Template]:
    """A small county, once, that those of the tests are copies of."""
    keys = tmp_path_factory.mktemp("founded") / "keys"
    with copied(template, administrator) as database:
        with opened(template, database, keys) as ledger, serving(ledger):
            pass
        # Seeded anew, or the same accounts would draw the same ids once more.
        yield Template(database, keys, seed=b"founded")


@pytest.fixture
def county(founded: Template, administrator: Connection, tmp_path: Path) -> Iterator[County]:
    """A county that is served, for each test its own."""
    with (
        copied(founded, administrator) as database,
        opened(founded, database, tmp_path / "keys") as ledger,
        serving(ledger, founded=True) as county,
    ):
        yield county


@pytest.fixture
def ledger(template: Template, administrator: Connection, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of the test's own, in mode `test`: its clock stands at 112.8.1 08:00."""
    with (
        copied(template, administrator) as database,
        opened(template, database, tmp_path / "keys") as ledger,
    ):
        yield ledger


@pytest.fixture
def runner(ledger: Ledger) -> Iterator[Runner]:
    """Every view of the ledger, made and empty; `runner.catch_up()` brings them up to date."""
    runner = Runner(ledger.database, all_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    yield runner
    runner.close()


@pytest.fixture
def reader(ledger: Ledger) -> Iterator[Pool]:
    """Connections that see what row-level security lets them see."""
    pool = ledger.database.pool("reader", 2)
    yield pool
    pool.close()
