"""Tree hashes and inclusion proofs (RFC 6962), signed notes and checkpoints (C2SP), map proofs.

docs/formats/sealing.md says how. Part of the single file in every evidence bundle, so it needs the
standard library and `cryptography` alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: The hash of a map's subtree without an entry, and the beginning of every chain.
NOTHING = bytes(32)
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ED25519, _COSIGNATURE = 1, 4


def H(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_text(book: str, owner: str, line: Mapping[str, Any]) -> bytes:
    """The nine lines before the body of a leaf (leaf.md)."""
    where = (line["position"], line["stream_id"], line["stream_version"], line["topic"])
    rest = (line["subject"] or "-", line["recorded_at"])
    return "".join(f"{part}\n" for part in ("igp-event/1", book, owner, *where, *rest)).encode()


def root_by_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an RFC 6962 inclusion proof leads to; None where its length is wrong."""
    at, last, root = index, size - 1, leaf
    if not 0 <= index < size:
        return None
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = H(b"\1", sibling, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = H(b"\1", root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def entry_hash(key: bytes, count: int, last: bytes) -> bytes:
    return H(b"\0", key, count.to_bytes(8, "big"), last)


def map_root(key: bytes, bottom: bytes, siblings: Sequence[bytes]) -> bytes:
    """The root that a path of siblings, from the root down, leads to."""
    bits = int.from_bytes(key, "big")
    for depth in reversed(range(len(siblings))):
        right = bits >> (255 - depth) & 1
        pair = (siblings[depth], bottom) if right else (bottom, siblings[depth])
        bottom = H(b"\1", *pair)
    return bottom


# -- signed notes, checkpoints (C2SP)


@dataclass(frozen=True)
class VerifierKey:
    """`<name>+<key id in hex>+<base64(algorithm ‖ public key)>`."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def read(cls, text: str) -> VerifierKey:
        """Raises `ValueError`."""
        name, _, coded = text.split("+", 2)
        raw = base64.b64decode(coded, validate=True)
        made = cls(name, raw[0] if raw else 0, raw[1:])
        if (
            len(made.public) != 32
            or made.algorithm not in (_ED25519, _COSIGNATURE)
            or str(made) != text
        ):
            raise ValueError("公開金鑰的格式不正確")
        return made

    @property
    def id(self) -> bytes:
        return H(f"{self.name}\n".encode(), bytes([self.algorithm]), self.public)[:4]

    def __str__(self) -> str:
        coded = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{coded}"

    def signed(self, note: SignedNote) -> bool:
        """Whether a signature of this key stands under the note, and every one of it is good."""
        found = False
        for name, key_id, signature in note.signatures:
            if (name, key_id) != (self.name, self.id):
                continue
            text = note.text.encode()
            if self.algorithm == _COSIGNATURE:
                if len(signature) != 72:
                    return False
                time = int.from_bytes(signature[:8], "big")
                signature, text = signature[8:], f"cosignature/v1\ntime {time}\n".encode() + text
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
            except InvalidSignature:
                return False
            found = True
        return found


@dataclass(frozen=True)
class SignedNote:
    """A text and the signatures under it, each a name, a key id and bytes."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]

    @classmethod
    def read(cls, raw: bytes) -> SignedNote:
        """Raises `ValueError`."""
        text, gap, lines = raw.decode("utf-8").rpartition("\n\n")
        signatures = []
        if not gap or not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text):
            raise ValueError("不是簽章文件")
        for line in lines[:-1].split("\n"):
            dash, name, coded = line.split(" ")
            signature = base64.b64decode(coded, validate=True)
            again = base64.b64encode(signature).decode()
            if dash != "—" or not name or "+" in name or len(signature) < 5 or again != coded:
                raise ValueError("簽章行的格式不正確")
            signatures.append((name, signature[:4], signature[4:]))
        return cls(text + "\n", signatures)


@dataclass(frozen=True)
class Checkpoint:
    """Origin, size and root of a tree, and the note that says so."""

    origin: str
    size: int
    root: bytes
    note: SignedNote

    @classmethod
    def read(cls, raw: bytes) -> Checkpoint:
        """Raises `ValueError`."""
        note = SignedNote.read(raw)
        origin, size, root, *rest = note.text.split("\n")
        if rest != [""] or not origin or not _SIZE.fullmatch(size):
            raise ValueError("不是檢查點")
        return cls(origin, int(size), unb64(root, 32), note)


def unb64(text: Any, size: int | None = None) -> bytes:
    """The bytes of a base64 text with padding. Raises `ValueError`."""
    raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    if base64.b64encode(raw).decode() != text or size not in (None, len(raw)):
        raise ValueError("不是 base64")
    return raw


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
