"""`/drafts/{key}`: what somebody has not finished writing, for that person alone (design D2).

A draft may be one of a counselling note: body and name are encrypted, it is overwritten and
deleted, no event and no line of any log speaks of it.
"""

import hashlib
import hmac
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Response

from api.acting import read_json
from api.house import House
from api.http import Raw
from api.problems import BodyTooLarge
from api.viewer import SignedIn, TheHouse
from domain.refusal import NotFound
from ledger import encryption

router = APIRouter(prefix="/drafts", tags=["drafts"])

#: Bytes of a draft.
LARGEST = 256 * 1024

Key = Annotated[str, Path(min_length=1, max_length=200, description="草稿的名稱，自訂")]

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


@router.put("/{key}", status_code=204, openapi_extra=_BODY)
def put_draft(house: TheHouse, viewer: SignedIn, key: Key, body: Raw) -> Response:
    """儲存草稿：任何 JSON，最多 256 KB，取代先前的草稿。"""
    version = keep(house, viewer.account_id, key, body)
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


def keep(house: House, owner: UUID, key: str, body: bytes) -> int:
    """Overwrites a draft; returns its version. Raises `BodyTooLarge`, `BodyNotValid`."""
    if len(body) > LARGEST:
        raise BodyTooLarge
    secret, name = _secret(house, owner, key)
    nonce = house.ledger.entropy.draw(owner, "draft", encryption.NONCE_BYTES)
    text = encryption.encrypt(secret, nonce, name.hex().encode(), read_json(body))
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO desk.draft AS d (owner, key, version, body) VALUES (%s, %s, 1, %s)"
            " ON CONFLICT (owner, key)"
            " DO UPDATE SET version = d.version + 1, body = excluded.body RETURNING version",
            (owner, name, text.encode()),
        ).fetchone()
    assert row is not None
    return int(row[0])


def kept(house: House, owner: UUID, key: str) -> tuple[int, Any]:
    """The version and body of a draft. Raises `NotFound`."""
    secret, name = _secret(house, owner, key)
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT version, body FROM desk.draft WHERE owner = %s AND key = %s", (owner, name)
        ).fetchone()
    if row is None:
        raise NotFound
    return row[0], encryption.decrypt(secret, name.hex().encode(), bytes(row[1]).decode())


def drop(house: House, owner: UUID, key: str) -> None:
    """Deletes a draft, where there is one."""
    _, name = _secret(house, owner, key)
    with house.ledger.pool.connection() as connection:
        connection.execute("DELETE FROM desk.draft WHERE owner = %s AND key = %s", (owner, name))


def _secret(house: House, owner: UUID, key: str) -> tuple[bytes, bytes]:
    """The key of a draft and the name it lies under, both of the owner's author key."""
    author = house.ledger.keyring.key("account.author", owner)
    if author is None:
        raise NotFound
    name = hmac.digest(encryption.expand(author, b"igp-draft-name/1"), key.encode(), hashlib.sha256)
    return encryption.expand(author, b"igp-draft/1" + name), name
