"""Real ledgers for tests: one server, one template per process, and a copy of it for each test."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.calendar import TAIPEI
from igp import embedded
from igp.embedded import Server
from igp.embedded_cluster import load
from ledger.birth import open_ledger
from ledger.database import Connection, Database, migrate, passwords_in
from ledger.entropy import Entropy, SeededEntropy
from ledger.keys import Keyring
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner

#: Where the clock of a test's ledger stands: 112.8.1 08:00.
START = datetime(2023, 8, 1, 8, tzinfo=TAIPEI)
MASTER = bytes(range(32))

#: A test's data need not survive a power cut, nor its passwords a thief; its ledgers live for
#: seconds, and every test connects a dozen times.
_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "scram_iterations": "1",
}


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """The server of a folder, which several processes may share; the last one stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    users = os.open(folder.with_name(folder.name + ".users"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield embedded.start(folder, settings=_QUICK)
        # Whoever gets the lock for itself alone is the last; the others leave the server be.
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        embedded.stop(folder)
        if load(folder).home != folder:
            shutil.rmtree(load(folder).home, ignore_errors=True)
    finally:
        os.close(users)


@dataclass(frozen=True)
class Template:
    """A migrated ledger with its birth as the only event, empty views, and the keys it was born
    with."""

    database: Database
    keys: Path
    seed: bytes

    @property
    def admin(self) -> str:
        return make_conninfo(self.database.admin, dbname="postgres")

    def entropy(self) -> Entropy:
        """Seeded, so that the same acts of a test draw the same ids and nonces."""
        return SeededEntropy(self.seed)


def make_template(server: Server, name: str, folder: Path) -> Template:
    """A ledger with a simulated clock that stands at `START`, in the database `name`.

    Its views are made and empty.
    """
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        _create(connection, name)
    database = Database(make_conninfo(server.dsn, dbname=name), passwords_in(folder / "roles.json"))
    migrate(database)
    template = Template(database, folder / "keys", seed=b"a test")
    entropy = template.entropy()
    ledger = Ledger(database, Keyring(template.keys, MASTER, entropy), entropy, size=1)
    try:
        open_ledger(ledger, mode="test", authority="苓雅示範市政府教育局", start=START, version="0")
        runner = Runner(database, all_views(ledger.keyring), ledger.mapper)
        runner.prepare()
        runner.close()
    finally:
        ledger.close()
    return template


_numbers = count(1)


@contextmanager
def copied(template: Template, connection: Connection) -> Iterator[Database]:
    """A copy of the template under the template's roles; dropped afterwards.

    `connection` is an administrator's, to another database of the server.
    """
    name = f"{template.database.name}_{next(_numbers)}"
    _create(connection, name, template.database.name)
    database = Database(
        make_conninfo(template.admin, dbname=name),
        template.database.passwords,
        roles_of=template.database.roles_of or template.database.name,
    )
    try:
        # What was granted on the template itself is not copied.
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}, {}").format(
                sql.Identifier(name),
                sql.Identifier(database.role("owner")),
                sql.Identifier(database.role("projector")),
            )
        )
        yield database
    finally:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def opened(template: Template, database: Database, keys: Path, size: int = 2) -> Iterator[Ledger]:
    """The ledger of a copy, with a copy of the template's keys in the folder `keys`."""
    shutil.copytree(template.keys, keys)
    entropy = template.entropy()
    ledger = Ledger(database, Keyring(keys, MASTER, entropy), entropy, size=size)
    try:
        yield ledger
    finally:
        ledger.close()


def _create(connection: Connection, name: str, template: str = "template0") -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )
