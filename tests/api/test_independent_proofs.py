"""Checkpoints and proofs verify with an implementation that is not ours: `metamorphic-log`, which
is Rust; and ours refuse what it refuses."""

import base64
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import metamorphic_log as independent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igp.sealing import seal_now
from ledger.ledger import Ledger
from ledger.merkle import ProofError, check_consistency, check_inclusion
from projections.all_views import sealing_views
from projections.runner import Runner
from replay.verify.proofs import Checkpoint, VerifierKey, root_by_inclusion
from tests.api.serving import PLACEMENT, County, serving
from tests.replay.sealing_maker import Signer, consistency, inclusion, sha, tree_root

ALL = [sha(b"\0", bytes([number])) for number in range(200)]


@pytest.fixture
def county(ledger: Ledger) -> Iterator[County]:
    runner = Runner(ledger.database, sealing_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.close()
    with serving(ledger) as county:
        yield county


def hashes(text: str) -> list[bytes]:
    return [base64.b64decode(line) for line in text.splitlines()]


def leaf(ledger: Ledger, position: int) -> bytes:
    """The leaf of an event, from docs/formats/leaf.md and the columns alone."""
    with ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT position, stream_id, stream_version, topic, subject,"
            " to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), body"
            " FROM books.records WHERE position = %s",
            (position,),
        ).fetchone()
    assert row is not None
    *place, subject, at, body = row
    parts = ("igp-event/1", "records", "-", *place, subject or "-", at)
    return sha(b"\0", "".join(f"{part}\n" for part in parts).encode(), bytes(body))


def test_what_the_ledger_answers_verifies_without_us(county: County) -> None:
    ledger = county.house.ledger
    student = county.student()
    county.case_manager("a-cm", student)
    key = county.a_cm.get("/ledger/key").text.splitlines()[0]
    seal_now(ledger)
    older = county.a_cm.get("/ledger/records/checkpoint").text
    record = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    seal_now(ledger)
    newer = county.a_cm.get("/ledger/records/checkpoint").text
    sizes = [independent.checkpoint_verify(note, [key]).size for note in (older, newer)]
    assert sizes[0] < sizes[1]
    path = county.a_cm.get("/ledger/records/consistency", **{"from": sizes[0], "to": sizes[1]})
    independent.checkpoint_verify_consistency(older, newer, [key], hashes(path.text))

    proof = county.a_cm.get(f"/records/{record}/proof").text
    head, note = proof.split("\n\n", 1)
    form, index, *lines = head.split("\n")
    assert form == "c2sp.org/tlog-proof@v1"
    at = int(index.removeprefix("index "))
    of = leaf(ledger, at + 1)
    independent.checkpoint_verify_inclusion(note, [key], at, of, hashes("\n".join(lines)))
    for wrong in (at - 1, at + 1):
        with pytest.raises(independent.VerifyError):
            independent.checkpoint_verify_inclusion(
                note, [key], wrong, of, hashes("\n".join(lines))
            )
    another = Signer(key.partition("+")[0], bytes(32)).key
    with pytest.raises(independent.VerifyError):
        independent.checkpoint_verify(newer, [another])


def test_our_own_verifiers_read_a_note_as_the_other_does() -> None:
    signer = Signer(f"igp-ledger/{UUID(int=1)}/records", bytes([5]) * 32)
    note = signer.checkpoint(ALL[:77])
    said = independent.checkpoint_verify(note.decode(), [signer.key])
    read = Checkpoint.read(note)
    assert (said.origin, said.size, said.root) == (read.origin, read.size, read.root)
    assert VerifierKey.read(signer.key).signed(read.note)
    for at in range(len(note)):
        changed = bytearray(note)
        changed[at] ^= 1
        assert not _theirs(lambda raw=changed: _read_by_them(bytes(raw), signer.key))  # type: ignore[misc]
        assert not _ours(bytes(changed), signer.key)


def _read_by_them(raw: bytes, key: str) -> None:
    independent.checkpoint_verify(raw.decode(), [key])


def _theirs(act: Callable[[], Any]) -> bool:
    try:
        act()
    except (independent.VerifyError, UnicodeDecodeError):
        return False
    return True


def _ours(raw: bytes, key: str) -> bool:
    try:
        read = Checkpoint.read(raw)
    except ValueError:
        return False
    verifier = VerifierKey.read(key)
    return read.origin == verifier.name and verifier.signed(read.note)


def _accepted(act: Callable[[], Any]) -> bool:
    try:
        act()
    except ProofError:
        return False
    return True


def disturb(path: list[bytes], data: st.DataObject) -> list[bytes]:
    """The path itself, or one that is shorter, longer, in another order or of other hashes."""
    path = list(path)
    kind = data.draw(st.sampled_from(["as it is", "cut", "repeat", "swap", "other"]))
    if not path or kind == "as it is":
        return path
    at = data.draw(st.integers(0, len(path) - 1))
    if kind == "cut":
        del path[at]
    elif kind == "repeat":
        path.insert(at, path[at])
    elif kind == "swap":
        path[at], path[-1] = path[-1], path[at]
    else:
        path[at] = sha(path[at])
    return path


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_three_implementations_agree_about_every_inclusion(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(ALL)))
    index = data.draw(st.integers(0, size - 1))
    path = disturb(inclusion(index, ALL[:size]), data)
    shown = data.draw(st.sampled_from([index, index, (index + 1) % size]))
    root = tree_root(ALL[: data.draw(st.sampled_from([size, size, max(1, size - 1)]))])
    theirs = _theirs(lambda: independent.verify_inclusion(shown, size, ALL[index], path, root))
    assert (root_by_inclusion(shown, size, ALL[index], path) == root) == theirs
    assert _accepted(lambda: check_inclusion(ALL[index], shown, size, path, root)) == theirs


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_two_implementations_agree_about_every_consistency(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(ALL)))
    old = data.draw(st.integers(1, new))
    path = disturb(consistency(old, ALL[:new]), data)
    before = data.draw(st.sampled_from([old, old, max(1, old - 1)]))
    roots = tree_root(ALL[:before]), tree_root(ALL[:new])
    theirs = _theirs(lambda: independent.verify_consistency(old, new, path, *roots))
    ours = _accepted(lambda: check_consistency(old, roots[0], new, roots[1], path))
    assert ours == theirs
