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

    def one(self, student: UUID) -> "OneKey":
        """For many values about one student: its key is looked up once."""
        return OneKey(self._keyring.key("student.record", student))

    def of_student(self, student: UUID, value: Any) -> Any:
        """A value of a row about a student: opened when it is ciphertext, as it is otherwise.

        `ERASED` where the key was destroyed. Raises `NotAuthentic`.
        """
        return self.one(student).open(value) if _is_ciphertext(value) else value

    def of_account(self, account: UUID, value: Any) -> Any:
        """The same for a row about an account."""
        if not _is_ciphertext(value):
            return value
        return OneKey(self._keyring.key("account.record", account)).open(value)

    def fields(self, student: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row about a student with every ciphertext in it opened."""
        return self.one(student).fields(row)


class OneKey:
    """Opens what is encrypted under one extracted key; the key of an event is derived once."""

    def __init__(self, extracted: bytes | None) -> None:
        self._extracted = extracted
        self._ciphers: dict[str, encryption.Cipher] = {}

    def open(self, value: Any) -> Any:
        """A value: opened when it is ciphertext, as it is otherwise. Raises `NotAuthentic`."""
        if not _is_ciphertext(value):
            return value
        if self._extracted is None:
            return ERASED
        event_id, stream, version, topic, field = value["of"]
        cipher = self._ciphers.get(event_id)
        if cipher is None:
            cipher = encryption.Cipher(encryption.event_key(self._extracted, UUID(event_id)))
            self._ciphers[event_id] = cipher
        where = encryption.place("records", stream, version, topic, field)
        return cipher.decrypt(where, value[encryption.MARK])

    def fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with every ciphertext in it opened."""
        return {name: self.open(value) for name, value in row.items()}


def _is_ciphertext(value: Any) -> bool:
    return isinstance(value, dict) and encryption.MARK in value
