"""`/account` and `/reset`: where one is signed in, one's password, and one that was forgotten."""

from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from api import doubt, openid_links, own_sessions, passkeys, password_resets, sign_in
from api.password_resets import NewPasswordByCode
from api.problems import BodyNotValid, errors_of
from api.session import NewPassword
from api.viewer import TheHouse
from api.web import flash
from api.web.rendering import Page, ThePage, render
from api.web.typed import Typed, text
from api.web.wrongs import Wrongs
from domain.passkey import COUNTY_STAFF
from domain.refusal import NotValid, Refusal

router = APIRouter()

Model = TypeVar("Model", NewPassword, NewPasswordByCode)


class NotTheSame(NotValid):
    CODE = "passwords-differ"
    TITLE = "兩次輸入的新密碼不同"

    def __init__(self) -> None:
        super().__init__("兩次輸入的新密碼不同，請重新輸入。", field="again")


@router.get("/account")
def get_account(page: ThePage) -> Response:
    """Where one is signed in, and the form for a new password."""
    return show_account(page)


@router.post("/account/password")
def post_password(page: ThePage, typed: Typed) -> Response:
    """A new password; other devices are signed out."""
    try:
        _check_again(typed)
        given = _given(
            NewPassword,
            current_password=text(typed, "current_password") or "",
            new_password=text(typed, "new_password") or "",
        )
        sign_in.change_password(
            page.house,
            page.viewer.account_id,
            page.viewer.session_id,
            given.current_password,
            given.new_password,
        )
    except Refusal as refusal:
        return show_account(page, refusal)
    return page.go("/account", "password-changed")


@router.post("/account/former-password")
def post_former_password(page: ThePage, typed: Typed) -> Response:
    """Shows to be who had the account before a code was used."""
    given = text(typed, "former_password") or ""
    try:
        password_resets.confirm(page.house, page.viewer, given)
    except Refusal as refusal:
        return show_account(page, refusal)
    return page.go("/account", "own-data-opened")


@router.post("/account/sessions/{session_id}/end")
def post_session_end(page: ThePage, session_id: UUID) -> Response:
    """One sign-in ends."""
    own_sessions.end(page.house, page.viewer, session_id)
    return page.go("/account", "session-ended")


@router.post("/account/sessions/end-others")
def post_others_end(page: ThePage) -> Response:
    """Every other sign-in ends."""
    own_sessions.end_others(page.house, page.viewer)
    return page.go("/account", "sessions-ended")


@router.get("/reset")
def get_reset(request: Request) -> Response:
    """The form for a new password by a code."""
    return render(request, "reset.html", {"username": ""})


@router.post("/reset")
def post_reset(request: Request, house: TheHouse, typed: Typed) -> Response:
    """A new password by a code, and on to signing in with it."""
    username = text(typed, "username") or ""
    try:
        _check_again(typed)
        given = _given(
            NewPasswordByCode,
            username=username,
            code=text(typed, "code") or "",
            new_password=text(typed, "new_password") or "",
        )
        password_resets.reset(house, given.username, given.code, given.new_password)
    except Refusal as refusal:
        wrongs = Wrongs.of(refusal)
        context = {"username": username}
        return render(request, "reset.html", context, status=refusal.STATUS, wrongs=wrongs)
    answer = RedirectResponse("/sign-in", status_code=303)
    flash.say(request, answer, "password-changed")
    return answer


def show_account(page: Page, refusal: Refusal | None = None) -> Response:
    """The page of one's account, with what one of its forms was refused for: where one is signed
    in, and by what one signs in beside the password."""
    house, viewer = page.house, page.viewer
    provider = None if house.openid is None else house.openid.provider
    context: dict[str, Any] = {
        "sessions": own_sessions.standing(house, viewer),
        "provider": provider,
        "linked": provider is not None
        and openid_links.is_linked(house, viewer.account_id, provider.issuer),
        "passkeys": passkeys.standing(house, viewer.account_id),
        "shut_until": doubt.until(house, viewer.account_id),
        "resets": password_resets.resets_of(house, viewer.account_id),
        "staff": page.me.is_one_of(*COUNTY_STAFF),
    }
    if refusal is None:
        return page.show("account.html", **context)
    return page.refused(refusal, "account.html", **context)


def _check_again(typed: FormData) -> None:
    if text(typed, "new_password") != text(typed, "again"):
        raise NotTheSame


def _given(model: type[Model], **said: str) -> Model:
    try:
        return model.model_validate(said)
    except ValidationError as error:
        errors = errors_of(error)
    # Raised out here, so that no earlier error with what was typed hangs on it.
    raise BodyNotValid(errors)
