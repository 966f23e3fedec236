"""Chains, keys and the map of scopes, against the page's definition written down as it stands."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from ledger.encryption import extract
from ledger.scopes import (
    NOTHING,
    Entry,
    MapProof,
    Path,
    Trie,
    chained,
    map_root,
    noun_of,
    scope_key,
    student_key,
)
from tests.proofs import WrongProof, chain_of, check_map_proof

HOUSE = bytes(range(32))
STUDENT = UUID("8af974c7-52d0-51be-a97e-a52ba1733fde")


def defined(entries: Sequence[Entry], bits: str = "") -> bytes:
    """The hash of the subtree of the keys that begin with these bits, as the page defines it."""
    mine = [one for one in entries if f"{int.from_bytes(one.key, 'big'):0256b}".startswith(bits)]
    if not mine:
        return bytes(32)
    if len(mine) == 1:
        [one] = mine
        body = one.key + one.count.to_bytes(8, "big") + one.last
        return hashlib.sha256(b"\x00" + body).digest()
    left, right = defined(mine, bits + "0"), defined(mine, bits + "1")
    return hashlib.sha256(b"\x01" + left + right).digest()


#: Random keys as well as those that share many bits with another.
keys = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.builds(
        lambda head, tail: head + bytes(31 - len(head)) + bytes([tail]),
        st.binary(max_size=2),
        st.integers(0, 255),
    ),
)
entries = st.builds(Entry, keys, st.integers(1, 2**63), st.binary(min_size=32, max_size=32))
maps = st.lists(entries, max_size=24, unique_by=lambda entry: entry.key)


class Store:
    """Nodes as a table would keep them; counts how often it is asked."""

    def __init__(self) -> None:
        self.nodes: dict[Path, bytes] = {}
        self.reads = 0

    def load(self, paths: Sequence[Path]) -> Mapping[Path, bytes]:
        self.reads += 1
        return {path: self.nodes[path] for path in paths if path in self.nodes}


def built(*steps: Sequence[Entry]) -> Store:
    store = Store()
    for step in steps:
        store.nodes |= Trie(store.load).set(step)
    return store


@given(maps)
def test_the_root_of_a_map_is_that_of_the_definition(of: list[Entry]) -> None:
    assert map_root(of) == defined(of)
    assert Trie(built(of).load).root() == defined(of)


@given(st.lists(maps, max_size=4))
def test_a_map_that_grew_and_changed_is_that_of_its_newest_entries(
    steps: list[list[Entry]],
) -> None:
    newest = {one.key: one for step in steps for one in step}
    store = built(*steps)
    assert Trie(store.load).root() == defined(list(newest.values()))
    # Built at once it has the very same nodes.
    assert built(list(newest.values())).nodes == store.nodes
    remembered = Trie(Store().load)
    nodes: dict[Path, bytes] = {}
    for step in steps:
        nodes |= remembered.set(step)
    assert nodes == store.nodes


@given(maps, st.lists(keys, max_size=5))
def test_presence_and_absence_are_proved(of: list[Entry], others: list[bytes]) -> None:
    root, there = defined(of), {one.key: one for one in of}
    trie = Trie(built(of).load)
    proofs = trie.prove([*there, *others])
    for key in (*there, *others):
        assert proofs[key].key == key
        assert check_map_proof(proofs[key], root) == there.get(key)


@given(maps, keys, st.data())
def test_no_other_proof_leads_to_the_root(of: list[Entry], key: bytes, data: st.DataObject) -> None:
    root = defined(of)
    key = data.draw(st.sampled_from([key, *(one.key for one in of)]))
    good = Trie(built(of).load).prove([key])[key]
    for wrong in mutations(good, data):
        with pytest.raises(WrongProof):
            check_map_proof(wrong, root)


def mutations(good: MapProof, data: st.DataObject) -> list[MapProof]:
    stranger = Entry(good.key, 1, NOTHING)
    found = [
        replace(good, siblings=(*good.siblings, NOTHING)),
        replace(good, siblings=(*good.siblings, bytes([1]) * 32)),
        replace(good, key=good.key[:-1]),
    ]
    if good.entry is None:
        return [*found, replace(good, entry=stranger)]
    found += [
        replace(good, entry=None),
        replace(good, entry=replace(good.entry, count=good.entry.count - 1)),
        replace(good, entry=replace(good.entry, last=hashlib.sha256(good.entry.last).digest())),
    ]
    if good.siblings:
        at = data.draw(st.integers(0, len(good.siblings) - 1))
        changed = list(good.siblings)
        changed[at] = hashlib.sha256(changed[at]).digest()
        depth = len(good.siblings) - 1
        flipped = bytearray(good.key)
        flipped[depth // 8] ^= 0x80 >> depth % 8
        found += [
            replace(good, siblings=tuple(changed)),
            replace(good, siblings=good.siblings[:-1]),
            replace(good, siblings=(*good.siblings[:at], b"", *good.siblings[at + 1 :])),
            replace(good, key=bytes(flipped)),
        ]
    return found


def test_an_empty_map_proves_that_nothing_is_there() -> None:
    proof = Trie(Store().load).prove([bytes(32)])[bytes(32)]
    assert proof == MapProof(bytes(32), (), None)
    assert check_map_proof(proof, NOTHING) is None


def test_a_map_is_read_level_by_level_and_no_node_twice() -> None:
    of = [Entry(hashlib.sha256(str(n).encode()).digest(), n + 1, NOTHING) for n in range(3000)]
    store = built(of)
    store.reads = 0
    trie = Trie(store.load)
    trie.set([replace(one, count=one.count + 1) for one in of[:500]])
    levels = max(len(path) for path in store.nodes) + 1
    assert store.reads <= levels
    trie.set([replace(one, count=one.count + 2) for one in of[:500]])
    assert store.reads <= levels


def test_the_key_of_a_scope_follows_the_rule_of_the_page() -> None:
    ours = student_key(extract(HOUSE), STUDENT)
    theirs = HKDF(SHA256(), 32, None, b"igp-scope/1" + STUDENT.bytes).derive(HOUSE)
    assert ours == theirs
    assert scope_key(ours, "course-goal") == hmac.new(theirs, b"course-goal", "sha256").digest()


def test_a_noun_is_what_stands_before_the_first_dot() -> None:
    assert noun_of("course-goal.corrected.v1") == "course-goal"


def test_a_chain_begins_with_nothing_and_holds_every_leaf_in_order() -> None:
    one, two = hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()
    first = hashlib.sha256(b"igp-chain/1" + bytes(32) + one).digest()
    assert chain_of([]) == NOTHING
    assert chain_of([one]) == first == chained(NOTHING, one)
    assert chain_of([one, two]) == hashlib.sha256(b"igp-chain/1" + first + two).digest()
    assert chain_of([two, one]) != chain_of([one, two])
