"""The leaf bytes of an event are those of docs/formats/leaf.md."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.leaf import leaf, leaf_hash
from tests.events.examples import load, stored

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "leaf.md").read_text()
VECTORS = re.findall(r"^\| `([a-z.0-9-]+)` \| (\d+) \| `([0-9a-f]{64})` \|$", PAGE, re.MULTILINE)
EXAMPLES = {example["event"]: example for example in load()}


def test_the_page_has_a_vector_of_each_book() -> None:
    assert {EXAMPLES[topic]["book"] for topic, _, _ in VECTORS} == {"records", "notes", "access"}


@pytest.mark.parametrize(("topic", "size", "expected"), VECTORS)
def test_a_leaf_has_the_bytes_of_its_vector(topic: str, size: str, expected: str) -> None:
    recorded = replace(
        stored(EXAMPLES[topic]),
        position=7,
        recorded_at=datetime(2024, 5, 13, 1, 2, 3, 456789, tzinfo=UTC),
    )
    data = leaf(recorded)
    assert len(recorded.state) == int(size)
    assert data.endswith(recorded.state)
    assert leaf_hash(data).hex() == expected


def test_the_text_before_the_body_is_that_of_the_page() -> None:
    text = PAGE.split("```\n")[1]
    recorded = replace(
        stored(EXAMPLES["placement.corrected.v1"]),
        position=7,
        recorded_at=datetime(2024, 5, 13, 1, 2, 3, 456789, tzinfo=UTC),
    )
    assert leaf(recorded) == text.encode() + recorded.state


def test_what_was_not_recorded_is_no_leaf() -> None:
    with pytest.raises(ValueError, match="recorded"):
        leaf(stored(EXAMPLES["access.read.v1"]))
