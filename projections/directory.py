"""Who is who: students, accounts and organisations now, and the names in force at a position.

The row of a student: `national_id`, `name`, `sex`, `birth_date` (ciphertext), `organisation_id`,
`stage`, `grade`, `class_name` and, once erased, `erased`. Of an account: `username`, `name`
(ciphertext), `organisation_id`,
`roles`, `duties`, `teaching_category`, `subjects`, `homeroom` (`organisation_id`, `class_name`,
`gifted`, or null), `on_establishment`, `closed`, `case_manager` (the kinds it is appointed for).
Of an organisation: `code`, `name`, `kind`, `county`, `stage`, `parent_id`, `district`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from domain.access import audiences_of
from domain.account import (
    AccountClosed,
    AccountProfileChanged,
    AccountRegistered,
    HomeroomActivated,
    HomeroomCleared,
    StaffEstablishmentSet,
)
from domain.case_manager import CaseManagerAppointed, CaseManagerAppointmentEnded
from domain.event import Event
from domain.organisation import OrganisationCorrected, OrganisationRegistered
from domain.student import (
    StudentClassChanged,
    StudentDetailsCorrected,
    StudentErased,
    StudentRegistered,
    StudentTransferred,
)
from ledger.database import Connection
from projections.bodies import show, shown_by
from projections.cards import Kind, Row, cards_at
from projections.plan_years import YEAR_EVENTS, keep_years
from projections.reading import with_row
from projections.view import Fact, Revision, SqlView, audience_ids
from projections.writing import columns, copy_rows, replace_rows, uuid_array

#: The kind of card that an event changes.
_CHANGES: Mapping[type[Event], Kind] = {
    StudentRegistered: "student",
    StudentDetailsCorrected: "student",
    StudentClassChanged: "student",
    StudentTransferred: "student",
    StudentErased: "student",
    AccountRegistered: "account",
    AccountProfileChanged: "account",
    HomeroomActivated: "account",
    HomeroomCleared: "account",
    StaffEstablishmentSet: "account",
    AccountClosed: "account",
    CaseManagerAppointed: "account",
    CaseManagerAppointmentEnded: "account",
    OrganisationRegistered: "organisation",
    OrganisationCorrected: "organisation",
}
_APPOINTMENTS = (CaseManagerAppointed, CaseManagerAppointmentEnded)
#: The events with which a card begins, and the fields that they do not say.
_BEGINNINGS: Mapping[type[Event], Row] = {
    StudentRegistered: {},
    AccountRegistered: {
        "homeroom": None,
        "on_establishment": None,
        "closed": False,
        "case_manager": [],
    },
    OrganisationRegistered: {},
}

_CARD_COLUMNS = columns("kind text, id uuid, position int8, row bytea")
_STUDENT_COLUMNS = columns(
    "student_id uuid, organisation uuid, stage text, grade int2, class_name text,"
    " plan_years int2[], version int8, since_position int8, row bytea, audiences binary"
)
_ACCOUNT_COLUMNS = columns(
    "account_id uuid, organisation uuid, roles text[], closed bool, version int8, row bytea"
)
_ORGANISATION_COLUMNS = columns(
    "organisation_id uuid, code text, name text, kind text, county text, stage text, parent uuid,"
    " district text, version int8"
)


class DirectoryView(SqlView):
    """The view `directory`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="directory",
            version=2,
            tables=("card", "student", "account", "organisation"),
            revisions={2: Revision("單位有行政區", ("card", "organisation"))},
        )

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine: dict[Kind, list[Fact]] = {"student": [], "account": [], "organisation": []}
        opened: list[Fact] = []
        shown: dict[UUID, frozenset[str]] = {}
        for fact in facts:
            kind = _CHANGES.get(fact.event_class)
            if kind is not None:
                mine[kind].append(fact)
            elif fact.event_class in YEAR_EVENTS:
                opened.append(fact)
            elif fact.student is not None and (names := shown_by(fact)):
                shown[fact.student] = shown.get(fact.student, frozenset()) | names
        for kind, of_kind in mine.items():
            if of_kind:
                _change(connection, kind, of_kind)
        if opened:
            keep_years(connection, opened)
        for names in {*shown.values()}:
            show(connection, names, [one for one in shown if shown[one] == names])


def _change(connection: Connection, kind: Kind, facts: Sequence[Fact]) -> None:
    """Writes a card for each fact, and anew the current rows that they change."""
    ids = [_id_of(fact) for fact in facts]
    begun = {fact.stream_id for fact in facts if fact.event_class in _BEGINNINGS}
    old = list({*ids} - begun)
    known = cards_at(connection, kind, old, facts[0].position) if old else {}
    cards = []
    for identity, fact in zip(ids, facts, strict=True):
        row = known[identity] = _next(known.get(identity), fact)
        cards.append((kind, identity, fact.position, orjson.dumps(row)))
    copy_rows(connection, "card", _CARD_COLUMNS, cards)
    newest = {identity: (position, body) for _, identity, position, body in cards}
    table, rows_of = _CURRENT[kind]
    rows = rows_of(connection, old, {one: (known[one], *newest[one]) for one in newest})
    replace_rows(connection, kind, table, rows, old=old)


def _id_of(fact: Fact) -> UUID:
    return UUID(fact.fields["account_id"]) if fact.event_class in _APPOINTMENTS else fact.stream_id


def _next(row: Row | None, fact: Fact) -> Row:
    """The row after a fact. Raises `LookupError` where there is none to change."""
    said = fact.said()
    said.pop("account_id", None)
    if fact.event_class in _BEGINNINGS:
        more = _BEGINNINGS[fact.event_class]
        return {"version": fact.stream_version, **said, **more}
    if row is None:
        raise LookupError(f"{fact.event_class.TOPIC} of {fact.stream_id}, which nobody registered")
    if fact.event_class in _APPOINTMENTS:
        kinds = {*row["case_manager"]} - {said["kind"]}
        if fact.event_class is CaseManagerAppointed:
            kinds.add(said["kind"])
        return row | {"case_manager": sorted(kinds)}
    if fact.event_class is HomeroomActivated:
        said = {"homeroom": said}
    elif fact.event_class is HomeroomCleared:
        said = {"homeroom": None}
    elif fact.event_class is AccountClosed:
        said = {"closed": True}
    elif fact.event_class is StudentErased:
        # The names stay as ciphertext that nothing opens any more.
        said = {"erased": True}
    said.pop("from_organisation_id", None)
    return row | said | {"version": fact.stream_version}


Changed = Mapping[UUID, tuple[Row, int, bytes]]


def _student_rows(
    connection: Connection, old: Sequence[UUID], changed: Changed
) -> list[Sequence[Any]]:
    found = connection.execute(
        "SELECT student_id, organisation, plan_years, audiences FROM student"
        " WHERE student_id = ANY(%s)",
        (old,),
        binary=True,
    )
    kept = {
        one: (plan_years, {*audiences} - _related(one, school))
        for one, school, plan_years, audiences in found
    }
    rows: list[Sequence[Any]] = []
    for student, (row, position, body) in changed.items():
        plan_years, bodies = kept.get(student, ([], set()))
        organisation = UUID(row["organisation_id"])
        # A school that the student left sees its own past, not the student of today.
        ids = sorted(_related(student, organisation) | bodies)
        rows.append(
            (
                student,
                organisation,
                *(row[name] for name in ("stage", "grade", "class_name")),
                plan_years,
                row["version"],
                position,
                body,
                uuid_array(ids),
            )
        )
    return rows


def _account_rows(
    connection: Connection, old: Sequence[UUID], changed: Changed
) -> list[Sequence[Any]]:
    return [
        (account, UUID(row["organisation_id"]), row["roles"], row["closed"], row["version"], body)
        for account, (row, _, body) in changed.items()
    ]


def _organisation_rows(
    connection: Connection, old: Sequence[UUID], changed: Changed
) -> list[Sequence[Any]]:
    return [
        (
            organisation,
            *(row[name] for name in ("code", "name", "kind", "county", "stage")),
            row["parent_id"] and UUID(row["parent_id"]),
            row["district"],
            row["version"],
        )
        for organisation, (row, _, _) in changed.items()
    ]


_CURRENT = {
    "student": (_STUDENT_COLUMNS, _student_rows),
    "account": (_ACCOUNT_COLUMNS, _account_rows),
    "organisation": (_ORGANISATION_COLUMNS, _organisation_rows),
}


def _related(student: UUID, organisation: UUID) -> set[UUID]:
    """The audiences of a card that follow from where the student is."""
    return {*audience_ids(audiences_of("directory", student, organisation))}


# -- reading


@dataclass(frozen=True)
class StudentCard:
    """A student now. `since_position` is that of the event that last changed the row."""

    student_id: UUID
    organisation: UUID
    stage: str
    grade: int
    class_name: str | None
    plan_years: list[int]
    version: int
    since_position: int
    row: Row

    @property
    def erased(self) -> bool:
        """Whether an order erased the student."""
        return bool(self.row.get("erased"))


@dataclass(frozen=True)
class AccountCard:
    """An account now."""

    account_id: UUID
    organisation: UUID
    roles: list[str]
    closed: bool
    version: int
    row: Row


class OrganisationCard(NamedTuple):
    """An organisation now."""

    organisation_id: UUID
    code: str
    name: str
    kind: str
    county: str
    stage: str | None
    parent: UUID | None
    district: str | None
    version: int


_STUDENT = b"""
SELECT student_id, organisation, stage, grade, class_name, plan_years, version, since_position, row
FROM student
"""


def students(
    connection: Connection,
    *,
    organisation: UUID | None = None,
    school_year: int | None = None,
    stage: str | None = None,
    grade: int | None = None,
    class_name: str | None = None,
    ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[StudentCard]:
    """The students the viewer may see, by id; a filter that is None lets everybody pass.

    `school_year` asks for a plan opened for it. `after` and `limit` give one page.
    """
    rows = connection.execute(
        _STUDENT
        + b"""
        WHERE (%(organisation)s::uuid IS NULL OR organisation = %(organisation)s)
          AND (%(school_year)s::smallint IS NULL OR %(school_year)s = ANY(plan_years))
          AND (%(stage)s::text IS NULL OR stage = %(stage)s)
          AND (%(grade)s::smallint IS NULL OR grade = %(grade)s)
          AND (%(class_name)s::text IS NULL OR class_name = %(class_name)s)
          AND (%(ids)s::uuid[] IS NULL OR student_id = ANY(%(ids)s))
          AND (%(after)s::uuid IS NULL OR student_id > %(after)s)
        ORDER BY student_id LIMIT %(limit)s""",
        {
            "organisation": organisation,
            "school_year": school_year,
            "stage": stage,
            "grade": grade,
            "class_name": class_name,
            "ids": None if ids is None else list(ids),
            "after": after,
            "limit": limit,
        },
        binary=True,
    )
    return with_row(StudentCard, rows)


def student(connection: Connection, student_id: UUID) -> StudentCard | None:
    """The student, if there is one and the viewer may see it."""
    rows = connection.execute(_STUDENT + b"WHERE student_id = %s", (student_id,), binary=True)
    return next(iter(with_row(StudentCard, rows)), None)


def students_by_school(connection: Connection) -> dict[UUID, int]:
    """How many students of each school the viewer may see."""
    rows = connection.execute(
        b"SELECT organisation, count(*) FROM student GROUP BY organisation", binary=True
    )
    return dict(rows.fetchall())


_ACCOUNT = b"SELECT account_id, organisation, roles, closed, version, row FROM account "


def accounts_of(connection: Connection, organisation: UUID | None) -> list[AccountCard]:
    """The accounts of an organisation, or all, by id; closed ones too."""
    rows = connection.execute(
        _ACCOUNT + b"WHERE %(of)s::uuid IS NULL OR organisation = %(of)s ORDER BY account_id",
        {"of": organisation},
        binary=True,
    )
    return with_row(AccountCard, rows)


def account(connection: Connection, account_id: UUID) -> AccountCard | None:
    """The account, if there is one."""
    rows = connection.execute(_ACCOUNT + b"WHERE account_id = %s", (account_id,), binary=True)
    return next(iter(with_row(AccountCard, rows)), None)


_ORGANISATION = (
    b"SELECT organisation_id, code, name, kind, county, stage, parent, district, version"
    b" FROM organisation "
)


def organisations(connection: Connection) -> list[OrganisationCard]:
    """All organisations, by code."""
    rows = connection.execute(_ORGANISATION + b"ORDER BY code", binary=True)
    return [OrganisationCard(*row) for row in rows]


def organisation_by_code(connection: Connection, code: str) -> OrganisationCard | None:
    """The organisation with this code, if there is one."""
    rows = connection.execute(_ORGANISATION + b"WHERE code = %s", (code,), binary=True)
    return next((OrganisationCard(*row) for row in rows), None)
