"""The page of events says what the events are."""

from tests.events.make_docs import FILE, text


def test_the_page_of_events_is_current() -> None:
    assert FILE.read_text() == text(), "run `python -m tests.events.make_docs` and commit the page"
