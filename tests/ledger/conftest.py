"""A ledger with a real clock, and hands that reach further than the program's."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from igp.embedded import Server
from ledger.birth import open_ledger
from ledger.database import Connection, Database, migrate, passwords_in
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.database import MASTER, Template, copied, opened


@pytest.fixture(scope="session")
def unborn(server: Server, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Template:
    """A migrated database in which no ledger was born yet; for copies only."""
    name, folder = f"unborn_{worker_id}", tmp_path_factory.mktemp("unborn")
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    database = Database(make_conninfo(server.dsn, dbname=name), passwords_in(folder / "roles.json"))
    migrate(database)
    template = Template(database, folder / "keys", seed=b"unborn")
    Keyring(template.keys, MASTER, template.entropy())
    return template


@pytest.fixture
def unborn_ledger(unborn: Template, administrator: Connection, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that nobody opened yet."""
    with (
        copied(unborn, administrator) as database,
        opened(unborn, database, tmp_path / "unborn", size=4) as ledger,
    ):
        yield ledger


@pytest.fixture
def real_ledger(unborn_ledger: Ledger) -> Ledger:
    """A ledger with a real clock, as `igp init` makes it."""
    open_ledger(unborn_ledger, mode="production", authority="示範教育局", start=None, version="0")
    return unborn_ledger


@pytest.fixture(scope="module")
def standing_real_ledger(
    unborn: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger with a real clock for several tests that leave it as it is."""
    with (
        copied(unborn, administrator) as database,
        opened(unborn, database, tmp_path_factory.mktemp("real") / "keys") as ledger,
    ):
        open_ledger(ledger, mode="production", authority="示範教育局", start=None, version="0")
        yield ledger


Unguarded = Callable[[Ledger], AbstractContextManager[Connection]]


@pytest.fixture
def unguarded() -> Unguarded:
    """`with unguarded(ledger) as connection:` a superuser who switches the triggers off first."""

    @contextmanager
    def hands(ledger: Ledger) -> Iterator[Connection]:
        with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
            for book in ("records", "notes", "access"):
                connection.execute(
                    sql.SQL("ALTER TABLE books.{} DISABLE TRIGGER append_only").format(
                        sql.Identifier(book)
                    )
                )
            yield connection
            for book in ("records", "notes", "access"):
                connection.execute(
                    sql.SQL("ALTER TABLE books.{} ENABLE ALWAYS TRIGGER append_only").format(
                        sql.Identifier(book)
                    )
                )

    return hands
