"""The view of own notes on a real database."""

from collections.abc import Iterator
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
from projections.own_notes import Note, note, notes_of
from projections.runner import Runner
from projections.viewer import viewing


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


def test_the_row_tells_the_holder_of_the_database_nothing(authors: Authors) -> None:
    author, student = authors.author(), authors.student()
    authors.writes(author, student)
    authors.runner.catch_up()
    with authors.ledger.database.connect("projector") as connection:
        row = connection.execute("SELECT * FROM views.own_note").fetchone()
    assert row is not None
    assert str(student).encode() not in bytes(row[3])
    assert student.bytes not in bytes(row[3])
