"""A command sent twice has one effect and one answer (contract 2, IGP-145).

Of a request only HMACs are kept. Status, record and version of its outcome are veiled under the
same key, since they would tell the holder of the database which note was withdrawn.
"""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from api.problems import IdempotencyKeyReused
from domain.refusal import NotValid
from ledger.encryption import expand
from ledger.ledger import Ledger
from ledger.recorder import Idempotency

#: For how long a repeat meets the first outcome, in hours.
HOURS_KEPT = 48
LONGEST_KEY = 255

_STATUS_BITS, _VERSION_BITS = 0x3FFF, 0x3FFF_FFFF_FFFF_FFFF


class IdempotencyKeyNotValid(NotValid):
    CODE = "idempotency-key-not-valid"
    TITLE = "Idempotency-Key 請用 1 到 255 個字元"


@dataclass(frozen=True)
class Outcome:
    """What a command came to: the status it answers with, the record and its version."""

    status: int
    record_id: UUID | None
    version: int | None


class OneEffect:
    """The idempotency of one request of one account."""

    def __init__(self, ledger: Ledger, account: UUID, key: str, request: tuple[bytes, ...]) -> None:
        """`request` is what makes two requests the same: method, path, body.

        Raises `IdempotencyKeyNotValid`.
        """
        if not 1 <= len(key) <= LONGEST_KEY:
            raise IdempotencyKeyNotValid(field="Idempotency-Key")
        self._ledger = ledger
        self._account = account
        secret = expand(ledger.keyring.house("token"), b"igp-idempotency/1")
        self._key = _mac(secret, b"key", account.bytes, key.encode())
        self._request = _mac(secret, b"request", account.bytes, *request)
        self._veil = _mac(secret, b"veil", self._key, self._request)

    def outcome(self) -> Outcome | None:
        """What the same request came to earlier. Raises `IdempotencyKeyReused`."""
        with self._ledger.pool.connection() as connection:
            row = connection.execute(
                "SELECT request, status, record_id, version FROM desk.idempotency"
                " WHERE account = %s AND key = %s",
                (self._account, self._key),
            ).fetchone()
        if row is None:
            return None
        if not hmac.compare_digest(bytes(row[0]), self._request):
            raise IdempotencyKeyReused
        status, record, version = self._veiled(row[1], row[2], row[3])
        return Outcome(
            status, record if record.int else None, version if version < _VERSION_BITS else None
        )

    def keep(self, outcome: Outcome) -> Idempotency:
        """What is kept with the events of the request."""
        status, record, version = self._veiled(
            outcome.status,
            outcome.record_id or UUID(int=0),
            _VERSION_BITS if outcome.version is None else outcome.version,
        )
        return Idempotency(self._account, self._key, self._request, status, record, version)

    def _veiled(self, status: int, record: UUID, version: int) -> tuple[int, UUID, int]:
        pad = self._veil
        return (
            status ^ (int.from_bytes(pad[:2], "big") & _STATUS_BITS),
            UUID(int=record.int ^ int.from_bytes(pad[2:18], "big")),
            version ^ (int.from_bytes(pad[18:26], "big") & _VERSION_BITS),
        )


def purge(ledger: Ledger) -> int:
    """Deletes what is older than 48 hours by the machine's clock; returns how many rows."""
    with ledger.pool.connection() as connection:
        return connection.execute(
            "DELETE FROM desk.idempotency"
            " WHERE created_at < clock_timestamp() - %s * interval '1 hour'",
            (HOURS_KEPT,),
        ).rowcount


def _mac(secret: bytes, *parts: bytes) -> bytes:
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(secret, message, hashlib.sha256)
