"""Does every uploaded file lie there as its event says? (docs/formats/file.md)"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from replay.verify.keyfiles import DamagedKey, KeyFiles, name_of
from replay.verify.report import Finding

Connection = psycopg.Connection[Any]

#: The events that name a file; those of a school's own scan have no student, and the file has a key
#: of its own.
_OF_SCHOOL = "school-document.added.v1"
TOPICS = ("annual-goal.plan-file-added.v1", "document.added.v1", _OF_SCHOOL)
_FORM, _FORM_OF_BOTH, _NONCE = b"\x01", b"\x02", 12


def broken_files(connection: Connection, keys: KeyFiles | None) -> Iterator[Finding]:
    """Files that are missing, altered or of another record, and files that no event names.

    With `keys` each is opened as well; one whose key was destroyed is erased, and nothing is said.
    """
    named: set[UUID] = set()
    rows = connection.execute(
        "SELECT position, stream_id, subject, topic, body FROM books.records"
        " WHERE topic = ANY(%s) ORDER BY position",
        (list(TOPICS),),
    ).fetchall()
    for position, stream, subject, topic, body in rows:
        file_id, due, size = _said(bytes(body))
        if file_id is None:
            # A body that says no such thing is a finding of its own.
            continue
        named.add(file_id)
        whose = "document" if topic == _OF_SCHOOL else "student"
        owner = file_id if topic == _OF_SCHOOL else subject
        kind = _wrong(connection, keys, file_id, (stream, owner), whose, due, size)
        if kind is not None:
            yield Finding("records", None, position, kind, f"檔案 {file_id} {_WORDS[kind]}")
    for (file_id,) in connection.execute("SELECT file_id FROM books.files ORDER BY 1"):
        if file_id not in named:
            message = f"檔案 {file_id} 沒有對應的紀錄"
            yield Finding("files", None, None, "file-unknown", message)


_WORDS = {
    "file-missing": "的內容不存在",
    "file-altered": "的內容遭變更，與紀錄的摘要值不符",
    "file-moved": "被改掛到別的紀錄或學生",
    "file-unreadable": "無法以它的金鑰開啟，或大小與紀錄不符",
}


def _said(body: bytes) -> tuple[UUID | None, Any, Any]:
    """The file that an event names, the digest its stored bytes must have, and its size."""
    try:
        fields = json.loads(body)
        return UUID(fields["file_id"]), fields["stored_sha256"], fields["size"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, None, None


def _wrong(
    connection: Connection,
    keys: KeyFiles | None,
    file_id: UUID,
    place: tuple[UUID, UUID],
    whose: str,
    due: Any,
    size: Any,
) -> str | None:
    """What is wrong with one file, as a kind of finding."""
    row = connection.execute(
        "SELECT stream_id, subject, body FROM books.files WHERE file_id = %s",
        (file_id,),
        binary=True,
    ).fetchone()
    if row is None:
        return "file-missing"
    stored = bytes(row[2])
    if hashlib.sha256(stored).hexdigest() != due:
        return "file-altered"
    if (row[0], row[1]) != place:
        return "file-moved"
    if keys is not None and not _opens(
        keys, _names(whose, file_id, place[1], stored), (file_id, place[1]), stored, size
    ):
        return "file-unreadable"
    return None


def _names(whose: str, file_id: UUID, subject: UUID, stored: bytes) -> tuple[str, ...]:
    """The files of the keys that it takes: of a student's scan its own beside the student's."""
    names = (name_of(whose, subject, "record"),)
    own = stored[:1] == _FORM_OF_BOTH
    return (*names, name_of("document", file_id, "record")) if own else names


def _opens(
    keys: KeyFiles, names: tuple[str, ...], place: tuple[UUID, UUID], stored: bytes, size: Any
) -> bool:
    """`names` are of the keys' files, `place` the file and whose it is."""
    file_id, subject = place
    try:
        extracted = keys.extracted(*names)
    except DamagedKey:
        # Named where the event itself is opened.
        return True
    if extracted is None:
        return True
    info = b"igp-file/1" + file_id.bytes
    key = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
    nonce, text = stored[1 : 1 + _NONCE], stored[1 + _NONCE :]
    known = stored[:1] in (_FORM, _FORM_OF_BOTH)
    where = f"igp-file/{stored[0]}\n{subject}\n{file_id}\n".encode() if known else b""
    try:
        return known and len(AESGCM(key).decrypt(nonce, text, where)) == size
    except (InvalidTag, ValueError):
        return False
