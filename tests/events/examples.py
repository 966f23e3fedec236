"""The stored examples: how they are made once, and how they are opened ever after."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from domain.event import Event
from ledger.entropy import SeededEntropy
from ledger.keys import Keyring
from ledger.mapper import LedgerMapper, Stored
from tests.events.samples import ACCOUNT, ACTOR, STUDENT, sample

FILE = Path(__file__).parent / "examples.json"
MASTER = bytes(range(32))


def mapper(folder: Path) -> LedgerMapper:
    """A mapper with the keys of the examples: drawn from a seed, so the same for ever."""
    entropy = SeededEntropy(b"stored examples")
    keyring = Keyring(folder, MASTER, entropy)
    for account in (ACTOR, ACCOUNT):
        keyring.create_account(account, account)
    keyring.create_student(STUDENT, STUDENT)
    return LedgerMapper(keyring, entropy)


def make(event_class: type[Event], folder: Path) -> dict[str, Any]:
    """The example of a kind of event, as it goes into the file."""
    event = sample(event_class)
    stored = mapper(folder).to_stored_event(event)
    return {
        "event": event_class.TOPIC,
        "book": stored.book,
        "owner": stored.owner,
        "stream_id": stored.originator_id,
        "stream_version": stored.originator_version,
        "topic": stored.topic,
        "subject": stored.subject,
        "body": stored.state.decode(),
        "sha256": hashlib.sha256(stored.state).hexdigest(),
        "says": says(event),
    }


def says(event: Event) -> dict[str, Any]:
    """What an event says, as JSON."""
    said: dict[str, Any] = event.model_dump(mode="json", exclude_unset=True)
    return said | {"policy": event.policy}


def load() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(FILE.read_bytes())
    return found


def stored(example: dict[str, Any]) -> Stored:
    """The stored event of an example."""
    return Stored(
        originator_id=UUID(example["stream_id"]),
        originator_version=example["stream_version"],
        topic=example["topic"],
        state=example["body"].encode(),
        book=example["book"],
        event_id=UUID(example["says"]["event_id"]),
        subject=UUID(example["subject"]) if example["subject"] else None,
        owner=UUID(example["owner"]) if example["owner"] else None,
    )
