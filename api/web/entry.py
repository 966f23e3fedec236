"""Who looks at a page: the session of the API, brought by a cookie (design D15, contract 2).

The cookie holds the same opaque token that a program gets from `/token`, and nothing else; it ends
with the browser, the session with signing out or after twelve hours.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from api import second_factor, sign_in
from api.doubt import HolderInDoubt
from api.house import House
from api.problems import SignInNeeded
from api.viewer import TheHouse, Viewer, tell

_SESSION, _STEP = "igp-session", "igp-step"


def _name(request: Request, plain: str = _SESSION) -> str:
    # Browsers take a name that begins so over https alone, and from no other host.
    return f"__Host-{plain}" if is_secure(request) else plain


def is_secure(request: Request) -> bool:
    return request.url.scheme == "https"


def token_of(request: Request) -> str | None:
    """The token of the cookie, if there is one."""
    return request.cookies.get(_name(request))


def keep_token(request: Request, response: Response, token: str) -> None:
    """Gives the browser the cookie of a session."""
    _keep(request, response, _name(request), token)


def drop_token(request: Request, response: Response) -> None:
    """Takes the cookie away."""
    _drop(request, response, _name(request))


def step_of(request: Request) -> str | None:
    """The token of a sign-in whose second step is to come, if there is one."""
    return request.cookies.get(_name(request, _STEP))


def keep_step(request: Request, response: Response, token: str) -> None:
    """Gives the browser the cookie of a sign-in that waits for its second step."""
    _keep(request, response, _name(request, _STEP), token, second_factor.SECONDS)


def drop_step(request: Request, response: Response) -> None:
    """Takes it away."""
    _drop(request, response, _name(request, _STEP))


def _keep(
    request: Request, response: Response, name: str, token: str, seconds: int | None = None
) -> None:
    response.set_cookie(
        name,
        token,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _drop(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=is_secure(request), httponly=True, samesite="lax")


def viewer_of(request: Request, house: House) -> Viewer | None:
    """The viewer of the cookie's session, None where it has ended."""
    token = token_of(request)
    session = sign_in.session_of(house, token) if token else None
    if session is None:
        return None
    request.state.account = session.account_id
    tell(request, house.complete.shared())
    return Viewer.of(house, session.account_id, session.now, session)


def has_session(request: Request, house: House) -> bool:
    """Whether the cookie is one of a living session."""
    token = token_of(request)
    return token is not None and sign_in.session_of(house, token) is not None


def page_viewer(request: Request, house: TheHouse) -> Viewer:
    """The viewer of a page. Raises `SignInNeeded`."""
    viewer = viewer_of(request, house)
    if viewer is None:
        raise SignInNeeded
    return viewer


PageViewer = Annotated[Viewer, Depends(page_viewer)]


def _tell_of_own(request: Request, house: TheHouse, viewer: PageViewer) -> None:
    tell(request, house.complete.own(viewer.account_id))


#: Of pages that show what only its author sees.
TELLS_OF_OWN = Depends(_tell_of_own)


def _not_in_doubt(viewer: PageViewer) -> None:
    if viewer.in_doubt:
        raise HolderInDoubt


#: Of pages on what the own ledger holds of its own, without a beginning in time.
NOT_IN_DOUBT = Depends(_not_in_doubt)


def last_sign_in(house: House, account_id: UUID, session: UUID | None) -> datetime | None:
    """The ledger's time of the sign-in before this one, as far as sessions are kept."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT ledger_time FROM desk.session WHERE account = %s AND id IS DISTINCT FROM %s"
            " AND created_at <= COALESCE((SELECT created_at FROM desk.session WHERE id = %s),"
            " clock_timestamp()) ORDER BY created_at DESC LIMIT 1",
            (account_id, session, session),
        ).fetchone()
    return row[0] if row else None
