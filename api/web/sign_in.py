"""`/sign-in` and `/sign-out`: a session in a cookie, by the same door as `/token`."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from api import sign_in
from api.own_sessions import device_of
from api.viewer import TheHouse
from api.web import flash
from api.web.entry import drop_token, keep_token, token_of, viewer_of
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


def begun(request: Request, house: TheHouse, begin: Callable[[], str], after: str) -> Response:
    """Begins a session in place of the browser's earlier one, and on to where one wanted to go.
    `begin` returns its token; what it raises is raised."""
    token = begin()
    _end(request, house)
    answer = RedirectResponse(own_path(after), status_code=303)
    keep_token(request, answer, token)
    return answer


def own_path(wanted: str) -> str:
    """A path of ours; `/` for anything that would lead elsewhere."""
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and wanted.startswith("/")
    # A browser takes a backslash for a slash, and two of them for another host.
    if not ours or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return "/"
    return wanted


def _form(house: TheHouse, after: str, username: str = "") -> dict[str, Any]:
    """What the form shows: the provider by which one can sign in instead, where there is one."""
    provider = None if house.openid is None else house.openid.provider
    return {"after": own_path(after), "username": username, "provider": provider}


def _end(request: Request, house: TheHouse) -> None:
    token = token_of(request)
    session = sign_in.session_of(house, token) if token else None
    if session is not None:
        sign_in.sign_out(house, session.session_id)
