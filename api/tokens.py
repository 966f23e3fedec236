"""Opaque tokens: receipts, cursors and `as_of` (design D2, trap 18).

A token is AES-SIV over canonical JSON: the same content gives the same text, so answers repeat
byte for byte, and nobody but us reads a position in it. It opens for the viewer it was made for.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.refusal import Refusal
from ledger.encryption import canonical, expand

_BLOCK = 32


class TokenNotValid(Refusal):
    """The token is not one of ours, or was made for another viewer or another purpose."""

    CODE = "token-not-valid"
    STATUS = 422
    TITLE = "這個頁次或時點無法使用，請重新查詢"


class SealedTokens:
    """Tokens under the house key `token`, extracted."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(expand(key, b"igp-sealed/1/s2v") + expand(key, b"igp-sealed/1/ctr"))

    def seal(self, kind: str, content: Mapping[str, Any], viewer: UUID) -> str:
        """The token of a JSON object for one viewer: `kind` is what it is for."""
        plain = canonical(dict(content))
        # Filled up, so that the length does not tell how many digits a position has.
        plain += b" " * (-len(plain) % _BLOCK)
        sealed = self._siv.encrypt(plain, _bound(kind, viewer))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, kind: str, token: str, viewer: UUID) -> dict[str, Any]:
        """The object of a token. Raises `TokenNotValid`."""
        try:
            sealed = base64.b64decode(
                token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
            content: dict[str, Any] = orjson.loads(self._siv.decrypt(sealed, _bound(kind, viewer)))
        except (InvalidTag, ValueError, binascii.Error):
            raise TokenNotValid from None
        return content


def _bound(kind: str, viewer: UUID) -> list[bytes]:
    return [kind.encode(), viewer.bytes]
