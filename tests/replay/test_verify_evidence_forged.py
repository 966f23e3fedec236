"""What somebody does to a bundle who holds the signing key as well: refused, and named."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay.evidence_cases import (
    CORRECTED,
    FILES,
    GOOD,
    LEDGER,
    PLACED,
    SIZE,
    Change,
    changed,
    refusal,
    without,
)
from tests.replay.evidence_maker import (
    ANOTHER,
    STUDENT,
    Asked,
    TinyLedger,
    leaf_hash,
    make,
    signed,
    tell,
    zipped,
)
from tests.replay.sealing_maker import b64, canonical


def swap_pair(lines: list[Any]) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def renumbered_pair(lines: list[Any]) -> None:
    lines[2]["position"], lines[3]["position"] = lines[3]["position"], lines[2]["position"]
    swap_pair(lines)


def flip_body(lines: list[Any]) -> None:
    body = base64.b64decode(lines[2]["body"]).replace(
        b'"placement_grade":5', b'"placement_grade":6'
    )
    lines[2]["body"] = b64(body)


def set_line(number: int, name: str, value: Any) -> Change:
    def change(lines: list[Any]) -> None:
        lines[number][name] = value

    return change


def another_key(lines: list[Any]) -> None:
    lines[2]["key"] = lines[3]["key"]


def first_proof(change: Callable[[list[str]], list[str]]) -> Change:
    def act(proofs: dict[str, list[str]]) -> None:
        proofs["3"] = change(proofs["3"])

    return act


BY_KEYHOLDER: dict[str, tuple[str, Change, str, str]] = {
    "pair reordered": ("events.jsonl", swap_pair, "order", "依位置排列"),
    "pair renumbered": ("events.jsonl", renumbered_pair, "inclusion", "第 3 筆"),
    "plain value changed": ("events.jsonl", flip_body, "inclusion", "第 3 筆"),
    "student swapped": ("events.jsonl", set_line(2, "subject", ANOTHER), "inclusion", "第 3 筆"),
    "time changed": (
        "events.jsonl",
        set_line(2, "recorded_at", "2024-05-13T00:00:03.000001Z"),
        "inclusion",
        "第 3 筆",
    ),
    "key of another event": ("events.jsonl", another_key, "key", "第 3 筆"),
    "key kept back unsaid": ("events.jsonl", set_line(2, "key", None), "closed", "未開啟"),
    "line feed in a topic": ("events.jsonl", set_line(2, "topic", "a.b.v1\nx"), "form", "格式"),
    "a number for a truth": ("events.jsonl", set_line(2, "position", True), "form", "格式"),
    "truncated proof": ("proofs.json", first_proof(lambda path: path[:-1]), "inclusion", "第 3 筆"),
    "lengthened proof": (
        "proofs.json",
        first_proof(lambda path: [*path, path[-1]]),
        "inclusion",
        "第 3 筆",
    ),
    "reordered proof": (
        "proofs.json",
        first_proof(lambda path: path[::-1]),
        "inclusion",
        "第 3 筆",
    ),
    "proof of another event": ("proofs.json", lambda p: p.update({"3": p["4"]}), "inclusion", ""),
    "proof left out": ("proofs.json", lambda proofs: proofs.pop("3") and None, "proofs", ""),
    "count lowered": (
        "scopes.json",
        lambda given: given["scopes"]["placement"].update(count=1),
        "incomplete",
        "區段 placement",
    ),
    "declared empty and is not": (
        "scopes.json",
        lambda given: given["scopes"]["placement"].update(count=0, last=None),
        "incomplete",
        "區段 placement",
    ),
    "scope key of nobody": (
        "scopes.json",
        lambda given: given.update(scope_key=b64(bytes(32))),
        "map",
        "student",
    ),
    "scope key of another": (
        "scopes.json",
        lambda given: given.update(scope_key=b64(LEDGER.scope_key(ANOTHER))),
        "map",
        "student",
    ),
    "section left out of the proofs": (
        "scopes.json",
        lambda given: given["scopes"].pop("placement") and None,
        "scopes",
        "宣告",
    ),
}


@pytest.mark.parametrize("case", BY_KEYHOLDER)
def test_what_the_holder_of_the_key_changes_is_named(case: str) -> None:
    name, change, code, named = BY_KEYHOLDER[case]
    found, message = refusal(changed(FILES, name, change))
    assert found == code
    assert named in message


@pytest.mark.parametrize(
    ("at", "section"), [(2, "student"), (PLACED, "placement"), (CORRECTED, "placement")]
)
def test_a_dropped_event_of_a_declared_section_is_missed(at: int, section: str) -> None:
    code, message = refusal(without(at)(FILES))
    assert code == "incomplete"
    assert f"區段 {section} 應有" in message


def test_a_section_declared_empty_that_is_not_is_refused() -> None:
    """The events are left out everywhere and an absence is claimed as well as can be."""
    files = dict(make(LEDGER, SIZE, Asked(nouns=("dispute", "student", "transition"))))
    for other in (None, {"key": b64(bytes(32)), "count": 1, "last": b64(bytes(32))}):
        for depth in range(4):
            given = json.loads(FILES["scopes.json"])
            mine = given["scopes"]["placement"]
            mine.update(count=0, last=None, siblings=mine["siblings"][:depth], other=other)
            counts = json.loads(FILES["manifest.json"])["scopes"]
            counts[1]["count"] = 0
            data = changed(
                {**files, "scopes.json": canonical(given)},
                "",
                lambda _: None,
                lambda said, counts=counts: said.update(scopes=counts),  # type: ignore[misc]
            )
            code, message = refusal(data)
            assert code in ("map", "form")
            assert "placement" in message or "scopes.json" in message


def test_a_stale_map_entry_is_refused() -> None:
    """The entry, its proof and the events of an earlier map, under the newest checkpoint."""
    ledger = TinyLedger()
    old = tell(ledger)
    stale = make(ledger, old)
    ledger.event("placement.corrected.v1", STUDENT, STUDENT)
    new = ledger.seal()
    files = make(ledger, new)
    data = changed({**files, "scopes.json": stale["scopes.json"]}, "", lambda _: None, None, ledger)
    code, message = refusal(data)
    assert code == "incomplete" or (code, "student" in message) == ("map", True)


def test_a_bundle_without_the_newest_events_is_refused() -> None:
    """Made at an old map's root and put under the newest checkpoint."""
    ledger = TinyLedger()
    old = tell(ledger)
    ledger.event("placement.corrected.v1", STUDENT, STUDENT)
    new = ledger.seal()
    before, after = make(ledger, old), make(ledger, new)
    files = {**before, "checkpoint.txt": after["checkpoint.txt"]}
    files = signed(files, json.loads(before["manifest.json"]), ledger.signer)
    assert refusal(zipped(files))[0] == "checkpoint"
    files = signed(files, json.loads(after["manifest.json"]), ledger.signer)
    assert refusal(zipped(files))[0] == "inclusion"


def test_a_proof_of_another_log_is_refused() -> None:
    other = TinyLedger(number=5)
    theirs = make(other, tell(other))
    files = {**FILES, "proofs.json": theirs["proofs.json"]}
    assert refusal(changed(files, "", lambda _: None))[0] in ("proofs", "inclusion")
    files = {**FILES, "checkpoint.txt": theirs["checkpoint.txt"]}
    assert refusal(changed(files, "", lambda _: None))[0] == "checkpoint"


def test_the_events_of_another_student_are_refused() -> None:
    """Everything is the other's but for the name on the manifest."""
    data = changed(FILES, "", lambda _: None, lambda said: said.update(student=ANOTHER))
    code, message = refusal(data)
    assert code == "student"
    assert "另一名學生" in message
    data = changed(FILES, "", lambda _: None, lambda said: said.update(dispute=STUDENT))
    assert refusal(data)[0] == "dispute"


def test_an_event_of_another_student_beside_the_others_is_refused() -> None:
    data = zipped(make(LEDGER, SIZE, Asked(beside=[6])))
    assert refusal(data)[0] == "student"


MANIFEST: dict[str, tuple[Change, str]] = {
    "size": (lambda said: said.update(size=SIZE - 1), "checkpoint"),
    "covers": (lambda said: said.update(covers=SIZE), "manifest"),
    "instant": (lambda said: said.update(recorded_at="2024-05-14T00:00:00.000000Z"), "manifest"),
    "visible": (lambda said: said["visible"].update(scopes=1), "manifest"),
    "counts": (lambda said: said["scopes"][1].update(count=3), "incomplete"),
    "a section more": (
        lambda said: said["scopes"].append({"noun": "z", "count": 0}),
        "scopes",
    ),
    "without student": (lambda said: said["scopes"].pop(2) and None, "scopes"),
    "format": (lambda said: said.update(format="igp-evidence/2"), "form"),
    "member more": (lambda said: said.update(more=1), "form"),
    "closed": (lambda said: said["closed"].append({"position": 3, "rule": "x"}), "closed"),
    "origin": (lambda said: said.update(origin=TinyLedger(number=2).signer.name), "signer"),
}


@pytest.mark.parametrize("case", MANIFEST)
def test_a_changed_manifest_is_refused_though_it_is_signed(case: str) -> None:
    change, code = MANIFEST[case]
    assert refusal(changed(FILES, "", lambda _: None, change))[0] == code


TOLD: dict[str, Change] = {
    "after": lambda items: items[1]["fields"][0].update(after=9),
    "before": lambda items: items[2]["fields"][0].update(before=9),
    "number for truth": lambda items: items[2]["fields"][0].update(before=True),
    "source later": lambda items: items[1]["fields"][0].update(before_from=4, before=6),
    "source unknown": lambda items: items[2]["fields"][0].update(before_from=2, before=None),
    "reason": lambda items: items[2].update(reason="另一原因"),
    "who": lambda items: items[2].update(by=STUDENT),
    "capacity": lambda items: items[2].update(capacity="ST"),
    "claimed day": lambda items: items[2].update(occurred_on="2024-05-02"),
    "instant": lambda items: items[2].update(recorded_at="2024-05-13T00:00:05.000000Z"),
    "order": lambda items: items.reverse(),
    "left out": lambda items: items.pop(1) and None,
    "twice": lambda items: items.insert(1, items[1]),
    "member more": lambda items: items[1].update(more=1),
    "of no event": lambda items: items[1].update(position=9),
    "field left out": lambda items: items[1]["fields"].pop() and None,
    "field twice": lambda items: items[1]["fields"].append(items[1]["fields"][0]),
    "opened otherwise": lambda items: items[0]["fields"][0].update(after="林大明"),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_timeline_that_says_something_else_is_refused_though_it_is_signed(case: str) -> None:
    data = changed(FILES, "timeline.json", lambda value: TOLD[case](value["items"]))
    code, message = refusal(data)
    assert code in ("timeline", "form")
    assert "歷程" in message or "timeline.json" in message


def test_a_value_before_must_be_the_latest() -> None:
    ledger = TinyLedger()
    for grade in (1, 2, 3):
        ledger.event("placement.recorded.v1", STUDENT, ANOTHER, {"placement_grade": grade})
    files = make(ledger, tell(ledger))

    def change(value: Any) -> None:
        value["items"][2]["fields"][0].update(before_from=2, before=1)

    code, message = refusal(changed(files, "timeline.json", change, None, ledger))
    assert code == "timeline"
    assert "最近一次" in message


def test_a_book_that_is_not_the_origins_is_refused() -> None:
    """A signer whose name does not follow from the first event of the book."""
    ledger = TinyLedger()
    size = tell(ledger)
    ledger.number = 9
    assert refusal(zipped(make(ledger, size)))[0] == "opening"


@pytest.mark.parametrize("instant", ["2024-13-45T25:61:61.000000Z", "9999-12-31T23:59:59.999999Z"])
def test_an_instant_that_is_none_is_refused(instant: str) -> None:
    """In the event of the map's root, so that tree, checkpoint and manifest agree."""
    ledger = TinyLedger()
    size = tell(ledger)
    ledger.lines[-1]["recorded_at"] = instant
    ledger.leaves[-1] = leaf_hash(ledger.lines[-1])
    assert refusal(zipped(make(ledger, size)))[0] == "form"


# -- mutations of every kind


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_mutation_of_a_bundle_is_accepted(data: st.DataObject) -> None:
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
        kind = data.draw(st.sampled_from(["write", "cut", "repeat", "move"]))
        if kind == "write":
            raw[at : at + 8] = data.draw(st.binary(max_size=8))
        elif kind == "cut":
            del raw[at:end]
        elif kind == "repeat":
            raw[end:end] = raw[at:end]
        else:
            raw += raw[at:end]
            del raw[at:end]
    if bytes(raw) != GOOD:
        refusal(bytes(raw))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_mutation_of_events_or_proofs_is_accepted_though_it_is_signed(
    data: st.DataObject,
) -> None:
    names = ("events.jsonl", "proofs.json", "scopes.json", "checkpoint.txt", "key.txt")
    files = dict(make(LEDGER, SIZE)) if data.draw(st.booleans()) else dict(FILES)
    name = data.draw(st.sampled_from(names))
    # The cosignature of a witness that the reader does not name is nobody's claim.
    end = files[name].find("— witness".encode()) if name == "checkpoint.txt" else -1
    raw = bytearray(files[name])
    at = data.draw(st.integers(0, (end if end > 0 else len(raw)) - 1))
    if data.draw(st.booleans()):
        raw[at] = data.draw(st.sampled_from(b'0123456789abcdefABCDEF+/=",:[]{} \n\0'))
    else:
        del raw[at : at + data.draw(st.integers(1, 80))]
    if bytes(raw) != files[name]:
        files[name] = bytes(raw)
        said = json.loads(files["manifest.json"])
        refusal(zipped(signed(files, said, LEDGER.signer)))
