"""Verify names a file that is missing, altered, moved or that nobody uploaded."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.annual_goal import ANNUAL_GOAL
from domain.organisation import Stage
from domain.section_record import record_id
from ledger.database import Connection
from ledger.files import Place, digest, encrypt_file, keep
from tests.database import copied, opened
from tests.replay.tampering import Books, Filled
from tests.story import Story

(FILES,) = (group for group in ANNUAL_GOAL.groups if group.field == "plan_files")
NAME, CONTENT = "林大同的計畫.pdf", b"%PDF-1.7 the plan of a student\n%%EOF\n"


@pytest.fixture
def filed(filled: Filled, administrator: Connection, tmp_path: Path) -> Iterator[Books]:
    """Books in which two files were uploaded for the first student."""
    keys = tmp_path / "keys"
    with copied(filled.template, administrator) as database:
        with opened(filled.template, database, keys) as ledger:
            story, student = Story(ledger), filled.students[0]
            goal = record_id(ANNUAL_GOAL, student, 112)
            header = {
                "student_id": student,
                "school_year": 112,
                "education_stage": Stage.ELEMENTARY,
            }
            story.record(ANNUAL_GOAL.recorded, goal, goal_text="目標", **header)
            key = ledger.keyring.key("student.record", student)
            assert key is not None
            for version, file_id in enumerate((UUID(int=71), UUID(int=72)), start=2):
                stored = encrypt_file(key, bytes(12), student, file_id, CONTENT)
                event = story.event(
                    FILES.added,
                    goal,
                    row_id=file_id,
                    file_id=file_id,
                    name=NAME,
                    media_type="application/pdf",
                    size=len(CONTENT),
                    sha256=digest(CONTENT),
                    stored_sha256=digest(stored),
                    **header,
                ).model_copy(update={"originator_version": version})
                ledger.record(event, beside=keep(file_id, Place(goal, student), stored))
        made = Filled(filled.template, keys, filled.master, filled.authors, filled.students)
        yield Books(database, made)


def at(books: Books) -> int:
    """The position of the event of the first file."""
    return books.position(FILES.added.TOPIC)


@pytest.mark.parametrize("keys", [True, False])
def test_files_as_they_were_uploaded_are_sound(filed: Books, keys: bool) -> None:
    assert filed.found(keys=keys) == set()
    with filed.superuser() as connection:
        connection.execute("SET ROLE NONE")
    assert filed.one("SELECT count(*) FROM books.files") == 2


@pytest.mark.parametrize("keys", [True, False])
def test_a_file_that_is_gone_is_named_with_its_event(filed: Books, keys: bool) -> None:
    filed.tamper("DELETE FROM books.files WHERE file_id = %(id)s", {"id": UUID(int=71)})
    assert filed.found(keys=keys) == {("records", at(filed), "file-missing")}
    [finding] = filed.verify().findings
    assert str(UUID(int=71)) in finding.message
    assert NAME not in finding.message


@pytest.mark.parametrize("keys", [True, False])
def test_an_altered_byte_of_a_file_is_found(filed: Books, keys: bool) -> None:
    filed.tamper(
        "UPDATE books.files SET body = set_byte(body, 20, get_byte(body, 20) # 1)"
        " WHERE file_id = %(id)s",
        {"id": UUID(int=71)},
    )
    assert filed.found(keys=keys) == {("records", at(filed), "file-altered")}


def test_two_files_that_changed_places_are_both_found(filed: Books) -> None:
    filed.tamper(
        "UPDATE books.files f SET body = o.body FROM books.files o WHERE o.file_id <> f.file_id"
    )
    first = at(filed)
    assert filed.found() == {
        ("records", first, "file-altered"),
        ("records", first + 1, "file-altered"),
    }


@pytest.mark.parametrize("column", ["stream_id", "subject"])
def test_a_file_that_was_given_to_another_record_or_student_is_found(
    filed: Books, column: str
) -> None:
    where = {"id": UUID(int=71), "other": filed.filled.students[1]}
    filed.tamper(f"UPDATE books.files SET {column} = %(other)s WHERE file_id = %(id)s", where)
    assert filed.found() == {("records", at(filed), "file-moved")}


def test_bytes_that_agree_with_a_rewritten_event_do_not_open(filed: Books) -> None:
    """Somebody with a superuser's rights writes other bytes, and their digest into the event."""
    other = b"\x01" + bytes(60)
    filed.tamper(
        "UPDATE books.files SET body = %(body)s WHERE file_id = %(id)s",
        {"body": other, "id": UUID(int=71)},
    )
    position = at(filed)
    filed.rewrite(lambda fields: fields.update(stored_sha256=digest(other)), position)
    # Without the keys the signed checkpoints alone can tell (design D10).
    assert filed.found(keys=False) == set()
    assert filed.found() == {("records", position, "file-unreadable")}


def test_a_file_that_no_event_names_is_found(filed: Books) -> None:
    stray = uuid4()
    filed.act(
        "INSERT INTO books.files VALUES (%(id)s, %(id)s, %(id)s, 'x')",
        {"id": stray},
    )
    assert filed.found() == {("files", None, "file-unknown")}
    [finding] = filed.verify().findings
    assert str(stray) in finding.message


def test_a_file_whose_students_key_was_destroyed_is_erased_and_still_checked(
    filed: Books,
) -> None:
    student = filed.filled.students[0]
    (key,) = filed.filled.keys.rglob(f"{student}.record")
    key.unlink()
    kinds = {kind for _, _, kind in filed.found()}
    assert kinds == {"key-missing"}
    filed.tamper("DELETE FROM books.files WHERE file_id = %(id)s", {"id": UUID(int=71)})
    assert "file-missing" in {kind for _, _, kind in filed.found()}


def test_a_missing_guard_of_the_files_is_found(filed: Books) -> None:
    filed.act("ALTER TABLE books.files DISABLE TRIGGER append_only")
    assert ("files", None, "trigger") in filed.found(keys=False)
    filed.act("ALTER TABLE books.files ENABLE ALWAYS TRIGGER append_only")
    filed.act("GRANT INSERT ON books.files TO PUBLIC")
    assert ("files", None, "grant") in filed.found(keys=False)
