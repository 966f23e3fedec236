"""The table of attacks on bundles (`attacks_on_bundles.csv`): what the verifier alone answers where
the forger has no key, and where the ledger's own key signs it anew."""

import base64
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from replay.verify.evidence import check_bundle
from tests.replay.evidence_cases import FILES, LEDGER, PLACED, SIZE, refusal
from tests.replay.evidence_maker import (
    ANOTHER,
    STUDENT,
    Asked,
    Files,
    TinyLedger,
    items,
    make,
    signed,
    tell,
    zipped,
)
from tests.replay.sealing_maker import b64, canonical

HERE = Path(__file__)
TABLE = list(
    csv.DictReader(
        HERE.with_name("attacks_on_bundles.csv").read_text(encoding="utf-8").splitlines()
    )
)

#: Changes the files and what the manifest says; the list of files follows where it is signed.
Attack = Callable[[Files, dict[str, Any]], None]


def lines_of(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["events.jsonl"].splitlines()]


def put_lines(files: Files, lines: list[dict[str, Any]]) -> None:
    files["events.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)


def on_line(change: Callable[[list[dict[str, Any]], dict[str, Any]], None]) -> Attack:
    """An attack on the line of the placement."""

    def act(files: Files, _: dict[str, Any]) -> None:
        lines = lines_of(files)
        [line] = [line for line in lines if line["position"] == PLACED]
        change(lines, line)
        put_lines(files, lines)

    return act


def flip(_: list[dict[str, Any]], line: dict[str, Any]) -> None:
    body = base64.b64decode(line["body"])
    line["body"] = b64(body.replace(b'"placement_grade":5', b'"placement_grade":6'))


def drop(files: Files, manifest: dict[str, Any]) -> None:
    lines = [line for line in lines_of(files) if line["position"] != PLACED]
    put_lines(files, lines)
    proofs = json.loads(files["proofs.json"])
    del proofs[str(PLACED)]
    files["proofs.json"] = canonical(proofs)
    files["timeline.json"] = canonical({"format": "igp-timeline/1", "items": items(lines)})
    manifest["visible"]["positions"] -= 1


def reorder(lines: list[dict[str, Any]], line: dict[str, Any]) -> None:
    at = lines.index(line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]


def retime(_: list[dict[str, Any]], line: dict[str, Any]) -> None:
    line["recorded_at"] = line["recorded_at"].replace(".000000Z", ".000001Z")


def swap_student(_: Files, manifest: dict[str, Any]) -> None:
    manifest["student"] = ANOTHER


def truncate(files: Files, _: dict[str, Any]) -> None:
    proofs = json.loads(files["proofs.json"])
    proofs[str(PLACED)].pop()
    files["proofs.json"] = canonical(proofs)


def another() -> Files:
    """The bundle of another ledger in which the same was told."""
    ledger = TinyLedger(number=5)
    return make(ledger, tell(ledger), Asked(beside=[10]))


def take(name: str, of: Callable[[], Files]) -> Attack:
    def act(files: Files, _: dict[str, Any]) -> None:
        files[name] = of()[name]

    return act


def newer() -> tuple[TinyLedger, int]:
    """The same ledger, told on and sealed again."""
    ledger = TinyLedger()
    tell(ledger)
    ledger.event("award.recorded.v1", STUDENT, str(ANOTHER))
    return ledger, ledger.seal()


def newest() -> Files:
    return make(*newer(), Asked(beside=[10]))


def older() -> Files:
    """A map proof of the time before the other student was there."""
    ledger = TinyLedger()
    stream = str(ANOTHER)
    ledger.event("student.registered.v1", STUDENT, stream, {}, {"name": "林大同"})
    given = make(ledger, ledger.seal(), Asked(nouns=("dispute", "placement", "student")))
    proof = json.loads(given["scopes.json"])
    kept = json.loads(FILES["scopes.json"])
    # The counts are today's, so that the chain fits; the path is the old one.
    for noun, one in proof["scopes"].items():
        kept["scopes"][noun]["siblings"] = one["siblings"]
    return {"scopes.json": canonical(kept)}


def declare_empty(files: Files, manifest: dict[str, Any]) -> None:
    lines = [line for line in lines_of(files) if not line["topic"].startswith("placement.")]
    put_lines(files, lines)
    kept = {str(line["position"]) for line in lines}
    proofs = {at: path for at, path in json.loads(files["proofs.json"]).items() if at in kept}
    files["proofs.json"] = canonical(proofs)
    files["timeline.json"] = canonical({"format": "igp-timeline/1", "items": items(lines)})
    given = json.loads(files["scopes.json"])
    given["scopes"]["placement"].update(count=0, last=None)
    files["scopes.json"] = canonical(given)
    [declared] = [one for one in manifest["scopes"] if one["noun"] == "placement"]
    declared["count"] = 0
    manifest["visible"]["positions"] = len(lines)


def undeclare(files: Files, manifest: dict[str, Any]) -> None:
    given = json.loads(files["scopes.json"])
    del given["scopes"]["placement"]
    files["scopes.json"] = canonical(given)
    manifest["scopes"] = [one for one in manifest["scopes"] if one["noun"] != "placement"]


def exchange_key(lines: list[dict[str, Any]], line: dict[str, Any]) -> None:
    line["key"] = lines[lines.index(line) + 1]["key"]


def on_timeline(change: Callable[[list[dict[str, Any]]], object]) -> Attack:
    def act(files: Files, _: dict[str, Any]) -> None:
        told = json.loads(files["timeline.json"])
        change(told["items"])
        files["timeline.json"] = canonical(told)

    return act


def replace_report(files: Files, _: dict[str, Any]) -> None:
    files["reports/changes.pdf"] = b"%PDF-1.7 another report\n%%EOF\n"


ATTACKS: dict[str, Attack] = {
    "byte-flipped": on_line(flip),
    "event-dropped": drop,
    "pair-reordered": on_line(reorder),
    "time-changed": on_line(retime),
    "student-swapped": swap_student,
    "proof-truncated": truncate,
    "proof-of-another-log": take("proofs.json", another),
    "checkpoint-of-another-log": take("checkpoint.txt", another),
    "newest-left-out": take("checkpoint.txt", newest),
    "stale-map-entry": take("scopes.json", older),
    "declared-empty": declare_empty,
    "section-undeclared": undeclare,
    "key-of-another-event": on_line(exchange_key),
    "value-before-changed": on_timeline(lambda told: told[2]["fields"][0].update(before=9)),
    "item-left-out": on_timeline(lambda told: told.pop(1)),
    "report-replaced": replace_report,
}


@pytest.mark.parametrize("row", TABLE, ids=[row["id"] for row in TABLE])
def test_an_attack_on_a_bundle_is_answered_as_the_table_says(row: dict[str, str]) -> None:
    files, manifest = dict(FILES), json.loads(FILES["manifest.json"])
    ATTACKS[row["id"]](files, manifest)
    unsigned = {**files, "manifest.json": canonical(manifest)}
    assert refusal(zipped(unsigned))[0] == row["without_key"]
    again = zipped(signed(files, manifest, LEDGER.signer))
    if row["with_key"]:
        assert refusal(again)[0] == row["with_key"]
    else:
        # It claims less or is a paper of the keeper's own; nothing false is proved.
        assert check_bundle(again).manifest["size"] == SIZE


def test_every_attack_on_bundles_is_made_and_told() -> None:
    assert [row["id"] for row in TABLE] == list(ATTACKS)
    lines = [
        f"| {row['attack']} | `{row['without_key']}` |"
        f" {'`' + row['with_key'] + '`' if row['with_key'] else ''} |"
        for row in TABLE
    ]
    page = (HERE.parents[2] / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in page
