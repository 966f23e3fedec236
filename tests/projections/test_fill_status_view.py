"""The counts of the fill status: a function of the books, read by the county's audience alone."""

from collections.abc import Iterator
from uuid import UUID

from domain.access import COUNTY, PROCESS, of_school
from domain.meeting import MEETING
from domain.organisation import Stage
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.fill_status import Filled, FillStatusView, filled
from projections.runner import Runner
from projections.view import SQL, View, audience_id, audience_ids
from projections.viewer import viewing
from tests.plan_story import recorded, year
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

VIEWER = UUID(int=5)


class TestFillStatusView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return FillStatusView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        one, two = story.student(old), story.student(old)
        year(story, one)
        yield recorded(story, "awards", one, Stage.ELEMENTARY)
        year(story, two)
        meeting = recorded(story, "meeting", two, 112, topic="研商")
        yield recorded(story, "meeting", two, 112, topic="再議")
        assert MEETING.withdrawn is not None
        yield story.record(MEETING.withdrawn, meeting, student_id=two)
        yield story.transfer(two, old, new)
        year(story, two, 113)
        yield recorded(story, "needs_assessment", two, 113)

    def broken(self, story: Story) -> Stored:
        # Of a meeting that nobody recorded.
        return record_of("meeting.withdrawn.v1", UUID(int=9))


def test_a_student_counts_once_in_an_item_and_a_withdrawn_record_not_at_all(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("ks-a")
    one, two = story.student(school), story.student(school)
    for student in (one, two):
        year(story, student)
    first = recorded(story, "meeting", one, 112)
    recorded(story, "meeting", one, 112)
    recorded(story, "career_interest", two, Stage.ELEMENTARY)
    runner.catch_up()
    county = audience_ids([COUNTY])
    with viewing(reader, VIEWER, county) as connection:
        assert filled(connection, 112) == [
            Filled(school, 1, 2),
            Filled(school, 2, 1),
            Filled(school, 6, 1),
        ]
    assert MEETING.withdrawn is not None
    story.record(MEETING.withdrawn, first, student_id=one)
    runner.catch_up()
    with viewing(reader, VIEWER, county) as connection:
        assert Filled(school, 6, 1) in filled(connection, 112)


def test_only_the_county_reads_the_counts(ledger: Ledger, runner: Runner, reader: Pool) -> None:
    story = Story(ledger)
    school = story.organisation("ks-a")
    year(story, story.student(school))
    runner.catch_up()
    for audiences in ([], [PROCESS], [of_school(school)]):
        with viewing(reader, VIEWER, audience_ids(audiences)) as connection:
            assert filled(connection, 112) == []
    assert str(audience_id(COUNTY)) in (SQL / "fill_status.sql").read_text()
