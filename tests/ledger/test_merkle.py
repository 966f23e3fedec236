"""The tree, against the definitions of RFC 6962, section 2.1, written down as they stand there."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY,
    Leaves,
    ProofError,
    check_consistency,
    check_inclusion,
    complete,
    consistency_ranges,
    inclusion_ranges,
    nodes_of,
)

LARGEST = 70
sizes = st.integers(min_value=1, max_value=LARGEST)


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\x00" + str(number).encode()).digest()


ALL = [leaf(number) for number in range(LARGEST)]


def mth(hashes: list[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = largest_power_below(len(hashes))
    return hashlib.sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = largest_power_below(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def subproof(m: int, hashes: list[bytes], whole: bool) -> list[bytes]:
    if m == len(hashes):
        return [] if whole else [mth(hashes)]
    k = largest_power_below(len(hashes))
    if m <= k:
        return [*subproof(m, hashes[:k], whole), mth(hashes[k:])]
    return [*subproof(m - k, hashes[k:], False), mth(hashes[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_a_root_is_that_of_the_definition(size: int) -> None:
    tree = Leaves(ALL)
    assert tree.root(size) == mth(ALL[:size])
    assert Leaves(ALL[:size]).root() == mth(ALL[:size])


def test_a_tree_without_leaves_has_the_root_of_the_definition() -> None:
    assert mth([]) == EMPTY
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_sixteen_neighbours_fold_into_the_node_above() -> None:
    assert complete(b"".join(ALL[:16])) == mth(ALL[:16])


@given(sizes, st.data())
def test_a_path_is_that_of_the_definition_and_leads_to_the_root(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    found = Leaves(ALL).inclusion(index, size)
    assert found == path(index, ALL[:size])
    check_inclusion(ALL[index], index, size, found, mth(ALL[:size]))


@given(sizes, st.data())
def test_two_trees_of_one_list_are_shown_to_be_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(min_value=0, max_value=size))
    found = Leaves(ALL).consistency(old, size)
    assert found == ([] if old == 0 else subproof(old, ALL[:size], True))
    check_consistency(old, mth(ALL[:old]), size, mth(ALL[:size]), found)


@given(sizes, st.data())
def test_no_other_leaf_place_size_or_path_leads_to_the_root(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    good, root = Leaves(ALL).inclusion(index, size), mth(ALL[:size])
    other = data.draw(st.integers(min_value=0, max_value=LARGEST).filter(lambda n: n != index))
    with pytest.raises(ProofError):
        check_inclusion(leaf(other), index, size, good, root)
    with pytest.raises(ProofError):
        check_inclusion(ALL[index], other, size, good, root)
    for wrong in mutations(good, data):
        with pytest.raises(ProofError):
            check_inclusion(ALL[index], index, size, wrong, root)


@given(sizes.filter(lambda size: size > 1), st.data())
def test_no_other_tree_or_path_is_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(min_value=1, max_value=size))
    good = Leaves(ALL).consistency(old, size)
    was, now = mth(ALL[:old]), mth(ALL[:size])
    forged = list(ALL[:size])
    forged[data.draw(st.integers(min_value=0, max_value=old - 1))] = leaf(-1)
    with pytest.raises(ProofError):
        check_consistency(old, was, size, mth(forged), Leaves(forged).consistency(old, size))
    with pytest.raises(ProofError):
        check_consistency(old, mth(forged[:old]), size, now, good)
    for wrong in mutations(good, data):
        with pytest.raises(ProofError):
            check_consistency(old, was, size, now, wrong)


def mutations(good: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    found = [[*good, leaf(-1)], [*good, b""]]
    if good:
        at = data.draw(st.integers(min_value=0, max_value=len(good) - 1))
        changed = list(good)
        changed[at] = bytes([good[at][0] ^ 1]) + good[at][1:]
        found += [good[:-1], good[1:], changed, [*good[:at], good[at][:-1], *good[at + 1 :]]]
        found += [good[::-1]] if good[::-1] != good else []
    return found


def test_what_no_tree_has_is_asked_for_in_vain() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ProofError):
            inclusion_ranges(index, size)
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(ProofError):
            consistency_ranges(old, new)
    with pytest.raises(ProofError):
        check_consistency(0, leaf(0), 5, mth(ALL[:5]), [])
    with pytest.raises(ProofError):
        check_consistency(5, leaf(0), 5, mth(ALL[:5]), [])


@given(st.integers(min_value=1, max_value=2**40), st.data())
def test_a_path_through_a_large_tree_names_few_nodes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    ranges = inclusion_ranges(index, size)
    assert len(ranges) <= 40
    assert sum(len(nodes_of(part)) for part in ranges) <= 80
