"""A witness: keeps the last checkpoint that it saw of each log, and cosigns only what continues it.

It is run by another office than the ledger, and needs no database. What it answers is settled by
C2SP `tlog-witness` and `tlog-cosignature` version 1; the pages of `igp.witness_app` carry it.

In its folder lie `witness.key` (0600), `seen/<digest of the origin>`: the last checkpoint that was
cosigned, and `evidence/`: what was signed by a log and does not continue what it signed before.
"""

import binascii
import fcntl
import hashlib
import os
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.durable import new_file, replace_file, sync_folder
from ledger.merkle import HASH_BYTES, ProofError, check_consistency
from ledger.signed_note import (
    COSIGNATURE,
    BadNote,
    Checkpoint,
    Cosigner,
    Note,
    VerifierKey,
    hash_lines,
    parse_checkpoint,
    parse_note,
)

#: How long a request may be, in bytes, and of how many lines its proof may be.
MOST_BYTES = 1 << 16
MOST_LINES = 63
#: How many pieces of evidence of a kind are kept: the disk is not filled by one log that lies.
MOST_EVIDENCE = 1000

_PRIVATE = "PRIVATE+KEY+"

log = structlog.get_logger("igp.witness")


class WitnessError(Exception):
    """The witness cannot work in this folder; the message (zh-TW) says what to do."""


@dataclass(frozen=True)
class Request:
    """What a log submits: the size that it believes was cosigned last, the path from there, and
    its checkpoint as a signed note."""

    old: int
    path: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        return f"old {self.old}\n{hash_lines(self.path)}\n{self.note}"


@dataclass(frozen=True)
class Answer:
    """The answer to a submission: an HTTP status and its text."""

    status: int
    text: str
    size: bool = False
    """Whether the text is the size that was cosigned last (`text/x.tlog.size`)."""


def read_request(body: bytes) -> Request:
    """Raises `BadNote` for what has not exactly the form."""
    try:
        head, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise BadNote("a submission is text in UTF-8") from None
    first, *lines = head.split("\n")
    number = first.removeprefix("old ")
    sound = number.isascii() and number.isdecimal() and str(int(number)) == number
    if not blank or not first.startswith("old ") or len(number) > 18 or not sound:
        raise BadNote("a submission begins with the old size")
    if len(lines) > MOST_LINES:
        raise BadNote("a path has at most 63 hashes")
    return Request(int(number), tuple(_hash(line) for line in lines), parse_note(note))


class Witness:
    """Answers submissions, one at a time. Only one process may work in a folder.

    `clock` gives the seconds since 1970 that stand in a cosignature. Raises `WitnessError`.
    """

    def __init__(
        self,
        folder: Path,
        cosigner: Cosigner,
        logs: Sequence[VerifierKey],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = cosigner.key
        self._cosigner = cosigner
        self._logs: dict[str, list[VerifierKey]] = {}
        for key in logs:
            self._logs.setdefault(key.name, []).append(key)
        self._clock = clock
        self._seen, self._evidence = folder / "seen", folder / "evidence"
        for one in (folder, self._seen, self._evidence):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder)
        self._turn = threading.Lock()
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise WitnessError(
                f"{folder} 正由另一個見證程式使用。請先停止它，或指定另一個資料夾。"
            ) from None

    def close(self) -> None:
        os.close(self._lock)

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log that was cosigned. Raises `WitnessError`."""
        note = self._last(origin)
        return None if note is None else parse_checkpoint(note)

    def add(self, body: bytes) -> Answer:
        """Cosigns a checkpoint that continues the last one, and keeps it before it answers.

        In the order of `tlog-witness`: is the log known (404), did it sign (403), is the old size
        possible (400) and the one that was cosigned last (409), is the tree of that size the
        same (409), does the new one begin with it (422).
        """
        try:
            asked = read_request(body)
            said = parse_checkpoint(asked.note)
        except BadNote as error:
            return Answer(400, f"{error}\n")
        keys = self._logs.get(said.origin)
        if keys is None:
            return Answer(404, "this log is not known here\n")
        if not any(_signed_by(key, asked.note) for key in keys):
            return Answer(403, "no signature of this log\n")
        if asked.old > said.size:
            return Answer(400, "the old size is larger than the checkpoint\n")
        with self._turn:
            return self._add(asked, said)

    def _add(self, asked: Request, said: Checkpoint) -> Answer:
        kept = self._last(said.origin)
        last = None if kept is None else parse_checkpoint(kept)
        size = 0 if last is None else last.size
        if last is not None and said.size < size:
            self._keep_evidence("smaller", asked, kept)
        if last is not None and said.size == size and said.root != last.root:
            # Whatever old size it names: two histories were signed.
            self._keep_evidence("two-histories", asked, kept)
            return Answer(409, f"{size}\n", size=True)
        if asked.old != size:
            return Answer(409, f"{size}\n", size=True)
        if last is None and asked.path:
            return Answer(422, "from nothing there is no path\n")
        if last is not None:
            try:
                check_consistency(last.size, last.root, said.size, said.root, asked.path)
            except ProofError as error:
                if said.size > size:
                    self._keep_evidence("unproven", asked, kept)
                return Answer(422, f"{error}\n")
        replace_file(self._path(said.origin), str(asked.note).encode())
        signature = self._cosigner.cosign(asked.note.text, int(self._clock()))
        log.info("witness.cosigned", origin=said.origin, size=said.size)
        return Answer(200, signature.line)

    def _last(self, origin: str) -> Note | None:
        path = self._path(origin)
        try:
            note = parse_note(path.read_text(encoding="utf-8"))
            if parse_checkpoint(note).origin != origin:
                raise BadNote("another log")
        except FileNotFoundError:
            return None
        except (BadNote, UnicodeDecodeError):
            raise WitnessError(
                f"{path} 的內容不正確，無法知道最後見證到哪裡。請由備份還原這個檔案；不要刪除它。"
            ) from None
        return note

    def _path(self, origin: str) -> Path:
        return self._seen / hashlib.sha256(origin.encode()).hexdigest()

    def _keep_evidence(self, kind: str, asked: Request, kept: Note | None) -> None:
        """Both signed notes and the path, in a file named by what it is and what it holds.

        `two-histories` shows by itself that the log lied. `smaller` and `unproven` are what a book
        that was rolled back sends too, and need the log's own explanation.
        """
        said = parse_checkpoint(asked.note)
        log.error(f"witness.{kind}", origin=said.origin, size=said.size)
        text = f"{kind}\n\n{asked}\n{kept}".encode()
        # Of one checkpoint one file, whatever path was sent with it.
        digest = hashlib.sha256(asked.note.text.encode()).hexdigest()
        path = self._evidence / f"{kind}-{said.size}-{digest[:16]}.txt"
        # Each kind by itself: anybody may send the log's old checkpoints until the room is full.
        if path.exists() or sum(1 for _ in self._evidence.glob(f"{kind}-*")) >= MOST_EVIDENCE:
            return
        replace_file(path, text)


def witness_key(file: Path, name: str | None) -> Cosigner:
    """The key in the file, made with `name` on first use (mode 0600) and durable then.

    It is written as C2SP `signed-note` suggests: `PRIVATE+KEY+<name>+<key id>+<base64>`. Raises
    `WitnessError`.
    """
    if not file.exists():
        if name is None:
            raise WitnessError(
                "第一次使用請以 --name 指定見證單位的名稱，例如 witness.example.gov.tw。"
            )
        private = Ed25519PrivateKey.generate()
        try:
            made = Cosigner(name, private)
        except BadNote:
            raise WitnessError("見證單位的名稱不可有空白或加號。") from None
        raw = b64encode(bytes([COSIGNATURE]) + private.private_bytes_raw()).decode()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.unlink(missing_ok=True)
        with new_file(part) as stream:
            stream.write(f"{_PRIVATE}{name}+{made.key.key_id.hex()}+{raw}\n".encode())
        part.rename(file)
        sync_folder(file.parent)
        return made
    text = file.read_text(encoding="utf-8").strip()
    kept, _, rest = text.removeprefix(_PRIVATE).partition("+")
    try:
        raw_key = b64decode(rest.partition("+")[2], validate=True)
        if not text.startswith(_PRIVATE) or raw_key[:1] != bytes([COSIGNATURE]):
            raise ValueError
        found = Cosigner(kept, Ed25519PrivateKey.from_private_bytes(raw_key[1:]))
    except (ValueError, BadNote):
        raise WitnessError(f"{file} 不是見證的金鑰。請由備份還原這個檔案。") from None
    if name is not None and name != kept:
        raise WitnessError(f"{file} 的金鑰屬於 {kept}；金鑰與名稱不能分開，請以原來的名稱啟動。")
    return found


def _signed_by(key: VerifierKey, note: Note) -> bool:
    try:
        key.check(note)
    except BadNote:
        return False
    return True


def _hash(line: str) -> bytes:
    try:
        raw = binascii.a2b_base64(line.encode(), strict_mode=True)
    except ValueError:
        raw = b""
    if len(raw) != HASH_BYTES or b64encode(raw).decode() != line:
        raise BadNote("a line of a path is a hash in base64")
    return raw
