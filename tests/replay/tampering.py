"""What somebody with more rights than the program can do to the books, and what verify says."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from domain.reading import RecordRead
from igp.sealing import seal_now
from ledger.database import Connection, Database
from ledger.ledger import Ledger
from ledger.notes_commitment import make_up
from replay.verify import KeyFiles, Outside, Report, verify
from tests.database import START, Template
from tests.story import Story

BOOKS_OF_EVENTS = ("records", "notes", "access")
GUARDED = (*BOOKS_OF_EVENTS, "birth", "files", "checkpoint", "cosignature")

#: No message may hold any of these.
SECRETS = ("林大同", "王小明", "A123456789", "談課程安排", "家長提出")


@dataclass(frozen=True)
class Filled:
    """Books with something in them. The first author has four notes, the second two."""

    template: Template
    keys: Path
    master: Path
    authors: list[UUID]
    students: list[UUID]


def fill(ledger: Ledger) -> tuple[list[UUID], list[UUID]]:
    """Two authors, two students, placements, corrections, notes, reads; a heartbeat in between."""
    story = Story(ledger)
    school = story.organisation("ks-a")
    authors = sorted(story.account(school) for _ in range(2))
    students = [story.student(school, name="林大同") for _ in range(2)]
    ledger.heartbeat()
    for student in students:
        story.placement(student)
    story.details(students[0], name="林大同", reason="更名")
    story.details(students[0], name="林大明", reason="再更名")
    story.appoint(authors[0])
    story.dispatch(students[0], authors[0])
    for author in authors:
        note = story.note(students[0], author)
        story.correct_note(note, students[0], author)
    story.read_notes(authors[0])
    story.note(students[1], authors[0])
    for student in students:
        read = story.event(RecordRead, story.new_id(), what="/students/x", subjects=(student,))
        ledger.record(read.model_copy(update={"originator_version": 1}))
    return authors, students


def seal(ledger: Ledger, filled: Filled) -> None:
    """Sealed four times over two days, with a commitment at the beginning of the second."""
    story = Story(ledger)
    seal_now(ledger)
    story.placement(filled.students[0])
    seal_now(ledger)
    story.clock(START + timedelta(days=1))
    story.placement(filled.students[0])
    make_up(ledger)
    story.placement(filled.students[1])
    seal_now(ledger)
    story.organisation("ks-z")
    story.note(filled.students[0], filled.authors[0])
    seal_now(ledger)


Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Books:
    """A copy of the filled books. Every act is a superuser's."""

    database: Database
    filled: Filled

    def verify(self, *, keys: bool = True, outside: Outside | None = None) -> Report:
        """What verify finds; it never tells what anybody wrote."""
        files = KeyFiles(self.filled.keys, self.filled.master) if keys else None
        report = verify(self.database.admin, files, None, outside)
        for finding in report.findings:
            assert not any(secret in finding.message for secret in SECRETS)
        return report

    def found(
        self, *, keys: bool = True, outside: Outside | None = None
    ) -> set[tuple[str, int | None, str]]:
        """(book, position, kind) of every finding."""
        report = self.verify(keys=keys, outside=outside)
        return {(one.book, one.position, one.kind) for one in report.findings}

    @contextmanager
    def superuser(self, **options: str) -> Iterator[Connection]:
        with psycopg.connect(self.database.admin, autocommit=True, **options) as connection:  # type: ignore[arg-type]
            yield connection

    def act(self, statement: str, given: Mapping[str, object] | None = None) -> None:
        """A statement with every trigger in its place."""
        with self.superuser() as connection:
            connection.execute(statement.encode(), given)

    def tamper(self, statement: str, given: Mapping[str, object] | None = None) -> None:
        """A statement with the triggers switched off before it and on again after it."""
        with self.superuser() as connection:
            for book in GUARDED:
                connection.execute(f"ALTER TABLE books.{book} DISABLE TRIGGER append_only".encode())
            connection.execute(statement.encode(), given)
            for book in GUARDED:
                connection.execute(
                    f"ALTER TABLE books.{book} ENABLE ALWAYS TRIGGER append_only".encode()
                )

    def one(self, query: str, given: Mapping[str, object] | None = None) -> Any:
        """The single value that a query answers."""
        with self.superuser() as connection:
            row = connection.execute(query.encode(), given).fetchone()
        assert row is not None
        return row[0]

    def position(self, topic: str, book: str = "records") -> int:
        """The first event of a topic."""
        where = {"topic": topic}
        query = f"SELECT min(position) FROM books.{book} WHERE topic = %(topic)s"
        return int(self.one(query, where))

    def last(self, book: str = "records", owner: UUID | None = None) -> int:
        mine = " WHERE owner = %(owner)s" if owner else ""
        return int(self.one(f"SELECT max(position) FROM books.{book}{mine}", {"owner": owner}))

    def rewrite(
        self, change: Change, position: int, book: str = "records", owner: UUID | None = None
    ) -> None:
        """Changes the JSON of a body and writes it back in its canonical form."""
        mine = " AND owner = %(owner)s" if owner else ""
        at = {"position": position, "owner": owner}
        where = f"WHERE position = %(position)s{mine}"
        fields = json.loads(bytes(self.one(f"SELECT body FROM books.{book} {where}", at)))
        change(fields)
        body = canonical(fields)
        self.tamper(f"UPDATE books.{book} SET body = %(body)s {where}", at | {"body": body})


def canonical(fields: Any) -> bytes:
    """The bytes of a JSON value as the books hold them."""
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def flip(text: str) -> str:
    """The base64 of the same bytes but for one bit."""
    raw = bytearray(base64.b64decode(text + "=" * (-len(text) % 4)))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(bytes(raw)).rstrip(b"=").decode()
