"""Disputes as they are now, and the decisions and statements in them.

The row of a dispute: the fields of `DisputeOpened` (`matter`, `grounds` as ciphertext), `by`, and
what came to it: `reviewers` (`account_id`, `sections`, `until`, `appointed_at`, `ended_at`),
`statements` (`statement_id`, `side`, `text`, `given_on`, `by`, `recorded_at`), `hearing_closed_at`,
`decision` (the fields of `DisputeDecided`, `by`, `recorded_at`). It is kept packed
(`projections/packing.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.access import audiences_of
from domain.dispute import Status
from domain.dispute_events import (
    SECTION,
    DisputeDecided,
    DisputeOpened,
    DisputeWithdrawn,
    HearingClosed,
    ReviewerAppointed,
    ReviewerEnded,
    StatementAdded,
)
from ledger.database import Connection
from projections.packing import pack, unpack
from projections.view import Fact, SqlView, audience_ids
from projections.writing import columns, copy_rows, overwrite_rows

Row = dict[str, Any]

_COLUMNS = columns(
    "dispute_id uuid, student uuid, organisation uuid, programme text, kind text, status text,"
    " version int8, recorded_at timestamptz, updated_at timestamptz, updated_by uuid, row bytea,"
    " audiences uuid[]"
)


@dataclass(frozen=True)
class Dispute:
    """A dispute now; `status` is one of `domain.dispute.Status`."""

    dispute_id: UUID
    student: UUID
    organisation: UUID
    programme: str
    kind: str
    status: str
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: Row


class DisputesView(SqlView):
    """The view `disputes`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="disputes", version=1, tables=("dispute",))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if fact.event_class.SECTION == SECTION]
        if not mine:
            return
        wanted = {fact.stream_id for fact in mine if fact.stream_version > 1}
        old = {one.dispute_id: one for one in _select(connection, b"= ANY(%s)", list(wanted))}
        now = dict(old)
        for fact in mine:
            now[fact.stream_id] = _next(now.get(fact.stream_id), fact)
        for write, stands in ((overwrite_rows, True), (copy_rows, False)):
            rows = [_columns(one) for one in now.values() if (one.dispute_id in old) is stands]
            if rows:
                write(connection, "dispute", _COLUMNS, rows)


def _next(known: Dispute | None, fact: Fact) -> Dispute:
    """The dispute after a fact. Raises `LookupError` where there is none to change."""
    said, at = fact.said(), fact.recorded_at
    if fact.event_class is DisputeOpened:
        assert fact.student is not None
        row = said | {"by": str(fact.by), "reviewers": [], "statements": []}
        return Dispute(
            fact.stream_id,
            fact.student,
            UUID(said["organisation_id"]),
            said["programme"],
            said["kind"],
            Status.OPEN,
            fact.stream_version,
            at,
            at,
            fact.by,
            row,
        )
    if known is None:
        raise LookupError(f"{fact.event_class.TOPIC} of {fact.stream_id}, which nobody opened")
    changed = _CHANGES[fact.event_class](known.row, said | _when(fact))
    return Dispute(
        known.dispute_id,
        known.student,
        known.organisation,
        known.programme,
        known.kind,
        _STATUSES.get(fact.event_class, known.status),
        fact.stream_version,
        known.recorded_at,
        at,
        fact.by,
        known.row | changed,
    )


def _when(fact: Fact) -> Row:
    return {"by": str(fact.by), "recorded_at": fact.recorded_at.astimezone(UTC).isoformat()}


def _appointed(row: Row, said: Row) -> Row:
    made = {name: said[name] for name in ("account_id", "sections", "until")}
    made |= {"appointed_at": said["recorded_at"], "ended_at": None}
    return {"reviewers": [*row["reviewers"], made]}


def _ended(row: Row, said: Row) -> Row:
    return {
        "reviewers": [
            one | {"ended_at": said["recorded_at"]}
            if one["account_id"] == said["account_id"] and one["ended_at"] is None
            else one
            for one in row["reviewers"]
        ]
    }


def _stated(row: Row, said: Row) -> Row:
    return {"statements": [*row["statements"], said]}


def _closed(row: Row, said: Row) -> Row:
    return {"hearing_closed_at": row.get("hearing_closed_at") or said["recorded_at"]}


_CHANGES: dict[type, Callable[[Row, Row], Row]] = {
    ReviewerAppointed: _appointed,
    ReviewerEnded: _ended,
    StatementAdded: _stated,
    HearingClosed: _closed,
    DisputeDecided: lambda row, said: _closed(row, said) | {"decision": said},
    DisputeWithdrawn: _closed,
}
_STATUSES: dict[type, str] = {
    DisputeDecided: Status.DECIDED,
    DisputeWithdrawn: Status.WITHDRAWN,
}


def _columns(one: Dispute) -> tuple[Any, ...]:
    names = audiences_of(SECTION, one.student, one.organisation, one.dispute_id)
    return (
        one.dispute_id,
        one.student,
        one.organisation,
        one.programme,
        one.kind,
        one.status,
        one.version,
        one.recorded_at,
        one.updated_at,
        one.updated_by,
        pack(one.dispute_id, one.row),
        audience_ids(names),
    )


# -- reading

_DISPUTE = (
    b"SELECT dispute_id, student, organisation, programme, kind, status, version, recorded_at,"
    b" updated_at, updated_by, row FROM dispute "
)


def _read(rows: Iterable[tuple[Any, ...]]) -> list[Dispute]:
    made: Callable[..., Dispute] = Dispute
    return [made(*row[:-1], unpack(row[0], row[-1])) for row in rows]


def _select(connection: Connection, which: bytes, value: object) -> list[Dispute]:
    asked = _DISPUTE + b"WHERE dispute_id " + which
    return _read(connection.execute(asked, (value,), binary=True))


def dispute(connection: Connection, dispute_id: UUID) -> Dispute | None:
    """The dispute, if there is one and the viewer may see it."""
    return next(iter(_select(connection, b"= %s", dispute_id)), None)


def disputes(connection: Connection, student: UUID | None = None) -> list[Dispute]:
    """The disputes that the viewer may see, of one student or all, the oldest first."""
    asked = _DISPUTE + (
        b"WHERE %(student)s::uuid IS NULL OR student = %(student)s ORDER BY recorded_at, dispute_id"
    )
    return _read(connection.execute(asked, {"student": student}, binary=True))
