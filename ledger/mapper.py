"""From an event to its stored form and back (design D4, D11; docs/formats/stored-event.md).

The body is canonical JSON. In `records` and `access` it holds the envelope and the fields of the
event, encrypted ones as `{"#": ...}`; what stands in a column (stream, version, topic, subject)
is not written twice. In `notes` it holds two ciphertexts: `head` (true topic, student) under the
author's key, `rest` (everything else) under the author's and the student's note key together.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

import domain.catalogue  # noqa: F401  (every topic is known before a body is read)
from domain.counselling_note import ErasedNote
from domain.event import ENCRYPTED, ERASED, Event, class_of, upcast
from ledger import encryption
from ledger.entropy import Entropy
from ledger.keys import Keyring

NOTE_TOPIC = "note/1"
NOTE_SUBJECT = "-"
#: Every head has one length, so that it does not tell a note from a reading of notes.
HEAD_BYTES = 128

_COLUMNS = frozenset({"originator_id", "originator_version", "student_id"})
_ENVELOPE = frozenset({"event_id", "by", "capacity", "policy"})


@dataclass(frozen=True)
class Stored(StoredEvent):
    """A stored event with the columns that the library's class does not have.

    `position` and `recorded_at` are None until it has been recorded.
    """

    book: str
    event_id: UUID
    subject: UUID | None = None
    owner: UUID | None = None
    position: int | None = None
    recorded_at: datetime | None = None


class LedgerMapper(Mapper[UUID]):
    """Writes canonical bodies and encrypts them; reads them with upcasting."""

    def __init__(self, keyring: Keyring, entropy: Entropy) -> None:
        super().__init__(transcoder=_NoTranscoder())
        self._keyring = keyring
        self._entropy = entropy

    # -- writing

    def to_stored_event(self, domain_event: Any) -> Stored:
        """The stored form of an event. Raises `LookupError` where the key it needs is missing."""
        event: Event = domain_event
        event_id = event.event_id or self._entropy.uuid(event.by, "event")
        if event.BOOK == "notes":
            return self._note(event, event_id)
        fields: dict[str, Any] = {
            "event_id": event_id,
            "by": event.by,
            "capacity": event.capacity,
            "policy": event.policy,
        }
        given = event.model_fields_set
        cipher: encryption.Cipher | None = None
        place = b""
        for name, encrypted in _said_fields(type(event)):
            if name not in given:
                continue
            value = getattr(event, name)
            if encrypted:
                if cipher is None:
                    key = self._event_key(event, event_id)
                    fields["commit"] = encryption.commitment(key)
                    cipher = encryption.Cipher(key)
                    place = encryption.event_place(
                        event.BOOK, event.originator_id, event.originator_version, event.TOPIC
                    )
                nonce = self._entropy.draw(event.by, "nonce", encryption.NONCE_BYTES)
                text = cipher.encrypt(nonce, encryption.within(place, name), value)
                fields[name] = {encryption.MARK: text}
            else:
                fields[name] = value
        return Stored(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=event.TOPIC,
            state=encryption.canonical(fields),
            book=event.BOOK,
            event_id=event_id,
            subject=event.student_id,
        )

    def _note(self, event: Event, event_id: UUID) -> Stored:
        owner = event.by
        author_key = self._keyring.key("account.author", owner)
        if author_key is None:
            raise LookupError(f"no author key of account {owner}")
        if event.student_id is None:
            inner = author_key
        else:
            pair = self._keyring.note_key(owner, event.student_id)
            if pair is None:
                raise LookupError(f"no note key of student {event.student_id}")
            inner = pair
        said = event.model_fields_set - _COLUMNS
        rest = {name: getattr(event, name) for name in type(event).model_fields if name in said}
        rest |= {"by": event.by, "capacity": event.capacity, "policy": event.policy}
        rest.pop("event_id", None)
        head = {"topic": event.TOPIC, "student_id": event.student_id}
        body: dict[str, Any] = {"event_id": event_id}
        commits = {}
        for name, extracted, value in (("head", author_key, head), ("rest", inner, rest)):
            key = encryption.event_key(extracted, event_id)
            where = encryption.place(
                "notes", event.originator_id, event.originator_version, NOTE_TOPIC, name
            )
            nonce = self._entropy.draw(owner, "nonce", encryption.NONCE_BYTES)
            least = HEAD_BYTES if name == "head" else 0
            text = encryption.Cipher(key).encrypt(nonce, where, value, least)
            body[name] = {encryption.MARK: text}
            commits[name] = encryption.commitment(key)
        body["commit"] = commits
        return Stored(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=NOTE_TOPIC,
            state=encryption.canonical(body),
            book="notes",
            event_id=event_id,
            owner=owner,
        )

    def _event_key(self, event: Event, event_id: UUID) -> bytes:
        # That of its student, else of the account that its body names, else of who recorded it.
        if event.student_id is not None:
            extracted = self._keyring.key("student.record", event.student_id)
        else:
            account = getattr(event, "account_id", event.by)
            extracted = self._keyring.key("account.record", account)
        if extracted is None:
            raise LookupError(f"no record key for {event.TOPIC}")
        return encryption.event_key(extracted, event_id)

    # -- reading

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event of a stored form, upcast to today's class; `Erased` where a key is gone.

        Raises `UnknownTopic` and `NotAuthentic`.
        """
        assert isinstance(stored_event, Stored)
        if stored_event.book == "notes":
            return self._open_note(stored_event)
        fields: dict[str, Any] = orjson.loads(stored_event.state)
        self._open_fields(stored_event, fields)
        event_class, fields = upcast(stored_event.topic, fields)
        fields["originator_id"] = stored_event.originator_id
        fields["originator_version"] = stored_event.originator_version
        if stored_event.subject:
            fields["student_id"] = stored_event.subject
        return event_class.model_validate(fields)

    def _open_fields(self, stored: Stored, fields: dict[str, Any]) -> None:
        committed = fields.pop("commit", None)
        if committed is None:
            return
        key = self.opening_key(stored.subject, fields)
        cipher = None
        if key is not None:
            encryption.check_commitment(key, committed)
            cipher = encryption.Cipher(key)
        place = encryption.event_place(
            stored.book, _uuid(stored.originator_id), stored.originator_version, stored.topic
        )
        for name, value in fields.items():
            if isinstance(value, dict) and encryption.MARK in value:
                fields[name] = (
                    ERASED
                    if cipher is None
                    else cipher.decrypt(encryption.within(place, name), value[encryption.MARK])
                )

    def opening_key(self, subject: UUID | None, fields: dict[str, Any]) -> bytes | None:
        """The key of a stored event of `records`, or None where it was destroyed."""
        if subject is not None:
            extracted = self._keyring.key("student.record", subject)
        else:
            account = UUID(fields.get("account_id", fields["by"]))
            extracted = self._keyring.key("account.record", account)
        return (
            None if extracted is None else encryption.event_key(extracted, UUID(fields["event_id"]))
        )

    def _open_note(self, stored: Stored) -> Event:
        assert stored.owner is not None
        body = orjson.loads(stored.state)
        event_id = UUID(body["event_id"])
        envelope = {
            "originator_id": stored.originator_id,
            "originator_version": stored.originator_version,
            "event_id": event_id,
        }
        author_key = self._keyring.key("account.author", stored.owner)
        if author_key is None:
            return ErasedNote(by=stored.owner, capacity="SYS", **envelope)
        head = self._open_part(stored, body, "head", author_key, event_id)
        student = UUID(head["student_id"]) if head["student_id"] else None
        inner = author_key if student is None else self._keyring.note_key(stored.owner, student)
        if inner is None:
            was = class_of(head["topic"]).TOPIC
            return ErasedNote(
                by=stored.owner, capacity="SYS", student_id=student, was=was, **envelope
            )
        rest = self._open_part(stored, body, "rest", inner, event_id)
        event_class, fields = upcast(head["topic"], rest)
        if student is not None:
            fields["student_id"] = student
        return event_class.model_validate(fields | envelope)

    @staticmethod
    def _open_part(
        stored: Stored, body: dict[str, Any], name: str, extracted: bytes, event_id: UUID
    ) -> Any:
        key = encryption.event_key(extracted, event_id)
        encryption.check_commitment(key, body["commit"][name])
        return encryption.decrypt(
            key,
            encryption.place(
                "notes", _uuid(stored.originator_id), stored.originator_version, NOTE_TOPIC, name
            ),
            body[name][encryption.MARK],
        )


@cache
def _said_fields(event_class: type[Event]) -> tuple[tuple[str, bool], ...]:
    """The fields that stand in a body beside the envelope, and whether each is encrypted."""
    return tuple(
        (name, any(mark is ENCRYPTED for mark in field.metadata))
        for name, field in event_class.model_fields.items()
        if name not in _COLUMNS and name not in _ENVELOPE
    )


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


class _NoTranscoder(Transcoder):
    """The mapper makes the bytes itself, so the library's transcoder is never asked."""

    def encode(self, obj: Any) -> bytes:
        raise AssertionError("the mapper encodes")

    def decode(self, data: bytes) -> Any:
        raise AssertionError("the mapper decodes")
