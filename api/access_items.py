"""How acts of the book of access are shown: names of today, words for codes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from api.house import House
from api.student_items import Instant, Person, person
from domain.access_words import KINDS, what_label
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.ledger_life import SYSTEM
from domain.purpose import LABELS as PURPOSES
from domain.purpose import Purpose
from ledger.database import Connection
from projections import directory
from projections.access_log import Entry


class Coded(BaseModel):
    """A code and what it is called."""

    code: str
    label: str


class Act(BaseModel):
    """One act. `detail` is the rule of a refusal or the format of an export; `declared` says that
    the purpose is the reader's own word. A purpose nobody recorded is null."""

    at: Instant
    kind: Coded
    what: Coded
    capacity: Coded
    purpose: Coded | None
    declared: bool
    detail: str | None
    record_id: UUID | None


class AccessItem(Act):
    """Who did it."""

    reader: Person


class ListedStudent(BaseModel):
    """A student of an act; the name only where the viewer may see the student today."""

    id: UUID
    name: str | None


def act_of(entry: Entry) -> dict[str, Any]:
    """The fields of `Act`."""
    return {
        "at": entry.at,
        "kind": Coded(code=entry.kind, label=KINDS[entry.kind]),
        "what": Coded(code=entry.what, label=what_label(entry.what)),
        "capacity": capacity_of(entry.capacity),
        "purpose": None
        if entry.purpose is None
        else Coded(code=entry.purpose, label=PURPOSES[Purpose(entry.purpose)]),
        "declared": entry.declared,
        "detail": entry.detail,
        "record_id": entry.record_id,
    }


def capacity_of(code: str) -> Coded:
    return Coded(code=code, label=CAPACITIES[Capacity(code)])


def people(house: House, connection: Connection, accounts: Iterable[UUID]) -> dict[UUID, Person]:
    """Accounts by their ids, as they are called today."""
    found = {one: person(house, connection, one) for one in {*accounts} - {SYSTEM}}
    return found | {SYSTEM: Person(id=SYSTEM, name=CAPACITIES[Capacity.SYSTEM])}


def students(house: House, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those of these students whom the viewer may see today."""
    wanted = list({*ids})
    if not wanted:
        return {}
    return {
        card.student_id: str(house.opener.of_student(card.student_id, card.row["name"]))
        for card in directory.students(connection, ids=wanted)
    }
