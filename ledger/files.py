"""The bytes of uploaded files: encrypted at rest, beside the events (docs/formats/file.md).

A file lies in `books.files`, which nobody changes or empties. Its key comes from the student's
record key and the file's id, so that whoever destroys that key erases the file too (design D11). A
school's own scan names several students: it has a record key of its own, and is its own subject. A
student's scan has both: it ends with the student, and by an order of its own.
"""

import hashlib
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.database import Connection
from ledger.encryption import NONCE_BYTES, NotAuthentic, expand
from ledger.recorder import Beside

_FORM = b"\x01"
#: Of a scan that has a key beside the student's.
_FORM_OF_BOTH = b"\x02"
_INFO = b"igp-file/1"


class Place(NamedTuple):
    """The record that a file belongs to, and the student; of a school's own scan the file."""

    stream_id: UUID
    subject: UUID


def encrypt_file(
    extracted: bytes,
    nonce: bytes,
    subject: UUID,
    file_id: UUID,
    content: bytes,
    *,
    of_both: bool = False,
) -> bytes:
    """The bytes as they are stored.

    `extracted` is the student's record key as the keyring gives it, `nonce` 12 random bytes; with
    `of_both` it is the key that the student's and the scan's own make together.
    """
    key = expand(extracted, _INFO + file_id.bytes)
    form = _FORM_OF_BOTH if of_both else _FORM
    return form + nonce + AESGCM(key).encrypt(nonce, content, _where(form, subject, file_id))


def is_of_both(stored: bytes) -> bool:
    """Whether the key of these stored bytes is made of the student's and the scan's own."""
    return stored[:1] == _FORM_OF_BOTH


def decrypt_file(extracted: bytes, subject: UUID, file_id: UUID, stored: bytes) -> bytes:
    """The content of a stored file. Raises `NotAuthentic`."""
    key = expand(extracted, _INFO + file_id.bytes)
    nonce, text = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    try:
        if stored[:1] not in (_FORM, _FORM_OF_BOTH):
            raise InvalidTag
        return AESGCM(key).decrypt(nonce, text, _where(stored[:1], subject, file_id))
    except (InvalidTag, ValueError):
        raise NotAuthentic(f"file {file_id}") from None


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def keep(file_id: UUID, place: Place, stored: bytes) -> Beside:
    """For `beside`: the file comes into the book with the event that names it."""

    def insert(connection: Connection) -> None:
        connection.execute(
            "SELECT books.keep_file(%s, %s, %s, %s)",
            (file_id, place.stream_id, place.subject, stored),
            binary=True,
        )

    return insert


def place_of(connection: Connection, file_id: UUID) -> Place | None:
    """Where a file belongs, or None where there is none."""
    row = connection.execute(
        "SELECT stream_id, subject FROM books.files WHERE file_id = %s", (file_id,)
    ).fetchone()
    return None if row is None else Place(*row)


def stored_bytes(connection: Connection, file_id: UUID) -> bytes | None:
    """The bytes as they are stored, or None where there are none."""
    row = connection.execute(
        "SELECT body FROM books.files WHERE file_id = %s", (file_id,), binary=True
    ).fetchone()
    return None if row is None else bytes(row[0])


def _where(form: bytes, subject: UUID, file_id: UUID) -> bytes:
    return f"igp-file/{form[0]}\n{subject}\n{file_id}\n".encode()
