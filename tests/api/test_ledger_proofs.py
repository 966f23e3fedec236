"""Proofs over HTTP: they verify without us, and each goes to whom it is for."""

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest

from api import ledger_proofs
from igp.sealing import seal_now
from ledger.leaf import leaf_hash, leaf_of
from ledger.ledger import Ledger
from ledger.merkle import Leaves, check_consistency, check_inclusion
from ledger.signed_note import VerifierKey, parse_checkpoint, parse_key, parse_note
from projections.all_views import sealing_views
from projections.runner import Runner
from tests.api.serving import NOTE, PLACEMENT, Caller, County, serving
from tests.proofs import parse_proof
from tests.sealing import leaf_hashes


@pytest.fixture
def county(ledger: Ledger) -> Iterator[County]:
    """A county whose views for the sealer are there, as the program has them from its start."""
    runner = Runner(ledger.database, sealing_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.close()
    with serving(ledger) as county:
        yield county


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


def keys(caller: Caller) -> dict[str, VerifierKey]:
    """The verifier keys by the last parts of their names."""
    found = [parse_key(line) for line in caller.get("/ledger/key").text.splitlines()]
    return {key.name.split("/", 2)[2].partition("/")[0]: key for key in found}


def hashes(text: str) -> list[bytes]:
    return [base64.b64decode(line, validate=True) for line in text.splitlines()]


def book(county: County, kind: str, owner: str | None = None) -> list[bytes]:
    """The leaf hashes of a book, or of an author's ledger."""
    ledger = county.house.ledger
    if owner is None:
        return leaf_hashes(ledger, kind)
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT position, stream_id, stream_version, topic, recorded_at, body"
            " FROM books.notes WHERE owner = %s ORDER BY position",
            (UUID(owner),),
        ).fetchall()
    return [
        leaf_hash(leaf_of("notes", UUID(owner), *row[:4], None, *row[4:]))  # type: ignore[arg-type]
        for row in rows
    ]


def test_before_anything_is_sealed_there_is_no_checkpoint(county: County) -> None:
    assert county.a_office.get("/ledger/records/checkpoint").status_code == 404


def test_a_checkpoint_is_text_that_its_key_verifies(county: County, student: str) -> None:
    seal_now(county.house.ledger)
    answer = county.b_office.get("/ledger/records/checkpoint")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    note = parse_note(answer.text)
    keys(county.b_office)["records"].check(note)
    said = parse_checkpoint(note)
    assert said.root == Leaves(leaf_hashes(county.house.ledger)).root(said.size)
    assert county.client.get("/api/v1/ledger/records/checkpoint").status_code == 401


def test_two_checkpoints_are_shown_to_be_consistent(county: County, student: str) -> None:
    ledger = county.house.ledger
    first = seal_now(ledger)
    county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    second = seal_now(ledger)
    assert first is not None
    assert second is not None
    answer = county.a_cm.get(
        "/ledger/records/consistency", **{"from": first.size, "to": second.size}
    )
    path = hashes(answer.text)
    check_consistency(first.size, first.root, second.size, second.root, path)


@pytest.mark.parametrize(
    ("old", "new", "field"), [(5, 4, "from"), (1, 10**6, "to"), (-1, 4, "from"), ("x", 4, "from")]
)
def test_sizes_that_no_checkpoint_has_are_refused(
    county: County, old: Any, new: int, field: str
) -> None:
    seal_now(county.house.ledger)
    for path in ("records", "notes"):
        if path == "notes" and new == 4:
            continue
        answer = county.a_office.get(f"/ledger/{path}/consistency", **{"from": old, "to": new})
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_record_is_proved_to_who_sees_it_and_the_reading_recorded(
    county: County, student: str
) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    county.a_cm.put(
        f"/students/{student}/placements/{made}",
        {"placement_grade": 7, "reason": "調整"},
        version=1,
    )
    ledger = county.house.ledger
    seal_now(ledger)
    for record in (made, student):
        answer = county.a_cm.get(f"/records/{record}/proof")
        assert answer.status_code == 200, answer.text
        assert answer.text.startswith("c2sp.org/tlog-proof@v1\nindex ")
        proof = parse_proof(answer.text)
        keys(county.a_cm)["records"].check(proof.checkpoint)
        said = parse_checkpoint(proof.checkpoint)
        leaf = leaf_hashes(ledger)[proof.index]
        check_inclusion(leaf, proof.index, said.size, proof.path, said.root)
        with ledger.database.connect("projector") as connection:
            row = connection.execute(
                "SELECT max(position) FROM books.records WHERE stream_id = %s", (UUID(record),)
            ).fetchone()
        assert row == (proof.index + 1,)


def test_a_record_out_of_reach_answers_as_one_that_nobody_made(
    county: County, student: str
) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    note = county.a_cm.made(f"/students/{student}/notes", NOTE)
    seal_now(county.house.ledger)
    nothing = county.b_office.get(f"/records/{UUID(int=1)}/proof")
    assert nothing.status_code == 404
    for record in (made, note, student, "no-id"):
        answer = county.b_office.get(f"/records/{record}/proof")
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert county.a_office.get(f"/records/{note}/proof").content == nothing.content


def test_an_event_that_no_checkpoint_counts_yet_is_asked_for_again_later(
    county: County, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_proofs, "PATIENCE_SECONDS", 0.0)
    seal_now(county.house.ledger)
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    answer = county.a_cm.get(f"/records/{made}/proof")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    seal_now(county.house.ledger)
    assert county.a_cm.get(f"/records/{made}/proof").status_code == 200


def test_an_authors_own_ledger_is_proved_to_the_author_alone(county: County, student: str) -> None:
    author = county.id_of("a-cm")
    empty = parse_checkpoint(parse_note(county.a_cm.get("/ledger/notes/checkpoint").text))
    note = county.a_cm.made(f"/students/{student}/notes", NOTE)
    before = len(book(county, "notes", author))
    answer = county.a_cm.get(f"/records/{note}/proof")
    proof = parse_proof(answer.text)
    tree = Leaves(book(county, "notes", author))
    # The reading stands in the author's own ledger, which the checkpoint counts.
    assert len(tree) == before + 1
    key = keys(county.a_cm)["notes"]
    assert key.name.endswith(f"/notes/{author}")
    key.check(proof.checkpoint)
    said = parse_checkpoint(proof.checkpoint)
    assert (said.size, said.root) == (len(tree), tree.root())
    check_inclusion(tree.node((0, proof.index)), proof.index, said.size, proof.path, said.root)
    assert empty.size == 0 or empty.size < said.size
    answer = county.a_cm.get("/ledger/notes/consistency", **{"from": 1, "to": said.size})
    check_consistency(1, tree.root(1), said.size, said.root, hashes(answer.text))
    again = parse_checkpoint(parse_note(county.a_cm.get("/ledger/notes/checkpoint").text))
    assert again == said
    other = parse_checkpoint(parse_note(county.a_office.get("/ledger/notes/checkpoint").text))
    assert (other.origin, other.size) != (said.origin, said.size)
    assert "notes" not in {one["what"] for one in county_reads(county)}


def county_reads(county: County) -> list[dict[str, Any]]:
    with county.house.ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT body FROM books.access WHERE topic LIKE 'access.read.%' ORDER BY position"
        ).fetchall()
    return [orjson.loads(body) for (body,) in rows]


def test_a_proof_is_a_reading_of_the_person(county: County, student: str) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    seal_now(county.house.ledger)
    assert county.a_cm.get(f"/records/{made}/proof").status_code == 200
    last = county_reads(county)[-1]
    assert (last["what"], last["record_id"], last["subjects"], last["capacity"]) == (
        "records/proof",
        made,
        [student],
        "CM",
    )


def test_the_book_of_access_is_proved_to_named_auditors_alone(county: County, student: str) -> None:
    ledger = county.house.ledger
    county.a_cm.get(f"/students/{student}")
    seal_now(ledger)
    paths = ("/ledger/access/checkpoint", "/ledger/access/consistency?from=1&to=1")
    for caller in (county.eb, county.a_office, county.a_cm):
        for path in paths:
            assert caller.get(path).status_code == 404
    made = county.eb.get("/me").json()
    answer = county.eb.patch(f"/accounts/{made['id']}", {"duties": ["稽核"]}, version=1)
    assert answer.status_code == 200, answer.text
    answer = county.eb.get(paths[0])
    note = parse_note(answer.text)
    keys(county.eb)["access"].check(note)
    said = parse_checkpoint(note)
    assert said.root == Leaves(leaf_hashes(ledger, "access")).root(said.size)
    assert county.eb.get("/ledger/access/consistency?from=1&to=1").status_code == 200
    # Whoever says the word of themselves in a school is no auditor.
    assert county.a_office.get(paths[0]).status_code == 404
