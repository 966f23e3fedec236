"""How a field is encrypted. The stored form is final (design D11, docs/formats/encrypted-field.md).

A field is `base64(nonce ‖ AES-256-GCM(plaintext) ‖ tag)` without padding characters, held as
`{"#": "..."}`. The plaintext is one byte of form and canonical JSON, filled up with spaces to a
multiple of 32 bytes, so that its length does not tell `male` from `female`.
"""

import base64
import hashlib
import hmac
import zlib
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

#: The key of the JSON object that stands for an encrypted value.
MARK = "#"
NONCE_BYTES = 12
_PLAIN, _DEFLATED = b"\x00", b"\x01"
_BLOCK = 32
_INFO = b"igp-event/1"


class NotAuthentic(Exception):
    """A ciphertext does not open under its key and place. Stop and run `igp replay verify`."""


def canonical(value: Any) -> bytes:
    """The bytes of a value as the books store it: JSON in UTF-8 with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=_fields)


def _fields(value: Any) -> Any:
    """A model inside a value, by its fields; a decimal number as its digits."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no stored form")


def extract(material: bytes) -> bytes:
    """HKDF-Extract (RFC 5869) with SHA-256 and no salt; 32 bytes, worth keeping for a key."""
    return hmac.digest(bytes(32), material, hashlib.sha256)


def expand(extracted: bytes, info: bytes) -> bytes:
    """HKDF-Expand (RFC 5869) to 32 bytes."""
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def event_key(extracted: bytes, event_id: UUID) -> bytes:
    """The key of one event: HKDF(key of its subject, "igp-event/1" ‖ event id)."""
    return expand(extracted, _INFO + event_id.bytes)


def commitment(key: bytes) -> str:
    """SHA-256("igp-commit" ‖ event key), for GCM alone does not bind a text to its key."""
    return _encode(hashlib.sha256(b"igp-commit" + key).digest())


def check_commitment(key: bytes, stored: str) -> None:
    """Raises `NotAuthentic` where a body commits to another key than the one that opens it."""
    if commitment(key) != stored:
        raise NotAuthentic("commitment")


def place(book: str, stream: UUID | str, version: int, topic: str, field: str) -> bytes:
    """The associated data of a field: where it stands, so that it cannot be moved elsewhere."""
    return within(event_place(book, stream, version, topic), field)


def event_place(book: str, stream: UUID | str, version: int, topic: str) -> bytes:
    """What `place` says of all fields of one event alike."""
    return f"igp-field/1\n{book}\n{stream}\n{version}\n{topic}\n".encode()


def within(event: bytes, field: str) -> bytes:
    """The `place` of a field, given that of its event."""
    return b"%b%b\n" % (event, field.encode())


class Cipher:
    """A key made ready, for whoever has several values under it."""

    __slots__ = ("_gcm",)

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)

    def encrypt(self, nonce: bytes, where: bytes, value: Any, least: int = 0) -> str:
        """Encrypts a JSON value; `nonce` is 12 bytes never used before with this key.

        The plaintext is filled up to at least `least` bytes, a multiple of 32.
        """
        plain = canonical(value)
        text = _PLAIN + plain
        if len(plain) > 2 * _BLOCK:
            squeezer = zlib.compressobj(level=6, wbits=-15)
            squeezed = _DEFLATED + squeezer.compress(plain) + squeezer.flush()
            text = min(text, squeezed, key=len)
        text += b" " * (-len(text) % _BLOCK)
        text = text.ljust(least)
        return _encode(nonce + self._gcm.encrypt(nonce, text, where))

    def decrypt(self, where: bytes, stored: str) -> Any:
        """The JSON value of an encrypted field. Raises `NotAuthentic`."""
        try:
            raw = _decode(stored)
            text = self._gcm.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], where)
        except (InvalidTag, ValueError):
            raise NotAuthentic(where.decode().replace("\n", " ")) from None
        if text[:1] == _DEFLATED:
            return orjson.loads(zlib.decompressobj(wbits=-15).decompress(text[1:]))
        return orjson.loads(text[1:])


def encrypt(key: bytes, nonce: bytes, where: bytes, value: Any) -> str:
    """`Cipher.encrypt` of a single value."""
    return Cipher(key).encrypt(nonce, where, value)


def decrypt(key: bytes, where: bytes, stored: str) -> Any:
    """`Cipher.decrypt` of a single value. Raises `NotAuthentic`."""
    return Cipher(key).decrypt(where, stored)


def digest_of(stored: str) -> str:
    """SHA-256 of a ciphertext in hex: what a row's hash holds instead of the value."""
    return hashlib.sha256(_decode(stored)).hexdigest()


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
