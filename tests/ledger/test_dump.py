"""What was dumped by an earlier version of the program is filled in as it was, then brought up."""

from pathlib import Path

import psycopg
import pytest
from psycopg import IsolationLevel, sql
from psycopg.conninfo import make_conninfo

from domain.ledger_life import SYSTEM
from igp.embedded import Server
from ledger.birth import bear
from ledger.database import MIGRATIONS, Database, migrate, passwords_in
from ledger.dump import Dumped, DumpError, NotEmpty, check_files, dump, is_empty, load
from ledger.entropy import Entropy
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.database import MASTER, START
from tests.ledger.tailing import act

#: The tables as they were before checkpoints were kept.
EARLIER = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))[:6]


def new(server: Server, name: str, folder: Path) -> Database:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return Database(make_conninfo(server.dsn, dbname=name), passwords_in(folder / "roles.json"))


def written(database: Database, folder: Path) -> list[Dumped]:
    with database.connect("owner", autocommit=False) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        return dump(connection, folder)


def rows(database: Database) -> list[tuple[object, ...]]:
    found = []
    with database.connect("owner") as connection:
        for book in ("records", "notes", "access"):
            found += connection.execute(
                f"SELECT recorded_at, position, stream_id, stream_version, topic, body"
                f" FROM books.{book} ORDER BY position".encode()
            ).fetchall()
    return found


def test_tables_of_an_earlier_version_are_filled_and_brought_up_to_date(
    server: Server, tmp_path: Path, worker_id: str
) -> None:
    source = new(server, f"dump_source_{worker_id}", tmp_path)
    migrate(source, only=EARLIER)
    bear(source, "simulated", START)
    entropy = Entropy()
    ledger = Ledger(source, Keyring(tmp_path / "keys", MASTER, entropy), entropy, size=1)
    ledger.keyring.create_account(SYSTEM, SYSTEM)
    for number in range(1, 4):
        for book in ("records", "notes", "access"):
            ledger.record(act(book, SYSTEM, SYSTEM, number))  # type: ignore[arg-type]
    ledger.close()
    folder = tmp_path / "dump"
    folder.mkdir()
    dumped = written(source, folder)
    assert "books.checkpoint" not in {one.table for one in dumped}

    target = new(server, f"dump_target_{worker_id}", tmp_path)
    assert is_empty(target)
    # Today's tables are not those that were dumped.
    migrate(target)
    with pytest.raises(DumpError, match="程式版本"):
        load(target, "simulated", folder, dumped)
    assert is_empty(target)

    target = new(server, f"dump_then_{worker_id}", tmp_path)
    migrate(target, only=EARLIER)
    load(target, "simulated", folder, dumped)
    assert not is_empty(target)
    with pytest.raises(NotEmpty):
        load(target, "simulated", folder, dumped)
    migrate(target)
    assert rows(target) == rows(source)
    with target.connect("writer") as connection:
        assert connection.execute("SELECT books.ledger_now()").fetchone() is not None


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    one = Dumped(table="books.records", columns=("position",), file="records.copy", sha256="0")
    with pytest.raises(DumpError, match=r"records\.copy"):
        check_files(tmp_path, [one])
