"""The handshake with the provider, by Authlib: discovery, code with PKCE, state, nonce.

Imported only where a provider is set: loading the libraries takes about a second.
"""

import logging
from collections.abc import Mapping
from typing import Any

import httpx2
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request

from api.openid import (
    AnswerNotValid,
    HandshakeLost,
    OpenIdFailed,
    Provider,
    ProviderDeclined,
    ProviderUnreachable,
    Shown,
)

_SECONDS = 10
_WANTED = "wanted"
#: Signatures by a key that the provider alone has; what it is said to support besides is not taken.
_SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                         "ES256", "ES384", "ES512"})  # fmt: skip

log = logging.getLogger("igp")


class _WrongMetadata(Exception):
    """The provider describes itself as somebody else, or not at all."""


class AuthlibOpenId:
    """The handshake with one provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._client = OAuth().register(
            "provider",
            client_id=provider.client_id,
            client_secret=provider.client_secret.get_secret_value(),
            server_metadata_url=provider.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": provider.scopes,
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
                # One for all calls: to read the authorities of the machine takes a while.
                "verify": httpx2.create_ssl_context(),
            },
        )

    async def start(self, request: Request, back: str, wanted: Mapping[str, str]) -> str:
        request.session.clear()
        try:
            await self._discover()
            made = await self._client.create_authorization_url(back)
        except Exception as error:
            failed = self._failed(error, at_start=True)
        else:
            await self._client.save_authorize_data(request, redirect_uri=back, **made)
            request.session[_WANTED] = dict(wanted)
            return str(made["url"])
        # Raised out here, so that nothing of the provider's hangs on it.
        raise failed

    async def finish(self, request: Request) -> Shown:
        wanted = request.session.get(_WANTED, {})
        try:
            await self._discover()
            token = await self._client.authorize_access_token(
                request,
                claims_options={
                    "iss": {"essential": True, "value": self.provider.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                },
            )
            return Shown(_subject(token), wanted)
        except Exception as error:
            failed = self._failed(error)
        finally:
            # Whatever came of it, it works once.
            request.session.clear()
        raise failed

    async def _discover(self) -> None:
        """Reads once how the provider describes itself."""
        known = await self._client.load_server_metadata()
        if known.get("issuer") != self.provider.issuer:
            # Read anew the next time.
            known.clear()
            raise _WrongMetadata
        signatures = known.get("id_token_signing_alg_values_supported", ["RS256"])
        known["id_token_signing_alg_values_supported"] = [
            one for one in signatures if one in _SIGNATURES
        ]
        methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in methods and "client_secret_post" in methods:
            known["token_endpoint_auth_method"] = "client_secret_post"

    def _failed(self, error: Exception, *, at_start: bool = False) -> OpenIdFailed:
        """What to say of an error, which is logged by its class alone."""
        label = self.provider.label
        match error:
            case MismatchingStateError():
                return HandshakeLost(label)
            case OAuthError(error="access_denied"):
                return ProviderDeclined(label)
        log.warning("openid.failed", exc_info=error)
        match error:
            case httpx2.HTTPError() | _WrongMetadata():
                return ProviderUnreachable(label)
            case OAuthError():
                return ProviderDeclined(label)
        return ProviderUnreachable(label) if at_start else AnswerNotValid(label)


def _subject(token: Mapping[str, Any]) -> str:
    """The subject of a checked ID token. Raises `ValueError` where none came."""
    subject = token.get("userinfo", {}).get("sub")
    # OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ValueError("no subject")
    return subject
