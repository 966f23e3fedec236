"""The signed checkpoints of the books: who signs them, where they are kept, how they are read.

What a checkpoint says is settled in docs/formats/sealing.md. They are kept for good in
`books.checkpoint`, cosignatures of witnesses in `books.cosignature`; both are read by the roles
`projector` and `reader`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson
import psycopg

from domain.ledger_life import LEDGER_STREAM, LedgerOpened
from ledger.database import Connection
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from ledger.signed_note import (
    Checkpoint,
    Note,
    Signature,
    Signer,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_signature,
    signing_key,
    with_cosignatures,
)

SealedBook = Literal["records", "access"]


class NotBorn(LedgerError):
    """The ledger has no first event yet. Start the program once, then try again."""


class CheckpointRefused(LedgerError):
    """A checkpoint must count more events than the last one, and no more than there are. Run
    `igp replay verify` and keep its output."""


@dataclass(frozen=True)
class Kept:
    """A checkpoint as it is kept. `recorded_at` is of the ledger's clock."""

    book: str
    size: int
    root: bytes
    recorded_at: datetime
    #: As it was signed, with cosignatures where they were asked for.
    note: Note


class Signing:
    """Signs for one ledger. `books` of other names are refused by the type; an author's own
    ledger of notes is named by the author."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._prefix: str | None = None

    @property
    def prefix(self) -> str:
        """How every origin of this ledger begins, which says whether its clock is simulated.

        Raises `NotBorn`.
        """
        if self._prefix is None:
            with self._ledger.pool.connection() as connection:
                row = connection.execute(
                    "SELECT s.topic, s.body FROM books.stream_records(NULL, %s, 0) s"
                    " WHERE s.stream_version = 1",
                    (LEDGER_STREAM,),
                ).fetchone()
            if row is None or row[0] != LedgerOpened.TOPIC:
                raise NotBorn(NotBorn.__doc__)
            said = orjson.loads(row[1])
            kind = "igp-ledger" if said["clock"] == "real" else "igp-ledger-simulated"
            self._prefix = f"{kind}/{said['event_id']}"
        return self._prefix

    def origin(self, book: SealedBook) -> str:
        return f"{self.prefix}/{book}"

    def notes_origin(self, author: UUID) -> str:
        return f"{self.prefix}/notes/{author}"

    def key(self, origin: str) -> VerifierKey:
        return self._signer(origin).key

    def sign(self, origin: str, size: int, root: bytes) -> Note:
        """The checkpoint of a tree, signed. Whether it may be is for the caller to know."""
        return self._signer(origin).sign(Checkpoint(origin, size, root).text)

    def _signer(self, origin: str) -> Signer:
        return Signer(origin, signing_key(self._ledger.keyring.house("signing")))


# -- keeping


def keep_checkpoint(ledger: Ledger, book: SealedBook, note: Note) -> Kept:
    """Keeps a signed checkpoint for good. Raises `CheckpointRefused`."""
    said = parse_checkpoint(note)
    try:
        with ledger.pool.connection() as connection:
            row = connection.execute(
                "SELECT books.keep_checkpoint(%s, %s, %s, %s)",
                (book, said.size, said.root, str(note)),
            ).fetchone()
    except psycopg.DatabaseError as error:
        if error.sqlstate == "IG010":
            raise CheckpointRefused(error.diag.message_primary) from None
        raise
    assert row is not None
    return Kept(book, said.size, said.root, row[0], note)


def keep_cosignature(ledger: Ledger, book: SealedBook, size: int, signature: Signature) -> bool:
    """Keeps the cosignature of a witness under a kept checkpoint; whether it is its first.

    Whether it is true was asked of the witness' `VerifierKey`. Raises `CheckpointRefused` where
    there is no checkpoint of this size.
    """
    try:
        with ledger.pool.connection() as connection:
            row = connection.execute(
                "SELECT books.keep_cosignature(%s, %s, %s, %s)",
                (book, size, signature.name, signature.line),
            ).fetchone()
    except psycopg.errors.ForeignKeyViolation:
        raise CheckpointRefused("no-such-checkpoint") from None
    return row is not None and bool(row[0])


# -- reading

_KEPT = "SELECT c.book, c.size, c.root, c.recorded_at, c.note FROM books.checkpoint c "


def last_checkpoint(
    connection: Connection, book: SealedBook, *, at_most: int | None = None
) -> Kept | None:
    """The newest checkpoint of a book with its cosignatures, or the newest of at most a size."""
    return _one(
        connection,
        _KEPT
        + "WHERE c.book = %s AND (%s::bigint IS NULL OR c.size <= %s) ORDER BY c.size DESC LIMIT 1",
        (book, at_most, at_most),
    )


def checkpoint_from(connection: Connection, book: SealedBook, size: int) -> Kept | None:
    """The first checkpoint that counts at least so many events."""
    return _one(
        connection,
        _KEPT + "WHERE c.book = %s AND c.size >= %s ORDER BY c.size LIMIT 1",
        (book, size),
    )


def checkpoint_of(connection: Connection, book: SealedBook, size: int) -> Kept | None:
    """The checkpoint of exactly this size."""
    return _one(connection, _KEPT + "WHERE c.book = %s AND c.size = %s", (book, size))


def _one(connection: Connection, statement: str, values: Sequence[object]) -> Kept | None:
    row = connection.execute(statement.encode(), values).fetchone()
    if row is None:
        return None
    book, size, root, recorded_at, note = row
    lines = connection.execute(
        "SELECT line FROM books.cosignature WHERE book = %s AND size = %s ORDER BY name",
        (book, size),
    ).fetchall()
    cosignatures = [parse_signature(line.removesuffix("\n")) for (line,) in lines]
    signed = with_cosignatures(parse_note(note), cosignatures)
    return Kept(book, size, bytes(root), recorded_at, signed)
