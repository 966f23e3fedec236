"""Opens the files of a key folder with the master key (docs/formats/keys.md).

A file holds `0x01 ‖ nonce (12) ‖ AES-256-GCM(key) ‖ tag (16)` under the master key, with its own
name below the folder as associated data.
"""

import hashlib
import hmac
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORM = b"\x01"
_KEPT = 50_000
#: The account in whose name the program acts; its keys are the first that are made.
_SYSTEM = UUID(int=0)


class KeysUnusable(Exception):
    """The master key does not open this folder; the message (zh-TW) says what to do."""


class DamagedKey(Exception):
    """A key file does not open; `args[0]` is its name below the folder."""


class KeyFiles:
    """The keys of students and accounts, read from a folder and never written.

    Raises `KeysUnusable` where the master key is of another folder, `OSError` where it cannot be
    read.
    """

    def __init__(self, folder: Path, master_key_file: Path) -> None:
        master = master_key_file.read_bytes()
        if len(master) != 32:
            raise KeysUnusable("主金鑰檔必須是 32 個位元組，請確認指定的檔案。")
        self._folder = folder
        self._master = AESGCM(master)
        self._kept: dict[tuple[str, ...], bytes | None] = {}
        try:
            self.extracted(name_of("account", _SYSTEM, "record"))
        except DamagedKey:
            raise KeysUnusable("主金鑰打不開這個金鑰資料夾，請確認兩者屬於同一個紀錄簿。") from None

    def extracted(self, *names: str) -> bytes | None:
        """HKDF-Extract (RFC 5869, SHA-256, salt of 32 zero bytes) of the named keys in a row.

        None where one of them is not there. Raises `DamagedKey`.
        """
        if names not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            raw = [self._read(name) for name in names]
            whole = None if None in raw else b"".join(part or b"" for part in raw)
            self._kept[names] = (
                None if whole is None else hmac.digest(bytes(32), whole, hashlib.sha256)
            )
        return self._kept[names]

    def _read(self, name: str) -> bytes | None:
        try:
            stored = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            # A folder of that name, or a file that may not be read.
            raise DamagedKey(name) from None
        try:
            if stored[:1] != _FORM:
                raise InvalidTag
            return self._master.decrypt(stored[1:13], stored[13:], name.encode())
        except (InvalidTag, ValueError):
            raise DamagedKey(name) from None


def name_of(whose: str, who: UUID, which: str) -> str:
    """The name of a key's file: `account/00/00000000-….record`."""
    return f"{whose}/{str(who)[:2]}/{who}.{which}"
