"""What somebody does who holds the database, and perhaps the signing key: books written anew.

Everything is made from docs/formats, so that a forged book is as right as it can be.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from replay.verify import KeyFiles
from replay.verify.proofs import Checkpoint
from tests.replay.sealing_maker import (
    NOTHING,
    Entry,
    Signer,
    b64,
    consistency,
    map_hash,
    sha,
    tree_root,
)
from tests.replay.tampering import Books, canonical

MAP_ROOT = "ledger.map-root.v1"
_ROWS = """
    SELECT position, stream_id::text, stream_version, topic, subject::text, body,
           to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    FROM books.{} ORDER BY position
"""


class Forger:
    """Acts as a superuser. With `key` checkpoints are signed with the ledger's own key."""

    def __init__(self, books: Books, *, key: bool) -> None:
        self.books = books
        keys = KeyFiles(books.filled.keys, books.filled.master)
        scope, signing = (keys.extracted(f"house/{name}.key") for name in ("scope", "signing"))
        assert scope is not None
        assert signing is not None
        self._scope = scope
        own = hmac.digest(signing, b"igp-signing/1\x01", sha256)
        self._seed = own if key else bytes(32)

    # -- the book as it lies there

    def leaves(self, book: str = "records") -> list[bytes]:
        with self.books.superuser() as connection:
            rows = connection.execute(_ROWS.format(book).encode()).fetchall()
        return [leaf(book, row) for row in rows]

    def checkpoint(self, book: str = "records") -> bytes | None:
        """The newest one that is kept here."""
        query = "SELECT note FROM books.checkpoint WHERE book = %s ORDER BY size DESC LIMIT 1"
        with self.books.superuser() as connection:
            row = connection.execute(query.encode(), (book,)).fetchone()
        return None if row is None else str(row[0]).encode()

    def submission(self, old: int) -> bytes | None:
        """The newest checkpoint as it is sent to a witness (C2SP `tlog-witness`), with the best
        path that these books can show."""
        note = self.checkpoint()
        if note is None:
            return None
        size = Checkpoint.read(note).size
        path = consistency(old, self.leaves()[:size]) if 0 < old <= size else []
        lines = "".join(f"{b64(one)}\n" for one in path)
        return f"old {old}\n{lines}\n".encode() + note

    # -- writing it anew

    def seal_anew(self, maps: Mapping[int, bytes] | None = None) -> None:
        """Makes every map's root and every checkpoint fit the events that lie there now.

        `maps` are bodies of maps' roots that stay as they are, by position.
        """
        sizes = self._sizes()
        leaves: list[bytes] = []
        chains: dict[bytes, Entry] = {}
        waiting: list[tuple[int, str, str, bytes]] = []
        with self.books.superuser() as connection:
            rows = connection.execute(_ROWS.format("records").encode()).fetchall()
        for row in rows:
            position, _, _, topic, subject, body, _ = row
            if topic == MAP_ROOT:
                said = json.loads(bytes(body))
                for at, student, noun, hashed in list(waiting):
                    if at <= said["covers"]:
                        waiting.remove((at, student, noun, hashed))
                        self._chain(chains, student, noun, hashed)
                said.update(scopes=len(chains), root=map_hash(list(chains.values())).hex())
                body = (maps or {}).get(position, canonical(said))
                row = (*row[:5], body, row[6])
                self.books.tamper(
                    "UPDATE books.records SET body = %(body)s WHERE position = %(at)s",
                    {"body": body, "at": position},
                )
            leaves.append(leaf("records", row))
            if subject is not None:
                waiting.append((position, subject, topic.partition(".")[0], leaves[-1]))
        self.books.tamper("DELETE FROM books.checkpoint WHERE book = 'records'")
        for size in sizes:
            if size <= len(leaves):
                self._sign(size, leaves[:size])

    def _sizes(self) -> list[int]:
        with self.books.superuser() as connection:
            rows = connection.execute(
                "SELECT size FROM books.checkpoint WHERE book = 'records' ORDER BY size"
            ).fetchall()
        return [size for (size,) in rows]

    def _sign(self, size: int, leaves: list[bytes]) -> None:
        note = Signer(self.origin, self._seed).checkpoint(leaves).decode()
        self.books.act(
            "INSERT INTO books.checkpoint SELECT 'records', %(size)s, %(root)s, recorded_at,"
            " %(note)s FROM books.records WHERE position = %(size)s",
            {"size": size, "root": tree_root(leaves), "note": note},
        )

    @property
    def public(self) -> bytes:
        """The public key of the ledger, where the key is held."""
        return Signer(self.origin, self._seed).public

    @property
    def origin(self) -> str:
        body = bytes(self.books.one("SELECT body FROM books.records WHERE position = 1"))
        return f"igp-ledger-simulated/{json.loads(body)['event_id']}/records"

    def _chain(self, chains: dict[bytes, Entry], student: str, noun: str, hashed: bytes) -> None:
        info = b"igp-scope/1" + UUID(student).bytes + b"\x01"
        key = hmac.digest(hmac.digest(self._scope, info, sha256), noun.encode(), sha256)
        was = chains.get(key, Entry(key, 0, NOTHING))
        chains[key] = Entry(key, was.count + 1, sha(b"igp-chain/1", was.last, hashed))


def leaf(book: str, row: Any) -> bytes:
    position, stream, version, topic, subject, body, at = row
    parts = ("igp-event/1", book, "-", position, stream, version, topic, subject or "-", at)
    return sha(b"\0", "".join(f"{part}\n" for part in parts).encode(), bytes(body))
