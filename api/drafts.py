"""`/drafts/{key}`: what somebody has not finished writing, for that person alone (design D2).

A draft may be one of a counselling note: body and name are encrypted, it is overwritten and
deleted, no event and no line of any log speaks of it. One that says which student it is about is
encrypted under that student's note key too, and so ends with it (docs/decisions/erasure.md).
"""

import hashlib
import hmac
from collections.abc import Collection
from typing import Annotated, Any, LiteralString
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Response

from api.acting import Acting, read_json
from api.house import House
from api.http import Raw
from api.problems import BodyTooLarge
from api.seeing import student_seen
from api.viewer import SignedIn, TheHouse
from domain.refusal import NotFound
from domain.student import StudentIsErased
from ledger import encryption
from ledger.ledger import Ledger

router = APIRouter(prefix="/drafts", tags=["drafts"])

#: Bytes of a draft.
LARGEST = 256 * 1024

Key = Annotated[str, Path(min_length=1, max_length=200, description="草稿的名稱，自訂")]

About = Annotated[
    UUID | None,
    Query(description="草稿所寫的學生；註明者於該生資料依法刪除時一併刪除。"),
]
#: Sets the associated data of a draft about a student apart.
_ABOUT = b"/student"

#: Of a holder in doubt the drafts from before lie behind (`api.doubt`).
_OPEN: LiteralString = (
    "(behind = 0 OR NOT EXISTS (SELECT FROM desk.credential c"
    " WHERE c.account = owner AND c.doubted_until > clock_timestamp()))"
)

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


@router.put("/{key}", status_code=204, openapi_extra=_BODY)
def put_draft(
    house: TheHouse, viewer: SignedIn, key: Key, body: Raw, student_id: About = None
) -> Response:
    """儲存草稿：任何 JSON，最多 256 KB，取代先前的草稿。"""
    if student_id is not None:
        student_seen(Acting(house, viewer), student_id)
    version = keep(house, viewer.account_id, key, body, student_id)
    return Response(status_code=204, headers={"ETag": f'"{version}"'})


@router.get("/{key}", response_model=None)
def get_draft(house: TheHouse, viewer: SignedIn, key: Key) -> Response:
    """讀取自己的草稿。"""
    version, body = kept(house, viewer.account_id, key)
    return Response(
        orjson.dumps(body), media_type="application/json", headers={"ETag": f'"{version}"'}
    )


@router.delete("/{key}", status_code=204)
def delete_draft(house: TheHouse, viewer: SignedIn, key: Key) -> Response:
    """刪除自己的草稿。"""
    drop(house, viewer.account_id, key)
    return Response(status_code=204)


def keep(house: House, owner: UUID, key: str, body: bytes, student: UUID | None = None) -> int:
    """Overwrites a draft, where given about a student; returns its version.

    Raises `BodyTooLarge`, `BodyNotValid`, `StudentIsErased`.
    """
    if len(body) > LARGEST:
        raise BodyTooLarge
    secret, name = _secret(house, owner, key)
    content = read_json(body)
    where = name.hex().encode()
    if student is not None:
        inner = _of_student(house.ledger, owner, student, name)
        if inner is None:
            raise StudentIsErased
        nonce = house.ledger.entropy.draw(owner, "draft", encryption.NONCE_BYTES)
        about = encryption.encrypt(inner, nonce, where, content)
        content, where = {"student_id": student, "text": about}, where + _ABOUT
    nonce = house.ledger.entropy.draw(owner, "draft", encryption.NONCE_BYTES)
    text = encryption.encrypt(secret, nonce, where, content)
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO desk.draft AS d (owner, key, version, body) VALUES (%s, %s, 1, %s)"
            " ON CONFLICT (owner, key, behind)"
            " DO UPDATE SET version = d.version + 1, body = excluded.body RETURNING version",
            (owner, name, text.encode()),
        ).fetchone()
    assert row is not None
    return int(row[0])


def kept(house: House, owner: UUID, key: str) -> tuple[int, Any]:
    """The version and body of a draft. Raises `NotFound`, also where its student was erased."""
    secret, name = _secret(house, owner, key)
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            f"SELECT version, body FROM desk.draft WHERE owner = %s AND key = %s AND {_OPEN}"
            " ORDER BY behind = 0 DESC, behind DESC LIMIT 1",
            (owner, name),
        ).fetchone()
    if row is None:
        raise NotFound
    student, content = _opened(house.ledger, owner, name, secret, bytes(row[1]))
    if content is None and student is not None:
        raise NotFound
    return row[0], content


def drop(house: House, owner: UUID, key: str) -> None:
    """Deletes a draft, where there is one."""
    _, name = _secret(house, owner, key)
    with house.ledger.pool.connection() as connection:
        connection.execute(
            f"DELETE FROM desk.draft WHERE owner = %s AND key = %s AND {_OPEN}", (owner, name)
        )


def _secret(house: House, owner: UUID, key: str) -> tuple[bytes, bytes]:
    """The key of a draft and the name it lies under, both of the owner's author key."""
    author = house.ledger.keyring.key("account.author", owner)
    if author is None:
        raise NotFound
    name = hmac.digest(encryption.expand(author, b"igp-draft-name/1"), key.encode(), hashlib.sha256)
    return encryption.expand(author, b"igp-draft/1" + name), name


def _of_student(ledger: Ledger, owner: UUID, student: UUID, name: bytes) -> bytes | None:
    """The key of a draft about a student; None where the student's note key was destroyed."""
    pair = ledger.keyring.note_key(owner, student)
    return None if pair is None else encryption.expand(pair, b"igp-draft/1" + name)


def _opened(
    ledger: Ledger, owner: UUID, name: bytes, secret: bytes, stored: bytes
) -> tuple[UUID | None, Any]:
    """Whom a draft is about, where it says so, and its body; None where that cannot be opened."""
    where, text = name.hex().encode(), stored.decode()
    try:
        said = encryption.decrypt(secret, where + _ABOUT, text)
    except encryption.NotAuthentic:
        return None, encryption.decrypt(secret, where, text)
    student = UUID(said["student_id"])
    inner = _of_student(ledger, owner, student, name)
    return student, None if inner is None else encryption.decrypt(inner, where, said["text"])


def drop_about(ledger: Ledger, student: UUID, words: Collection[str]) -> None:
    """Deletes, for an order of erasure, the drafts of anybody that are about the student or hold
    one of these words (the ids by which a student is known). Nobody is told of any."""
    with ledger.pool.connection() as connection:
        rows = connection.execute("SELECT owner, key, version, body FROM desk.draft").fetchall()
        for owner, name, version, stored in rows:
            author = ledger.keyring.key("account.author", owner)
            if author is None:
                continue
            name = bytes(name)
            secret = encryption.expand(author, b"igp-draft/1" + name)
            try:
                about, content = _opened(ledger, owner, name, secret, bytes(stored))
            except encryption.NotAuthentic:
                # What nobody can open holds nobody back from an erasure.
                continue
            text = orjson.dumps(content).decode()
            if about == student or any(word in text for word in words):
                # What was written over meanwhile is another draft.
                connection.execute(
                    "DELETE FROM desk.draft WHERE owner = %s AND key = %s AND version = %s",
                    (owner, name, version),
                )
