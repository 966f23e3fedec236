"""What a process opened and may be asked for again soon: kept while its student's key is there.

Nothing is served from memory that has no key (docs/decisions/erasure.md).
"""

from collections.abc import Iterable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Any
from uuid import UUID

from ledger.keys import Keyring

#: What is kept of all students together.
_MOST = 6_000

#: What is kept of a student: by record the version and the value.
Kept = Mapping[UUID, tuple[int, Any]]
_NOTHING: Kept = MappingProxyType({})


class OpenedMemory:
    """Values by student and record, each of one version. Safe between threads."""

    def __init__(self, keyring: Keyring, most: int = _MOST) -> None:
        self._keyring = keyring
        self._most = most
        self._lock = Lock()
        self._kept: dict[UUID, dict[UUID, tuple[int, Any]]] = {}
        self._count = 0

    def of(self, student: UUID) -> Kept:
        """What was kept of a student, for who needs several records of it: the key is looked for
        once. Nothing where it is gone."""
        known = self._kept.get(student)
        if known is None:
            return _NOTHING
        if self._keyring.stands("student.record", student):
            return known
        self._drop([student])
        return _NOTHING

    def get(self, student: UUID, record: UUID, version: int) -> Any:
        """What was kept of this version, or None; also where the key is gone."""
        return of_version(self.of(student), record, version)

    def keep(self, student: UUID, record: UUID, version: int, value: Any) -> None:
        with self._lock:
            of_student = self._kept.setdefault(student, {})
            self._count += record not in of_student
            of_student[record] = (version, value)
        if self._count > self._most:
            self._drop([next(iter(self._kept))])

    def forget_erased(self) -> None:
        """Drops what no key opens any more."""
        with self._lock:
            students = list(self._kept)
        self._drop([one for one in students if not self._keyring.stands("student.record", one)])

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._count = 0

    def _drop(self, students: Iterable[UUID]) -> None:
        with self._lock:
            for one in students:
                self._count -= len(self._kept.pop(one, ()))


def of_version(kept: Kept, record: UUID, version: int) -> Any:
    """The value of a record at this version, or None."""
    known = kept.get(record)
    return known[1] if known is not None and known[0] == version else None
