"""The exporter's own notes for a paper of the plan, as they stood at a position (IGP-136)."""

from typing import Any
from uuid import UUID

from api.house import House
from domain.counselling_note import (
    CounsellingNote,
    CounsellingNoteCorrected,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
    ErasedNote,
    evolve,
)
from ledger.database import Connection
from projections.facts import note_fact_of

#: The events that make or change a note; its author's own reads and exports do not.
_OF_NOTES = (CounsellingNoteRecorded, CounsellingNoteCorrected, CounsellingNoteWithdrawn)

_HEAD = "SELECT position FROM books.notes_head WHERE owner = %s"
_EVENTS = (
    "SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes"
    " WHERE owner = %s AND position <= %s ORDER BY position"
)


def newest_note(connection: Connection, owner: UUID) -> int:
    """Where the author's own ledger ends; the connection looks for the author."""
    row = connection.execute(_HEAD, (owner,)).fetchone()
    return 0 if row is None else int(row[0])


def notes_at(
    house: House, connection: Connection, owner: UUID, position: int, student: UUID, year: int
) -> list[dict[str, Any]]:
    """The author's standing notes about a student in a school year, by day, as a paper has them.

    What was erased by order is left out.
    The connection is in a transaction of `viewing` as the author.
    """
    states: dict[UUID, CounsellingNote] = {}
    for row in connection.execute(_EVENTS, (owner, position), binary=True):
        event = note_fact_of(house.ledger.mapper, owner, row).event
        if isinstance(event, ErasedNote):
            states.pop(row[2], None)
        elif isinstance(event, _OF_NOTES):
            states[row[2]] = evolve(states.get(row[2]), event)
    found = [
        note
        for note in states.values()
        if note.student_id == student and note.school_year == year and not note.withdrawn
    ]
    return [
        {
            "held_on": str(note.held_on),
            "purpose": note.purpose,
            "participants": note.participants,
            "recorder": note.recorder,
            "content": note.content,
        }
        for note in sorted(found, key=lambda note: (str(note.held_on), note.note_id))
    ]
