"""Trees, maps, signed notes and checkpoints, written from docs/formats/sealing.md for the tests.

As slow and as literal as the definitions, so that a mistake of the product is not made here too.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOTHING = bytes(32)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def canonical(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


# -- tree


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, over hashes of leaves, as it is defined there."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*inclusion(index, leaves[:split]), tree_root(leaves[split:])]
    return [*inclusion(index - split, leaves[split:]), tree_root(leaves[:split])]


# -- map


@dataclass(frozen=True)
class Entry:
    key: bytes
    count: int
    last: bytes

    def bit(self, depth: int) -> int:
        return self.key[depth // 8] >> (7 - depth % 8) & 1


def map_hash(entries: Sequence[Entry], depth: int = 0) -> bytes:
    if not entries:
        return NOTHING
    if len(entries) == 1:
        [one] = entries
        return sha(b"\0", one.key, one.count.to_bytes(8, "big"), one.last)
    halves = [[one for one in entries if one.bit(depth) == side] for side in (0, 1)]
    return sha(b"\1", *(map_hash(half, depth + 1) for half in halves))


def map_proof(key: bytes, entries: Sequence[Entry]) -> tuple[list[bytes], Entry | None]:
    """The siblings from the root down, and the entry in which the path ends."""
    siblings: list[bytes] = []
    wanted, left = Entry(key, 0, b""), list(entries)
    while len(left) > 1:
        depth = len(siblings)
        halves = [[one for one in left if one.bit(depth) == side] for side in (0, 1)]
        side = wanted.bit(depth)
        siblings.append(map_hash(halves[1 - side], depth + 1))
        left = halves[side]
    return siblings, (left[0] if left else None)


# -- notes


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key with a name, as C2SP has it. `algorithm` 4 makes cosignatures."""

    name: str
    seed: bytes
    algorithm: int = 1

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    @property
    def _public(self) -> bytes:
        return bytes([self.algorithm]) + self.public

    @property
    def key(self) -> str:
        return f"{self.name}+{self._id.hex()}+{b64(self._public)}"

    @property
    def _id(self) -> bytes:
        return sha(f"{self.name}\n".encode(), self._public)[:4]

    def line(self, text: str, time: int = 1_700_000_000) -> str:
        signed, stamp = text.encode(), b""
        if self.algorithm == 4:
            signed = f"cosignature/v1\ntime {time}\n".encode() + signed
            stamp = time.to_bytes(8, "big")
        signature = self._private.sign(signed)
        return f"— {self.name} {b64(self._id + stamp + signature)}\n"

    def note(self, text: str, *others: "Signer") -> bytes:
        lines = [signer.line(text) for signer in (self, *others)]
        return f"{text}\n{''.join(lines)}".encode()

    def checkpoint(self, leaves: Sequence[bytes], *others: "Signer") -> bytes:
        return self.note(f"{self.name}\n{len(leaves)}\n{b64(tree_root(leaves))}\n", *others)


WITNESS = Signer("witness.example", bytes([9]) * 32, 4)


def consistency(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.2."""
    return _subproof(old, leaves, True)


def _subproof(old: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if known else [tree_root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*_subproof(old, leaves[:split], known), tree_root(leaves[split:])]
    return [*_subproof(old - split, leaves[split:], False), tree_root(leaves[:split])]
