"""A change as the county reads it: names in force at the position, labels, before and after.

Beside each item goes its hash, over the row with every encrypted value as the SHA-256 of its
ciphertext, so that the report's digest survives an erasure (contract 4).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from api.programme_names import ProgrammeNames
from domain.access import PROCESS_SECTIONS, PROGRAMME_SECTIONS
from domain.calendar import TAIPEI
from domain.event import ERASED, Erased
from domain.labels import label
from domain.national_id import masked
from domain.placement_request import NewPlacement
from ledger.database import Connection
from ledger.encryption import MARK, canonical, digest_of
from ledger.ledger import Ledger
from ledger.opening import Opener
from projections import change_windows
from projections.cards import cards_at
from projections.change_windows import Pages
from projections.changes import Change
from projections.note_changes import NoteChange

#: Part of every report's terms: how rows are written and hashed.
FORMAT_VERSION = 6


_PLACEMENT_FIELDS = frozenset(NewPlacement.model_fields)

#: Sections whose fields name accounts and organisations, and the fields that do.
_NAMING = PROGRAMME_SECTIONS | {"directory", "relation", "course_goal", "dispute"}
ACCOUNTS = frozenset({"account_id"})
#: Of a course: a list of accounts.
_ACCOUNT_LISTS = frozenset({("course_goal", "teachers")})
ORGANISATIONS = frozenset(
    {
        *("organisation_id", "from_organisation_id"),
        *("district_junior_high_id", "next_school_id", "to_school_id"),
        *("from_school_id", "test_site_id", "dual_exam_school_id"),
    }
)


@dataclass(frozen=True)
class Item:
    """A row as shown (`data`), and the SHA-256 of the row as it outlives an erasure.

    Of a shared row also the position of its event, the version it made, and its school year.
    """

    data: dict[str, Any]
    row_hash: bytes
    position: int = 0
    version: int = 0
    school_year: int | None = None


Row = Change | NoteChange


def items(
    connection: Connection, ledger: Ledger, rows: Sequence[Row], viewer: UUID, position: int
) -> list[Item]:
    """The rows with the names that were in force at this position of `records`."""
    opener = Opener(ledger.keyring)
    cards = _Cards(connection, rows, viewer, position)
    words = ProgrammeNames(ledger, connection, position)
    dated = any(row.section in PROCESS_SECTIONS for row in rows if isinstance(row, Change))
    pages = change_windows.pages(connection) if dated else Pages(())
    return [
        _of_change(row, cards, pages, opener, words)
        if isinstance(row, Change)
        else _of_note(row, cards, opener)
        for row in rows
    ]


class _Cards:
    """Names of everybody on a page, read with one query a kind."""

    def __init__(
        self, connection: Connection, rows: Sequence[Row], viewer: UUID, position: int
    ) -> None:
        self.viewer = viewer
        students = {row.student for row in rows if row.student is not None}
        authors = {row.author if isinstance(row, Change) else viewer for row in rows}
        named = _named(rows)
        people = authors | {one for field, one in named if field not in ORGANISATIONS}
        self.student = cards_at(connection, "student", sorted(students), position)
        self.account = cards_at(connection, "account", sorted(people), position)
        schools = {row.organisation for row in rows if isinstance(row, Change)}
        schools |= {one for field, one in named if field in ORGANISATIONS}
        schools |= {
            UUID(card["organisation_id"])
            for row in rows
            if isinstance(row, NoteChange)
            and row.student is not None
            and (card := self.student.get(row.student)) is not None
        }
        wanted = sorted(school for school in schools if school is not None)
        self.organisation = cards_at(connection, "organisation", wanted, position)

    def name(self, section: str, field: str, value: Any) -> Any:
        """A value that is the id of an account or an organisation, with the name it had."""
        if value is None:
            return None
        if (section, field) in _ACCOUNT_LISTS:
            return [self._account(one) for one in value]
        if field in ACCOUNTS:
            return self._account(value)
        if field in ORGANISATIONS:
            card = self.organisation.get(UUID(value), {})
            return {"code": card.get("code"), "name": card.get("name")}
        return value

    def _account(self, value: str) -> dict[str, Any]:
        return {"id": value, "name": self.account.get(UUID(value), {}).get("name")}


def _named(rows: Sequence[Row]) -> set[tuple[str, UUID]]:
    """The fields of these rows that are ids of accounts and organisations, and which."""
    return {
        (field, UUID(one))
        for row in rows
        if isinstance(row, Change) and row.section in _NAMING
        for field, *values in row.said()["fields"]
        if field in ACCOUNTS | ORGANISATIONS or (row.section, field) in _ACCOUNT_LISTS
        for value in values
        if value is not None
        for one in (value if (row.section, field) in _ACCOUNT_LISTS else [value])
    }


def _of_change(
    row: Change, cards: _Cards, pages: Pages, opener: Opener, words: ProgrammeNames
) -> Item:
    body = row.said()
    year = body.get("school_year")
    stored = _frame(row, cards, body["capacity"], row.organisation, row.author) | {
        "occurred_on": body.get("occurred_on"),
        "section": row.section,
        "origin": row.origin,
        "late": pages.late(row.section, row.origin, year, row.position, row.recorded_at),
        "letter_number": body.get("letter_number"),
        "reason": body.get("reason"),
        "fields": [
            {
                "field": name,
                "before": cards.name(row.section, name, before),
                "after": cards.name(row.section, name, after),
            }
            if row.section in _NAMING
            else {"field": name, "before": before, "after": after}
            for name, before, after in body["fields"]
        ],
        "change_id": change_id(row.record_id, body["version"]),
    }
    if "row_id" in body:
        stored["row_id"] = body["row_id"]
    made = _finish(stored, row.student, row.author, row.section, opener)
    shown = [(one["field"], [one["before"], one["after"]]) for one in made.data["fields"]]
    names = words.of_fields(row.programme, row.section, row.student, row.record_id, shown)
    if names:
        made = replace(made, data=made.data | {"names": names})
    return replace(made, position=row.position, version=body["version"], school_year=year)


def _of_note(row: NoteChange, cards: _Cards, opener: Opener) -> Item:
    card = cards.student.get(row.student) if row.student is not None else None
    school = UUID(card["organisation_id"]) if card else None
    stored = _frame(row, cards, row.capacity, school, cards.viewer) | {
        "occurred_on": row.occurred_on,
        "section": "counselling_note",
        "origin": "school",
        "letter_number": None,
        "reason": row.reason,
        "fields": [
            {"field": name, "before": before, "after": after} for name, before, after in row.fields
        ],
        "change_id": change_id(row.record_id, row.version),
    }
    return _finish(stored, row.student, cards.viewer, "counselling_note", opener)


def _frame(
    row: Row, cards: _Cards, capacity: str, school: UUID | None, author: UUID
) -> dict[str, Any]:
    student = cards.student.get(row.student, {}) if row.student is not None else {}
    organisation = cards.organisation.get(school, {}) if school is not None else {}
    return {
        "recorded_at": instant(row.recorded_at),
        "student": {
            "id": row.student,
            "name": student.get("name"),
            "grade": student.get("grade"),
        },
        "organisation": {"code": organisation.get("code"), "name": organisation.get("name")},
        "record_id": row.record_id,
        "kind": row.kind,
        "late": None,
        "author": {
            "id": author,
            "name": cards.account.get(author, {}).get("name"),
            "capacity": capacity,
        },
    }


def _finish(
    stored: dict[str, Any], student: UUID | None, author: UUID, section: str, opener: Opener
) -> Item:
    row_hash = hashlib.sha256(canonical(_hashed(stored))).digest()
    data = dict(stored)

    def of_student(value: Any) -> Any:
        return _shown(opener.of_student(student, value) if student is not None else value)

    def of_person(value: dict[str, Any]) -> dict[str, Any]:
        return value | {"name": _shown(opener.of_account(UUID(value["id"]), value["name"]))}

    def of_field(field: str, value: Any) -> Any:
        if section in _NAMING and value is not None:
            if field in ACCOUNTS:
                return of_person(value)
            if (section, field) in _ACCOUNT_LISTS:
                return [of_person(one) for one in value]
        return of_student(value)

    data["student"] = stored["student"] | {"name": of_student(stored["student"]["name"])}
    data["author"] = stored["author"] | {
        "name": _shown(opener.of_account(author, stored["author"]["name"]))
    }
    data["reason"] = of_student(stored["reason"])
    fields = []
    for field in stored["fields"]:
        before, after = (of_field(field["field"], field[side]) for side in ("before", "after"))
        if field["field"] == "national_id":
            before, after = _masked(before), _masked(after)
        if before is None and after is None:
            continue
        fields.append(
            {
                "field": field["field"],
                "label": _label(section, field["field"]),
                "before": before,
                "after": after,
            }
        )
    data["fields"] = fields
    return Item(data | {"row_hash": row_hash.hex()}, row_hash)


def _label(section: str, field: str) -> str:
    # A request shows the placement it is about, field by field.
    of_placement = section == "placement_request" and field in _PLACEMENT_FIELDS
    return label("placement" if of_placement else section, field)


def change_id(record: UUID, version: int) -> UUID:
    """The id of a change: of its record and the version it made, and so the same for ever."""
    return uuid5(record, str(version))


def instant(value: datetime) -> str:
    """An instant as the API writes it: RFC 3339 with the offset of Asia/Taipei."""
    return value.astimezone(TAIPEI).isoformat(timespec="microseconds")


def _hashed(value: Any) -> Any:
    if isinstance(value, Mapping):
        if MARK in value:
            return {"sha256": digest_of(value[MARK])}
        return {name: _hashed(inner) for name, inner in value.items()}
    if isinstance(value, Erased):
        return {"erased": True}
    if isinstance(value, str | UUID | date) or not isinstance(value, Iterable):
        return value
    return [_hashed(inner) for inner in value]


def _shown(value: Any) -> Any:
    return str(ERASED) if isinstance(value, Erased) else value


def _masked(value: Any) -> Any:
    return masked(value) if isinstance(value, str) and value != str(ERASED) else value
