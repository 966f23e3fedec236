"""What placements said at every position, and what was handed in for them."""

from uuid import uuid4

from domain.placement import PlacementCorrected
from ledger.ledger import Ledger
from replay.page_history import HandedIn, History, placements, requests
from tests.story import Story

SCHOOL = uuid4()


def test_a_history_is_asked_by_version_and_by_position() -> None:
    history = History(((10, "first"), (14, "second")))
    assert [history.version(number) for number in (0, 1, 2, 3)] == [None, "first", "second", None]
    assert [history.at(position) for position in (9, 10, 13, 14, 99)] == [
        None,
        *["first"] * 2,
        *["second"] * 2,
    ]


def test_a_change_is_on_the_roster_that_was_uploaded_after_it() -> None:
    handed_in = HandedIn({SCHOOL: (20, 40)}, {}, {})
    assert handed_in.roster_status(SCHOOL, 30) == "current"
    assert handed_in.roster_status(SCHOOL, 50) == "stale"
    assert handed_in.roster_status(uuid4(), 30) == "none"
    assert handed_in.roster_status(None, 30) == "none"


def test_records_are_folded_event_by_event(ledger: Ledger) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student = story.student(school)
    placement = story.placement(student)
    assert story.last is not None
    filled = story.last.position
    story.record(
        PlacementCorrected, placement, student_id=student, placement_grade=7, reason="更正"
    )
    corrected = story.last.position
    request = story.request(student, placement)
    with ledger.database.connect("projector") as books:
        placed = placements(ledger, books, [placement])[placement]
        asked = requests(ledger, books, [request])[request]
    before, after = placed.at(filled), placed.at(corrected)
    assert before is not None
    assert after is not None
    assert (before.placement_grade, after.placement_grade) == (6, 7)
    assert placed.version(2) == after
    assert asked.steps[0][1].placement_id == placement
