"""What was stored once is read for ever: one stored example of every event and version."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from domain.catalogue import stored_events
from domain.event import TOPICS, UPCASTS, Encrypted, Event
from domain.reading import Exported
from tests.events.examples import load, make, mapper, says, stored

EXAMPLES = {example["event"]: example for example in load()}


def test_every_event_has_a_stored_example() -> None:
    missing = {event.TOPIC for event in stored_events()} - EXAMPLES.keys()
    assert not missing, "run `python -m tests.events.make_examples` and commit what it adds"


def test_no_topic_of_an_example_was_forgotten() -> None:
    unknown = [topic for topic in EXAMPLES if topic not in TOPICS and topic not in UPCASTS]
    assert not unknown, "an event once released is read for ever: write an upcast"


@pytest.mark.parametrize("topic", EXAMPLES)
def test_the_stored_bytes_say_what_they_said(topic: str, tmp_path: Path) -> None:
    example = EXAMPLES[topic]
    assert hashlib.sha256(example["body"].encode()).hexdigest() == example["sha256"]
    event = mapper(tmp_path).to_domain_event(stored(example))
    said = says(event)
    if topic in UPCASTS:
        # A later form says more; what the first one said it says still.
        said = {name: said[name] for name in example["says"]}
    assert said == example["says"]


@pytest.mark.parametrize("topic", EXAMPLES)
def test_the_stored_bytes_are_canonical(topic: str) -> None:
    body = EXAMPLES[topic]["body"].encode()
    assert orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS) == body


@pytest.mark.parametrize("event_class", stored_events(), ids=lambda event: event.TOPIC)
def test_an_event_is_stored_today_as_it_was_stored_first(
    event_class: type[Event], tmp_path: Path
) -> None:
    made, first = make(event_class, tmp_path), EXAMPLES[event_class.TOPIC]
    # Another deflate may squeeze a text otherwise, so the places are compared and what they say.
    assert orjson.loads(made["body"]).keys() == orjson.loads(first["body"]).keys()
    assert says(mapper(tmp_path / "first").to_domain_event(stored(first))) == made["says"]


@pytest.mark.accepts("IGP-148")
def test_an_export_of_the_first_form_is_read_in_the_last_and_stays_as_it_is(
    tmp_path: Path,
) -> None:
    example = EXAMPLES["access.exported.v1"]
    before = stored(example)
    event = mapper(tmp_path).to_domain_event(before)
    assert isinstance(event, Exported)
    assert event.TOPIC == "access.exported.v3"
    # What nobody had said is not known, and stands as not known.
    assert (event.sections, event.school_year, event.as_of, event.paper_id) == (None,) * 4
    assert event.purpose is None
    assert "sections" in event.model_fields_set
    assert event.digest == example["says"]["digest"]
    assert before == stored(example)


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> type[Event]:
    """A second form of an event: an area that has become two fields."""
    monkeypatch.setattr("domain.event.TOPICS", {**TOPICS})
    monkeypatch.setattr("domain.event.UPCASTS", {**UPCASTS})

    class PlacementRecordedAgain(TOPICS["placement.recorded.v1"]):  # type: ignore[misc]
        TOPIC: ClassVar[str] = "placement.recorded.v2"
        area_code: str
        arrangement_text: Encrypted[str | None] = None

    def upcast(fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**fields, "area_code": "E", "arrangement_text": fields["arrangement"]}

    from domain import event

    event.UPCASTS["placement.recorded.v1"] = ("placement.recorded.v2", upcast)
    event.TOPICS.pop("placement.recorded.v1")
    return PlacementRecordedAgain


@pytest.mark.accepts("IGP-148")
def test_an_old_form_is_read_in_the_new_one_and_stays_as_it_is(
    second_version: type[Event], tmp_path: Path
) -> None:
    example = EXAMPLES["placement.recorded.v1"]
    before = stored(example)
    event = mapper(tmp_path).to_domain_event(before)
    assert type(event) is second_version
    assert event.area_code == "E"  # type: ignore[attr-defined]
    # Opened in the place where it was stored, then given to the new form.
    assert event.arrangement_text == example["says"]["arrangement"]  # type: ignore[attr-defined]
    assert before == stored(example)
