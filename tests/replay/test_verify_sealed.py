"""Verify makes trees, maps and commitments again, and holds them against what was signed."""

from collections.abc import Callable
from typing import Any

import pytest

from replay.verify import Outside
from replay.verify.proofs import Checkpoint
from tests.replay.sealing_maker import Signer, b64
from tests.replay.tampering import Books

MAP_ROOT, COMMITMENT = "ledger.map-root.v1", "ledger.notes-commitment.v1"


def note(books: Books, book: str = "records") -> bytes:
    """The newest checkpoint of a book, as somebody may have kept it."""
    query = "SELECT note FROM books.checkpoint WHERE book = %(book)s ORDER BY size DESC LIMIT 1"
    return str(books.one(query, {"book": book})).encode()


def size(books: Books, book: str = "records") -> int:
    return Checkpoint.read(note(books, book)).size


def kept(books: Books) -> Outside:
    return Outside(checkpoints=(note(books), note(books, "access")))


# -- sound


@pytest.mark.parametrize("keys", [True, False])
def test_sealed_books_are_sound_and_what_could_not_be_checked_is_said(
    sealed_books: Books, keys: bool
) -> None:
    report = sealed_books.verify(keys=keys, outside=kept(sealed_books))
    assert report.findings == []
    assert report.checkpoints == 5
    assert len(report.unchecked) == (0 if keys else 3)


def test_the_published_key_is_enough_for_the_signatures(sealed_books: Books) -> None:
    origin = Checkpoint.read(note(sealed_books)).origin
    assert origin.startswith("igp-ledger-simulated/")
    stranger = Signer(origin, bytes(32))
    found = sealed_books.found(keys=False, outside=Outside(keys=(stranger.key,)))
    assert {kind for _, _, kind in found} == {"checkpoint-signature"}
    assert len(found) == 5


@pytest.mark.parametrize(
    "brought",
    [
        {"keys": ("no key",)},
        {"witnesses": ("a+b+c",)},
        {"checkpoints": (b"no checkpoint",)},
        {"checkpoints": (b"a\n1\nb\n\n\xff",)},
    ],
)
def test_what_is_brought_must_be_in_its_form(brought: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outside(**brought)


# -- checkpoints kept here


def test_a_plain_code_that_was_exchanged_is_found_by_tree_and_map(sealed_books: Books) -> None:
    position = sealed_books.position("placement.recorded.v1")
    sealed_books.rewrite(lambda fields: fields.update(placement_grade=9), position)
    without = {kind for _, _, kind in sealed_books.found(keys=False)}
    assert without == {"checkpoint-root"}
    assert {kind for _, _, kind in sealed_books.found()} == {"checkpoint-root", "map-root"}


def test_what_was_sealed_before_the_change_stays_proved(sealed_books: Books) -> None:
    """Only the checkpoints from the changed event on are named."""
    last = size(sealed_books)
    sealed_books.rewrite(lambda fields: fields.update(name="另一校"), last - 1)
    assert sealed_books.found(keys=False) == {("checkpoint", last, "checkpoint-root")}


def test_a_book_shorter_than_its_checkpoint_is_named(sealed_books: Books) -> None:
    for book in ("records", "access"):
        sealed_books.tamper(
            f"DELETE FROM books.{book} WHERE position = %(at)s", {"at": size(sealed_books, book)}
        )
    found = sealed_books.found(keys=False)
    assert ("checkpoint", size(sealed_books), "rolled-back") in found
    assert ("checkpoint", size(sealed_books, "access"), "rolled-back") in found
    assert any(
        "較新的紀錄遭移除，或紀錄簿被回復" in one.message
        for one in sealed_books.verify(keys=False).findings
    )


CHANGED: dict[str, tuple[str, set[str]]] = {
    "root": ("root = sha256(root)", {"checkpoint", "checkpoint-root"}),
    "note": ("note = 'x' || note", {"checkpoint", "checkpoint-signature"}),
    "no note": ("note = ''", {"checkpoint"}),
    "signature": (
        "note = (SELECT c.note FROM books.checkpoint c WHERE c.size <> 5 ORDER BY 1 LIMIT 1)",
        {"checkpoint"},
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_checkpoint_that_was_changed_is_found(sealed_books: Books, case: str) -> None:
    change, kinds = CHANGED[case]
    at = size(sealed_books)
    sealed_books.tamper(
        f"UPDATE books.checkpoint SET {change} WHERE size = %(at)s AND book = 'records'",
        {"at": at},
    )
    assert sealed_books.found() == {("checkpoint", at, kind) for kind in kinds}


def test_a_clock_that_was_behind_when_a_checkpoint_was_kept_is_no_finding(
    sealed_books: Books,
) -> None:
    # As after a restart: a simulated clock goes on from the last record, a real one may be set.
    sealed_books.tamper(
        "UPDATE books.checkpoint SET recorded_at = recorded_at - interval '2 minutes'"
        " WHERE size = %(at)s AND book = 'records'",
        {"at": size(sealed_books)},
    )
    assert sealed_books.found() == set()


def test_a_checkpoint_that_is_on_no_map_root_is_found(sealed_books: Books) -> None:
    sealed_books.tamper(
        "UPDATE books.checkpoint SET size = size - 1 WHERE size = %(at)s AND book = 'records'",
        {"at": size(sealed_books)},
    )
    kinds = {kind for _, _, kind in sealed_books.found()}
    assert kinds == {"checkpoint", "checkpoint-root"}


# -- the map


ROOTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "root": lambda fields: fields.update(root="0" * 64),
    "entries": lambda fields: fields.update(scopes=fields["scopes"] - 1),
    "covers less": lambda fields: fields.update(covers=fields["covers"] - 1),
    "covers itself": lambda fields: fields.update(covers=fields["covers"] + 1),
    "covers nothing": lambda fields: fields.update(covers=0),
    "no number": lambda fields: fields.update(covers=True),
    "no root": lambda fields: fields.pop("root"),
}


@pytest.mark.parametrize("case", ROOTS)
def test_a_map_root_that_the_events_do_not_make_is_found(sealed_books: Books, case: str) -> None:
    at = size(sealed_books)
    sealed_books.rewrite(ROOTS[case], at)
    found = sealed_books.found()
    if case == "covers less":
        # The last event before it is about no student, so the map is the same without it.
        assert found == {("checkpoint", at, "checkpoint-root")}
    else:
        assert found == {
            ("records", at, "map-root"),
            ("checkpoint", at, "checkpoint-root"),
        }


def test_an_event_given_to_another_student_is_found_by_the_map(sealed_books: Books) -> None:
    position = sealed_books.position("placement.recorded.v1")
    sealed_books.tamper(
        "UPDATE books.records SET subject = %(other)s WHERE position = %(at)s",
        {"other": sealed_books.filled.students[1], "at": position},
    )
    found = sealed_books.found()
    assert {kind for book, _, kind in found if book == "records"} >= {"map-root"}


# -- the notes


def test_notes_removed_from_the_end_of_a_ledger_are_found_by_the_commitment(
    sealed_books: Books,
) -> None:
    owner = sealed_books.filled.authors[1]
    last = sealed_books.last("notes", owner)
    at = {"owner": owner, "at": last}
    sealed_books.tamper("DELETE FROM books.notes WHERE owner = %(owner)s AND position = %(at)s", at)
    sealed_books.act(
        "UPDATE books.notes_head SET position = position - 1 WHERE owner = %(owner)s", at
    )
    assert sealed_books.found(keys=False) == set()
    assert sealed_books.found() == {
        ("records", sealed_books.position(COMMITMENT), "notes-commitment")
    }


def test_a_note_that_was_changed_is_found_by_the_commitment(sealed_books: Books) -> None:
    sealed_books.tamper(
        "UPDATE books.notes SET recorded_at = recorded_at - interval '1 us'"
        " WHERE owner = %(owner)s AND position = 1",
        {"owner": sealed_books.filled.authors[0]},
    )
    assert {kind for _, _, kind in sealed_books.found()} == {"notes-commitment"}


@pytest.mark.parametrize("change", [{"commitment": "0" * 64}, {"day": "x"}, {"commitment": 1}])
def test_a_commitment_that_was_changed_is_found(sealed_books: Books, change: Any) -> None:
    at = sealed_books.position(COMMITMENT)
    sealed_books.rewrite(lambda fields: fields.update(change), at)
    assert ("records", at, "notes-commitment") in sealed_books.found()


# -- values that the program never wrote


def test_a_value_that_nobody_can_read_is_a_finding(sealed_books: Books) -> None:
    """Times that are none, nesting without end, nothing at all: verify says so and goes on."""
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    commitment = sealed_books.position(COMMITMENT)
    empty = "ALTER TABLE books.{0} ALTER {1} DROP NOT NULL; UPDATE books.{0} SET {1} = NULL"
    at = f"WHERE position = {commitment}"
    tables = ("records", "access", "checkpoint", "heartbeat")
    for table in tables:
        sealed_books.act(f"CREATE TABLE public.{table} AS TABLE books.{table}")
    cases = {
        f"UPDATE books.records SET recorded_at = 'infinity' {at}": "notes-commitment",
        f"UPDATE books.records SET recorded_at = '9999-12-31T23:59:59.999999Z' {at}": "time",
        "UPDATE books.checkpoint SET recorded_at = '-infinity'": "unreadable",
        "UPDATE books.heartbeat SET at = 'infinity'": "unreadable",
        "UPDATE books.records SET body = %(deep)s WHERE position = 1": "canonical",
        "UPDATE books.records SET topic = 'student.erased.v1', body = %(deep)s"
        " WHERE position = 5": "canonical",
        empty.format("records", "body") + f" {at}": "unreadable",
        empty.format("access", "topic"): "unreadable",
        empty.format("checkpoint", "note"): "unreadable",
    }
    for statement, kind in cases.items():
        for one in statement.split("; "):
            sealed_books.tamper(one, {"deep": deep})
        assert kind in {found for _, _, found in sealed_books.found()}, statement
        for table in tables:
            sealed_books.tamper(f"DELETE FROM books.{table}")
            sealed_books.tamper(f"INSERT INTO books.{table} TABLE public.{table}")


# -- checkpoints kept elsewhere


def test_a_kept_checkpoint_of_another_ledger_or_signer_is_refused(sealed_books: Books) -> None:
    read = Checkpoint.read(note(sealed_books))
    text = f"{read.origin}\n{read.size}\n{b64(read.root)}\n"
    forged = Signer(read.origin, bytes(32)).note(text)
    elsewhere = Signer("igp-ledger/x/records", bytes(32)).checkpoint([bytes(32)])
    for brought in (forged, elsewhere):
        found = sealed_books.found(outside=Outside(checkpoints=(brought,)))
        assert {kind for _, _, kind in found} == {"kept-checkpoint"}
    nobody = Signer(f"{read.origin.removesuffix('records')}notes/nobody", bytes(32))
    brought = nobody.checkpoint([bytes(32)])
    found = sealed_books.found(keys=False, outside=Outside(checkpoints=(brought,)))
    assert {kind for _, _, kind in found} == {"kept-checkpoint"}


def test_a_checkpoint_of_an_authors_ledger_is_held_against_it(sealed_books: Books) -> None:
    origin = Checkpoint.read(note(sealed_books)).origin.removesuffix("records")
    owner = sealed_books.filled.authors[0]
    made = Signer(f"{origin}notes/{owner}", bytes(32))
    brought = Outside(keys=(made.key,), checkpoints=(made.checkpoint([bytes(32)] * 99),))
    assert ("notes", 99, "rolled-back") in sealed_books.found(keys=False, outside=brought)
    brought = Outside(keys=(made.key,), checkpoints=(made.checkpoint([bytes(32)] * 2),))
    assert ("notes", 2, "two-histories") in sealed_books.found(keys=False, outside=brought)


def test_cosignatures_are_held_against_the_witness_that_was_named(sealed_books: Books) -> None:
    witness = Signer("witness.example", bytes([9]) * 32, 4)
    text = note(sealed_books).decode().partition("\n\n")[0] + "\n"
    add = "INSERT INTO books.cosignature VALUES ('records', %(size)s, %(name)s, %(line)s)"
    given = {"size": size(sealed_books), "name": witness.name}
    sealed_books.act(add, {**given, "line": witness.line(text)})
    named = Outside(witnesses=(witness.key,))
    assert sealed_books.found(outside=named) == set()
    other = Signer(witness.name, bytes([8]) * 32, 4)
    place = ("cosignature", size(sealed_books), "cosignature")
    assert sealed_books.found(outside=Outside(witnesses=(other.key,))) == {place}
    sealed_books.tamper(
        "UPDATE books.cosignature SET line = %(line)s", {"line": witness.line("x\n")}
    )
    assert sealed_books.found() == set()
    assert sealed_books.found(outside=named) == {place}
    sealed_books.tamper("UPDATE books.cosignature SET line = 'x'")
    assert sealed_books.found() == {place}
    # A witness whose cosignatures are all gone is not passed over in silence.
    sealed_books.tamper("DELETE FROM books.cosignature")
    report = sealed_books.verify(outside=named)
    assert report.findings == []
    assert [witness.name in one for one in report.unchecked] == [True]
