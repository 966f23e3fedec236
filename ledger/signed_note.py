"""Signed notes, checkpoints, proofs and cosignatures in the text forms of C2SP. Pure.

Sources: c2sp.org/signed-note, tlog-checkpoint, tlog-proof and tlog-cosignature (version 1), with
Ed25519 throughout. What has not exactly the form is refused with `BadNote`, whose message says what
is wrong and never repeats the text.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.encryption import expand
from ledger.merkle import HASH_BYTES

ED25519, COSIGNATURE = 0x01, 0x04
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
#: What a verifier must accept is 16; nobody has so many witnesses.
MOST_SIGNATURES = 64

_SIGNING_INFO = b"igp-signing/1"
_DASH = "— "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE_BYTES, _TIME_BYTES = 64, 8
_LAST_TIME = 2**63 - 1


class BadNote(Exception):
    """A note, checkpoint, proof, key or signature has not its form, or was not made by the key."""


@dataclass(frozen=True)
class Signature:
    """A signature line: whose it says it is, the id of the key (4 bytes), and what was made."""

    name: str
    key_id: bytes
    made: bytes

    @property
    def line(self) -> str:
        """The line with its line feed."""
        return f"{_DASH}{self.name} {_encode(self.key_id + self.made)}\n"


@dataclass(frozen=True)
class Note:
    """A text that ends with a line feed, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(one.line for one in self.signatures)


@dataclass(frozen=True)
class Checkpoint:
    """The three lines that a checkpoint of ours has: origin, size and root of the tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"


@dataclass(frozen=True)
class Proof:
    """A `tlog-proof` without `extra`: a leaf's index, its path from the leaf up, a checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note

    def __str__(self) -> str:
        path = "".join(f"{_encode(one)}\n" for one in self.path)
        return f"{PROOF_HEADER}\nindex {self.index}\n{path}\n{self.checkpoint}"


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name: `kind` is that of a log's notes or of a witness' cosignatures."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 of the name, a line feed, the kind and the key."""
        raw = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(raw).digest()[:4]

    def __str__(self) -> str:
        """`<name>+<key id in hex>+<base64 of kind and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(bytes([self.kind]) + self.public)}"

    def check(self, note: Note) -> None:
        """Raises `BadNote` where this log's key did not sign the note, or one of its signatures
        is false."""
        own = self._own(note)
        if not own:
            raise BadNote(f"the note is not signed by {self.name}")
        for one in own:
            self._verify(one.made, note.text.encode())

    def cosigned_at(self, note: Note) -> int | None:
        """When this witness cosigned the checkpoint, in seconds since 1970; None where it did not.

        Raises `BadNote` where a cosignature of its is false.
        """
        times = []
        for one in self._own(note):
            if len(one.made) != _TIME_BYTES + _SIGNATURE_BYTES:
                raise BadNote("a cosignature has 72 bytes")
            seconds = int.from_bytes(one.made[:_TIME_BYTES], "big")
            if seconds > _LAST_TIME:
                raise BadNote("a cosignature has an impossible time")
            self._verify(one.made[_TIME_BYTES:], _cosigned(note.text, seconds))
            times.append(seconds)
        return max(times, default=None)

    def _own(self, note: Note) -> list[Signature]:
        return [
            one for one in note.signatures if (one.name, one.key_id) == (self.name, self.key_id)
        ]

    def _verify(self, made: bytes, message: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(made, message)
        except (InvalidSignature, ValueError):
            raise BadNote(f"the signature of {self.name} is false") from None


class Signer:
    """Signs the notes of one log, whose name is its origin."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """The note with one signature. Raises `BadNote` for a text that cannot be one."""
        _check_text(text)
        made = self._private.sign(text.encode())
        return Note(text, (Signature(self.key.name, self.key.key_id, made),))


class Cosigner:
    """Signs checkpoints of others, as a witness that saw them grow."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, private.public_key().public_bytes_raw(), COSIGNATURE)

    def cosign(self, text: str, seconds: int) -> Signature:
        """A cosignature over the text of a checkpoint, at a time in seconds since 1970."""
        made = seconds.to_bytes(_TIME_BYTES, "big") + self._private.sign(_cosigned(text, seconds))
        return Signature(self.key.name, self.key.key_id, made)


def signing_key(extracted: bytes) -> Ed25519PrivateKey:
    """The private key of the ledger from its house key `signing`, as the keyring gives it: after
    HKDF-Extract (docs/formats/sealing.md)."""
    return Ed25519PrivateKey.from_private_bytes(expand(extracted, _SIGNING_INFO))


# -- reading


def parse_note(note: str) -> Note:
    """Raises `BadNote`. Whether a signature is true is asked of a `VerifierKey`."""
    text, blank, lines = note.rpartition("\n\n")
    if not blank:
        raise BadNote("a note has a blank line before its signatures")
    text += "\n"
    _check_text(text)
    if not lines.endswith("\n"):
        raise BadNote("a note ends with a line feed")
    signatures = tuple(parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise BadNote("a note has too many signatures")
    return Note(text, signatures)


def parse_signature(line: str) -> Signature:
    """A signature line without its line feed. Raises `BadNote`."""
    if not line.startswith(_DASH):
        raise BadNote("a signature line begins with a dash and a space")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space:
        raise BadNote("a signature line has a name and a signature")
    _check_name(name)
    raw = _decode(encoded)
    if len(raw) < 5:
        raise BadNote("a signature has a key id and at least one byte")
    return Signature(name, raw[:4], raw[4:])


def parse_checkpoint(note: Note) -> Checkpoint:
    """What a checkpoint says: of three lines, as ours are. Raises `BadNote`."""
    lines = note.text.split("\n")
    if len(lines) != 4 or not lines[0]:
        raise BadNote("a checkpoint has three lines")
    root = _decode(lines[2])
    if len(root) != HASH_BYTES:
        raise BadNote("the root of a checkpoint has 32 bytes")
    return Checkpoint(lines[0], _number(lines[1]), root)


def parse_key(text: str) -> VerifierKey:
    """A verifier key of a log or of a witness. Raises `BadNote`."""
    # The base64 may hold a plus, the name may not.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _decode(encoded)
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise BadNote("this is no Ed25519 verifier key of a log or a witness")
    key = VerifierKey(name, raw[1:], raw[0])
    if key_id != key.key_id.hex():
        raise BadNote("the id of a verifier key is not that of its name and key")
    return key


def hash_lines(hashes: Iterable[bytes]) -> str:
    """Hashes in base64, each with a line feed."""
    return "".join(f"{_encode(one)}\n" for one in hashes)


def with_cosignatures(note: Note, lines: Sequence[Signature]) -> Note:
    return Note(note.text, (*note.signatures, *lines))


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise BadNote("the text of a note ends with a line feed")
    if any(character < " " and character != "\n" for character in text):
        raise BadNote("a note has no control characters")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(one.isspace() or one < " " for one in name):
        raise BadNote("the name of a key has neither space nor plus")


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadNote("a number is written in decimal digits without leading zeros")
    return int(text)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    """Raises `BadNote` for anything but the one way to write these bytes."""
    try:
        raw = binascii.a2b_base64(text.encode(), strict_mode=True)
    except ValueError:
        raw = b""
    if not raw or _encode(raw) != text:
        raise BadNote("this is not base64 in its one way of writing")
    return raw
