"""The vectors of docs/formats/sealing.md are what the ledger computes."""

import re
from pathlib import Path
from uuid import UUID

from ledger.encryption import extract
from ledger.leaf import leaf_hash
from ledger.merkle import Leaves
from ledger.scopes import (
    Entry,
    MapProof,
    Trie,
    map_root,
    scope_key,
    student_key,
)
from ledger.signed_note import Checkpoint, Proof, Signer, signing_key
from tests.proofs import chain_of, check_map_proof, parse_proof

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
PAGE = (FORMATS / "sealing.md").read_text().partition("\n## Vectors\n")[2]
#: The leaf hashes of the vectors of leaf.md.
LEAVES = [
    bytes.fromhex(one)
    for one in re.findall(r"`([0-9a-f]{64})` \|$", (FORMATS / "leaf.md").read_text(), re.MULTILINE)
]
KEY = bytes(range(32))
LEDGER = "0f6ad91e-7c8d-4b56-9d2a-0e1f6b1d5b4d"
STUDENTS = (
    UUID("8af974c7-52d0-51be-a97e-a52ba1733fde"),
    UUID("5f0c1c1e-33a5-4f0f-8e0a-6a2b7f1f5c11"),
)
NOUNS = ("course-goal", "placement", "plan")
ABSENT = "dispute"


def tree() -> Leaves:
    """Seven leaves, whose data are the digits 0 to 6."""
    return Leaves([leaf_hash(str(number).encode()) for number in range(7)])


def entries() -> dict[tuple[UUID, str], Entry]:
    """Six scopes: the n-th of them has n + 1 events, leaves of the tree from the n-th on."""
    made = {}
    for number, (student, noun) in enumerate((s, n) for s in STUDENTS for n in NOUNS):
        key = scope_key(student_key(extract(KEY), student), noun)
        leaves = [leaf_hash(str(at % 7).encode()) for at in range(number, 2 * number + 1)]
        made[student, noun] = Entry(key, len(leaves), chain_of(leaves))
    return made


def proof_lines(proof: MapProof) -> list[str]:
    end = proof.entry.packed.hex() if proof.entry else "nothing"
    return [*(one.hex() for one in proof.siblings), f"ends in {end}"]


def vectors() -> str:
    """The section of the page, as the ledger computes it."""
    whole = tree()
    lines = ["", "### Tree", ""]
    lines += ["Seven leaves, whose data are the ASCII digits `0` to `6`.", ""]
    lines += ["| leaves | root |", "|---|---|"]
    lines += [f"| {size} | `{whole.root(size).hex()}` |" for size in range(8)]
    lines += ["", "Path of index 3 in the tree of 7:", "", "```"]
    lines += [one.hex() for one in whole.inclusion(3, 7)]
    lines += ["```", "", "Path from 3 to 7:", "", "```"]
    lines += [one.hex() for one in whole.consistency(3, 7)]
    lines += ["```", "", "### Chain", ""]
    lines += ["Of the leaf hashes of the vectors in `leaf.md`, in their order.", ""]
    lines += ["| n | c |", "|---|---|"]
    lines += [f"| {n} | `{chain_of(LEAVES[:n]).hex()}` |" for n in range(4)]
    lines += ["", "### Map", ""]
    lines += [
        f"House key `scope`: the bytes `00` to `1f`. The students A `{STUDENTS[0]}` and",
        f"B `{STUDENTS[1]}`. The n-th row (from 0) has n + 1 events, whose leaves are",
        "those of the tree above from index n on, after 6 from 0 again.",
        "",
        "| student | noun | key | count | c |",
        "|---|---|---|---|---|",
    ]
    scopes = entries()
    for (student, noun), one in scopes.items():
        name = "AB"[STUDENTS.index(student)]
        lines += [f"| {name} | {noun} | `{one.key.hex()}` | {one.count} | `{one.last.hex()}` |"]
    root = map_root(scopes.values())
    lines += ["", f"Root: `{root.hex()}`", ""]
    nodes = Trie(lambda _: {}).set(scopes.values())
    trie = Trie(lambda paths: {path: nodes[path] for path in paths if path in nodes})
    for student, noun in ((STUDENTS[0], "placement"), (STUDENTS[0], ABSENT)):
        key = scope_key(student_key(extract(KEY), student), noun)
        proof = trie.prove([key])[key]
        assert (check_map_proof(proof, root) is None) == (noun == ABSENT)
        state = "absence" if noun == ABSENT else "presence"
        lines += [f"Proof of {state} of A, {noun} (key `{key.hex()}`):", "", "```"]
        lines += [*proof_lines(proof), "```", ""]
    lines += ["### Checkpoint and proof", ""]
    lines += [
        "House key `signing`: the bytes `00` to `1f`. The tree of 7 above, as if of `records`."
    ]
    origin = f"igp-ledger/{LEDGER}/records"
    signer = Signer(origin, signing_key(extract(KEY)))
    note = signer.sign(Checkpoint(origin, 7, whole.root()).text)
    lines += [
        "Verifier key:",
        "",
        "```",
        str(signer.key),
        "```",
        "",
        "Proof of index 3:",
        "",
        "```",
    ]
    proof_text = str(Proof(3, tuple(whole.inclusion(3, 7)), note))
    assert str(parse_proof(proof_text)) == proof_text
    return "\n".join(lines) + "\n" + proof_text + "```\n"


def test_the_page_has_the_vectors_that_the_ledger_computes() -> None:
    assert vectors() == PAGE
