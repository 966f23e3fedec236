"""What a save leaves in the books: who, in which capacity, when, about whom, and what changed."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.capacity import Capacity
from domain.counselling_note import (
    CounsellingNoteCorrected,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
)
from domain.event import Event
from domain.placement import PlacementCorrected, PlacementWithdrawn
from domain.refusal import StaleVersion
from ledger.ledger import Ledger, Recorded
from tests.ledger.tailing import account, act
from tests.story import Story


def every_row(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the books with all their columns, in order."""
    with psycopg.connect(ledger.database.admin) as connection:
        return {
            book: connection.execute(
                f"SELECT {owner}, position, recorded_at, stream_version, stream_id, subject::text,"
                f" topic, body FROM books.{book} ORDER BY recorded_at, position".encode()
            ).fetchall()
            for book, owner in (("records", "NULL"), ("notes", "owner"), ("access", "NULL"))
        }


def saves(ledger: Ledger, author: UUID) -> Iterator[tuple[Event, Recorded, str | None]]:
    """Saves one thing after the other: the event, where it went, and its section."""
    story = Story(ledger)
    student = story.student(story.organisation("ks-a"))
    placement = story.placement(student)
    note = story.new_id()
    by = {"by": author, "capacity": Capacity.CASE_MANAGER, "student_id": student}
    content = {
        "school_year": 112,
        "held_on": date(2023, 8, 1),
        "purpose": "適應",
        "participants": ("林大同",),
        "recorder": "王小明",
        "content": "談話內容",
    }
    each: list[tuple[type[Event], UUID, str | None, dict[str, Any]]] = [
        (PlacementCorrected, placement, "placement", {"placement_grade": 5, "arrangement": "併班"}),
        (PlacementWithdrawn, placement, "placement", {}),
        (CounsellingNoteRecorded, note, "counselling_note", content),
        (CounsellingNoteCorrected, note, "counselling_note", {"content": "改過的內容"}),
        (CounsellingNoteWithdrawn, note, "counselling_note", {}),
    ]
    for event_class, stream, section, changed in each:
        event = story.event(event_class, stream, **by, **changed, reason="更正")
        yield event, ledger.record(event), section


@pytest.mark.accepts("IGP-138")
def test_a_save_adds_an_event_that_says_everything_and_touches_no_earlier_row(
    ledger: Ledger,
) -> None:
    author = account(ledger)
    before: dict[str, list[tuple[Any, ...]]] | None = None
    for event, recorded, section in saves(ledger, author):
        after = every_row(ledger)
        stored = ledger.events(
            event.originator_id, owner=author if event.BOOK == "notes" else None
        )[-1]
        assert (stored.by, stored.capacity) == (author, Capacity.CASE_MANAGER)
        assert stored.student_id == event.student_id
        assert section == stored.SECTION
        assert list(stored.changed()) == list(event.changed())
        assert stored.reason == "更正"
        new = after[event.BOOK][-1]
        assert new[2] == recorded.recorded_at
        assert new[3:5] == (event.originator_version, event.originator_id)
        if before is not None:
            assert {book: rows[: len(before[book])] for book, rows in after.items()} == before
            assert sum(map(len, after.values())) == sum(map(len, before.values())) + 1
        before = after


def test_the_head_of_each_author_is_the_position_of_the_last_event(ledger: Ledger) -> None:
    authors = [account(ledger) for _ in range(3)]
    for many, author in enumerate(authors, start=1):
        for _ in range(many):
            ledger.record(act("notes", author, uuid4(), 1))
        # What was refused moves no head, and neither does what another author writes.
        with pytest.raises(StaleVersion):
            ledger.record(act("notes", author, uuid4(), 1), act("notes", author, uuid4(), 2))
    with ledger.database.connect("projector") as connection:
        heads = connection.execute("SELECT owner, position FROM books.notes_head").fetchall()
    assert dict(heads) == {author: many for many, author in enumerate(authors, start=1)}
