"""The view of own notes on a real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.capacity import Capacity
from domain.counselling_note import (
    CounsellingNoteCorrected,
    CounsellingNoteRead,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
)
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.recorder import BookRecorder
from projections.own_notes import Note, OwnNotesView, note, notes_of
from projections.runner import Runner
from projections.view import View
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, rebuilt, record_of, rows, stopped
from tests.story import Story


class TestOwnNotesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return OwnNotesView(ledger.keyring)

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        one, other = story.account(school), story.account(school)
        student = story.student(school)
        first = story.note(student, one)
        yield story.note(student, other)
        story.read_notes(one)
        yield story.correct_note(first, student, one)
        withdrawn = story.note(student, one)
        yield story.withdraw_note(withdrawn, student, one)
        yield story.read_notes(other)

    def broken(self, story: Story) -> Stored:
        return unreadable(story.account(story.organisation("c")))


def unreadable(owner: UUID) -> Stored:
    """An event of an author's ledger that no key opens."""
    parts = {"head": {"#": "AAAA"}, "rest": {"#": "AAAA"}}
    stored = record_of("note/1", **parts, commit={"head": "AAAA", "rest": "AAAA"})
    return replace(stored, book="notes", owner=owner)


class Authors:
    """Writes notes as authors and reads them as viewers."""

    def __init__(self, ledger: Ledger, runner: Runner, reader: Pool) -> None:
        self.ledger, self.runner, self.reader = ledger, runner, reader

    def author(self) -> UUID:
        made = uuid4()
        self.ledger.keyring.create_account(made, made)
        return made

    def student(self) -> UUID:
        made = uuid4()
        self.ledger.keyring.create_student(made, made)
        return made

    def records(self, kind: type[Any], by: UUID, stream: UUID, version: int, **fields: Any) -> None:
        self.ledger.record(
            kind(
                originator_id=stream,
                originator_version=version,
                by=by,
                capacity=Capacity.CASE_MANAGER,
                **fields,
            )
        )

    def writes(self, by: UUID, about: UUID, content: str = "談課程安排") -> UUID:
        made = uuid4()
        self.records(
            CounsellingNoteRecorded,
            by,
            made,
            1,
            student_id=about,
            school_year=112,
            held_on=date(2023, 9, 1),
            purpose="學習適應",
            participants=("導師",),
            recorder="個管教師",
            content=content,
        )
        return made

    def sees(
        self, viewer: UUID, owner: UUID | None = None, about: UUID | None = None
    ) -> list[Note]:
        self.runner.catch_up()
        with viewing(self.reader, viewer, []) as connection:
            return notes_of(
                connection, self.ledger.mapper, self.ledger.keyring, owner or viewer, about
            )


@pytest.fixture
def authors(ledger: Ledger, runner: Runner) -> Iterator[Authors]:
    reader = ledger.database.pool("reader", 2)
    try:
        yield Authors(ledger, runner, reader)
    finally:
        reader.close()


def test_an_author_reads_the_own_notes_in_order_of_writing(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    first, second = (
        authors.writes(author, student, "第一次"),
        authors.writes(author, student, "第二次"),
    )
    seen = authors.sees(author, about=student)
    assert [one.content.note_id for one in seen] == [first, second]
    assert [one.content.content for one in seen] == ["第一次", "第二次"]


def test_a_correction_is_shown_with_its_version_and_time(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    made = authors.writes(author, student)
    authors.records(
        CounsellingNoteCorrected, author, made, 2, student_id=student, content="改寫", reason="補充"
    )
    seen = authors.sees(author)[0]
    assert (seen.content.content, seen.content.version) == ("改寫", 2)
    assert seen.updated_at - seen.created_at == timedelta(microseconds=1)


def test_a_withdrawn_note_is_shown_no_more(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    made = authors.writes(author, student)
    authors.records(CounsellingNoteWithdrawn, author, made, 2, student_id=student, reason="重複")
    assert authors.sees(author) == []
    with viewing(authors.reader, author, []) as connection:
        keyring = authors.ledger.keyring
        assert note(connection, authors.ledger.mapper, keyring, author, made) is None


def test_notes_about_another_student_are_not_in_the_list(authors: Authors) -> None:
    author, one, other = authors.author(), authors.student(), authors.student()
    mine = authors.writes(author, one)
    authors.writes(author, other)
    assert [seen.content.note_id for seen in authors.sees(author, about=one)] == [mine]


def test_nobody_else_reads_a_row_even_when_asking_for_it(authors: Authors) -> None:
    author, colleague, student = authors.author(), authors.author(), authors.student()
    made = authors.writes(author, student)
    assert authors.sees(colleague, owner=author) == []
    with viewing(authors.reader, colleague, []) as connection:
        for table in ("views.own_note", "books.notes", "books.notes_head"):
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert rows == (0,)
        keyring = authors.ledger.keyring
        assert note(connection, authors.ledger.mapper, keyring, author, made) is None


def test_reading_own_notes_changes_nothing_of_them(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    authors.writes(author, student)
    before = authors.sees(author)
    authors.records(CounsellingNoteRead, author, uuid4(), 1, what="notes")
    assert authors.sees(author) == before


def test_without_the_students_note_key_only_the_frame_is_left(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    authors.writes(author, student)
    authors.runner.catch_up()
    folder = authors.ledger.keyring._folder
    next(folder.glob(f"student/*/{student}.note")).unlink()
    authors.ledger.forget()
    seen = authors.sees(author)[0].content
    assert seen.erased
    assert seen.student_id == student
    assert str(seen.content) == "已依法刪除"


def test_a_rebuild_after_an_erasure_equals_the_living_view(ledger: Ledger, runner: Runner) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    author, student = story.account(school), story.student(school)
    corrected, withdrawn = story.note(student, author), story.note(student, author)
    story.correct_note(corrected, student, author)
    story.withdraw_note(withdrawn, student, author)
    story.read_notes(author)
    runner.catch_up()
    view = OwnNotesView(ledger.keyring)
    living = rows(ledger, view)
    next(ledger.keyring._folder.glob(f"student/*/{student}.note")).unlink()
    ledger.forget()
    assert rebuilt(ledger, view, batch=2) == living


def test_an_event_that_does_not_open_stops_the_view_for_its_author_alone(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    author, colleague = story.account(school), story.account(school)
    student = story.student(school)
    first = story.note(student, author)
    BookRecorder(ledger.pool, "notes").insert_events([unreadable(author)])
    story.note(student, author)
    theirs = story.note(student, colleague)
    runner.catch_up()

    def seen(viewer: UUID) -> list[UUID]:
        with viewing(reader, viewer, []) as connection:
            found = notes_of(connection, ledger.mapper, ledger.keyring, viewer)
        return [one.content.note_id for one in found]

    assert seen(author) == [first]
    assert seen(colleague) == [theirs]
    assert stopped(ledger, OwnNotesView(ledger.keyring)) == [(1, 2, "NotAuthentic")]
    # What is shared says nothing of it, and only the author is told.
    for viewer, told in ((author, 1), (colleague, 0)):
        with viewing(reader, viewer, []) as connection:
            count = connection.execute(
                "SELECT count(*) FROM owner_checkpoint"
                " WHERE poison IS NOT NULL AND view = 'own_notes'"
            ).fetchone()
            assert count == (told,)
            shared = connection.execute("SELECT count(*) FROM checkpoint WHERE poison IS NOT NULL")
            assert shared.fetchone() == (0,)


def test_a_withdrawn_note_and_a_read_have_rows_like_any_other(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    author, student = story.account(school), story.student(school)
    story.note(student, author)
    story.withdraw_note(story.note(student, author), student, author)
    story.read_notes(author)
    runner.catch_up()
    with ledger.database.connect("projector") as connection:
        sizes = connection.execute("SELECT length(body) FROM views.own_note").fetchall()
        streams = connection.execute("SELECT count(DISTINCT stream_id) FROM books.notes").fetchone()
    assert len(set(sizes)) == 1
    assert (len(sizes),) == streams


def test_the_row_tells_the_holder_of_the_database_nothing(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    authors.writes(author, student)
    authors.runner.catch_up()
    with authors.ledger.database.connect("projector") as connection:
        row = connection.execute("SELECT * FROM views.own_note").fetchone()
    assert row is not None
    assert str(student).encode() not in bytes(row[3])
    assert student.bytes not in bytes(row[3])
