import pytest

from domain.capacity import Capacity
from domain.event import TOPICS, Event
from domain.purpose import LABELS, Purpose, PurposeNotValid, declared, purpose_of
from domain.reading import CommandRefused, Exported, ListRead, RecordRead


@pytest.mark.parametrize("event", [RecordRead, ListRead, Exported, CommandRefused])
def test_reading_is_written_into_the_book_of_access(event: type[Event]) -> None:
    assert event.BOOK == "access"
    assert event.SECTION is None
    assert TOPICS[event.TOPIC] is event


@pytest.mark.parametrize(
    ("what", "capacity", "purpose"),
    [
        ("student", Capacity.CASE_MANAGER, Purpose.TEACHING),
        ("student", Capacity.SCHOOL_ADMINISTRATOR, Purpose.ADMINISTRATION),
        ("placements", Capacity.COUNCIL, Purpose.PLACEMENT),
        ("dispute.timeline", Capacity.AUTHORITY_ADMINISTRATOR, Purpose.DISPUTE),
        ("access-log", Capacity.SCHOOL_ADMINISTRATOR, Purpose.INSPECTION),
        ("student", Capacity.REVIEWER, Purpose.DISPUTE),
    ],
)
def test_a_purpose_follows_from_what_was_looked_at_and_else_from_the_capacity(
    what: str, capacity: Capacity, purpose: Purpose
) -> None:
    assert purpose_of(what, capacity) is purpose


def test_every_capacity_has_a_purpose_and_every_purpose_a_name() -> None:
    assert {purpose_of("student", capacity) for capacity in Capacity} <= set(Purpose)
    assert set(LABELS) == set(Purpose)


def test_what_nobody_may_declare_is_refused() -> None:
    assert declared("dispute") is Purpose.DISPUTE
    for code in ("own", "operation", "curiosity", ""):
        with pytest.raises(PurposeNotValid):
            declared(code)
