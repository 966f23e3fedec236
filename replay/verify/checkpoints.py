"""Are the signed checkpoints those of the books, the kept ones and those kept elsewhere?

docs/formats/sealing.md: `books.checkpoint` and `books.cosignature`; whoever keeps a checkpoint
outside can see a book that was rolled back or written anew, even by the holder of the signing key.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from replay.verify.proofs import Checkpoint, SignedNote, VerifierKey
from replay.verify.report import Finding
from replay.verify.tree import Roots

Connection = psycopg.Connection[Any]

BOOKS = ("records", "access")
_FETCHED = 2_000


@dataclass(frozen=True)
class Outside:
    """What somebody brings from elsewhere, as text and bytes in the forms of C2SP.

    `keys` are published verifier keys, `checkpoints` signed checkpoints that were kept, `witnesses`
    the verifier keys of witnesses. `ValueError` says that one is not in its form (zh-TW).
    """

    keys: tuple[str, ...] = ()
    checkpoints: tuple[bytes, ...] = ()
    witnesses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (*self.keys, *self.witnesses):
            VerifierKey.read(text)
        for raw in self.checkpoints:
            Checkpoint.read(raw)


class Checkpoints:
    """Asks for the roots before the books are read, compares them afterwards."""

    def __init__(self, roots: Roots, signing: bytes | None, outside: Outside) -> None:
        """`signing` is the extracted house key `signing`, where it is at hand."""
        self._roots = roots
        self._origin = ""
        self._kept = [Checkpoint.read(raw) for raw in outside.checkpoints]
        self._witnesses = {key.name: key for key in map(VerifierKey.read, outside.witnesses)}
        self._public = _public(signing, outside)
        #: How many are kept.
        self.count = 0
        #: The witnesses named of whom no checkpoint that is kept has a cosignature.
        self.absent = set(self._witnesses)

    def ask(self, connection: Connection) -> None:
        """Asks for the roots at the sizes of all checkpoints, those brought along first."""
        self._origin = _origin(connection)
        for one in self._kept:
            place = self._place(one.origin)
            if place is not None:
                self._roots.ask(*place, one.size)
        for book, size in connection.execute("SELECT book, size FROM books.checkpoint"):
            self.count += 1
            self._roots.ask(book, None, size)

    @property
    def signed(self) -> bool:
        """Whether there was a key to check the signatures with."""
        return self._public is not None

    def stored(self, connection: Connection, map_roots: set[int]) -> Iterator[Finding]:
        """Checkpoints and cosignatures kept in the database that do not agree with the books."""
        with connection.cursor(name="verify_checkpoint", binary=True) as cursor:
            cursor.itersize = _FETCHED
            cursor.execute(
                "SELECT book, size, root, note, recorded_at FROM books.checkpoint ORDER BY 1, 2"
            )
            # The time must be one that can be read. It is signed by nobody and proves nothing, and
            # a clock that was set back, or stood still meanwhile, is no attack.
            for book, size, root, note, _ in cursor:
                wrong = [*self._row(book, size, bytes(root), note)]
                there = self._roots.at(book, None, size) is not None
                if book == "records" and there and size not in map_roots:
                    wrong.append(("checkpoint", "檢查點不在對照表的紀錄上"))
                for kind, message in wrong:
                    yield Finding("checkpoint", None, size, kind, f"{book} {message}")
        yield from self._cosignatures(connection)

    def _row(self, book: str, size: int, root: bytes, note: str) -> Iterator[tuple[str, str]]:
        """Kind and message of what one checkpoint itself tells."""
        try:
            read = Checkpoint.read(note.encode())
        except ValueError:
            yield "checkpoint", "檢查點的文件不符格式"
            return
        if (read.origin, read.size, read.root) != (f"{self._origin}/{book}", size, root):
            yield "checkpoint", "檢查點的文件與欄位不符，或屬於另一個紀錄簿"
        if not self._is_signed(read):
            yield "checkpoint-signature", "檢查點的簽章無效"
        found = self._differs(book, None, size, root)
        if found is not None:
            yield found

    def _differs(
        self, book: str, owner: str | None, size: int, root: bytes
    ) -> tuple[str, str] | None:
        """Kind and message where the ledger is not the one of which the root was signed."""
        at = self._roots.at(book, owner, size)
        if at is None:
            last = self._roots.sizes.get((book, owner), 0)
            message = f"只剩 {last} 筆，檢查點已簽到第 {size} 筆：較新的紀錄遭移除，或紀錄簿被回復"
            return "rolled-back", message
        if at != root:
            return "checkpoint-root", f"第 1 至 {size} 筆的內容與檢查點所簽的不同"
        return None

    def _cosignatures(self, connection: Connection) -> Iterator[Finding]:
        rows = connection.execute(
            "SELECT s.book, s.size, s.name, s.line, c.note FROM books.cosignature s"
            " LEFT JOIN books.checkpoint c USING (book, size) ORDER BY 1, 2, 3"
        )
        for book, size, name, line, note in rows:
            message = f"{book} 檢查點上 {name} 的副署"
            try:
                both = SignedNote.read(f"{note}{line}".encode()) if note is not None else None
            except ValueError:
                both = None
            if both is None or both.signatures[-1][0] != name:
                text = f"{message}不符格式"
                yield Finding("cosignature", None, size, "cosignature", text)
            elif name in self._witnesses:
                self.absent.discard(name)
                if not self._witnesses[name].signed(both):
                    text = f"{message}無效，見證者簽的不是這個檢查點"
                    yield Finding("cosignature", None, size, "cosignature", text)

    def brought(self) -> Iterator[Finding]:
        """Checkpoints that somebody kept elsewhere and that are of no beginning of their ledger."""
        for one in self._kept:
            yield from self._brought(one)

    def _brought(self, one: Checkpoint) -> Iterator[Finding]:
        place = self._place(one.origin)
        if place is None or not self._is_signed(one):
            message = "留存的檢查點屬於另一個紀錄簿，或簽章無效"
            yield Finding("checkpoint", None, one.size, "kept-checkpoint", message)
            return
        book, owner = place
        found = self._differs(book, owner, one.size, one.root)
        if found is not None:
            kind, message = found
            kind = "two-histories" if kind == "checkpoint-root" else kind
            whose = None if owner is None else UUID(owner)
            text = f"{message}（與留存的檢查點比對）"
            yield Finding(book, whose, one.size, kind, text)

    def _is_signed(self, one: Checkpoint) -> bool:
        """True as well where there is no key to tell."""
        return self._public is None or VerifierKey(one.origin, 1, self._public).signed(one.note)

    def _place(self, origin: str) -> tuple[str, str | None] | None:
        """The book, and the author, of which an origin is; None where it is not of this ledger."""
        prefix, book = f"{self._origin}/", origin[len(self._origin) + 1 :]
        if not self._origin or not origin.startswith(prefix):
            return None
        if book in BOOKS:
            return book, None
        if not book.startswith("notes/"):
            return None
        try:
            return "notes", str(UUID(book[6:]))
        except ValueError:
            return None


def _origin(connection: Connection) -> str:
    """What the names of this ledger's checkpoints begin with, empty where it has no beginning."""
    row = connection.execute("SELECT body FROM books.records WHERE position = 1").fetchone()
    try:
        said: Any = json.loads(bytes(row[0])) if row else {}
        kind = "igp-ledger-simulated" if said["clock"] == "simulated" else "igp-ledger"
        return f"{kind}/{UUID(said['event_id'])}"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""


def _public(signing: bytes | None, outside: Outside) -> bytes | None:
    """The public key: the published one, else that of the folder; None where there is neither.

    One key signs for all origins, so whichever origin was published, it is the same.
    """
    for text in outside.keys:
        return VerifierKey.read(text).public
    if signing is None:
        return None
    seed = hmac.digest(signing, b"igp-signing/1\x01", sha256)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
