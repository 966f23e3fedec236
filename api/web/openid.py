"""`/sign-in/openid` and `/account/openid`: signing in by the county's provider, and the link of an
account to it (docs/decisions/openid-connect.md).

Where no provider is set, none of these pages is there. What comes back from the provider is
answered by leading on to an address of ours, so that no code stays in the browser's history.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from api import openid_links, sign_in
from api.openid import (
    FAILURES,
    HandshakeLost,
    NotComplete,
    NotLinked,
    OpenId,
    OpenIdFailed,
    Shown,
)
from api.own_sessions import device_of
from api.tokens import TokenNotValid
from api.viewer import TheHouse, Viewer
from api.web.entry import viewer_of
from api.web.rendering import Page, ThePage, render
from api.web.sign_in import Next, begun, own_path
from api.web.typed import Typed, text
from domain.refusal import NotFound, Refusal

router = APIRouter()

_TO_LINK = "link"


async def _openid(house: TheHouse) -> OpenId:
    if house.openid is None:
        raise NotFound
    return house.openid


TheOpenId = Annotated[OpenId, Depends(_openid)]


async def _came_back(request: Request, openid: TheOpenId) -> Shown | OpenIdFailed:
    try:
        return await openid.finish(request)
    except OpenIdFailed as failed:
        return failed


@router.get("/sign-in/openid")
async def get_start(request: Request, openid: TheOpenId, after: Next = "/") -> Response:
    """On to the provider."""
    return await _leave(request, openid, {"for": "sign-in", "after": own_path(after)})


@router.get("/account/openid/link")
async def get_link(page: ThePage, openid: TheOpenId) -> Response:
    """On to the provider, to show which identity one has there."""
    return await _leave(page.request, openid, {"for": _TO_LINK})


@router.get("/sign-in/openid/return")
def get_return(
    request: Request,
    house: TheHouse,
    openid: TheOpenId,
    came: Annotated[Shown | OpenIdFailed, Depends(_came_back)],
) -> Response:
    """Back from the provider: a session, or the page on which the link is confirmed."""
    try:
        if isinstance(came, OpenIdFailed):
            raise came
        provider = openid.provider
        identity = openid_links.identity_mac(house.ledger, provider.issuer, came.subject)
        if came.wanted["for"] == _TO_LINK:
            viewer = viewer_of(request, house)
            if viewer is None:
                raise HandshakeLost(provider.label)
            request.session["shown"] = _sealed(house, viewer, identity)
            return RedirectResponse("/account/openid", status_code=303)
        account = openid_links.account_of(house.ledger, identity)
        if account is None:
            raise NotLinked(provider.label)
        return begun(request, house, lambda: _begin(request, house, account), came.wanted["after"])
    except sign_in.ProfileIncomplete:
        return _failed(NotComplete.CODE)
    except sign_in.SignInRefused:
        return _failed(NotLinked.CODE)
    except OpenIdFailed as failed:
        return _failed(failed.CODE)


@router.get("/sign-in/openid/failed")
def get_failed(request: Request, house: TheHouse, openid: TheOpenId, why: str = "") -> Response:
    """Why it came to nothing, and what to do."""
    if why not in FAILURES:
        raise NotFound
    refusal = FAILURES[why](openid.provider.label)
    signed_in = viewer_of(request, house) is not None
    context = {"refusal": refusal, "signed_in": signed_in}
    return render(request, "openid_failed.html", context, status=refusal.STATUS)


@router.get("/account/openid")
def get_confirm(page: ThePage, openid: TheOpenId) -> Response:
    """The link is to be confirmed by the account's own password."""
    if _shown(page) is None:
        return page.go("/account")
    return page.show("openid_link.html", provider=openid.provider)


@router.post("/account/openid")
def post_confirm(page: ThePage, openid: TheOpenId, typed: Typed) -> Response:
    """The account is linked."""
    provider = openid.provider
    identity = _shown(page)
    if identity is None:
        return _failed(HandshakeLost.CODE)
    password = text(typed, "current_password") or ""
    try:
        openid_links.link(page.house, page.viewer, provider.issuer, identity, password)
    except Refusal as refusal:
        return page.refused(refusal, "openid_link.html", provider=provider)
    page.request.session.clear()
    return page.go("/account", "openid-linked")


@router.post("/account/openid/unlink")
def post_unlink(page: ThePage, openid: TheOpenId) -> Response:
    """The link ends."""
    openid_links.unlink(page.house, page.viewer)
    return page.go("/account", "openid-unlinked")


async def _leave(request: Request, openid: OpenId, wanted: dict[str, str]) -> Response:
    back = request.url.replace(path="/sign-in/openid/return", query="", fragment="")
    try:
        return RedirectResponse(await openid.start(request, str(back), wanted), status_code=303)
    except OpenIdFailed as failed:
        return _failed(failed.CODE)


def _begin(request: Request, house: TheHouse, account: UUID) -> str:
    return sign_in.begin(house, account, device_of(request.headers.get("user-agent", "")))


def _failed(code: str) -> Response:
    return RedirectResponse(f"/sign-in/openid/failed?why={code}", status_code=303)


def _sealed(house: TheHouse, viewer: Viewer, identity: bytes) -> str:
    return house.tokens.seal("openid-link", {"identity": identity.hex()}, viewer.account_id)


def _shown(page: Page) -> bytes | None:
    """The identity that this person has just shown to have."""
    sealed = page.request.session.get("shown", "")
    try:
        content = page.house.tokens.open("openid-link", sealed, page.viewer.account_id)
    except TokenNotValid:
        return None
    return bytes.fromhex(content["identity"])
