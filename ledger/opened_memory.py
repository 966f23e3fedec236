"""What a process opened and may be asked for again soon: kept while its student's key is there.

Nothing is served from memory that has no key (docs/decisions/erasure.md).
"""

from threading import Lock
from typing import Any
from uuid import UUID

from ledger.keys import Keyring

#: What is kept of all students together.
_MOST = 6_000


class OpenedMemory:
    """Values by student and record, each of one version. Safe between threads."""

    def __init__(self, keyring: Keyring, most: int = _MOST) -> None:
        self._keyring = keyring
        self._most = most
        self._lock = Lock()
        self._kept: dict[tuple[UUID, UUID], tuple[int, Any]] = {}

    def get(self, student: UUID, record: UUID, version: int) -> Any:
        """What was kept of this version, or None; also where the key is gone."""
        known = self._kept.get((student, record))
        if known is None or known[0] != version:
            return None
        if self._keyring.stands("student.record", student):
            return known[1]
        with self._lock:
            self._kept.pop((student, record), None)
        return None

    def keep(self, student: UUID, record: UUID, version: int, value: Any) -> None:
        with self._lock:
            self._kept[student, record] = (version, value)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def forget_erased(self) -> None:
        """Drops what no key opens any more."""
        with self._lock:
            students = {student for student, _ in self._kept}
        gone = {one for one in students if not self._keyring.stands("student.record", one)}
        with self._lock:
            for key in [one for one in self._kept if one[0] in gone]:
                del self._kept[key]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
