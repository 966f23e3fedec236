"""`/me/sessions`: where one is signed in, and the end of it."""

import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api import sign_in
from api.house import House
from api.paging import Cursor, Limit, sorted_page
from api.student_items import Instant
from api.viewer import SignedIn, TheHouse, Viewer
from domain.refusal import NotFound
from ledger.database import transaction

router = APIRouter(prefix="/me/sessions", tags=["session"])

#: What a browser says of itself, and how it is called; the first that fits. Edge and Opera call
#: themselves Chrome too, and Chrome Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
             ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,30}")


class SessionItem(BaseModel):
    """A sign-in that stands. `current` is the one that asks."""

    id: UUID
    device: str
    signed_in_at: Instant
    expires_at: Instant
    current: bool


class Sessions(BaseModel):
    items: list[SessionItem]
    next_cursor: str | None


Sort = Literal["signed_in_at", "-signed_in_at", "expires_at", "-expires_at", "device", "-device"]


@router.get("")
def list_sessions(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "-signed_in_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Sessions:
    """本人目前的登入：裝置、登入與到期時間。"""
    page, after = sorted_page(
        house,
        viewer,
        standing(house, viewer),
        sort,
        what="sessions",
        wanted={},
        limit=limit,
        cursor=cursor,
    )
    return Sessions(items=page, next_cursor=after)


@router.post("/{session_id}/end", status_code=204)
def post_session_end(house: TheHouse, viewer: SignedIn, session_id: UUID) -> Response:
    """結束本人的一個登入。"""
    end(house, viewer, session_id)
    return Response(status_code=204)


@router.post("/end-others", status_code=204)
def post_others_end(house: TheHouse, viewer: SignedIn) -> Response:
    """結束本人在其他裝置上的登入。"""
    end_others(house, viewer)
    return Response(status_code=204)


def standing(house: House, viewer: Viewer) -> list[SessionItem]:
    """One's sign-ins that stand, the newest first."""
    with house.ledger.pool.connection() as connection:
        rows = connection.execute(
            "SELECT id, device, created_at, expires_at FROM desk.session WHERE account = %s"
            " AND revoked_at IS NULL AND expires_at > clock_timestamp()"
            " ORDER BY created_at DESC, id",
            (viewer.account_id,),
        ).fetchall()
    return [
        SessionItem(
            id=one,
            device=device or "其他程式",
            signed_in_at=since,
            expires_at=until,
            current=one == viewer.session_id,
        )
        for one, device, since, until in rows
    ]


def end(house: House, viewer: Viewer, session_id: UUID) -> None:
    """Raises `NotFound` for a session that is not one's own, and for none alike."""
    if session_id not in {one.id for one in standing(house, viewer)}:
        raise NotFound
    sign_in.sign_out(house, session_id)


def end_others(house: House, viewer: Viewer) -> None:
    with transaction(house.ledger.pool) as connection:
        sign_in.revoke_all(connection, viewer.account_id, but=viewer.session_id)


def device_of(user_agent: str) -> str:
    """`Firefox（Windows）` of what a browser or program says of itself; nothing more is kept."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        found = _PROGRAM.match(user_agent)
        browser = "其他程式" if found is None else found[0]
    return browser if system is None else f"{browser}（{system}）"
