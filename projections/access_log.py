"""Who looked at which student, by student and by reader (design D15).

Rows are found by a student's id, by the reader's account or by time. They hold ids and codes
only: names are those of today, opened where they are shown.

Whose rows may be read is asked anew each time: the transaction of the reader names the students
as its audience, or the county (docs/decisions/access-log.md). Own acts need none.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.event import Event
from domain.reading import CommandRefused, Exported, ListRead, RecordRead
from ledger.database import Connection
from projections.view import Fact, SqlView
from projections.writing import columns, copy_rows

_ENTRY_COLUMNS = columns(
    "position int8, at timestamptz, actor uuid, record_id uuid, declared bool, kind text,"
    " capacity text, purpose text, what text, detail text"
)
_SUBJECT_COLUMNS = columns("student uuid, position int8, actor uuid")

#: The kind of each event of the book; a list that somebody was looked for in is `searched`.
KINDS: Mapping[type[Event], str] = {
    RecordRead: "read",
    ListRead: "listed",
    Exported: "exported",
    CommandRefused: "refused",
}
SEARCHED = "searched"


class AccessLogView(SqlView):
    """The view `access_log`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="access_log",
            version=1,
            tables=("access_entry", "access_subject"),
            book="access",
        )

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if fact.event_class in KINDS]
        if not mine:
            return
        copy_rows(connection, "access_entry", _ENTRY_COLUMNS, map(_entry, mine))
        # Together by student: what lies together is appended to the pages of the index.
        rows = sorted(
            (UUID(student), fact.position, fact.by)
            for fact in mine
            for student in dict.fromkeys(fact.fields["subjects"])
        )
        if rows:
            copy_rows(connection, "access_subject", _SUBJECT_COLUMNS, rows)


def _entry(fact: Fact) -> Sequence[Any]:
    said = fact.fields
    record = said.get("record_id")
    return (
        fact.position,
        fact.recorded_at,
        fact.by,
        None if record is None else UUID(record),
        said.get("declared", False),
        SEARCHED if said.get("searched") else KINDS[fact.event_class],
        said["capacity"],
        said.get("purpose"),
        # PostgreSQL holds no NUL in a text; the book has them from when a path could bring one.
        said["what"].replace("\0", ""),
        said.get("rule") or said.get("format"),
    )


# -- reading


class Entry(NamedTuple):
    """One act. `detail` is the rule of a refusal or the format of an export."""

    position: int
    at: datetime
    actor: UUID
    record_id: UUID | None
    declared: bool
    kind: str
    capacity: str
    purpose: str | None
    what: str
    detail: str | None


_FIELDS = ", ".join(f"e.{name}" for name in Entry._fields)

_OF_STUDENT = f"""
SELECT {_FIELDS} FROM access_subject s JOIN access_entry e USING (position)
WHERE s.student = %(student)s AND (%(before)s::bigint IS NULL OR s.position < %(before)s)
  AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
ORDER BY s.position DESC LIMIT %(limit)s
""".encode()

_OF_READER = f"""
SELECT {_FIELDS} FROM access_entry e
WHERE e.actor = %(actor)s AND (%(before)s::bigint IS NULL OR e.position < %(before)s)
  AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
ORDER BY e.position DESC LIMIT %(limit)s
""".encode()

# The rows of few students are found by position, before anything is asked of their entries.
_WITHIN = f"""
WITH span AS MATERIALIZED (
    SELECT (SELECT position FROM access_entry WHERE at >= %(since)s AND at < %(until)s
            ORDER BY at LIMIT 1) AS low,
           (SELECT position FROM access_entry WHERE at >= %(since)s AND at < %(until)s
            ORDER BY at DESC LIMIT 1) AS high
), found AS MATERIALIZED (
    SELECT s.position, array_agg(s.student ORDER BY s.student) AS students
    FROM access_subject s
    WHERE s.position >= (SELECT low FROM span) AND s.position <= (SELECT high FROM span)
      AND (%(students)s::uuid[] IS NULL OR s.student = ANY (%(students)s))
    GROUP BY s.position
)
SELECT {_FIELDS}, found.students FROM found JOIN access_entry e USING (position)
ORDER BY e.position
""".encode()

_SUBJECTS = b"""
SELECT position, array_agg(student ORDER BY student) FROM access_subject
WHERE position = ANY (%s) AND actor = %s GROUP BY position
"""


def of_student(
    connection: Connection,
    student: UUID,
    *,
    before: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[Entry]:
    """Who looked at a student, newest first: before a position, in [since, until).

    The connection is in a transaction of `viewing` with the student as audience.
    """
    values = {"student": student, "before": before, "since": since, "until": until, "limit": limit}
    return [Entry(*row) for row in connection.execute(_OF_STUDENT, values, binary=True)]


def of_reader(
    connection: Connection,
    actor: UUID,
    *,
    before: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[tuple[Entry, list[UUID]]]:
    """What the viewer looked at, newest first, each with its students by id.

    The connection is in a transaction of `viewing` as that reader.
    """
    values = {"actor": actor, "before": before, "since": since, "until": until, "limit": limit}
    entries = [Entry(*row) for row in connection.execute(_OF_READER, values, binary=True)]
    positions = [entry.position for entry in entries]
    found = connection.execute(_SUBJECTS, (positions, actor), binary=True).fetchall()
    subjects: dict[int, list[UUID]] = dict(found)
    return [(entry, subjects.get(entry.position, [])) for entry in entries]


def within(
    connection: Connection, audience: Sequence[UUID] | None, since: datetime, until: datetime
) -> Iterator[tuple[Entry, list[UUID]]]:
    """Every act on these students, or on all, in [since, until), in order, each with those of
    them it was on.

    The connection is in a transaction of `viewing` with exactly these students as audience, or
    with that of the county.
    """
    values = {"since": since, "until": until, "students": None if audience is None else [*audience]}
    for row in connection.execute(_WITHIN, values, binary=True):
        yield Entry(*row[:-1]), row[-1]


def last_changes(
    connection: Connection, pairs: Sequence[tuple[UUID, UUID]], since: datetime
) -> dict[tuple[UUID, UUID], datetime]:
    """When each of these accounts last changed something of the student beside it, since then.

    What the viewer may see of the changes of records; notes are none (design D7).
    """
    rows = connection.execute(
        b"""
        SELECT c.author, c.student, max(c.recorded_at)
        FROM unnest(%s::uuid[], %s::uuid[]) AS p(author, student)
        JOIN change c ON c.author = p.author AND c.student = p.student AND c.recorded_at >= %s
        GROUP BY c.author, c.student""",
        ([author for author, _ in pairs], [student for _, student in pairs], since),
        binary=True,
    ).fetchall()
    return {(author, student): at for author, student, at in rows}
