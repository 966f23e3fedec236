"""A ledger that was begun under earlier migrations says the same after the later ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import ledger.database
from igp.embedded import Server
from ledger.database import Connection, migrate
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.database import MASTER, Template, make_template
from tests.replay.tampering import Books, Filled, fill
from tests.story import Story

#: The last migration under which books had the form of the first release of the tables.
BEFORE = "0003"

#: What an event's leaf is made of (docs/formats/leaf.md).
LEAF = "position, stream_id, stream_version, topic, subject, recorded_at, body"
LEAVES = {"records": LEAF, "notes": f"owner, {LEAF}", "access": LEAF}


@pytest.fixture
def old(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    administrator: Connection,
    worker_id: str,
) -> Iterator[Template]:
    """A ledger whose tables are those of the migrations up to `BEFORE`."""
    earlier = tmp_path / "migrations"
    earlier.mkdir()
    for file in ledger.database.MIGRATIONS.glob("*.sql"):
        if file.name[:4] <= BEFORE:
            (earlier / file.name).write_bytes(file.read_bytes())
    name = f"old_{worker_id}"
    with monkeypatch.context() as patched:
        patched.setattr(ledger.database, "MIGRATIONS", earlier)
        template = make_template(server, name, tmp_path / "old")
    try:
        yield template
    finally:
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def leaves(template: Template) -> dict[str, list[Any]]:
    with psycopg.connect(template.database.admin) as connection:
        return {
            book: connection.execute(
                f"SELECT {columns} FROM books.{book} ORDER BY {columns}".encode()
            ).fetchall()
            for book, columns in LEAVES.items()
        }


def test_events_stay_what_they_were_and_the_books_go_on(old: Template, tmp_path: Path) -> None:
    entropy = old.entropy()
    opened = Ledger(old.database, Keyring(old.keys, MASTER, entropy), entropy, size=1)
    try:
        authors, students = fill(opened)
        before = leaves(old)
        assert all(before.values())
        assert migrate(old.database)
        assert leaves(old) == before
        story = Story(opened)
        story.placement(students[0])
        story.note(students[0], authors[0])
        after = leaves(old)
    finally:
        opened.close()
    assert {book: len(after[book]) - len(before[book]) for book in LEAVES} == {
        "records": 1,
        "notes": 1,
        "access": 0,
    }
    master = tmp_path / "master.key"
    master.write_bytes(MASTER)
    assert (
        Books(old.database, Filled(old, old.keys, master, authors, students)).verify().findings
        == []
    )
