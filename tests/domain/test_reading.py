import pytest

from domain.event import TOPICS, Event
from domain.reading import CommandRefused, Exported, ListRead, RecordRead


@pytest.mark.parametrize("event", [RecordRead, ListRead, Exported, CommandRefused])
def test_reading_is_written_into_the_book_of_access(event: type[Event]) -> None:
    assert event.BOOK == "access"
    assert event.SECTION is None
    assert TOPICS[event.TOPIC] is event
