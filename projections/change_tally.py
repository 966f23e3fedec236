"""How many changes the sections of the plans had in a school, for those who see no more of them.

The authority and the organiser see plan sections as counts alone (contract 4). A row is kept per
change with the running number of its school and section, so that the count between two positions
is the difference of two rows; it names no student.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.sections import SECTIONS
from ledger.database import Connection
from projections.writing import columns, copy_rows

_COLUMNS = columns("organisation uuid, section text, position int8, changes int8")

_LAST = b"""
SELECT k.organisation, k.section, t.changes
FROM unnest(%(organisations)b::uuid[], %(sections)b::text[]) AS k(organisation, section),
LATERAL (
    SELECT changes FROM {schema}change_tally
    WHERE organisation = k.organisation AND section = k.section AND position <= %(upto)s
    ORDER BY position DESC LIMIT 1) t
"""


class Count(NamedTuple):
    organisation: UUID
    section: str
    changes: int


def tally(connection: Connection, changed: Iterable[tuple[int, UUID | None, str]]) -> None:
    """Counts changes (position, school, section) of a batch, in the order of their positions."""
    mine = [
        (position, school, section)
        for position, school, section in changed
        if section in SECTIONS and school is not None
    ]
    if not mine:
        return
    pairs = list({(school, section) for _, school, section in mine})
    running = _numbers(connection, pairs, mine[0][0])
    rows = []
    for position, school, section in mine:
        running[school, section] = number = running.get((school, section), 0) + 1
        rows.append((school, section, position, number))
    copy_rows(connection, "change_tally", _COLUMNS, rows)


def counts(
    connection: Connection, schools: Sequence[UUID], sections: Sequence[str], low: int, high: int
) -> list[Count]:
    """The changes after position `low` up to `high` of each school and section that had any."""
    pairs = [(school, section) for school in schools for section in sections]
    before = _numbers(connection, pairs, low, "views.")
    after = _numbers(connection, pairs, high, "views.")
    return [
        Count(*pair, changes - before.get(pair, 0))
        for pair, changes in after.items()
        if changes > before.get(pair, 0)
    ]


def _numbers(
    connection: Connection, pairs: Sequence[tuple[UUID, str]], upto: int, schema: str = ""
) -> dict[tuple[UUID, str], int]:
    """The running number of each school and section at a position; those with none are left out."""
    rows = connection.execute(
        _LAST.replace(b"{schema}", schema.encode()),
        {
            "organisations": [school for school, _ in pairs],
            "sections": [section for _, section in pairs],
            "upto": upto,
        },
        binary=True,
    )
    return {(school, section): changes for school, section, changes in rows}
