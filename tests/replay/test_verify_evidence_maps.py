"""Map proofs, keys and ids of a bundle in no right form, signed by the ledger's own key."""

import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.replay.evidence_cases import FILES, LEDGER, SIZE, Change, changed, refusal
from tests.replay.evidence_maker import STUDENT, Asked, TinyLedger, make, tell, zipped
from tests.replay.sealing_maker import Entry, b64, canonical, sha


def section(noun: str, **change: Any) -> Change:
    """Changes the proof of a section."""

    def act(given: dict[str, Any]) -> None:
        given["scopes"][noun].update(change)

    return act


def own_entry(noun: str) -> dict[str, Any]:
    key = hmac.digest(LEDGER.scope_key(STUDENT), noun.encode(), "sha256")
    [entry] = [one for one in LEDGER.entries(SIZE - 1) if one.key == key]
    return {"key": b64(key), "count": entry.count, "last": b64(entry.last)}


MAPS: dict[str, tuple[Change, str]] = {
    "last hash beside an absence": (section("transition", last=b64(bytes(32))), "form"),
    "another entry beside a presence": (
        section("placement", other=own_entry("placement")),
        "chain",
    ),
    "another chain": (section("placement", last=b64(bytes(32))), "chain"),
    "too deep": (section("placement", siblings=[b64(bytes(31) + b"x")] * 257), "map"),
    "divided without need": (section("transition", siblings=[b64(bytes(32))]), "map"),
    "no base64": (section("placement", siblings=["x"]), "form"),
    "short hash": (section("placement", siblings=[b64(b"x")]), "form"),
}


@pytest.mark.parametrize("case", MAPS)
def test_a_map_proof_that_is_not_as_it_must_be_is_refused(case: str) -> None:
    change, code = MAPS[case]
    assert refusal(changed(FILES, "scopes.json", change))[0] == code


def test_the_own_entry_is_no_proof_that_there_is_none() -> None:
    """The path is right and ends in an entry: in the section's own."""
    files = make(LEDGER, SIZE, Asked(nouns=("dispute", "student")))
    given = json.loads(FILES["scopes.json"])
    del given["scopes"]["transition"]
    given["scopes"]["placement"].update(count=0, last=None, other=own_entry("placement"))
    counts = json.loads(FILES["manifest.json"])["scopes"][:3]
    counts[1]["count"] = 0
    data = changed(
        {**files, "scopes.json": canonical(given)},
        "",
        lambda _: None,
        lambda said: said.update(scopes=counts),
    )
    code, message = refusal(data)
    assert code == "map"
    assert "沒有紀錄" in message


def test_the_section_of_the_student_is_always_declared() -> None:
    """Without it nothing binds the scope key to the student."""
    files = make(LEDGER, SIZE, Asked(nouns=("dispute", "placement")))
    assert refusal(zipped(files))[0] == "scopes"


def test_a_section_is_named_by_a_noun() -> None:
    nouns = ("dispute", "placement.recorded", "student")
    assert refusal(zipped(make(LEDGER, SIZE, Asked(nouns=nouns))))[0] == "form"


class WrongChains(TinyLedger):
    """Who holds the key made a map of the right counts over other chains."""

    def entries(self, covers: int) -> list[Entry]:
        return [replace(one, last=sha(one.last)) for one in super().entries(covers)]


def test_a_map_over_other_chains_is_refused_though_its_counts_are_right() -> None:
    ledger = WrongChains()
    assert refusal(zipped(make(ledger, tell(ledger))))[0] == "chain"


@pytest.mark.parametrize("raw", [b"", b"x", b"\n", b"\xff\n"])
def test_a_key_that_is_in_no_form_is_refused(raw: bytes) -> None:
    files = {**FILES, "key.txt": raw}
    assert refusal(changed(files, "", lambda _: None))[0] == "form"
    files["key.txt"] = FILES["key.txt"] + b"\n"
    assert refusal(changed(files, "", lambda _: None))[0] == "form"
    files["key.txt"] = FILES["key.txt"][:-1]
    assert refusal(changed(files, "", lambda _: None))[0] == "form"


@pytest.mark.parametrize("member", ["student", "dispute"])
def test_an_id_that_is_none_is_refused(member: str) -> None:
    data = changed(FILES, "", lambda _: None, lambda said: said.update({member: "x"}))
    assert refusal(data)[0] == "form"
