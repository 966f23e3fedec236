"""A witness cosigns what continues what it saw, keeps that first, and names the rest."""

import hashlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from igp import witness as module
from igp.witness import MOST_BYTES, Request, Witness, WitnessError, witness_key
from igp.witness_app import create_app
from ledger.merkle import Leaves
from ledger.signed_note import (
    Checkpoint,
    Note,
    Signer,
    VerifierKey,
    parse_note,
    parse_signature,
    with_cosignatures,
)

NAME = "witness.example/w1"
ORIGIN = "igp-ledger/00000000-0000-4000-8000-000000000001/records"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
SECONDS = 1_700_000_000


def leaves(count: int, history: str = "") -> Leaves:
    """The tree of a log; with another `history` it parts from the first one after five leaves."""
    texts = [f"{history if number >= 5 else ''}{number}" for number in range(count)]
    return Leaves([hashlib.sha256(text.encode()).digest() for text in texts])


def note(size: int, history: str = "", by: Signer = LOG) -> Note:
    return by.sign(Checkpoint(ORIGIN, size, leaves(size, history).root()).text)


def submitted(old: int, size: int, history: str = "", by: Signer = LOG) -> bytes:
    """What a log sends, which believes what it says."""
    path = leaves(size, history).consistency(old, size) if old <= size else []
    return str(Request(old, tuple(path), note(size, history, by))).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    witness = started(tmp_path)
    yield witness
    witness.close()


def started(folder: Path) -> Witness:
    cosigner = witness_key(folder / "witness.key", NAME)
    return Witness(folder, cosigner, [LOG.key], clock=lambda: SECONDS)


def evidence(folder: Path) -> list[str]:
    return sorted(path.name.split("-")[0] for path in (folder / "evidence").iterdir())


def test_what_continues_the_last_checkpoint_is_cosigned(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 1000)):
        answer = witness.add(submitted(old, size))
        assert answer.status == 200
        signed = with_cosignatures(note(size), [parse_signature(answer.text.rstrip("\n"))])
        assert witness.key.cosigned_at(signed) == SECONDS
        last = witness.last(ORIGIN)
        assert last is not None
        assert last.size == size


@pytest.mark.parametrize("old", [0, 2, 4, 8])
def test_who_does_not_know_what_was_cosigned_last_is_told(witness: Witness, old: int) -> None:
    assert witness.add(submitted(0, 3)).status == 200
    answer = witness.add(submitted(old, 8))
    assert (answer.status, answer.text, answer.size) == (409, "3\n", True)


def test_a_log_that_was_rolled_back_is_not_cosigned(witness: Witness, tmp_path: Path) -> None:
    assert witness.add(submitted(0, 8)).status == 200
    for old in (0, 3, 6):
        answer = witness.add(submitted(old, 6))
        assert (answer.status, answer.text) == (409, "8\n")
    assert evidence(tmp_path) == ["smaller"]
    # It went on otherwise, and has come further than what was cosigned.
    assert witness.add(submitted(8, 20, "rolled-back")).status == 422
    assert evidence(tmp_path) == ["smaller", "unproven"]
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == 8


@pytest.mark.parametrize("old", [0, 8])
def test_two_histories_of_one_size_are_refused_and_both_are_kept(
    witness: Witness, tmp_path: Path, old: int
) -> None:
    assert witness.add(submitted(0, 8)).status == 200
    assert witness.add(submitted(old, 8, "another")).status == 409
    (file,) = (tmp_path / "evidence").iterdir()
    assert file.name.startswith("two-histories-8-")
    kept = file.read_text(encoding="utf-8")
    # Both signed notes stand there whole, for whoever has the key of the log.
    for one in (note(8), note(8, "another")):
        assert str(one) in kept
    # The same lie once more is no more evidence.
    assert witness.add(submitted(old, 8, "another")).status == 409
    assert len(evidence(tmp_path)) == 1


def test_the_answers_are_those_of_the_protocol(witness: Witness) -> None:
    stranger = Signer("igp-ledger/other/records", Ed25519PrivateKey.generate())
    elsewhere = stranger.sign(Checkpoint("igp-ledger/other/records", 3, bytes(32)).text)
    assert witness.add(str(Request(0, (), elsewhere)).encode()).status == 404
    assert witness.add(submitted(0, 3, by=OTHER)).status == 403
    assert witness.add(submitted(4, 3)).status == 400
    # From nothing there is no path.
    assert witness.add(str(Request(0, (bytes(32),), note(3))).encode()).status == 422
    assert witness.last(ORIGIN) is None
    assert witness.add(submitted(0, 3)).status == 200
    assert witness.add(str(Request(3, (), note(8))).encode()).status == 422


def test_a_key_of_the_log_beside_a_stranger_s_is_enough(witness: Witness) -> None:
    both = Note(note(3).text, (*note(3, by=OTHER).signatures, *note(3).signatures))
    assert witness.add(str(Request(0, (), both)).encode()).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 3",
        b"old\n\n",
        b"old -1\n\n",
        b"old 00\n\n",
        b"old 3\r\n\n",
        "old ３\n\n".encode(),
        b"\xff\xfe\n\n",
        b"old 9999999999999999999999\n\n",
    ],
)
def test_what_has_not_the_form_is_a_bad_request(witness: Witness, body: bytes) -> None:
    signed = str(note(3)).encode()
    assert witness.add(body).status == 400
    assert witness.add(body + signed).status == 400


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"old 0\n\n", b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n"),
        (b"old 0\n", b"old 0\nnot base64\n"),
        (b"old 0\n", b"old 0\n" + b"A" * 44 + b"\n"),
        ("— ".encode(), b"- "),
        (b"\n3\n", b"\n03\n"),
    ],
)
def test_a_line_that_is_none_is_a_bad_request(witness: Witness, found: bytes, put: bytes) -> None:
    assert witness.add(submitted(0, 3).replace(found, put, 1)).status == 400
    assert witness.last(ORIGIN) is None


def test_no_submission_of_which_a_byte_was_changed_is_cosigned(witness: Witness) -> None:
    assert witness.add(submitted(0, 3)).status == 200
    sent = submitted(3, 8)
    for at, mask in product(range(len(sent)), (1, 32)):
        changed = bytearray(sent)
        changed[at] ^= mask
        assert witness.add(bytes(changed)).status in (400, 403, 404, 409, 422)
    assert witness.add(sent).status == 200


def test_old_checkpoints_do_not_crowd_out_the_evidence_of_a_lie(
    witness: Witness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EVIDENCE", 2)
    assert witness.add(submitted(0, 20)).status == 200
    for size in range(5, 10):
        assert witness.add(submitted(0, size)).status == 409
    assert witness.add(submitted(20, 20, "another")).status == 409
    assert evidence(tmp_path) == ["smaller", "smaller", "two"]


def test_nothing_is_cosigned_that_could_not_be_kept(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "replace_file", full)
    with TestClient(create_app(witness), raise_server_exceptions=False) as client:
        assert client.post("/add-checkpoint", content=submitted(0, 3)).status_code == 500
    monkeypatch.undo()
    assert witness.last(ORIGIN) is None
    assert witness.add(submitted(0, 3)).status == 200


def test_over_http_it_answers_with_the_types_of_the_protocol(witness: Witness) -> None:
    with TestClient(create_app(witness)) as client:
        assert client.get("/").text == f"{witness.key}\n"
        made = client.post("/add-checkpoint", content=submitted(0, 3))
        assert (made.status_code, made.text[:2]) == (200, "— ")
        told = client.post("/add-checkpoint", content=submitted(0, 8))
        assert (told.status_code, told.content) == (409, b"3\n")
        assert told.headers["Content-Type"] == "text/x.tlog.size"
        assert client.post("/add-checkpoint", content=b"x" * (MOST_BYTES + 1)).status_code == 413
        assert client.get("/add-checkpoint").status_code == 405


def test_what_was_seen_outlives_the_program(tmp_path: Path) -> None:
    first = started(tmp_path)
    assert first.add(submitted(0, 8)).status == 200
    with pytest.raises(WitnessError, match="另一個見證程式"):
        started(tmp_path)
    first.close()
    second = started(tmp_path)
    assert second.key == first.key
    assert second.add(submitted(0, 8, "another")).status == 409
    second.close()


def test_a_spoiled_record_of_what_was_seen_is_not_taken_for_none(
    witness: Witness, tmp_path: Path
) -> None:
    assert witness.add(submitted(0, 8)).status == 200
    (seen,) = (tmp_path / "seen").iterdir()
    seen.write_text("spoiled\n\n", encoding="utf-8")
    with pytest.raises(WitnessError, match="不要刪除"):
        witness.add(submitted(0, 8))


def test_the_key_is_private_and_belongs_to_its_name(tmp_path: Path) -> None:
    file = tmp_path / "witness.key"
    with pytest.raises(WitnessError, match="--name"):
        witness_key(file, None)
    with pytest.raises(WitnessError, match="加號"):
        witness_key(file, "witness example")
    made = witness_key(file, NAME)
    assert file.stat().st_mode & 0o777 == 0o600
    assert witness_key(file, None).key == witness_key(file, NAME).key == made.key
    assert isinstance(made.key, VerifierKey)
    with pytest.raises(WitnessError, match=NAME):
        witness_key(file, "another.example")
    file.write_text("PRIVATE+KEY+nothing\n", encoding="utf-8")
    with pytest.raises(WitnessError, match="不是見證的金鑰"):
        witness_key(file, None)


def test_the_notes_of_the_tests_are_notes() -> None:
    assert parse_note(str(note(3))) == note(3)
