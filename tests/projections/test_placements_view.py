"""A student's placements and requests now, and the schools that may see them."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest

from domain.access import PROCESS
from domain.capacity import Capacity
from domain.placement import PlacementCorrected, PlacementEnded, PlacementWithdrawn
from domain.placement_request import PlacementRequestWithdrawn
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.opening import Opener
from projections.placements import (
    PlacementsView,
    placement,
    placements_of,
    request,
    requests_of,
)
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

VIEWER = UUID(int=5)


class TestPlacementsView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return PlacementsView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        one, two = story.student(old), story.student(old)
        first, second = story.placement(one), story.placement(two)
        yield story.record(
            PlacementCorrected, first, student_id=one, placement_grade=7, reason="更正"
        )
        third = story.placement(one)
        asked = story.request(one, first)
        yield story.decide(asked, one)
        yield story.transfer(one, old, new)
        story.decide(asked, one, body="bureau", outcome="noted", final=True)
        yield story.record(
            PlacementEnded, first, student_id=one, outcome="abandoned", request_id=asked
        )
        yield story.record(PlacementWithdrawn, second, student_id=two, reason="誤植")
        yield story.request(one, third, "re_placement", new_area="自然")
        story.placement(two)
        story.transfer(two, old, new)
        yield story.transfer(one, new, old)

    def broken(self, story: Story) -> Stored:
        # Of a placement that nobody recorded.
        return record_of("placement-request.withdrawn.v1", UUID(int=9))


def seen(reader: Pool, student: UUID, *audiences: str) -> tuple[set[UUID], set[UUID]]:
    """The student's placements and requests that these audiences see."""
    with viewing(reader, VIEWER, audience_ids(audiences)) as connection:
        return (
            {one.placement_id for one in placements_of(connection, student)},
            {one.request_id for one in requests_of(connection, student)},
        )


def test_a_placement_stands_as_it_was_last_corrected(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    student, teacher = story.student(school), story.account(school)
    placed = story.placement(student, occurred_on=date(2023, 8, 1))
    recorded = story.last
    corrected = story.record(
        PlacementCorrected,
        placed,
        student_id=student,
        by=teacher,
        capacity=Capacity.CASE_MANAGER,
        placement_grade=7,
        arrangement=None,
        occurred_on=date(2023, 7, 30),
        reason="更正",
    )
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([f"school:{school}"])) as connection:
        [one] = placements_of(connection, student)
        assert placement(connection, placed) == one
        assert placement(connection, student) is None
    assert recorded is not None
    assert (one.status, one.version, one.school_year) == ("in_force", 2, 112)
    assert (one.recorded_at, one.updated_at) == (recorded.recorded_at, corrected.recorded_at)
    assert one.updated_by == teacher
    assert Opener(ledger.keyring).fields(student, one.row) == {
        "school_year": 112,
        "area": "數學",
        "category": "acceleration",
        "target_year_grade": 5,
        "placement_grade": 7,
        "arrangement": None,
        "occurred_on": "2023-07-30",
    }


@pytest.mark.parametrize("outcome", ["superseded", "abandoned"])
def test_a_granted_request_ends_the_placement(
    ledger: Ledger, runner: Runner, reader: Pool, outcome: str
) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    placed = story.placement(student)
    asked = story.request(student, placed, letter_number="高市教字第 1 號")
    first = story.decide(asked, student)
    story.decide(asked, student, body="bureau", outcome="noted", final=True, document_number="7")
    story.record(PlacementEnded, placed, student_id=student, outcome=outcome, request_id=asked)
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([PROCESS])) as connection:
        one, of_it = placement(connection, placed), request(connection, asked)
    assert one is not None
    assert of_it is not None
    assert (one.status, one.row["request_id"]) == (outcome, str(asked))
    assert (of_it.status, of_it.version, of_it.placement_id) == ("completed", 3, placed)
    assert of_it.row["letter_number"] == "高市教字第 1 號"
    assert [(act["body"], act["outcome"]) for act in of_it.row["decisions"]] == [
        ("school_committee", "passed"),
        ("bureau", "noted"),
    ]
    assert of_it.row["decisions"][1]["document_number"] == "7"
    assert first.recorded_at.isoformat() == of_it.row["decisions"][0]["recorded_at"]
    assert Opener(ledger.keyring).of_student(student, of_it.row["why"]) == "家長提出"


def test_a_request_is_open_until_it_is_refused_or_withdrawn(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    placed = story.placement(student)
    waiting, refused, withdrawn = (story.request(student, placed) for _ in range(3))
    story.decide(waiting, student)
    story.decide(refused, student, outcome="refused")
    story.record(PlacementRequestWithdrawn, withdrawn, student_id=student, reason="家長撤回")
    runner.catch_up()
    with viewing(reader, VIEWER, audience_ids([PROCESS])) as connection:
        found = [(one.request_id, one.status) for one in requests_of(connection, student)]
    assert found == [(waiting, "open"), (refused, "refused"), (withdrawn, "withdrawn")]


def test_the_file_is_handed_over_and_the_old_school_keeps_what_was_in_its_time(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    old, new, third = (story.organisation(code) for code in "abc")
    student, other = story.student(old), story.student(old)
    before, of_other = story.placement(student), story.placement(other)
    asked = story.request(student, before)
    story.transfer(student, old, new)
    after = story.placement(student)
    runner.catch_up()
    assert seen(reader, student, f"school:{old}") == ({before}, {asked})
    assert seen(reader, student, f"school:{new}") == ({before, after}, {asked})
    assert seen(reader, student, f"school:{third}") == (set(), set())
    assert seen(reader, other, f"school:{new}") == (set(), set())
    assert seen(reader, other, f"school:{old}") == ({of_other}, set())
    # What the new school changes is no longer the old school's to see.
    story.decide(asked, student)
    story.record(PlacementCorrected, before, student_id=student, placement_grade=8, reason="更正")
    runner.catch_up()
    assert seen(reader, student, f"school:{old}") == (set(), set())
    assert seen(reader, student, f"school:{new}") == ({before, after}, {asked})


def test_only_held_audiences_see_a_placement(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    placed = story.placement(student)
    asked = story.request(student, placed)
    runner.catch_up()
    assert seen(reader, student, PROCESS) == ({placed}, {asked})
    assert seen(reader, student, f"student:{student}:placement") == ({placed}, set())
    assert seen(reader, student, f"student:{student}:placement_request") == (set(), {asked})
    assert seen(reader, student, f"student:{VIEWER}:placement") == (set(), set())
    assert seen(reader, student) == (set(), set())
    with viewing(reader, VIEWER, []) as connection:
        assert placement(connection, placed) is None
        assert request(connection, asked) is None
    with reader.connection() as connection:
        for table in ("placement", "placement_request"):
            counted = connection.execute(f"SELECT count(*) FROM views.{table}".encode())
            assert counted.fetchone() == (0,)


def test_free_text_stays_encrypted(ledger: Ledger, runner: Runner) -> None:
    story = Story(ledger)
    student = story.student(story.organisation("a"))
    placed = story.placement(student, arrangement="抽離式")
    story.request(student, placed, "re_placement", new_arrangement="外加式", why="適應良好")
    runner.catch_up()
    with ledger.database.connect("projector") as connection:
        for table in ("placement", "placement_request"):
            for (row,) in connection.execute(f"SELECT row FROM views.{table}".encode()):
                words = [word for word in ("抽離", "外加", "適應") if word.encode() in bytes(row)]
                assert not words
