"""Map proofs, keys and ids of a bundle in no right form, signed by the ledger's own key."""

import base64
import hmac
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from replay.verify.evidence import check_bundle
from tests.replay.evidence_cases import FILES, LEDGER, SIZE, Change, changed, refusal
from tests.replay.evidence_maker import (
    STUDENT,
    Asked,
    Files,
    TinyLedger,
    leaf_hash,
    make,
    signed,
    tell,
    zipped,
)
from tests.replay.sealing_maker import Entry, Signer, b64, canonical, map_hash, sha


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


# -- books whose ends are not as they must be, by who wrote and signed them


class Ledger(TinyLedger):
    """Its last event is what a test makes of the map's root."""

    topic = "ledger.map-root.v1"
    subject: str | None = None
    behind = 0

    def seal(self) -> int:
        covers = len(self.lines) - self.behind
        entries = self.entries(covers)
        said = {"covers": covers, "scopes": len(entries), "root": map_hash(entries).hex()}
        return self.event(self.topic, self.subject, str(UUID(int=91)), said)


class Named(Ledger):
    topic = "ledger.started.v1"


class About(Ledger):
    subject = STUDENT


class Behind(Ledger):
    behind = 1


class Timed(TinyLedger):
    """The name says a real clock, the book a simulated one."""

    @property
    def signer(self) -> Signer:
        return Signer(super().signer.name.replace("-simulated", ""), self.seed)


class Bare(TinyLedger):
    """One event has a body that is no object."""

    def seal(self) -> int:
        at = self.event("programme.published.v1", None, str(UUID(int=99)))
        self.lines[-1]["body"] = b64(b"[]")
        self.leaves[-1] = leaf_hash(self.lines[-1])
        assert at == len(self.lines)
        return super().seal()


def test_the_last_event_is_the_root_of_the_map_about_nobody() -> None:
    for made in (Named(), About()):
        assert refusal(zipped(make(made, tell(made))))[0] == "map-root"
    ledger = Ledger()
    check_bundle(zipped(make(ledger, tell(ledger))))


def test_an_event_that_the_map_does_not_count_is_refused() -> None:
    ledger = Behind()
    size = tell(ledger)
    check_bundle(zipped(make(ledger, size)))
    assert refusal(zipped(make(ledger, size, Asked(beside=[size - 1]))))[0] == "covers"


def test_the_name_of_the_key_says_which_clock_the_book_has() -> None:
    ledger = Timed(simulated=True)
    assert refusal(zipped(make(ledger, tell(ledger))))[0] == "opening"


def test_a_body_is_an_object_and_a_proof_a_list() -> None:
    ledger = Bare()
    size = tell(ledger)
    # The maker's own timeline would stumble over it where it is about the student.
    data = zipped(make(ledger, size, Asked(beside=[size - 1])))
    assert refusal(data)[0] == "form"
    for path in (5, None, {}, ["x"], [5]):
        given = {**json.loads(FILES["proofs.json"]), "3": path}
        files = {**FILES, "proofs.json": canonical(given)}
        assert refusal(changed(files, "", lambda _: None))[0] == "form"


def test_a_field_that_its_key_does_not_open_is_refused() -> None:
    """The key is the event's own; what stands in the field was never encrypted with it."""
    ledger = TinyLedger()
    ledger.event("placement.recorded.v1", STUDENT, str(UUID(int=98)), {}, {"reason": "原因"})
    line = ledger.lines[-1]
    body = json.loads(base64.b64decode(line["body"]))
    made = make(ledger, tell(ledger))
    for text in (body["reason"]["#"][:-2] + "AA", "x", "", 5, None):
        body["reason"]["#"] = text
        line["body"] = b64(canonical(body))
        ledger.leaves[1] = leaf_hash(line)
        files = dict(make_anew(ledger))
        files["timeline.json"] = made["timeline.json"]
        said = json.loads(files["manifest.json"])
        code, message = refusal(zipped(signed(files, said, ledger.signer)))
        assert code == "ciphertext"
        assert "第 2 筆的欄位 reason" in message


def make_anew(ledger: TinyLedger) -> Files:
    """The bundle after an event was changed, with the event's key kept back from the maker."""
    ledger.lines.pop()
    ledger.leaves.pop()
    ledger.versions[str(UUID(int=91))] -= 1
    size = ledger.seal()
    files = make(ledger, size, Asked(closed=[2]))
    lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    lines[1]["key"] = b64(ledger.keys[2])
    files["events.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)
    return files


def test_a_timeline_of_another_form_is_refused() -> None:
    data = changed(FILES, "timeline.json", lambda told: told.update(format="igp-timeline/2"))
    assert refusal(data)[0] == "form"
