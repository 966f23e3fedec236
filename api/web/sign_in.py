"""`/sign-in` and `/sign-out`: a session in a cookie, by the same door as `/token`."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from api import passkeys as own_passkeys
from api import second_factor, sign_in
from api.house import House
from api.own_sessions import device_of
from api.second_factor import Site, StepNeeded
from api.viewer import TheHouse
from api.web import flash, passkeys
from api.web.entry import (
    drop_step,
    drop_token,
    keep_step,
    keep_token,
    step_of,
    token_of,
    viewer_of,
)
from api.web.rendering import render
from api.web.wrongs import Wrongs
from domain.refusal import Refusal

router = APIRouter()

Next = Annotated[str, Query(alias="next")]


@router.get("/sign-in")
def get_sign_in(request: Request, house: TheHouse, after: Next = "/") -> Response:
    """The form; who is signed in already goes on."""
    if viewer_of(request, house) is not None:
        return RedirectResponse(own_path(after), status_code=303)
    return render(request, "sign_in.html", _form(house, after))


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    house: TheHouse,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    after: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """A new session, and on to where one wanted to go."""
    device = device_of(request.headers.get("user-agent", ""))
    try:
        return begun(
            request, house, lambda: sign_in.sign_in(house, username, password, device), after
        )
    except Refusal as refusal:
        return _again(request, house, after, refusal, username)


@router.get("/sign-in/passkey")
def get_passkey(request: Request, house: TheHouse, after: Next = "/") -> Response:
    """The second step: a passkey is asked for, or registered where the county demands one."""
    token = step_of(request)
    step = second_factor.standing(house, second_factor.by_token(token)) if token else None
    if step is None:
        return RedirectResponse(f"/sign-in?next={quote(own_path(after))}", status_code=303)
    return passkeys.show_step(request, house, step, "/sign-in/passkey", after=own_path(after))


@router.post("/sign-in/passkey")
def post_passkey(
    request: Request,
    house: TheHouse,
    credential: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    after: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """The session, after what the passkey said."""
    token, site = step_of(request) or "", Site.of(request)
    holder = second_factor.by_token(token)

    def begin() -> str:
        step = second_factor.standing(house, holder)
        if step is None or step.kind == "prove":
            return sign_in.begin_by_passkey(house, token, site, credential)
        step = second_factor.taken(house, holder, "register")
        own_passkeys.register(house, step, site, name, credential, first=True)
        return sign_in.open_session(house, step.account_id, step.device)

    try:
        answer = begun(request, house, begin, after)
    except Refusal as refusal:
        answer = _again(request, house, after, refusal)
    drop_step(request, answer)
    return answer


def begun(request: Request, house: House, begin: Callable[[], str], after: str) -> Response:
    """Begins a session in place of the browser's earlier one, and on to where one wanted to go, or
    on to the second step. `begin` returns the session's token; what else it raises is raised."""
    try:
        token = begin()
    except StepNeeded as needed:
        path = f"/sign-in/passkey?next={quote(own_path(after))}"
        answer = RedirectResponse(path, status_code=303)
        keep_step(request, answer, needed.token)
        return answer
    _end(request, house)
    answer = RedirectResponse(own_path(after), status_code=303)
    keep_token(request, answer, token)
    return answer


def _again(
    request: Request, house: House, after: str, refusal: Refusal, username: str = ""
) -> Response:
    """The form once more, with what was wrong."""
    context = _form(house, after, username)
    wrongs = Wrongs.of(refusal)
    return render(request, "sign_in.html", context, status=refusal.STATUS, wrongs=wrongs)


@router.post("/sign-out")
def post_sign_out(request: Request, house: TheHouse) -> Response:
    """The session ends at once."""
    _end(request, house)
    answer = RedirectResponse("/sign-in", status_code=303)
    drop_token(request, answer)
    flash.say(request, answer, "signed-out")
    return answer


def own_path(wanted: str) -> str:
    """A path of ours; `/` for anything that would lead elsewhere."""
    # A browser takes a backslash for a slash, and two of them for another host.
    ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if ours and wanted.isprintable() else "/"


def _form(house: TheHouse, after: str, username: str = "") -> dict[str, Any]:
    """What the form shows: the provider by which one can sign in instead, where there is one."""
    provider = None if house.openid is None else house.openid.provider
    return {"after": own_path(after), "username": username, "provider": provider}


def _end(request: Request, house: TheHouse) -> None:
    token = token_of(request)
    session = sign_in.session_of(house, token) if token else None
    if session is not None:
        sign_in.sign_out(house, session.session_id)
