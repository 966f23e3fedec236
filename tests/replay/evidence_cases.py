"""A good bundle, and how somebody who holds the signing key changes it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from replay.verify.bundle import Refused
from replay.verify.evidence import Given, check_bundle
from tests.replay.evidence_maker import Asked, Files, TinyLedger, items, make, signed, tell, zipped
from tests.replay.sealing_maker import WITNESS, canonical

LEDGER = TinyLedger()
SIZE = tell(LEDGER)
PROGRAMME, PLACED, CORRECTED, DISPUTED = 10, 3, 4, 11
FILES = make(LEDGER, SIZE, Asked(beside=[PROGRAMME], witnesses=[WITNESS]))
GOOD = zipped(FILES)

Change = Callable[[Any], Any]


def refusal(data: bytes, given: Given | None = None) -> tuple[str, str]:
    """Code and message with which a bundle is refused."""
    with pytest.raises(Refused) as refused:
        check_bundle(data, given)
    return refused.value.code, str(refused.value)


def changed(
    files: Files, name: str, change: Change, manifest: Change | None = None, ledger: Any = LEDGER
) -> bytes:
    """A bundle in which somebody who holds the signing key changed the JSON of a file."""
    files = dict(files)
    if name == "events.jsonl":
        lines = [json.loads(line) for line in files[name].splitlines()]
        files[name] = b"".join(canonical(line) + b"\n" for line in change(lines) or lines)
    elif name:
        value = json.loads(files[name])
        files[name] = canonical(change(value) or value)
    said = json.loads(files["manifest.json"])
    if manifest:
        manifest(said)
    return zipped(signed(files, said, ledger.signer))


def without(at: int) -> Callable[[Files], bytes]:
    """Without the event at a position, its proof and its item, all of it signed again."""

    def drop(files: Files) -> bytes:
        files = dict(files)
        lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
        lines = [line for line in lines if line["position"] != at]
        proofs = json.loads(files["proofs.json"])
        del proofs[str(at)]
        files["proofs.json"] = canonical(proofs)
        files["timeline.json"] = canonical({"format": "igp-timeline/1", "items": items(lines)})
        files["events.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)
        said = json.loads(files["manifest.json"])
        said["visible"]["positions"] -= 1
        return zipped(signed(files, said, LEDGER.signer))

    return drop
