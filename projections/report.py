"""The change report's rows: what changed between two positions, for these audiences (contract 4).

Dates become positions once; from there on every page is a walk of the index of each audience the
viewer holds, merged by position. What the viewer may not see is not in what is searched.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.database import Connection, as_array
from projections.changes import COLUMNS, Change

#: How many positions are looked at first when a filter may drop most of them.
_CHUNK = 200
_LARGEST_CHUNK = 20_000


@dataclass(frozen=True)
class ChangeFilter:
    """Repeated values are OR within, AND between; an empty tuple does not narrow.

    Both dates are inclusive local days in Asia/Taipei.
    """

    from_date: date
    to_date: date
    organisations: tuple[UUID, ...] = ()
    students: tuple[UUID, ...] = ()
    sections: tuple[str, ...] = ()
    authors: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    #: The school years of `programmes`: a placement that names no programme belongs to its year's.
    programme_years: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """The positions of `records` a report speaks of: after `low`, up to and with `high`.

    `as_of` is the position it was made at: what was shown to the viewer later is not in it.
    """

    low: int
    high: int
    as_of: int


class Share(NamedTuple):
    """The changes of one student in one section: how many, the first and the last."""

    student: UUID
    section: str
    changes: int
    first: int
    first_at: datetime
    last_at: datetime


def bounds(connection: Connection, start: datetime, end: datetime, as_of: int) -> Bounds:
    """The positions recorded in [start, end) that the report made at `as_of` speaks of."""
    row = connection.execute(
        "SELECT books.position_before(%s), books.position_before(%s)", (start, end), prepare=True
    ).fetchone()
    assert row is not None
    return Bounds(low=row[0], high=min(row[1], as_of), as_of=as_of)


def projected(connection: Connection) -> int:
    """Up to which position the view `changes` is complete."""
    row = connection.execute(
        "SELECT position FROM views.checkpoint WHERE view = 'changes'", prepare=True
    ).fetchone()
    return int(row[0]) if row else 0


def closed(connection: Connection, end: datetime, as_of: int) -> bool:
    """Whether no event before `end` can be missing: something at or after it was projected."""
    row = connection.execute("SELECT position, at FROM books.heartbeat", prepare=True).fetchone()
    beaten = row is not None and row[1] >= end and row[0] <= as_of
    if beaten:
        return True
    last = connection.execute(
        "SELECT books.position_before(%s) < %s", (end, as_of), prepare=True
    ).fetchone()
    return bool(last and last[0])


def page(
    connection: Connection,
    audiences: Sequence[UUID],
    wanted: ChangeFilter,
    span: Bounds,
    after: int,
    limit: int,
) -> list[Change]:
    """At most `limit` changes after position `after`, in the order they were recorded.

    The connection is in a transaction of `viewing` with exactly these audiences.
    """
    after = max(after, span.low)
    if wanted.students or wanted.organisations:
        return _narrow(connection, wanted, span, after, limit)
    conditions, values = _conditions(wanted)
    chunk = max(_CHUNK, limit) if conditions else limit
    values |= {
        "audiences": as_array(audiences),
        "high": span.high,
        "as_of": span.as_of,
    }
    wants = {"after": after, "chunk": chunk, "limit": limit}
    first = (_FIRST_OF_ONE if len(audiences) == 1 else _FIRST).format(conditions=conditions)
    rows = connection.execute(first.encode(), values | wants, prepare=True, binary=True)
    found = list(map(Change._make, rows))
    if len(found) == limit:
        # A full page, as nearly all are, need not know how far was looked.
        return found
    return _further(connection, conditions, values, span, wants)


def _further(
    connection: Connection,
    conditions: str,
    values: Mapping[str, Any],
    span: Bounds,
    wants: Mapping[str, int],
) -> list[Change]:
    """A page for which more has to be looked at than it has rows."""
    after, chunk, limit = wants["after"], wants["chunk"], wants["limit"]
    found: list[Change] = []
    statement = _PAGE.format(conditions=conditions).encode()
    while after < span.high and len(found) < limit:
        now = {"after": after, "chunk": chunk, "limit": limit - len(found)}
        rows = connection.execute(
            statement, {**values, **now}, prepare=True, binary=True
        ).fetchall()
        looked_at, last = rows[0][-2:]
        # One row without a change says how far was looked where every candidate was dropped.
        found.extend(sorted(Change._make(row[:-2]) for row in rows if row[0] is not None))
        if looked_at < chunk:
            break
        after = last
        chunk = min(chunk * 4, _LARGEST_CHUNK)
    return found


def everything(
    connection: Connection, audiences: Sequence[UUID], wanted: ChangeFilter, span: Bounds
) -> Iterator[Change]:
    """All changes of the report in order, read a thousand at a time."""
    after = span.low
    while True:
        rows = page(connection, audiences, wanted, span, after, 1000)
        yield from rows
        if len(rows) < 1000:
            return
        after = rows[-1].position


def history(
    connection: Connection, student: UUID, as_of: int, after: int, limit: int
) -> list[Change]:
    """What happened to one student's record, as far as the viewer may see it, oldest first."""
    wanted = ChangeFilter(date.min, date.max, students=(student,))
    return _narrow(connection, wanted, Bounds(0, as_of, as_of), after, limit)


def shares(
    connection: Connection, audiences: Sequence[UUID], wanted: ChangeFilter, span: Bounds
) -> list[Share]:
    """Whose changes the report holds, counted by the server; in no order."""
    conditions, values = _conditions(wanted)
    values |= {
        "audiences": as_array(audiences),
        "after": span.low,
        "high": span.high,
        "as_of": span.as_of,
    }
    narrow = wanted.students or wanted.organisations
    rows = connection.execute(
        (_SHARES + (_SHOWN if narrow else _HELD) + conditions + _BY_SHARE).encode(),
        values,
        binary=True,
    )
    return list(map(Share._make, rows))


def changes_at(connection: Connection, positions: Sequence[int]) -> list[Change]:
    """The changes of these positions, in their order."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM views.change c WHERE c.position = ANY (%s) ORDER BY c.position",
        (list(positions),),
        binary=True,
    )
    return list(map(Change._make, rows))


_OF_AUDIENCE = """
    SELECT a.position FROM views.change_audience a
    WHERE a.audience = {audience} AND a.position > %(after)s AND a.position <= %(high)s
      AND (a.granted IS NULL OR a.granted <= %(as_of)s)
    ORDER BY a.position LIMIT %(chunk)s
"""

_CANDIDATES = f"""
SELECT DISTINCT x.position
FROM unnest(%(audiences)s::uuid[]) AS held(audience)
CROSS JOIN LATERAL ({_OF_AUDIENCE.format(audience="held.audience")}) x
ORDER BY x.position LIMIT %(chunk)s
"""

# One statement, so that a page is one journey to the server. The rows are fetched by the array of
# their positions, which walks the index once where a join descends it for every row.
_ROWS = f"""
SELECT {COLUMNS} FROM views.change c
WHERE c.position = ANY (ARRAY ({{candidates}})) {{{{conditions}}}}
ORDER BY c.position LIMIT %(limit)s
"""
_FIRST = _ROWS.format(candidates=_CANDIDATES)
_FIRST_OF_ONE = _ROWS.format(candidates=_OF_AUDIENCE.format(audience="(%(audiences)s::uuid[])[1]"))
_PAGE = f"""
WITH candidate AS MATERIALIZED ({_CANDIDATES})
SELECT c.*, looked.many, looked.last
FROM (SELECT count(*) AS many, max(position) AS last FROM candidate) looked
LEFT JOIN LATERAL ({_ROWS.format(candidates="SELECT position FROM candidate")}) c ON true
"""

# A row shown to an audience by a later event is not in a report made before that event.
_SHOWN = """
  AND EXISTS (
    SELECT FROM views.change_audience a
    WHERE a.position = c.position AND a.audience = ANY (c.audiences)
      AND (a.granted IS NULL OR a.granted <= %(as_of)s))
"""

# Of whoever narrows to no student and no school the index of the audiences says which rows.
_HELD = """
  AND c.position IN (
    SELECT a.position FROM views.change_audience a
    WHERE a.audience = ANY (%(audiences)s::uuid[])
      AND a.position > %(after)s AND a.position <= %(high)s
      AND (a.granted IS NULL OR a.granted <= %(as_of)s))
"""
_SHARES = """
SELECT c.student, c.section, count(*), min(c.position), min(c.recorded_at), max(c.recorded_at)
FROM views.change c WHERE c.position > %(after)s AND c.position <= %(high)s
"""
_BY_SHARE = " GROUP BY c.student, c.section"

_OF_PROGRAMME = (
    " AND (c.programme = ANY (%(programme)s)"
    " OR c.programme IS NULL AND c.school_year = ANY (%(programme_years)s::int2[]))"
)


def _narrow(
    connection: Connection, wanted: ChangeFilter, span: Bounds, after: int, limit: int
) -> list[Change]:
    """By the index of the students or of the organisations that were asked for."""
    conditions, values = _conditions(wanted)
    statement = (
        f"SELECT {COLUMNS} FROM views.change c"
        " WHERE c.position > %(after)s AND c.position <= %(high)s"
        f"{conditions} {_SHOWN} ORDER BY c.position LIMIT %(limit)s"
    )
    values |= {"after": after, "high": span.high, "as_of": span.as_of, "limit": limit}
    rows = connection.execute(statement.encode(), values, binary=True)
    return list(map(Change._make, rows))


def _conditions(wanted: ChangeFilter) -> tuple[str, dict[str, Any]]:
    """What the filters that are given ask of a row, and their values."""
    values = {
        column: list(given)
        for column, given in (
            ("student", wanted.students),
            ("organisation", wanted.organisations),
            ("section", wanted.sections),
            ("author", wanted.authors),
            ("kind", wanted.kinds),
            ("origin", wanted.origins),
        )
        if given
    }
    asked = "".join(f" AND c.{column} = ANY (%({column})s)" for column in values)
    if wanted.programmes:
        asked += _OF_PROGRAMME
        values |= {
            "programme": list(wanted.programmes),
            "programme_years": list(wanted.programme_years),
        }
    return asked, values
