"""Where random bytes come from: the system's source, or a seed in test mode.

In test mode every id, nonce and key is HMAC(seed, account, purpose, n), so that what one account
does consumes nothing of what another will draw (the proof of design D7 rests on it).
"""

import hashlib
import hmac
import secrets
import threading
from collections import Counter
from uuid import UUID


class Entropy:
    """Random bytes and ids, drawn for an account and a purpose."""

    def draw(self, account: UUID, purpose: str, size: int) -> bytes:
        """`size` bytes; unpredictable unless this is a `SeededEntropy`."""
        return secrets.token_bytes(size)

    def uuid(self, account: UUID, purpose: str) -> UUID:
        """A random id (version 4)."""
        return UUID(bytes=self.draw(account, purpose, 16), version=4)


class SeededEntropy(Entropy):
    """Test mode only: the same acts of the same account draw the same bytes."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn: Counter[tuple[UUID, str]] = Counter()
        self._lock = threading.Lock()

    def draw(self, account: UUID, purpose: str, size: int) -> bytes:
        with self._lock:
            self._drawn[account, purpose] += 1
            n = self._drawn[account, purpose]
        message = account.bytes + purpose.encode() + b"\0" + n.to_bytes(8, "big")
        out = b""
        while len(out) < size:
            block = len(out).to_bytes(4, "big")
            out += hmac.digest(self._seed, message + block, hashlib.sha256)
        return out[:size]
