"""The view of erasures on a real database: who was erased after a position of the book."""

from collections.abc import Iterator
from uuid import UUID, uuid4

from domain.programme_document import ERASED
from domain.student import StudentErased
from ledger.database import Pool
from ledger.ledger import Ledger, Recorded
from ledger.mapper import Stored
from projections.erasures import ErasuresView, erased_since
from projections.runner import Runner
from projections.view import View
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story


def erased(story: Story, student: UUID) -> Recorded:
    return story.record(
        StudentErased,
        student,
        student_id=student,
        order_number="高市教特字第11200001號",
        order_date=None,
        account_ids=(),
    )


def scan_erased(story: Story) -> Recorded:
    """A school's own scan."""
    said = {"programme": "kaohsiung-114", "rules": 1, "state": "erased"}
    return story.record(ERASED["school_document"].event, uuid4(), **said, order_number="1")


class TestErasuresView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ErasuresView()

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        first, second = story.student(school, "甲"), story.student(school, "甲")
        yield erased(story, first)
        yield erased(story, second)
        yield scan_erased(story)

    def broken(self, story: Story) -> Stored:
        # Of nobody.
        return record_of("student.erased.v1", order_number="1", order_date=None, account_ids=[])


def test_who_was_erased_after_a_position_is_known(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    first, second = story.student(school, "甲"), story.student(school, "甲")
    before = erased(story, first).position
    erased(story, second)
    runner.catch_up()
    with viewing(reader, UUID(int=1), []) as connection:
        assert erased_since(connection, 0) == {first, second}
        assert erased_since(connection, before) == {second}
        assert erased_since(connection, before + 1) == set()
