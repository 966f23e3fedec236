"""Checkpoints are kept for good, in order, and nobody can change one."""

import hashlib

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.ledger_life import LEDGER_STREAM, SYSTEM
from domain.sealing import MAP_STREAM, MapRootRecorded
from ledger.checkpoints import (
    CheckpointRefused,
    NotBorn,
    SealedBook,
    Signing,
    checkpoint_from,
    checkpoint_of,
    keep_checkpoint,
    keep_cosignature,
    last_checkpoint,
)
from ledger.database import Role
from ledger.ledger import Ledger
from ledger.signed_note import Cosigner, Note, parse_key

ROOT = hashlib.sha256(b"root").digest()
WITNESS = Cosigner("witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def map_root(ledger: Ledger, version: int = 1) -> int:
    """Records a map root; returns its position."""
    return ledger.record(
        MapRootRecorded(
            originator_id=MAP_STREAM,
            originator_version=version,
            by=SYSTEM,
            capacity="SYS",
            covers=1,
            scopes=0,
            root="00" * 32,
        )
    ).position


def signed(ledger: Ledger, size: int, book: SealedBook = "records") -> Note:
    signing = Signing(ledger)
    return signing.sign(signing.origin(book), size, ROOT)


def test_a_kept_checkpoint_is_read_as_it_was_signed(ledger: Ledger) -> None:
    size = map_root(ledger)
    note = signed(ledger, size)
    kept = keep_checkpoint(ledger, "records", note)
    for role in ("projector", "reader"):
        with ledger.database.connect(role) as connection:
            assert last_checkpoint(connection, "records") == kept
            assert last_checkpoint(connection, "access") is None
    assert (kept.size, kept.root, kept.note) == (size, ROOT, note)
    assert kept.recorded_at == ledger.now()
    Signing(ledger).key(Signing(ledger).origin("records")).check(note)


def test_checkpoints_are_found_by_size(ledger: Ledger) -> None:
    sizes = [map_root(ledger, version) for version in (1, 2, 3)]
    for size in (sizes[0], sizes[2]):
        keep_checkpoint(ledger, "records", signed(ledger, size))
    with ledger.database.connect("reader") as connection:

        def found(book: SealedBook, size: int) -> list[int | None]:
            kept = (
                checkpoint_from(connection, book, size),
                checkpoint_of(connection, book, size),
                last_checkpoint(connection, book, at_most=size),
            )
            return [one.size if one else None for one in kept]

        assert found("records", sizes[0]) == [sizes[0]] * 3
        assert found("records", sizes[1]) == [sizes[2], None, sizes[0]]
        assert found("records", sizes[2] + 1) == [None, None, sizes[2]]
        assert found("access", 1) == [None, None, None]


def test_no_checkpoint_is_smaller_than_the_last_or_larger_than_the_book(ledger: Ledger) -> None:
    size = map_root(ledger)
    with pytest.raises(CheckpointRefused, match="beyond"):
        keep_checkpoint(ledger, "records", signed(ledger, size + 1))
    with pytest.raises(CheckpointRefused, match="map-root"):
        keep_checkpoint(ledger, "records", signed(ledger, size - 1))
    with pytest.raises(CheckpointRefused, match="beyond"):
        keep_checkpoint(ledger, "access", signed(ledger, 1, "access"))
    keep_checkpoint(ledger, "records", signed(ledger, size))
    map_root(ledger, 2)
    for again in (size, size - 1):
        with pytest.raises(CheckpointRefused, match="larger"):
            keep_checkpoint(ledger, "records", signed(ledger, again))


def test_a_witness_stands_under_a_checkpoint_once(ledger: Ledger) -> None:
    size = map_root(ledger)
    note = signed(ledger, size)
    line = WITNESS.cosign(note.text, 1679315147)
    with pytest.raises(CheckpointRefused, match="no-such"):
        keep_cosignature(ledger, "records", size, line)
    keep_checkpoint(ledger, "records", note)
    assert keep_cosignature(ledger, "records", size, line)
    assert not keep_cosignature(ledger, "records", size, WITNESS.cosign(note.text, 1679315148))
    with ledger.database.connect("reader") as connection:
        kept = last_checkpoint(connection, "records")
    assert kept is not None
    assert kept.note.signatures == (*note.signatures, line)
    assert WITNESS.key.cosigned_at(kept.note) == 1679315147


@pytest.mark.parametrize("role", ["writer", "projector", "reader"])
@pytest.mark.parametrize("table", ["checkpoint", "cosignature"])
def test_no_role_of_the_program_writes_these_tables(ledger: Ledger, role: Role, table: str) -> None:
    with ledger.database.connect(role) as connection:
        connection.execute("SET default_transaction_read_only = off")
        for statement in (
            f"INSERT INTO books.{table} SELECT * FROM books.{table}",
            f"UPDATE books.{table} SET size = size",
            f"DELETE FROM books.{table}",
            f"TRUNCATE books.{table} CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["projector", "reader"])
def test_who_does_not_write_the_books_keeps_no_checkpoint(ledger: Ledger, role: Role) -> None:
    with ledger.database.connect(role) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT books.keep_checkpoint('records', 1, %s, '')", (ROOT,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT books.keep_cosignature('records', 1, 'x', '')")


def test_not_even_the_superuser_changes_a_checkpoint(ledger: Ledger) -> None:
    keep_checkpoint(ledger, "records", signed(ledger, map_root(ledger)))
    with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("checkpoint", "cosignature"):
            for statement in (
                f"UPDATE books.{table} SET size = size",
                f"DELETE FROM books.{table}",
                f"TRUNCATE books.{table} CASCADE",
            ):
                with pytest.raises(psycopg.DatabaseError, match="append-only"):
                    connection.execute(statement.encode())


def test_the_origin_names_the_ledger_and_its_clock(ledger: Ledger, real_ledger: Ledger) -> None:
    for one, kind in ((ledger, "igp-ledger-simulated"), (real_ledger, "igp-ledger")):
        first = one.events(LEDGER_STREAM)[0]
        signing = Signing(one)
        assert signing.origin("records") == f"{kind}/{first.event_id}/records"
        assert signing.notes_origin(SYSTEM) == f"{kind}/{first.event_id}/notes/{SYSTEM}"
        key = signing.key(signing.origin("access"))
        assert parse_key(str(key)) == key


def test_a_ledger_that_was_never_opened_signs_nothing(unborn_ledger: Ledger) -> None:
    with pytest.raises(NotBorn):
        Signing(unborn_ledger).origin("records")
