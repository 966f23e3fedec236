"""Where it is measured: a real server with its own settings, fsync on, over TCP."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from igp import embedded
from igp.embedded_cluster import load
from ledger.birth import open_ledger
from ledger.database import Database, migrate, passwords_in
from ledger.entropy import Entropy
from ledger.keys import Keyring, master_key
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import BATCH, Runner

Made = TypeVar("Made")


@dataclass(frozen=True)
class Reached:
    """How a process reaches a ledger; it can be given to another process."""

    database: Database
    keys: Path
    master: Path

    def open(self, size: int = 2) -> Ledger:
        entropy = Entropy()
        keyring = Keyring(self.keys, master_key(self.master, create=False), entropy)
        return Ledger(self.database, keyring, entropy, size=size)


@dataclass
class Place:
    """A server of the benchmarks' own; what is made in it is gone afterwards."""

    folder: Path
    dsn: str
    version: str
    _kept: dict[str, Any] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def keep(self, name: str, make: Callable[[], AbstractContextManager[Made]]) -> Made:
        """What was made under this name, so that several benchmarks share what takes long."""
        if name not in self._kept:
            self._kept[name] = self._stack.enter_context(make())
        made: Made = self._kept[name]
        return made

    def close(self) -> None:
        self._stack.close()

    def admin(self, name: str = "postgres") -> str:
        """The administrator's conninfo of a database."""
        return make_conninfo(self.dsn, dbname=name)

    @contextmanager
    def plain(self, name: str) -> Iterator[str]:
        """An empty database for what is measured against; yields its conninfo."""
        self._create(name)
        try:
            yield self.admin(name)
        finally:
            self._drop(name)

    @contextmanager
    def ledger(self, name: str) -> Iterator[Reached]:
        """A migrated ledger with a real clock, born and empty, with its views made."""
        self._create(name)
        try:
            keys = self.folder / name
            database = Database(self.admin(name), passwords_in(keys / "roles.json"))
            reached = Reached(database, keys / "keys", keys / "master.key")
            migrate(database)
            master_key(reached.master, create=True)
            ledger = reached.open(1)
            try:
                open_ledger(
                    ledger, mode="production", authority="量測用教育局", start=None, version="0"
                )
                with runner(ledger):
                    pass
            finally:
                ledger.close()
            yield reached
        finally:
            self._drop(name)

    def _create(self, name: str) -> None:
        self._say("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)

    def _drop(self, name: str) -> None:
        self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _say(self, statement: str, name: str) -> None:
        with psycopg.connect(self.admin(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def runner(ledger: Ledger, schema: str = "views", batch: int = BATCH) -> Iterator[Runner]:
    """A runner of every view of the house, its tables made."""
    made = Runner(
        ledger.database, all_views(ledger.keyring), ledger.mapper, schema=schema, batch=batch
    )
    made.prepare()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def opened(reached: Reached, size: int = 2) -> Iterator[Ledger]:
    ledger = reached.open(size)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def running(folder: Path) -> Iterator[Place]:
    """A server in an empty folder, with the settings our users get; removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    # A process may not write where its parents cannot be entered; the keys lie in here too.
    os.chmod(folder, 0o700)
    postgres = folder / "postgres"
    server = embedded.start(postgres)
    place = Place(folder, server.dsn, server.version)
    try:
        yield place
    finally:
        place.close()
        embedded.stop(postgres)
        home = load(postgres).home
        if home != postgres:
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def settled(database: Database, *tables: str) -> None:
    """Vacuums and analyses, all tables where none is named, so that nobody pays for the filling."""
    with psycopg.connect(database.admin, autocommit=True) as connection:
        connection.execute(f"VACUUM (ANALYZE) {', '.join(tables)}".encode())
        connection.execute("CHECKPOINT")
