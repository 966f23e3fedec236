"""What verify makes while it reads equals what the definitions make of the whole."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.verify.commitments import Commitments
from replay.verify.report import Finding
from replay.verify.scopes import ScopeMap, Scopes
from replay.verify.tree import Roots, Tree
from tests.replay.sealing_maker import NOTHING, Entry, map_hash, sha, tree_root

ALL = [sha(b"\0", number.to_bytes(2, "big")) for number in range(300)]
MIDNIGHT = datetime(2024, 5, 13, 16, tzinfo=UTC)
KEY = bytes(range(32))
FIRST, SECOND = (str(UUID(int=number)) for number in (1, 2))


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(0, 70), max_size=8))
def test_a_tree_that_grows_in_any_steps_has_the_root_of_its_leaves(sizes: list[int]) -> None:
    tree, size = Tree(), 0
    assert tree.root() == tree_root([])
    for more in sizes:
        more = min(more, len(ALL) - size)
        tree.extend(ALL[size : size + more])
        size += more
        assert (tree.size, tree.root()) == (size, tree_root(ALL[:size]))


def test_roots_are_those_asked_for_and_no_book_has_another() -> None:
    roots, tree = Roots(), Tree()
    for size in (3, 0, 7):
        roots.ask("records", None, size)
    assert roots.asked("records", None) == [3, 7]
    tree.extend(ALL[:3])
    roots.keep("records", None, tree)
    assert roots.at("records", None, 3) == tree_root(ALL[:3])
    assert roots.at("records", None, 0) == tree_root([])
    assert roots.at("records", None, 7) is None
    assert roots.at("access", None, 3) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=60))
def test_a_map_has_the_hash_of_its_entries_whenever_it_is_asked(
    puts: list[tuple[int, int]],
) -> None:
    """Keys with long common beginnings, entries that change, roots in between."""
    made, entries = ScopeMap(), {}
    for number, (which, count) in enumerate(puts):
        # Half of them differ in their last bits alone.
        key = sha(bytes([which])) if which % 2 else bytes(31) + bytes([which])
        last = sha(bytes([count]), bytes([which]))
        entries[key] = Entry(key, count + 1, last)
        made.put(key, count + 1, last)
        if number % 3 == 0:
            assert made.root().hex() == map_hash(list(entries.values())).hex()
    assert made.entries == len(entries)
    assert made.root() == map_hash(list(entries.values()))


def test_a_map_counts_what_its_position_covers_and_the_next_the_rest() -> None:
    scopes = Scopes(KEY)
    for position, leaf in enumerate(ALL[:5], start=1):
        scopes.add(position, FIRST, "placement", leaf)
    info = b"igp-scope/1" + UUID(FIRST).bytes + b"\x01"
    key = hmac.digest(hmac.digest(KEY, info, sha256), b"placement", sha256)
    last, counted = NOTHING, 0
    for covers in (2, 2, 5):
        for leaf in ALL[counted:covers]:
            last = sha(b"igp-chain/1", last, leaf)
        counted = covers
        assert scopes.cover(covers) == (1, map_hash([Entry(key, covers, last)]).hex())


# -- the daily commitment


def text(seconds: float) -> str:
    at = MIDNIGHT + timedelta(seconds=seconds)
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def committed(day: str, *ledgers: tuple[str, int]) -> bytes:
    """The body of a commitment to so many events of each ledger."""
    salt = hmac.digest(KEY, b"igp-notes-salt/1" + day.encode() + b"\x01", sha256)
    lines = "".join(f"{owner} {n} {tree_root(ALL[:n]).hex()}\n" for owner, n in ledgers)
    said = sha(b"igp-notes-commitment/1", salt, lines.encode()).hex()
    return json.dumps({"day": day, "commitment": said}).encode()


def found(bodies: list[bytes], ledgers: dict[str, list[float]]) -> list[Finding]:
    """With commitments a day apart, and ledgers whose events come at these seconds."""
    commitments = Commitments(KEY)
    findings: list[Finding] = []
    for number, body in enumerate(bodies):
        findings += commitments.add(number + 1, body, text(number * 86_400))
    for owner in sorted(ledgers):
        ledger, tree = commitments.ledger(owner), Tree()
        for number, seconds in enumerate(ledgers[owner]):
            if ledger.asks(text(seconds)):
                ledger.keep(tree, text(seconds))
            tree.extend([ALL[number]])
        ledger.keep(tree, None)
    findings += commitments.findings()
    if commitments.undecided:
        findings.append(Finding("records", None, None, "undecided", ""))
    return findings


@pytest.mark.parametrize(
    ("counted", "times"),
    [
        ((2, 1), ([-90, -80], [-70])),
        ((2, 1), ([-90, -80, 90], [-70, 80])),
        ((2, 0), ([-90, -80], [90])),
        # What came within seconds of it may be counted or not, each author's for itself.
        ((3, 1), ([-90, -2, -1, 3], [-1])),
        ((1, 0), ([-90, -2, -1, 3], [-1])),
        ((4, 0), ([-90, -2, -1, 3], [-1])),
    ],
)
def test_a_commitment_counts_what_was_recorded_when_it_was_made(
    counted: tuple[int, int], times: tuple[list[float], list[float]]
) -> None:
    given = [(owner, n) for owner, n in zip((FIRST, SECOND), counted, strict=True) if n]
    ledgers = dict(zip((FIRST, SECOND), times, strict=True))
    assert found([committed("2024-05-14", *given)], ledgers) == []
    # The second day counts everything of the first.
    whole = [(owner, len(events)) for owner, events in ledgers.items()]
    bodies = [committed("2024-05-14", *given), committed("2024-05-15", *whole)]
    assert found(bodies, ledgers) == []


@pytest.mark.parametrize(
    ("counted", "times"),
    [
        ((2, 1), ([-90], [-70])),
        ((1, 1), ([-90, -80], [-70])),
        ((1, 1), ([-90], [70])),
        ((1, 2), ([-90, -2, -1, 3], [-1])),
        ((0, 0), ([-90], [])),
    ],
)
def test_a_commitment_that_no_reading_of_the_ledgers_makes_is_found(
    counted: tuple[int, int], times: tuple[list[float], list[float]]
) -> None:
    given = [(owner, n) for owner, n in zip((FIRST, SECOND), counted, strict=True) if n]
    ledgers = {owner: at for owner, at in zip((FIRST, SECOND), times, strict=True) if at}
    [finding] = found([committed("2024-05-14", *given)], ledgers)
    assert (finding.position, finding.kind) == (1, "notes-commitment")


def test_where_many_wrote_at_that_moment_nothing_is_claimed() -> None:
    ledgers = {str(UUID(int=number)): [0.001 * n for n in range(10)] for number in range(1, 6)}
    [finding] = found([committed("2024-05-14")], ledgers)
    assert finding.kind == "undecided"


def test_days_run_forward() -> None:
    bodies = [committed("2024-05-14"), committed("2024-05-14"), committed("2024-05-13")]
    assert [one.position for one in found(bodies, {})] == [2, 3]
