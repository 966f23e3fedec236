"""What somebody does with a proof that the ledger gave, by the rules of docs/formats/sealing.md and
with nothing of the code that made it but the names of its parts."""

import base64
import hashlib
from collections.abc import Iterable

from ledger.scopes import Entry, MapProof
from ledger.signed_note import Proof, parse_note

HASH_BYTES = 32
NOTHING = bytes(HASH_BYTES)


class WrongProof(Exception):
    """A proof that does not lead to the root, or has not the form of one."""


def parse_proof(text: str) -> Proof:
    """A `tlog-proof` without `extra`. Raises `WrongProof`, and `BadNote` for its checkpoint."""
    head, blank, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if not blank or header != "c2sp.org/tlog-proof@v1":
        raise WrongProof("this is no tlog-proof of version 1")
    word, _, index = lines[0].partition(" ") if lines else ("", "", "")
    if word != "index" or not index.isascii() or not index.isdecimal() or str(int(index)) != index:
        raise WrongProof("the second line is the index")
    path = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
    if any(len(one) != HASH_BYTES for one in path):
        raise WrongProof("a hash of a proof has 32 bytes")
    return Proof(int(index), path, parse_note(note))


def chain_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The last hash of a scope whose events have these leaf hashes, in their order."""
    last = NOTHING
    for one in leaf_hashes:
        last = hashlib.sha256(b"igp-chain/1" + last + one).digest()
    return last


def check_map_proof(proof: MapProof, root: bytes) -> Entry | None:
    """The key's entry, or None where it is proved to have none. Raises `WrongProof`."""
    depth = len(proof.siblings)
    if len(proof.key) != HASH_BYTES or depth > HASH_BYTES * 8:
        raise WrongProof("a key of the map has 256 bits")
    if any(len(one) != HASH_BYTES for one in proof.siblings):
        raise WrongProof("a hash has 32 bytes")
    if depth and proof.siblings[-1] == NOTHING:
        raise WrongProof("a subtree of one entry is not divided")
    found = NOTHING
    if proof.entry is not None:
        if any(_bit(proof.entry.key, at) != _bit(proof.key, at) for at in range(depth)):
            raise WrongProof("the entry does not stand on the way to the key")
        packed = proof.entry.key + proof.entry.count.to_bytes(8, "big") + proof.entry.last
        found = hashlib.sha256(b"\x00" + packed).digest()
    for at in reversed(range(depth)):
        sibling = proof.siblings[at]
        pair = sibling + found if _bit(proof.key, at) else found + sibling
        found = hashlib.sha256(b"\x01" + pair).digest()
    if found != root:
        raise WrongProof("the proof does not lead to the root of the map")
    return proof.found


def _bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1
