"""An authenticator: it has keys, signs what a page asks, and can be made to do it wrongly.

The signatures are real and checked by the library that the house uses; only the device is ours.
"""

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost"

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _written(plain: bytes) -> str:
    return urlsafe_b64encode(plain).decode().rstrip("=")


def _read(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey for one site: `count` is said next, `verified` whether it saw a person."""

    origin: str = ORIGIN
    count: int = 1
    verified: bool = True
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def made(self, options: Mapping[str, Any]) -> str:
        """What it says to `navigator.credentials.create`, as JSON."""
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential).to_bytes(2) + self.credential
        data = self._data(options["rp"]["id"], _ATTESTED) + attested + cbor2.dumps(cose)
        stated = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._told(
            clientDataJSON=self._client("webauthn.create", options),
            attestationObject=stated,
        )

    def proof(self, options: Mapping[str, Any]) -> str:
        """What it says to `navigator.credentials.get`, as JSON."""
        client = self._client("webauthn.get", options)
        data = self._data(options["rpId"], 0)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._told(clientDataJSON=client, authenticatorData=data, signature=signed)

    def _data(self, host: str, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verified else 0)
        counted, self.count = self.count, self.count + 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + counted.to_bytes(4)

    def _client(self, kind: str, options: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return orjson.dumps(said | {"crossOrigin": False})

    def _told(self, **response: bytes) -> str:
        told: dict[str, Any] = {name: _written(value) for name, value in response.items()}
        told["transports"] = ["internal"]
        one = _written(self.credential)
        credential = {"id": one, "rawId": one, "type": "public-key", "response": told}
        return orjson.dumps(credential).decode()
