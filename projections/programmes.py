"""Which programmes were published: the newest version of each. Everybody who signs in may see them.

The texts of all versions stand in the book (`domain.programme`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.programme import ProgrammePublished
from ledger.database import Connection
from projections.view import Fact, SqlView
from projections.writing import columns, replace_rows

_COLUMNS = columns(
    "programme_id uuid, code text, name text, school_year int2, version int8, digest text,"
    " published_at timestamptz, published_by uuid"
)


class PublishedProgramme(NamedTuple):
    """A programme now; `published_at` and `published_by` are of its newest version."""

    programme_id: UUID
    code: str
    name: str
    school_year: int
    version: int
    digest: str
    published_at: datetime
    published_by: UUID


class ProgrammesView(SqlView):
    """The view `programmes`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="programmes", version=1, tables=("programme",))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        newest = {
            fact.stream_id: PublishedProgramme(
                fact.stream_id,
                fact.fields["code"],
                fact.fields["name"],
                fact.fields["school_year"],
                fact.stream_version,
                fact.fields["digest"],
                fact.recorded_at,
                fact.by,
            )
            for fact in facts
            if fact.event_class is ProgrammePublished
        }
        if newest:
            rows = list(newest.values())
            replace_rows(connection, "programme", _COLUMNS, rows, old=list(newest))


def programmes(connection: Connection) -> list[PublishedProgramme]:
    """Every published programme, by its code."""
    rows = connection.execute(
        b"SELECT programme_id, code, name, school_year, version, digest, published_at,"
        b" published_by FROM programme ORDER BY code",
        binary=True,
    )
    return [PublishedProgramme(*row) for row in rows]
