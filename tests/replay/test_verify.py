"""Verify is quiet over sound books, and names what was done to the others and where.

It sees each book as it lies there. Where somebody with a superuser's rights leaves everything in
order, nothing can be seen before the signed checkpoints (design D10): those tests say so and
assert today's answer.
"""

import ast
import base64
import hmac
import json
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import replay.verify
from domain.ledger_life import LedgerStarted
from ledger.database import Connection, Role
from replay.verify import BOOKS, KeyFiles, KeysUnusable, verify
from tests.database import copied, opened
from tests.replay.tampering import GUARDED, Books, Filled, canonical, flip
from tests.story import Story

DETAILS = "student.details-corrected.v1"
PLACEMENT = "placement.recorded.v1"
INSERT = (
    "INSERT INTO books.records (position, recorded_at, stream_version, stream_id, topic, subject,"
    " body) SELECT %(position)s, max(recorded_at) + interval '1 second', 1, gen_random_uuid(),"
    " %(topic)s, %(subject)s, %(body)s FROM books.records"
)


# -- sound books


@pytest.mark.parametrize("role", ["superuser", "owner", "projector"])
@pytest.mark.parametrize("keys", [True, False])
def test_sound_books_are_read_whole_and_nothing_is_found(
    books: Books, role: str, keys: bool
) -> None:
    conninfo = (
        books.database.admin if role == "superuser" else books.database.conninfo(role)  # type: ignore[arg-type]
    )
    files = KeyFiles(books.filled.keys, books.filled.master) if keys else None
    steps: list[tuple[str, int, int]] = []
    report = verify(conninfo, files, lambda *step: steps.append(step))
    assert report.findings == []
    assert report.sound
    counted = {book: books.one(f"SELECT count(*) FROM books.{book}") for book in BOOKS}
    assert report.read == counted
    assert all(counted.values())
    for book, count in counted.items():
        assert [step for step in steps if step[0] == book] == [
            (book, 0, count),
            (book, count, count),
        ]


def test_events_of_every_way_to_write_are_sound(
    filled: Filled, administrator: Connection, tmp_path: Path
) -> None:
    with (
        copied(filled.template, administrator) as database,
        opened(filled.template, database, tmp_path / "keys") as ledger,
    ):
        story = Story(ledger)
        for count in (1, 3, 600):
            stream = story.new_id()
            first = story.event(LedgerStarted, stream, version="0")
            ledger.record(
                *(
                    first.model_copy(update={"originator_version": number})
                    for number in range(1, count + 1)
                )
            )
            ledger.heartbeat()
        report = Books(database, filled).verify()
    assert report.findings == []
    assert report.read["records"] > 600


def test_books_are_sound_while_somebody_writes(
    filled: Filled, administrator: Connection, tmp_path: Path
) -> None:
    with (
        copied(filled.template, administrator) as database,
        opened(filled.template, database, tmp_path / "keys") as ledger,
    ):
        story, end = Story(ledger), threading.Event()

        def write() -> None:
            while not end.is_set():
                story.note(filled.students[0], filled.authors[0])
                story.placement(filled.students[0])
                ledger.heartbeat()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            reports = [Books(database, filled).verify(keys=False) for _ in range(3)]
        finally:
            end.set()
            writer.join()
    assert [report.findings for report in reports] == [[], [], []]


def test_a_ledger_with_a_real_clock_is_sound(real_books: Books) -> None:
    assert real_books.verify(keys=False).findings == []
    assert real_books.verify(keys=False).read["records"] == 2


# -- bodies


@pytest.mark.parametrize(
    ("book", "field"), [("records", "name"), ("notes", "head"), ("notes", "rest")]
)
def test_a_byte_flipped_in_an_encrypted_field_is_found_with_the_keys(
    books: Books, book: str, field: str
) -> None:
    """Without keys it is random either way; the checkpoints will find it without them."""
    owner = books.filled.authors[0] if book == "notes" else None
    position = 2 if owner else books.position(DETAILS)

    def change(fields: dict[str, Any]) -> None:
        fields[field]["#"] = flip(fields[field]["#"])

    books.rewrite(change, position, book, owner)
    assert books.found(keys=False) == set()
    assert books.found() == {(book, position, "ciphertext")}
    assert {finding.owner for finding in books.verify().findings} == {owner}


def test_a_flipped_commitment_is_found_with_the_keys(books: Books) -> None:
    position = books.position(DETAILS)
    books.rewrite(lambda fields: fields.update(commit=flip(fields["commit"])), position)
    assert books.found(keys=False) == set()
    assert books.found() == {("records", position, "commitment")}


@pytest.mark.parametrize("part", ["head", "rest"])
def test_a_flipped_commitment_of_a_note_is_found_with_the_keys(books: Books, part: str) -> None:
    def change(fields: dict[str, Any]) -> None:
        fields["commit"][part] = flip(fields["commit"][part])

    books.rewrite(change, 1, "notes", books.filled.authors[1])
    assert books.found() == {("notes", 1, "commitment")}


def test_a_ciphertext_from_another_place_does_not_open(books: Books) -> None:
    """The second renaming is put in place of the first, with its event id and its commitment."""
    first = books.position(DETAILS)
    body = books.one("SELECT body FROM books.records WHERE position = %(at)s", {"at": first + 1})
    at = {"body": body, "at": first}
    books.tamper("UPDATE books.records SET body = %(body)s WHERE position = %(at)s", at)
    assert ("records", first, "ciphertext") in books.found()


MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "spaces": (lambda fields: canonical(fields).replace(b":", b": ", 1), "canonical"),
    "unsorted": (lambda fields: canonical(fields).replace(b"{", b'{"z":1,', 1), "canonical"),
    "key twice": (lambda fields: canonical(fields).replace(b"{", b'{"by":"",', 1), "canonical"),
    "escaped": (lambda fields: canonical(fields).replace(b'"by"', b'"b\\u0079"'), "canonical"),
    "no JSON": (lambda fields: b"\xff", "canonical"),
    "no object": (lambda fields: b"[]", "canonical"),
    "not a number": (lambda fields: b'{"a":NaN}', "canonical"),
    "very deep": (lambda fields: b"[" * 100_000, "canonical"),
    "rather deep": (
        lambda fields: canonical(fields | {"also": 1}).replace(
            b'"also":1', b'"also":' + b"[" * 600 + b"]" * 600
        ),
        "canonical",
    ),
    "empty": (lambda fields: b"", "canonical"),
    "no event id": (lambda fields: canonical(fields | {"event_id": None}), "envelope"),
    "id in capitals": (
        lambda fields: canonical(fields | {"event_id": fields["event_id"].upper()}),
        "envelope",
    ),
    "nobody": (lambda fields: canonical(fields | {"by": "nobody"}), "envelope"),
    "no policy": (lambda fields: canonical(fields | {"policy": True}), "envelope"),
    "another student": (lambda fields: canonical(fields | {"student_id": "x"}), "envelope"),
    "no commitment": (
        lambda fields: canonical({k: v for k, v in fields.items() if k != "commit"}),
        "commitment",
    ),
    "only a commitment": (
        lambda fields: canonical(
            {k: "" if k in ("name", "reason") else v for k, v in fields.items()}
        ),
        "commitment",
    ),
    "short ciphertext": (lambda fields: canonical(fields | {"name": {"#": "AAAA"}}), "ciphertext"),
    "no base64": (lambda fields: canonical(fields | {"name": {"#": "!" * 80}}), "ciphertext"),
    "further down": (
        lambda fields: canonical(fields | {"also": [{"one": fields["name"]}]}),
        "ciphertext",
    ),
    "more beside": (
        lambda fields: canonical(fields | {"name": fields["name"] | {"also": 1}}),
        "ciphertext",
    ),
}


def test_a_body_that_is_not_in_its_form_is_found_without_keys(books: Books) -> None:
    position = books.position(DETAILS)
    at = {"at": position}
    found = {}
    fields = json.loads(
        bytes(books.one("SELECT body FROM books.records WHERE position = %(at)s", at))
    )
    for name, (make, _) in MALFORMED.items():
        books.tamper(
            "UPDATE books.records SET body = %(body)s WHERE position = %(at)s",
            at | {"body": make(fields)},
        )
        found[name] = books.found(keys=False)
    assert found == {name: {("records", position, kind)} for name, (_, kind) in MALFORMED.items()}


NOTES_MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "more beside": (lambda fields: fields | {"topic": "x"}, "envelope"),
    "plain head": (lambda fields: fields | {"head": {"topic": "x"}}, "ciphertext"),
    "plain rest": (lambda fields: fields | {"rest": "x"}, "ciphertext"),
    "one commitment": (lambda fields: fields | {"commit": {"head": "x"}}, "commitment"),
    "a text": (lambda fields: fields | {"commit": "x"}, "commitment"),
}


def test_a_body_of_a_note_that_is_not_in_its_form_is_found_without_keys(books: Books) -> None:
    owner = books.filled.authors[1]
    at: dict[str, object] = {"owner": owner}
    where = "WHERE owner = %(owner)s AND position = 2"
    fields = json.loads(bytes(books.one(f"SELECT body FROM books.notes {where}", at)))
    found = {}
    for name, (make, _) in NOTES_MALFORMED.items():
        body = {"body": canonical(make(fields))}
        books.tamper(f"UPDATE books.notes SET body = %(body)s {where}", at | body)
        found[name] = books.found(keys=False)
    assert found == {name: {("notes", 2, kind)} for name, (_, kind) in NOTES_MALFORMED.items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'\x00"x"', set()),
        (b"\x01" + zlib.compress(b'"x"', wbits=-15), set()),
        (b'\x02"x"', {"plaintext"}),
        (b"\x00x", {"plaintext"}),
        (b"\x01" + zlib.compress(b'"x"', wbits=-15) + b"x", {"plaintext"}),
        (b"\x01\xff", {"plaintext"}),
    ],
)
def test_what_a_ciphertext_holds_is_in_its_form(books: Books, text: bytes, found: set[str]) -> None:
    """Written by hand from docs/formats, with the keys of the books."""
    position = books.position(DETAILS)
    subject, stream, version = (
        books.one(f"SELECT {name} FROM books.records WHERE position = %(at)s", {"at": position})
        for name in ("subject", "stream_id", "stream_version")
    )
    keys = KeyFiles(books.filled.keys, books.filled.master)
    extracted = keys.extracted(f"student/{str(subject)[:2]}/{subject}.record")
    assert extracted is not None
    where = f"igp-field/1\nrecords\n{stream}\n{version}\n{DETAILS}\nname\n".encode()

    def change(fields: dict[str, Any]) -> None:
        info = b"igp-event/1" + UUID(fields["event_id"]).bytes + b"\x01"
        key = hmac.digest(extracted, info, "sha256")
        padded = text + b" " * (-len(text) % 32)
        sealed = bytes(12) + AESGCM(key).encrypt(bytes(12), padded, where)
        fields["name"] = {"#": base64.b64encode(sealed).rstrip(b"=").decode()}

    books.rewrite(change, position)
    assert books.found() == {("records", position, kind) for kind in found}


def test_a_topic_that_names_a_module_is_found(books: Books) -> None:
    topic = {"topic": "domain.student:StudentRegistered"}
    books.tamper("UPDATE books.access SET topic = %(topic)s WHERE position = 2", topic)
    assert books.found() == {("access", 2, "topic")}


def test_a_subject_of_a_read_is_found(books: Books) -> None:
    """Who was read about stands in the body; the column would be an index over it."""
    books.tamper("UPDATE books.access SET subject = gen_random_uuid() WHERE position = 2")
    assert books.found() == {("access", 2, "constants")}


def test_a_position_that_stands_twice_is_found(books: Books) -> None:
    books.act("ALTER TABLE books.access DROP CONSTRAINT access_pkey")
    books.tamper("UPDATE books.access SET position = 1")
    assert books.found() == {("access", None, "constraint"), ("access", 1, "position")}


def test_a_plain_code_that_was_exchanged_waits_for_the_checkpoints(books: Books) -> None:
    """Grades and codes are plain, and the body's form stays right: nothing is found before
    part 3, whose tree covers every byte of a body."""
    position = books.position(PLACEMENT)
    books.rewrite(lambda fields: fields.update(placement_grade=9), position)
    assert books.found() == set()


# -- removed, moved, added


def test_an_event_removed_from_the_middle_is_found_and_named(books: Books) -> None:
    position = books.position(DETAILS)
    books.tamper("DELETE FROM books.records WHERE position = %(at)s", {"at": position})
    found = books.found()
    assert ("records", position, "position") in found
    # The student has a later version, which stands alone now.
    assert ("records", position + 1, "stream-version") in found


def test_several_removed_events_are_named_together(books: Books) -> None:
    books.tamper("DELETE FROM books.records WHERE position BETWEEN 3 AND 5")
    messages = [one.message for one in books.verify().findings if one.kind == "position"]
    assert messages == ["缺少第 3 至 5 筆"]


@pytest.mark.parametrize("book", ["records", "access"])
def test_the_newest_event_removed_waits_for_the_checkpoints(books: Books, book: str) -> None:
    """The books end where they ended an event ago. Only a signed checkpoint of part 3 that
    covers the event can tell, unless a heartbeat was drawn after it."""
    books.tamper(
        f"DELETE FROM books.{book} WHERE position = (SELECT max(position) FROM books.{book})"
    )
    assert books.found() == set()


def test_the_newest_event_removed_is_found_where_a_heartbeat_saw_it(books: Books) -> None:
    last = books.last()
    books.act("SELECT books.draw_heartbeat()")
    books.tamper("DELETE FROM books.records WHERE position = %(at)s", {"at": last})
    assert books.found() == {("records", last, "heartbeat")}


def test_an_authors_newest_note_removed_is_found(books: Books) -> None:
    author = books.filled.authors[0]
    at = {"owner": author, "at": books.last("notes", author)}
    books.tamper("DELETE FROM books.notes WHERE owner = %(owner)s AND position = %(at)s", at)
    assert books.found() == {("notes", books.last("notes", author), "head")}


def test_an_authors_last_note_and_all_before_removed_is_found(books: Books) -> None:
    author = books.filled.authors[1]
    books.tamper("DELETE FROM books.notes WHERE owner = %(owner)s", {"owner": author})
    (finding,) = books.verify().findings
    assert (finding.owner, finding.position, finding.kind) == (author, None, "head")


def test_a_note_without_a_head_is_found(books: Books) -> None:
    author = books.filled.authors[1]
    books.act("DELETE FROM books.notes_head WHERE owner = %(owner)s", {"owner": author})
    (finding,) = books.verify().findings
    assert (finding.owner, finding.kind) == (author, "head")


def exchange(books: Books, first: int, second: int, *, times: bool) -> None:
    """Two events of `records` change places, and their times with them or not."""
    time = ", recorded_at = o.recorded_at" if times else ""
    books.tamper("ALTER TABLE books.records DROP CONSTRAINT records_pkey")
    books.tamper(
        f"UPDATE books.records b SET position = o.position{time} FROM books.records o"
        " WHERE (b.position, o.position) IN ((%(a)s, %(b)s), (%(b)s, %(a)s))",
        {"a": first, "b": second},
    )
    books.act("ALTER TABLE books.records ADD PRIMARY KEY (position)")


def test_two_swapped_events_are_found_by_their_times(books: Books) -> None:
    placement = books.position(PLACEMENT)
    exchange(books, placement, placement + 1, times=False)
    assert books.found() == {("records", placement + 1, "time")}


def test_two_swapped_versions_of_a_stream_are_found_whatever_their_times(books: Books) -> None:
    first = books.position(DETAILS)
    exchange(books, first, first + 1, times=True)
    assert books.found() == {("records", first, "stream-version")}


def test_two_swapped_events_of_two_streams_wait_for_the_checkpoints(books: Books) -> None:
    """With their times exchanged too, each looks as the other did. A leaf of part 3 holds the
    position and the time, so the tree will differ."""
    placement = books.position(PLACEMENT)
    exchange(books, placement, placement + 1, times=True)
    assert books.found() == set()


@pytest.mark.parametrize(("seconds", "where"), [(3600, 1), (-3600, 0)])
def test_a_time_changed_against_the_order_is_found(books: Books, seconds: int, where: int) -> None:
    position = books.position(DETAILS)
    books.tamper(
        "UPDATE books.records SET recorded_at = recorded_at + %(by)s WHERE position = %(at)s",
        {"at": position, "by": timedelta(seconds=seconds)},
    )
    assert ("records", position + where, "time") in books.found()


def test_a_time_from_before_the_last_heartbeat_is_found(books: Books) -> None:
    books.act("SELECT books.draw_heartbeat()")
    body = {"event_id": str(uuid4()), "by": str(UUID(int=0)), "capacity": "SYS", "policy": 1}
    at = {
        "position": books.last() + 1,
        "topic": "ledger.started.v1",
        "subject": None,
        "body": canonical(body | {"version": "0"}),
    }
    early = INSERT.replace("1 second", "1 microsecond")
    books.act("UPDATE books.heartbeat SET at = at + interval '1 minute'")
    books.act(early, at)
    assert books.found() == {("records", at["position"], "heartbeat")}


@pytest.mark.parametrize(
    ("book", "found"),
    [
        ("records", {("records", None, "empty"), ("records", 6, "heartbeat")}),
        ("notes", {("notes", None, "head")}),
    ],
)
def test_a_truncated_book_is_found(
    books: Books, book: str, found: set[tuple[str, int | None, str]]
) -> None:
    books.tamper(f"TRUNCATE books.{book}")
    assert books.found() == found


def test_a_truncated_access_book_waits_for_the_checkpoints(books: Books) -> None:
    """It looks as on its first day. Part 3 signs checkpoints of `access` for the auditors."""
    books.tamper("TRUNCATE books.access")
    assert books.found() == set()


def test_notes_and_their_heads_truncated_together_wait_for_the_checkpoints(books: Books) -> None:
    """`notes_head` can be overwritten. Part 3 anchors every author's ledger in `records` daily."""
    books.tamper("TRUNCATE books.notes, books.notes_head")
    assert books.found() == set()


def test_a_raw_insert_with_a_gap_is_found(books: Books) -> None:
    last = books.last()
    body = {"event_id": str(uuid4()), "by": str(UUID(int=0)), "capacity": "SYS", "policy": 1}
    given = {"topic": "ledger.started.v1", "subject": None, "body": canonical(body)}
    books.act(INSERT, given | {"position": last + 5})
    assert books.found() == {("records", last + 1, "position")}


@pytest.mark.parametrize(
    ("body", "subject", "found"),
    [
        (b'{"by": "nobody"}', None, {"canonical"}),
        (b"{}", None, {"envelope"}),
        ("encrypted", uuid4(), {"key-missing"}),
        ("encrypted", None, {"commitment", "ciphertext"}),
    ],
)
def test_a_raw_insert_without_a_gap_is_found_by_its_body(
    books: Books, body: bytes | str, subject: UUID | None, found: set[str]
) -> None:
    """A copy of an encrypted body opens for no other subject and no other stream."""
    last = books.last()
    if body == "encrypted":
        position = {"at": books.position(DETAILS)}
        body = bytes(books.one("SELECT body FROM books.records WHERE position = %(at)s", position))
    given = {"position": last + 1, "topic": DETAILS, "subject": subject, "body": body}
    books.act(INSERT, given)
    assert books.found() == {("records", last + 1, kind) for kind in found}


def test_a_raw_insert_in_perfect_form_waits_for_the_checkpoints(books: Books) -> None:
    """It is what the append function would have written, so the row cannot tell. The signed
    tree of part 3 grows through the program alone."""
    body = {"event_id": str(uuid4()), "by": str(UUID(int=0)), "capacity": "SYS", "policy": 1}
    given = {"position": books.last() + 1, "topic": "ledger.started.v1", "subject": None}
    books.act(INSERT, given | {"body": canonical(body | {"version": "0"})})
    assert books.found() == set()


def test_a_note_moved_to_another_owner_is_found_without_keys(books: Books) -> None:
    first, second = books.filled.authors
    books.tamper(
        "UPDATE books.notes SET owner = %(to)s, position = 3 WHERE owner = %(of)s AND position = 4",
        {"of": first, "to": second},
    )
    found = {(one.owner, one.kind) for one in books.verify(keys=False).findings}
    assert found == {(first, "head"), (second, "head")}


def test_a_note_moved_with_everything_around_it_is_found_with_the_keys(books: Books) -> None:
    """Heads and positions agree; but the event key comes from the author's key."""
    first, second = books.filled.authors
    books.tamper(
        "UPDATE books.notes SET owner = %(to)s, position = 3 WHERE owner = %(of)s AND position = 4",
        {"of": first, "to": second},
    )
    books.act("UPDATE books.notes_head SET position = 3")
    assert books.found(keys=False) == set()
    kinds = {(one.owner, one.position, one.kind) for one in books.verify().findings}
    assert kinds == {(second, 3, "commitment"), (second, 3, "ciphertext")}


def test_a_note_whose_columns_tell_its_kind_is_found(books: Books) -> None:
    books.act("ALTER TABLE books.notes DROP CONSTRAINT notes_topic_check")
    books.tamper("UPDATE books.notes SET topic = 'counselling-note.recorded.v1'")
    kinds = [one.kind for one in books.verify(keys=False).findings]
    assert kinds == ["constants"] * books.one("SELECT count(*) FROM books.notes")


def test_another_beginning_is_found(books: Books) -> None:
    books.rewrite(lambda fields: fields.update(clock="real"), 1)
    assert books.found() == {("records", 1, "opening")}
    books.tamper("UPDATE books.records SET topic = 'ledger.started.v1' WHERE position = 1")
    assert books.found() == {("records", 1, "opening")}
    books.tamper("TRUNCATE books.birth")
    assert ("birth", None, "birth") in books.found()


# -- keys


def test_a_key_that_is_missing_or_damaged_is_named_once(books: Books, tmp_path: Path) -> None:
    copy = tmp_path / "keys"
    shutil.copytree(books.filled.keys, copy)
    student, other = books.filled.students
    (copy / f"student/{str(student)[:2]}/{student}.record").unlink()
    damaged = copy / f"student/{str(other)[:2]}/{other}.record"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
    report = verify(books.database.admin, KeyFiles(copy, books.filled.master))
    assert sorted(one.kind for one in report.findings) == ["key-damaged", "key-missing"]


def test_another_master_key_is_refused_at_once(books: Books, tmp_path: Path) -> None:
    for wrong in (bytes(32), b"short"):
        (tmp_path / "master.key").write_bytes(wrong)
        with pytest.raises(KeysUnusable):
            KeyFiles(books.filled.keys, tmp_path / "master.key")


# -- what keeps the books append-only


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE books.{} DISABLE TRIGGER append_only",
        "ALTER TABLE books.{} ENABLE TRIGGER append_only",
        "ALTER TABLE books.{} ENABLE REPLICA TRIGGER append_only",
        "DROP TRIGGER append_only ON books.{}",
        "ALTER TRIGGER append_only ON books.{} RENAME TO another",
        "CREATE TRIGGER another BEFORE INSERT ON books.{}"
        " FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change()",
        "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON books.{}"
        " FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change()",
        "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON books.{}"
        " FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION books.refuse_change()",
    ],
)
def test_a_trigger_that_is_not_as_it_was_is_found(books: Books, statement: str) -> None:
    for table in GUARDED:
        books.act(statement.replace("{}", table))
    assert books.found(keys=False) == {(table, None, "trigger") for table in GUARDED}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE FUNCTION books.refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NULL; END'",
        "ALTER FUNCTION books.append_one_records SECURITY INVOKER",
        "ALTER FUNCTION books.append_one_records RESET search_path",
        "DROP FUNCTION books.append_bulk_notes",
        "CREATE FUNCTION books.another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION books.make_bulk(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION books.ledger_now() RETURNS timestamptz LANGUAGE sql AS"
        " 'SELECT clock_timestamp()'",
        "ALTER FUNCTION books.make_bulk() OWNER TO CURRENT_USER",
    ],
)
def test_a_function_that_is_not_as_it_was_is_found(books: Books, statement: str) -> None:
    books.act(statement)
    assert ("books", None, "function") in books.found(keys=False)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("GRANT INSERT ON books.records TO {}", ("records", "grant")),
        ("GRANT UPDATE (body) ON books.notes TO {}", ("notes", "grant")),
        ("GRANT DELETE ON books.access TO PUBLIC", ("access", "grant")),
        ("GRANT TRUNCATE ON books.birth TO {}", ("birth", "grant")),
        ("GRANT UPDATE ON books.notes_head TO {}", ("notes_head", "grant")),
        ("GRANT CREATE ON SCHEMA books TO {}", ("books", "grant")),
        ("ALTER TABLE books.records OWNER TO {}", ("records", "grant")),
        ("CREATE RULE r AS ON INSERT TO books.records DO INSTEAD NOTHING", ("records", "rule")),
        ("CREATE TABLE public.more () INHERITS (books.records)", ("records", "table")),
        ("ALTER TABLE books.access ADD more text", ("access", "table")),
        ("ALTER TABLE books.access ALTER body DROP NOT NULL", ("access", "table")),
        ("DROP TABLE books.access", ("access", "table")),
        ("DROP TABLE books.birth", ("birth", "table")),
        ("DROP TABLE books.notes_head", ("notes_head", "table")),
        ("ALTER TABLE books.heartbeat DROP position", ("heartbeat", "table")),
        ("ALTER TABLE books.records DROP CONSTRAINT records_pkey", ("records", "constraint")),
        ("ALTER TABLE books.notes DISABLE ROW LEVEL SECURITY", ("notes", "policy")),
        ("CREATE POLICY p ON books.notes AS RESTRICTIVE USING (false)", ("notes", "policy")),
        ("ALTER POLICY author_reads ON books.notes USING (true)", ("notes", "policy")),
    ],
)
def test_a_right_or_a_table_that_is_not_as_it_was_is_found(
    books: Books, statement: str, found: tuple[str, str]
) -> None:
    books.act(statement.replace("{}", f'"{books.database.role("writer")}"'))
    table, kind = found
    assert (table, None, kind) in books.found(keys=False)


def test_a_role_of_the_program_that_can_act_as_the_owner_is_found(books: Books) -> None:
    owner, writer = (f'"{books.database.role(role)}"' for role in ("owner", "writer"))
    books.act(f"GRANT {owner} TO {writer}")
    try:
        found = books.found(keys=False)
    finally:
        books.act(f"REVOKE {owner} FROM {writer}")
    assert found == {("books", None, "grant")}


def test_a_replica_session_does_not_get_past_the_triggers(books: Books) -> None:
    with books.superuser(options="-c session_replication_role=replica") as connection:
        for book in GUARDED:
            for statement in (f"DELETE FROM books.{book}", f"TRUNCATE books.{book} CASCADE"):
                with pytest.raises(psycopg.DatabaseError, match="the books are append-only"):
                    connection.execute(statement.encode())
    assert books.found(keys=False) == set()


@pytest.mark.parametrize("role", ["writer", "reader"])
def test_who_may_not_read_the_books_cannot_verify_them(books: Books, role: Role) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        verify(books.database.conninfo(role))


# -- the program itself


def test_verify_imports_nothing_of_ours() -> None:
    """A mistake of the writer must not be made a second time by what checks it."""
    folder = Path(replay.verify.__file__).parent
    allowed = {"psycopg", "cryptography", "replay"} | set(sys.stdlib_module_names)
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                assert top in allowed, f"{file.name} imports {name}"
                assert top != "replay" or name.startswith("replay.verify"), file.name


def test_verify_runs_without_the_rest_of_the_house() -> None:
    ours = {"domain", "ledger", "projections", "documents", "api", "igp", "eventsourcing", "orjson"}
    code = f"import replay.verify, sys; print(sorted({ours!r} & {{*sys.modules}}))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(replay.verify.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"
