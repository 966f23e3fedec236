"""Proofs that others check without us: checkpoints, consistency, inclusion, the verifier keys.

All answers are text in the public forms of docs/formats/sealing.md. Those of `records` are for
every account; those of `access` for the county's named auditors; those of a ledger of notes for its
author, over that ledger alone, computed from the book when they are asked for.
"""

import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.audit import record_notes_read, record_read
from api.doubt import HolderInDoubt
from api.house import House
from api.problems import Unavailable
from api.viewer import SignedIn, TheHouse, Viewer
from domain.account import Role
from domain.refusal import NotFound, NotValid
from ledger.checkpoints import Kept, SealedBook, Signing, checkpoint_from, last_checkpoint
from ledger.database import Connection
from ledger.leaf import leaf_hash, leaf_of
from ledger.merkle import Leaves
from ledger.signed_note import Note, Proof, hash_lines
from projections import directory, tree
from projections.seen_records import seen_record

router = APIRouter(tags=["ledger"])

#: The duty by which an account of the authority is one of the county's named auditors.
AUDITOR = "稽核"

#: How long a proof waits for the checkpoint of an event that was just recorded, in seconds.
PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 0.05

_MEDIA_TYPE = "text/plain; charset=utf-8"
_TEXT: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
}
_From = Annotated[int, Query(alias="from", ge=0, description="較早的檢查點的筆數")]
_To = Annotated[int, Query(ge=0, description="較新的檢查點的筆數")]


@router.get("/ledger/key", **_TEXT)
def get_key(house: TheHouse, viewer: SignedIn) -> Response:
    """檢查點的驗證金鑰（C2SP verifier key），一行一個；請與機關公布的比對。"""
    signing = Signing(house.ledger)
    origins = [
        signing.origin("records"),
        signing.origin("access"),
        signing.notes_origin(viewer.account_id),
    ]
    return _text("".join(f"{signing.key(origin)}\n" for origin in origins))


@router.get("/ledger/records/checkpoint", **_TEXT)
def get_records_checkpoint(house: TheHouse, viewer: SignedIn) -> Response:
    """紀錄簿最近的簽署檢查點（C2SP tlog-checkpoint），含見證者的副署。"""
    return _checkpoint(house, viewer, "records")


@router.get("/ledger/records/consistency", **_TEXT)
def get_records_consistency(house: TheHouse, viewer: SignedIn, from_: _From, to: _To) -> Response:
    """兩個檢查點一致的證明：後者的紀錄以前者的開始。一行一個雜湊值（base64）。"""
    return _consistency(house, viewer, "records", from_, to)


@router.get("/ledger/access/checkpoint", **_TEXT)
def get_access_checkpoint(house: TheHouse, viewer: SignedIn) -> Response:
    """查閱紀錄簿最近的簽署檢查點；僅供主管機關指定的稽核人員。"""
    _permit_auditor(house, viewer)
    return _checkpoint(house, viewer, "access")


@router.get("/ledger/access/consistency", **_TEXT)
def get_access_consistency(house: TheHouse, viewer: SignedIn, from_: _From, to: _To) -> Response:
    """查閱紀錄簿兩個檢查點一致的證明；僅供主管機關指定的稽核人員。"""
    _permit_auditor(house, viewer)
    return _consistency(house, viewer, "access", from_, to)


@router.get("/ledger/notes/checkpoint", **_TEXT)
def get_notes_checkpoint(house: TheHouse, viewer: SignedIn) -> Response:
    """本人晤談與輔導紀錄簿的簽署檢查點；只有本人能取得。"""
    leaves = _own_leaves(house, viewer)
    return _text(str(_own_checkpoint(house, viewer, leaves)))


@router.get("/ledger/notes/consistency", **_TEXT)
def get_notes_consistency(house: TheHouse, viewer: SignedIn, from_: _From, to: _To) -> Response:
    """本人晤談與輔導紀錄簿兩個檢查點一致的證明。"""
    leaves = _own_leaves(house, viewer)
    _check_sizes(from_, to, len(leaves))
    return _text(hash_lines(leaves.consistency(from_, to)))


@router.get("/records/{record_id}/proof", **_TEXT)
def get_proof(house: TheHouse, viewer: SignedIn, record_id: UUID) -> Response:
    """一筆資料最新的紀錄在紀錄簿中的證明（C2SP tlog-proof）。"""
    return _text(str(proof_of(house, viewer, record_id)))


def proof_of(house: House, viewer: Viewer, record_id: UUID) -> Proof:
    """The proof of a record's newest event; its reading is recorded.

    Raises `NotFound` for what the viewer may not see and for nothing alike, and `Unavailable`
    where no checkpoint counts the event yet.
    """
    with viewer.looking(house) as connection:
        seen = seen_record(connection, record_id)
        if seen is None and not _own_positions(connection, viewer, record_id):
            raise NotFound
    if seen is None:
        record_notes_read(house, viewer, "notes/proof", [record_id])
        return _own_proof(house, viewer, record_id)
    held = viewer.held_for(seen.student, None)
    record_read(house, viewer, "records/proof", [seen.student], record_id=record_id, held=held)
    position = _newest(house, record_id, seen.version)
    with viewer.looking(house) as connection:
        kept = _sealed(connection, position)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while kept is None:
        if time.monotonic() > deadline:
            raise Unavailable
        time.sleep(_LOOK_SECONDS)
        with viewer.looking(house) as connection:
            kept = _sealed(connection, position)
    with viewer.looking(house) as connection:
        path = tree.inclusion(connection, "records", position - 1, kept.size)
    return Proof(position - 1, tuple(path), kept.note)


def _sealed(connection: Connection, position: int) -> Kept | None:
    return checkpoint_from(connection, "records", position)


def _newest(house: House, record: UUID, version: int) -> int:
    """The position of the newest event of a record, which has at least this version."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT max(s.position) FROM books.stream_records(NULL, %s, %s) s",
            (record, version - 1),
        ).fetchone()
    if row is None or row[0] is None:
        raise NotFound
    return int(row[0])


# -- the shared books


def _permit_auditor(house: House, viewer: Viewer) -> None:
    """Raises `NotFound` for everybody but the county's named auditors."""
    with viewer.looking(house) as connection:
        account = directory.account(connection, viewer.account_id)
    if (
        not viewer.is_authority
        or account is None
        or Role.AUTHORITY_ADMINISTRATOR not in account.roles
        or AUDITOR not in account.row["duties"]
    ):
        raise NotFound


def _checkpoint(house: House, viewer: Viewer, book: SealedBook) -> Response:
    with viewer.looking(house) as connection:
        return _text(str(_last(connection, book).note))


def _consistency(house: House, viewer: Viewer, book: SealedBook, old: int, new: int) -> Response:
    with viewer.looking(house) as connection:
        _check_sizes(old, new, _last(connection, book).size)
        return _text(hash_lines(tree.consistency(connection, book, old, new)))


def _last(connection: Connection, book: SealedBook) -> Kept:
    """Raises `NotFound` where nothing was sealed yet."""
    kept = last_checkpoint(connection, book)
    if kept is None:
        raise NotFound
    return kept


def _check_sizes(old: int, new: int, last: int) -> None:
    """Raises `NotValid`."""
    if old > new:
        raise NotValid("「from」不可大於「to」。", "from")
    if new > last:
        raise NotValid("「to」不可大於最近檢查點的筆數。", "to")


# -- the own ledger of notes


def _own_leaves(house: House, viewer: Viewer) -> Leaves:
    """Of the whole own ledger. Raises `HolderInDoubt`."""
    if viewer.in_doubt:
        raise HolderInDoubt
    with viewer.looking(house) as connection:
        rows = connection.execute(
            "SELECT position, stream_id, stream_version, topic, recorded_at, body"
            " FROM books.notes WHERE owner = %s ORDER BY position",
            (viewer.account_id,),
            binary=True,
        ).fetchall()
    owner = viewer.account_id
    return Leaves(
        [
            leaf_hash(leaf_of("notes", owner, position, stream, version, topic, None, at, body))
            for position, stream, version, topic, at, body in rows
        ]
    )


def _own_checkpoint(house: House, viewer: Viewer, leaves: Leaves) -> Note:
    signing = Signing(house.ledger)
    origin = signing.notes_origin(viewer.account_id)
    return signing.sign(origin, len(leaves), leaves.root())


def _own_positions(connection: Connection, viewer: Viewer, record: UUID) -> list[int]:
    """The positions of a record in the author's own ledger."""
    rows = connection.execute(
        "SELECT position FROM books.notes WHERE owner = %s AND stream_id = %s ORDER BY position",
        (viewer.account_id, record),
    ).fetchall()
    return [position for (position,) in rows]


def _own_proof(house: House, viewer: Viewer, record: UUID) -> Proof:
    with viewer.looking(house) as connection:
        index = _own_positions(connection, viewer, record)[-1] - 1
    leaves = _own_leaves(house, viewer)
    path = leaves.inclusion(index, len(leaves))
    return Proof(index, tuple(path), _own_checkpoint(house, viewer, leaves))


def _text(body: str) -> Response:
    return Response(body, media_type=_MEDIA_TYPE)
