"""`/account/passkeys`: a new passkey, and the end of one; the step that a browser takes with one.

What a page asks a passkey for stands in the page, what it said comes back in a form: the script
between them knows nothing else (`static/passkey.js`).
"""

from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from api import passkeys, second_factor, sign_in
from api.house import House
from api.passkeys import PasskeyItem
from api.second_factor import Site, Step
from api.web.account import show_account
from api.web.navigation import Myself
from api.web.rendering import Page, ThePage, render
from api.web.typed import Typed, text
from domain import account
from domain.refusal import NotFound, Refusal

router = APIRouter(prefix="/account/passkeys")


@router.get("/new")
def get_new(page: ThePage) -> Response:
    """The form that asks for the password first."""
    return page.show("passkey_new.html")


@router.post("/new")
def post_new(page: ThePage, typed: Typed) -> Response:
    """After the password once more, the page on which the browser makes a passkey."""
    viewer = page.viewer
    assert viewer.session_id is not None
    try:
        sign_in.check_password(page.house, viewer.account_id, text(typed, "current_password") or "")
    except Refusal as refusal:
        return page.refused(refusal, "passkey_new.html")
    holder = second_factor.by_session(viewer.session_id)
    second_factor.begin(page.house, holder, viewer.account_id, "register")
    step = second_factor.standing(page.house, holder)
    if step is None:
        raise NotFound
    return show_step(page.request, page.house, step, "/account/passkeys", me=page.me)


@router.post("")
def post_passkey(page: ThePage, typed: Typed) -> Response:
    """The passkey that the browser made."""
    viewer = page.viewer
    assert viewer.session_id is not None
    try:
        step = second_factor.taken(
            page.house, second_factor.by_session(viewer.session_id), "register"
        )
        name, answer = text(typed, "name") or "", text(typed, "credential") or ""
        passkeys.register(page.house, step, Site.of(page.request), name, answer)
    except Refusal as refusal:
        return show_account(page, refusal)
    return page.go("/account", "passkey-registered")


@router.get("/{passkey_id}")
def get_passkey(page: ThePage, passkey_id: UUID) -> Response:
    """A passkey, and the form that ends it."""
    return page.show("passkey.html", one=_own(page, passkey_id))


@router.post("/{passkey_id}/removal")
def post_removal(page: ThePage, passkey_id: UUID, typed: Typed) -> Response:
    """It ends, after the password once more."""
    one = _own(page, passkey_id)
    password = text(typed, "current_password") or ""
    try:
        passkeys.remove(page.house, page.viewer.account_id, passkey_id, password)
    except Refusal as refusal:
        return page.refused(refusal, "passkey.html", one=one)
    return page.go("/account", "passkey-removed")


def _own(page: Page, passkey_id: UUID) -> PasskeyItem:
    """Raises `NotFound`."""
    for one in passkeys.standing(page.house, page.viewer.account_id):
        if one.id == passkey_id:
            return one
    raise NotFound


def show_step(
    request: Request,
    house: House,
    step: Step,
    path: str,
    *,
    after: str = "/",
    me: Myself | None = None,
) -> Response:
    """The page on which the browser takes a step; `path` is where what it says is sent."""
    site = Site.of(request)
    person = house.ledger.state(account.evolve, step.account_id)
    if person is None:
        raise NotFound
    asked = second_factor.options(house, site, step, str(person.username))
    context = {
        "kind": step.kind,
        "options": orjson.dumps(asked).decode(),
        "site": site,
        "action": path,
        "after": after,
    }
    return render(request, "passkey_step.html", context, me=me)
