"""Stored reports: terms, digest, signature and who pulled it (contract 3).

The rows are not kept, for the books are: with the same `as_of` they are the same bytes, and the
digest says so. What is kept is encrypted under its owner's key and shown to its owner alone.
"""

import base64
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import APIRouter, Query, Response
from psycopg.errors import UniqueViolation
from pydantic import Field

from api.acting import read_body
from api.answer_items import ReportAnswer, ReportsAnswer
from api.change_items import instant
from api.change_subjects import record_whole
from api.changes import ChangeFilters, FileFormat, Kind, asker_of, download, reports_of, wanted_of
from api.house import House
from api.http import Posted, Written, problems, takes
from api.idempotency import OneEffect, Outcome
from api.paging import Cursor, Limit, paged
from api.table_files import CONTENT
from api.viewer import SignedIn, TheHouse, Viewer
from domain.refusal import NotFound, Refusal
from ledger.database import Connection, transaction
from ledger.encryption import NONCE_BYTES, canonical, decrypt, encrypt, event_key, expand
from ledger.recorder import Idempotency

router = APIRouter(prefix="/reports", tags=["reports"])


class NewReport(ChangeFilters):
    """What to store. With `as_of` a report that was looked at, without it a new one."""

    kind: Literal["changes"]  # type: ignore[assignment]
    kinds: list[Kind] = Field(default_factory=list)


class ReportNotComplete(Refusal):
    """A view was stopped within the report's days; nothing is signed beyond that (trap 12)."""

    CODE = "report-not-complete"
    TITLE = "這段期間的資料還沒有全部顯示，現在不能儲存並簽章；請通知系統管理人員，處理後再試"


def store(house: House, viewer: Viewer, given: NewReport, once: OneEffect | None = None) -> UUID:
    """Makes the report, signs what it came to and keeps that; returns the new report's id.

    `once` is the idempotency of the request. Raises `NotValid` and `ReportTermsChanged`.
    """
    filters = ChangeFilters(
        **given.model_dump(by_alias=True, exclude={"kind", "kinds"}) | {"kind": given.kinds}
    )
    reports, asker = reports_of(house), asker_of(viewer)
    terms = reports.terms(asker, wanted_of(house, viewer, filters), filters.as_of)
    until = house.complete.shared()
    if until is not None and until < terms.end:
        raise ReportNotComplete
    whole = reports.whole(asker, terms)
    for _ in whole.items():
        pass
    record_whole(house, viewer, "reports", "stored", whole)
    closing = whole.closing()
    report_id = house.ledger.entropy.uuid(viewer.account_id, "report")
    signed = {
        "id": report_id,
        "kind": "changes",
        "filters": filters.model_dump(mode="json", by_alias=True, exclude={"as_of"}),
        "terms": terms.as_dict(closing["rows"], closing["digest"]),
        "students": closing["students"],
        "organisations": closing["organisations"],
        "pulled_at": instant(house.ledger.now()),
        "pulled_by": viewer.account_id,
    }
    key = _signing_key(house)
    data = signed | {
        "signature": base64.b64encode(key.sign(canonical(signed))).decode(),
        "public_key": base64.b64encode(
            key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        ).decode(),
    }
    nonce = house.ledger.entropy.draw(viewer.account_id, "nonce", NONCE_BYTES)
    body = encrypt(_own_key(house, viewer, report_id), nonce, _place(report_id), data)
    kept = None if once is None else once.keep(Outcome(201, report_id, 1))
    with transaction(house.ledger.pool) as connection:
        _insert(connection, viewer.account_id, report_id, body.encode(), kept)
    return report_id


def _insert(
    connection: Connection, owner: UUID, report: UUID, body: bytes, kept: Idempotency | None
) -> None:
    connection.execute(
        "INSERT INTO desk.report (id, owner, position, body) SELECT %s, %s,"
        " 1 + coalesce(max(r.position), 0), %s FROM desk.report r WHERE r.owner = %s",
        (report, owner, body, owner),
    )
    if kept is not None:
        connection.execute(
            "INSERT INTO desk.idempotency (account, key, request, status, record_id, version)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (kept.account, kept.key, kept.request, kept.status, kept.record_id, kept.version),
        )


def stored(house: House, viewer: Viewer) -> Iterator[tuple[int, UUID, dict[str, Any]]]:
    """The viewer's stored reports with their number and id."""
    with house.ledger.pool.connection() as connection:
        rows = connection.execute(
            "SELECT position, id, body FROM desk.report WHERE owner = %s",
            (viewer.account_id,),
        ).fetchall()
    for position, report, body in rows:
        data = _open(house, viewer, report, bytes(body))
        if not _from_before(house, viewer, data):
            yield position, report, data


def one(house: House, viewer: Viewer, report: UUID) -> dict[str, Any]:
    """A stored report of the viewer's own. Raises `NotFound`."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT body FROM desk.report WHERE owner = %s AND id = %s",
            (viewer.account_id, report),
        ).fetchone()
    if row is None:
        raise NotFound
    data = _open(house, viewer, report, bytes(row[0]))
    if _from_before(house, viewer, data):
        raise NotFound
    return data


def _from_before(house: House, viewer: Viewer, data: dict[str, Any]) -> bool:
    """Whether what a report came to may count own notes that its holder, in doubt, is not shown."""
    if not viewer.in_doubt:
        return False
    kept = house.tokens.open("as-of", data["terms"]["as_of"], viewer.account_id)
    return 0 < int(kept["n"]) <= (viewer.own_after or 0)


def _open(house: House, viewer: Viewer, report: UUID, body: bytes) -> dict[str, Any]:
    opened: dict[str, Any] = decrypt(_own_key(house, viewer, report), _place(report), body.decode())
    return opened


def _own_key(house: House, viewer: Viewer, report: UUID) -> bytes:
    author = house.ledger.keyring.key("account.author", viewer.account_id)
    if author is None:
        raise NotFound
    return event_key(expand(author, b"igp-report/1"), report)


def _place(report: UUID) -> bytes:
    return f"igp-report/1\n{report}\n".encode()


def _signing_key(house: House) -> Ed25519PrivateKey:
    seed = expand(house.ledger.keyring.house("signing"), b"igp-report-signature/1")
    return Ed25519PrivateKey.from_private_bytes(seed)


@router.post(
    "",
    status_code=201,
    response_model=Written,
    responses=problems(409, 422),
    openapi_extra=takes(NewReport),
)
def store_report(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """儲存報表：保存條件、摘要碼、簽章與調閱人員。"""
    once = None
    if asked.idempotency_key is not None:
        assert isinstance(asked.body, bytes)
        once = OneEffect(
            house.ledger,
            viewer.account_id,
            asked.idempotency_key,
            (asked.method.encode(), asked.path.encode(), asked.body),
        )
        earlier = once.outcome()
        if earlier is not None:
            return _written(earlier.record_id)
    assert isinstance(asked.body, bytes)
    given = read_body(asked.body, NewReport)
    try:
        return _written(store(house, viewer, given, once))
    except UniqueViolation:
        # The same request was quicker while this one was being made.
        earlier = None if once is None else once.outcome()
        if earlier is None:
            raise
        return _written(earlier.record_id)


@router.get("", response_model=ReportsAnswer)
def list_reports(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Literal["pulled_at", "-pulled_at"], Query()] = "-pulled_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """本人儲存的報表。"""
    page, after = paged(
        house,
        viewer,
        list(stored(house, viewer)),
        what="reports",
        wanted={"sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    body = {"items": page, "next_cursor": after}
    return Response(canonical(body), media_type="application/json")


@router.get(
    "/{report_id}",
    response_model=ReportAnswer,
    responses={200: {"content": CONTENT}, **problems(404, 409)},
)
def get_report(
    house: TheHouse,
    viewer: SignedIn,
    report_id: UUID,
    format: Annotated[FileFormat | None, Query()] = None,
) -> Response:
    """儲存的報表；指定 format 時以相同條件重新產生檔案。"""
    report = one(house, viewer, report_id)
    if format is None:
        return Response(canonical(report), media_type="application/json")
    filters = ChangeFilters(**report["filters"])
    wanted = wanted_of(house, viewer, filters)
    terms = reports_of(house).terms(asker_of(viewer), wanted, report["terms"]["as_of"])
    return download(house, viewer, terms, filters.lists(), format)


def _written(report_id: UUID | None) -> Response:
    return Response(
        canonical({"id": report_id, "version": 1}),
        status_code=201,
        media_type="application/json",
        headers={"ETag": '"1"'},
    )
