"""The keys: files outside PostgreSQL, wrapped by the master key (design D11).

A student has from creation two random keys, `record` and `note`; an account two, `record` and
`author`; a scan that a programme asks for one, `record`. The keys of the house (tokens, national
IDs, signing, scopes) are files of their own. A key is on the disk, fsynced with its folder, before
the first event that needs it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.encryption import extract
from ledger.entropy import Entropy

Kind = Literal[
    "student.record", "student.note", "account.record", "account.author", "document.record"
]
HouseKey = Literal["token", "national-id", "signing", "scope"]

_FORM = b"\x01"
_KEY_BYTES = 32
#: The form and the nonce, before what is wrapped.
_HEAD_BYTES = 13
_CACHED = 50_000


class KeysError(Exception):
    """The keys cannot be used as they are; the message says what to do."""


class Keyring:
    """The keys of one ledger in a folder of mode 0700.

    Raises `KeysError` where the master key is not the one that wrapped them.
    """

    def __init__(self, folder: Path, master: bytes, entropy: Entropy) -> None:
        if len(master) != _KEY_BYTES:
            raise KeysError("主金鑰檔必須是 32 個位元組的金鑰，請檢查 IGP_MASTER_KEY_FILE。")
        self._folder = folder
        # Joined as text: this is asked for every field that is opened.
        self._root = f"{folder}/"
        self._master = AESGCM(master)
        self._entropy = entropy
        self._cache: dict[tuple[str, ...], bytes] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in ("student", "account", "document", "house"):
            (folder / part).mkdir(exist_ok=True, mode=0o700)
        _fsync_folder(folder)

    def create_student(self, student: UUID, by: UUID) -> None:
        """Makes the two keys of a new student; returns when they are durable."""
        self._create(
            by, [self._name("student.record", student), self._name("student.note", student)]
        )

    def create_account(self, account: UUID, by: UUID) -> None:
        """Makes the two keys of a new account; returns when they are durable."""
        self._create(
            by, [self._name("account.record", account), self._name("account.author", account)]
        )

    def create_document(self, document: UUID, by: UUID) -> None:
        """Makes the key of one scan; returns when it is durable."""
        self._create(by, [self._name("document.record", document)])

    def destroy_student(self, student: UUID) -> bool:
        """Removes the two keys of a student for good, whatever was removed before; whether one was
        there. Returns when that is durable."""
        return self._destroy(
            [self._name("student.record", student), self._name("student.note", student)]
        )

    def destroy_account(self, account: UUID) -> bool:
        """The same for the two keys of an account."""
        return self._destroy(
            [self._name("account.record", account), self._name("account.author", account)]
        )

    def destroy_document(self, document: UUID) -> bool:
        """The same for the key of one scan."""
        return self._destroy([self._name("document.record", document)])

    def key(self, kind: Kind, owner: UUID) -> bytes | None:
        """The extracted 32-byte key, or None where it was destroyed or never existed."""
        return self._extracted(self._name(kind, owner))

    def note_key(self, author: UUID, student: UUID) -> bytes | None:
        """The extracted key of an author's notes about a student, from both keys together."""
        return self._extracted(
            self._name("account.author", author), self._name("student.note", student)
        )

    def scan_key(self, student: UUID, document: UUID) -> bytes | None:
        """The extracted key of a student's scan, from the student's key and its own together: it
        ends with either."""
        return self._extracted(
            self._name("student.record", student), self._name("document.record", document)
        )

    def stands(self, kind: Kind, owner: UUID) -> bool:
        """Whether the key is there now, whoever destroyed it."""
        return os.access(self._root + self._name(kind, owner), os.F_OK)

    def _extracted(self, *names: str) -> bytes | None:
        # Another process may have destroyed one: what is remembered is served while its files are
        # there (docs/decisions/erasure.md).
        known = self._cache.get(names)
        if known is not None and self._there(names):
            return known
        raw = [self._read(name) for name in names]
        if None in raw:
            self._cache.pop(names, None)
            return None
        known = extract(b"".join(part or b"" for part in raw))
        self._remember(names, known)
        return known

    def house(self, name: HouseKey) -> bytes:
        """A key of the house, made on first use."""
        file = f"house/{name}.key"
        known = self._cache.get((file,))
        if known is None:
            raw = self._read(file)
            if raw is None:
                self._create(UUID(int=0), [file])
                raw = self._read(file)
                assert raw is not None
            known = extract(raw)
            self._remember((file,), known)
        return known

    def forget(self) -> None:
        """Empties the cache, so that a destroyed key is gone from this process's memory too."""
        self._cache.clear()

    def forget_destroyed(self) -> None:
        """Drops from the cache what has no file any more."""
        for names in list(self._cache):
            if not self._there(names):
                self._cache.pop(names, None)

    def _there(self, names: tuple[str, ...]) -> bool:
        for name in names:  # noqa: SIM110  (a generator would be most of the cost)
            if not os.access(self._root + name, os.F_OK):
                return False
        return True

    @staticmethod
    @lru_cache(maxsize=_CACHED)
    def _name(kind: Kind, owner: UUID) -> str:
        whose, which = kind.split(".")
        identity = str(owner)
        return f"{whose}/{identity[:2]}/{identity}.{which}"

    def _remember(self, names: tuple[str, ...], key: bytes) -> None:
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        self._cache[names] = key

    def _read(self, name: str) -> bytes | None:
        try:
            stored = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            # Without its path, which says whose it is.
            raise KeysError(
                "金鑰檔無法讀取，請確認金鑰資料夾所在的磁碟正常，且執行程式的帳號有讀取的權限。"
            ) from None
        try:
            if stored[:1] != _FORM or len(stored) <= _HEAD_BYTES:
                raise InvalidTag
            return self._master.decrypt(stored[1:_HEAD_BYTES], stored[_HEAD_BYTES:], name.encode())
        except InvalidTag:
            raise KeysError(
                "金鑰無法以目前的主金鑰開啟，請確認 IGP_MASTER_KEY_FILE 是這個資料夾原來的主金鑰。"
            ) from None

    def _destroy(self, names: list[str]) -> bool:
        there = False
        with self._alone():
            for name in names:
                path = self._folder / name
                # What a crash left while it was made holds the same key.
                for file in (path, path.with_name(path.name + ".part")):
                    there |= file.exists()
                    file.unlink(missing_ok=True)
                # Also where nothing was there: a crash may have come before the folder was safe.
                if path.parent.exists():
                    _fsync_folder(path.parent)
                self._cache.pop((name,), None)
        self.forget_destroyed()
        return there

    def _create(self, by: UUID, names: list[str]) -> None:
        with self._alone():
            self._create_alone(by, names)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One maker of keys at a time, in this process and all others."""
        descriptor = os.open(self._folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _create_alone(self, by: UUID, names: list[str]) -> None:
        folders = set()
        for name in names:
            path = self._folder / name
            if not path.parent.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                folders.add(path.parent.parent)
            nonce = os.urandom(12)
            secret = self._entropy.draw(by, "key", _KEY_BYTES)
            wrapped = _FORM + nonce + self._master.encrypt(nonce, secret, name.encode())
            part = path.with_name(path.name + ".part")
            # What a crash left may be one file with the finished key: removed, never written to.
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(wrapped)
                    stream.flush()
                    os.fsync(stream.fileno())
                # A link, not a rename: a key that is already there is never replaced.
                os.link(part, path)
            except FileExistsError:
                pass
            finally:
                part.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            _fsync_folder(folder)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def master_key(file: Path, *, create: bool) -> bytes:
    """The 32-byte master key in the file; with `create` it is made on first use (mode 0600)."""
    if not file.exists():
        if not create:
            raise KeysError(f"找不到主金鑰檔 {file.name}，請設定 IGP_MASTER_KEY_FILE。")
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(os.urandom(_KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        _fsync_folder(file.parent)
    return file.read_bytes()
