"""Filled books to tamper with: written once, copied for every test."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from igp.embedded import Server
from ledger.birth import open_ledger
from ledger.database import Connection, Database, migrate, passwords_in
from ledger.entropy import Entropy
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.database import MASTER, Template, copied, opened
from tests.replay.tampering import Books, Filled, fill, seal


@pytest.fixture(scope="session")
def filled(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """A ledger with events in all three books and nobody connected; for copies only."""
    keys = tmp_path_factory.mktemp("filled") / "keys"
    master = keys.with_name("master.key")
    master.write_bytes(MASTER)
    with copied(template, administrator) as database:
        with opened(template, database, keys) as ledger:
            authors, students = fill(ledger)
        made = Template(database, keys, seed=b"filled")
        yield Filled(made, keys, master, authors, students)


@pytest.fixture
def books(filled: Filled, administrator: Connection) -> Iterator[Books]:
    """Books of the test's own, with the hands of a superuser."""
    with copied(filled.template, administrator) as database:
        yield Books(database, filled)


@pytest.fixture(scope="session")
def sealed(
    filled: Filled, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """The same ledger, sealed several times and committed to its notes; for copies only."""
    keys = tmp_path_factory.mktemp("sealed") / "keys"
    with copied(filled.template, administrator) as database:
        with opened(filled.template, database, keys) as ledger:
            seal(ledger, filled)
        made = Template(database, keys, seed=b"sealed")
        yield Filled(made, keys, filled.master, filled.authors, filled.students)


@pytest.fixture
def sealed_books(sealed: Filled, administrator: Connection) -> Iterator[Books]:
    """Sealed books of the test's own, with the hands of a superuser."""
    with copied(sealed.template, administrator) as database:
        yield Books(database, sealed)


@pytest.fixture
def real_books(filled: Filled, server: Server, tmp_path: Path, worker_id: str) -> Iterator[Books]:
    """Books with a real clock, born and started."""
    name = f"real_{worker_id}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        database = Database(
            make_conninfo(server.dsn, dbname=name), passwords_in(tmp_path / "roles.json")
        )
        try:
            migrate(database)
            entropy = Entropy()
            ledger = Ledger(database, Keyring(tmp_path / "real", MASTER, entropy), entropy, size=1)
            open_ledger(ledger, mode="production", authority="局", start=None, version="0")
            ledger.close()
            yield Books(database, filled)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
