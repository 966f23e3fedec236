"""What a view is: tables of its own, and a function from recorded events to their rows.

A view is a function of one book (design D8). It keeps ciphertext as the book holds it and never
sees a key, the authors' own notes apart; the API opens fields at the edge (design D11).
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from domain.event import ENCRYPTED, Event
from ledger.database import Connection

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Fact:
    """A recorded event as a view reads it: its columns, and its fields with ciphertext unopened.

    `topic` is the stored one (it is part of the place of every ciphertext), `event_class` the
    class that reads it today and `fields` are in that class's form.
    """

    position: int
    recorded_at: datetime
    stream_id: UUID
    stream_version: int
    topic: str
    event_class: type[Event]
    student: UUID | None
    fields: Mapping[str, Any]
    owner: UUID | None = None
    #: Of the notes book: the event itself, opened; its fields are not repeated in `fields`.
    event: Event | None = None
    #: Of the shared books: the body as it is stored, for what is made of its very bytes.
    body: bytes = b""
    #: Its hash as a leaf (docs/formats/leaf.md), where the server made it.
    leaf_hash: bytes = b""

    @property
    def by(self) -> UUID:
        return UUID(self.fields["by"]) if self.event is None else self.event.by

    def ciphertext(self, name: str) -> dict[str, Any] | None:
        """An encrypted field with all that is needed to open it later, or None where not given.

        `{"#": ciphertext, "of": [event id, stream id, version, stored topic, field]}`
        """
        value = self.fields.get(name)
        if not isinstance(value, dict):
            return None
        return {
            "#": value["#"],
            "of": [
                self.fields["event_id"],
                str(self.stream_id),
                self.stream_version,
                self.topic,
                name,
            ],
        }

    def said(self) -> dict[str, Any]:
        """What the event itself says, its encrypted fields as `ciphertext` gives them."""
        return {
            name: self.ciphertext(name) if encrypted else self.fields[name]
            for name, encrypted in _own_fields(self.event_class)
            if name in self.fields
        }


@cache
def _own_fields(event_class: type[Event]) -> list[tuple[str, bool]]:
    """The fields beyond the envelope, in the order of the class, and whether they are encrypted."""
    return [
        (name, any(mark is ENCRYPTED for mark in field.metadata))
        for name, field in event_class.model_fields.items()
        if name not in Event.model_fields
    ]


@dataclass(frozen=True)
class Revision:
    """Why a version of a view says other things than the one before, and in which tables it may.

    The release answers for it (docs/decisions/rebuilding-views.md). The reason is in zh-TW.
    """

    reason: str
    tables: tuple[str, ...]


class View(Protocol):
    """One projection. `name` is its name in checkpoints, `tables` what it owns in its schema.

    `revisions` says of each version after the first what may differ from the one before. Where a
    table has another form, `comparable` may have a query for it that says the same of both forms:
    one of its columns is called `key`, and `{schema}` stands for the schema of the copy.
    """

    name: str
    version: int
    book: str
    tables: Sequence[str]
    revisions: Mapping[int, Revision]
    comparable: Mapping[str, str]

    def create(self, connection: Connection) -> None:
        """Makes the empty tables, their policies and grants in the first schema of search_path."""

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Writes what these facts say, in the caller's transaction and search_path."""


@dataclass
class SqlView(ABC):
    """A view whose tables are made by `projections/sql/<name>.sql`.

    In that file `"{reader}"` stands for the role that reads under row-level security.
    """

    name: str
    version: int
    tables: Sequence[str]
    book: str = "records"
    revisions: Mapping[int, Revision] = field(default_factory=dict)
    comparable: Mapping[str, str] = field(default_factory=dict)

    def create(self, connection: Connection) -> None:
        # The two roles of a database share the beginning of their names.
        reader = connection.info.user.removesuffix("projector") + "reader"
        connection.execute(for_reader(SQL / f"{self.name}.sql", reader))

    @abstractmethod
    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """See `View`."""


def for_reader(file: Path, reader: str) -> bytes:
    """The SQL of a file in which `"{reader}"` stands for the role that reads."""
    return file.read_text().replace("{reader}", reader.replace('"', '""')).encode()


@lru_cache(maxsize=100_000)
def audience_id(audience: str) -> UUID:
    """The id of an audience in the views: the first 16 bytes of its SHA-256."""
    return UUID(bytes=hashlib.sha256(audience.encode()).digest()[:16])


def audience_ids(audiences: Iterable[str]) -> list[UUID]:
    """The ids of audiences, in an order that does not depend on how they were found."""
    # By their numbers: the same order, without a call of Python's for every comparison.
    return sorted((audience_id(audience) for audience in audiences), key=attrgetter("int"))
