"""Opens at the edge what the views keep as ciphertext (design D11)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.event import ERASED
from ledger import encryption
from ledger.keys import Keyring


class Opener:
    """Opens ciphertexts of `records` for somebody who may see the row they stand in.

    A ciphertext is `{"#": text, "of": [event id, stream id, version, stored topic, field]}`.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of_student(self, student: UUID, value: Any) -> Any:
        """A value of a row about a student: opened when it is ciphertext, as it is otherwise.

        `ERASED` where the key was destroyed. Raises `NotAuthentic`.
        """
        return self._open(self._keyring.key("student.record", student), value)

    def of_account(self, account: UUID, value: Any) -> Any:
        """The same for a row about an account."""
        return self._open(self._keyring.key("account.record", account), value)

    def fields(self, student: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row about a student with every ciphertext in it opened."""
        return {name: self.of_student(student, value) for name, value in row.items()}

    @staticmethod
    def _open(extracted: bytes | None, value: Any) -> Any:
        if not isinstance(value, Mapping) or encryption.MARK not in value:
            return value
        if extracted is None:
            return ERASED
        event_id, stream, version, topic, field = value["of"]
        key = encryption.event_key(extracted, UUID(event_id))
        where = encryption.place("records", stream, version, topic, field)
        return encryption.decrypt(key, where, value[encryption.MARK])
