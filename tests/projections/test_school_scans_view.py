"""The view of schools' own scans on a real database: who sees which, and what an order took."""

from collections.abc import Iterator
from uuid import UUID, uuid4

from domain.access import COUNCIL, ORGANISED, of_school
from domain.programme_document import ADDED, ERASED, OF_SCHOOL
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.runner import Runner
from projections.school_scans import SchoolScansView, school_scans
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

PID = "kaohsiung-114"


def added(story: Story, school: UUID, kind: str = "initial_roster") -> UUID:
    scan = uuid4()
    said = {"document_kind": kind, "file_id": scan, "media_type": "application/pdf", "size": 9}
    said |= {"sha256": "ab" * 32, "stored_sha256": "cd" * 32}
    event = ADDED[OF_SCHOOL].event
    where = {"programme": PID, "rules": 1, "state": "kept", "organisation_id": school}
    story.record(event, scan, **where, **said)
    return scan


def erased(story: Story, scan: UUID) -> object:
    said = {"programme": PID, "rules": 1, "state": "erased"}
    return story.record(ERASED[OF_SCHOOL].event, scan, **said, order_number="1")


class TestSchoolScansView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return SchoolScansView()

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        first = added(story, school)
        yield added(story, school, "remittance_slip")
        yield erased(story, first)
        yield added(story, school)

    def broken(self, story: Story) -> Stored:
        # Of no school.
        return record_of("school-document.added.v1", programme=PID)


def test_a_school_sees_its_own_scans_and_who_runs_the_programme_all_of_them(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school, other = story.organisation("a"), story.organisation("b")
    ours, theirs = added(story, school), added(story, other)
    erased(story, added(story, school))
    runner.catch_up()

    def seen(*audiences: str) -> set[UUID]:
        with viewing(reader, UUID(int=1), audience_ids(audiences)) as connection:
            return {one.scan for one in school_scans(connection, PID)}

    assert seen(of_school(school)) == {ours}
    assert seen(of_school(other)) == {theirs}
    assert seen(ORGANISED) == {ours, theirs}
    assert seen(COUNCIL) == set()
