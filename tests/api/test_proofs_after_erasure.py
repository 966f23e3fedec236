"""What was proved before an erasure is proved after it: over ciphertext, on random ids."""

from pathlib import Path

from igp.sealing import seal_now
from ledger.merkle import check_consistency, check_inclusion
from ledger.signed_note import parse_checkpoint
from projections.all_views import sealing_views
from replay.rebuild import rebuild
from replay.verify.keyfiles import KeyFiles
from replay.verify.verifying import verify
from tests.api.serving import PLACEMENT, County
from tests.api.test_ledger_proofs import county, hashes, keys, student
from tests.database import MASTER
from tests.erasing import erased
from tests.proofs import parse_proof
from tests.sealing import leaf_hashes

__all__ = ["county", "student"]


def check(county: County, text: str) -> None:
    """A proof against the book as it is now."""
    proof = parse_proof(text)
    keys(county.a_cm)["records"].check(proof.checkpoint)
    said = parse_checkpoint(proof.checkpoint)
    leaf = leaf_hashes(county.house.ledger)[proof.index]
    check_inclusion(leaf, proof.index, said.size, proof.path, said.root)


def test_every_old_proof_verifies_and_new_ones_are_made(
    county: County, student: str, tmp_path: Path
) -> None:
    ledger = county.house.ledger
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    first = seal_now(ledger)
    before = [county.a_cm.get(f"/records/{one}/proof").text for one in (made, student)]

    erased(county.house, county.viewer("eb"), student)
    second = seal_now(ledger)

    for text in before:
        check(county, text)
    for one in (made, student):
        answer = county.a_cm.get(f"/records/{one}/proof")
        assert answer.status_code == 200, answer.text
        check(county, answer.text)
    assert first is not None
    assert second is not None
    between = {"from": first.size, "to": second.size}
    path = hashes(county.a_cm.get("/ledger/records/consistency", **between).text)
    check_consistency(first.size, first.root, second.size, second.root, path)

    views = sealing_views(ledger.keyring)
    again = rebuild(ledger.database, views, ledger.mapper, [view.name for view in views])
    assert {one.view for one in again if not one.equal} == set()
    master = tmp_path / "master.key"
    master.write_bytes(MASTER)
    report = verify(ledger.database.conninfo("owner"), KeyFiles(ledger.keyring._folder, master))
    assert report.findings == []
    assert report.erased == 1
