"""What the browser keeps from leaving for the provider until it is back.

A short-lived, signed cookie that scripts cannot read; it holds nothing of a session.
"""

from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.encryption import expand

SECONDS = 600
_PLAIN = "igp-openid"
#: Browsers take this name over https alone, and from no other host.
_SECURE = "__Host-igp-openid"
#: The addresses that know of it.
_PATHS = ("/sign-in/openid", "/account/openid")


class Handshake:
    """Gives `request.session` to the pages about the provider, and to no other."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        secret = scope["app"].state.house.ledger.keyring.house("token")
        key = expand(secret, b"igp-openid-handshake/1").hex()
        secure = scope["scheme"] == "https"
        name = _SECURE if secure else _PLAIN
        kept = SessionMiddleware(
            self._app, key, name, SECONDS, path="/", same_site="lax", https_only=secure
        )
        await kept(scope, receive, send)
