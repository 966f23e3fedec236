"""Who looked at whom: a function of the book of access, read by student or by reader."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from domain.access import COUNTY
from domain.capacity import Capacity
from domain.purpose import Purpose
from domain.reading import CommandRefused, Exported, ListRead, RecordRead
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.access_log import AccessLogView, of_reader, of_student, within
from projections.runner import ACCESS_BATCH, Runner
from projections.view import SQL, View, audience_id, audience_ids
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

ONE, TWO, THREE = (UUID(int=number) for number in (11, 12, 13))
READER, OTHER = UUID(int=21), UUID(int=22)


class TestAccessLogView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return AccessLogView()

    def tell(self, story: Story) -> Iterator[object]:
        yield _told(story)

    def broken(self, story: Story) -> Stored:
        return replace(record_of("access.read.v2", what="student"), book="access")


def _told(story: Story) -> Story:
    """A reading, a list of two students, a search, an export and a refusal."""
    by = {"by": READER, "capacity": Capacity.CASE_MANAGER, "purpose": Purpose.TEACHING}
    other = {"by": OTHER, "capacity": Capacity.SCHOOL_ADMINISTRATOR}
    story.record(RecordRead, story.new_id(), what="student", subjects=(ONE,), record_id=THREE, **by)
    story.record(ListRead, story.new_id(), what="students", subjects=(ONE, TWO, TWO), **by)
    story.record(ListRead, story.new_id(), what="students", subjects=(TWO,), searched=True, **other)
    story.record(
        Exported, story.new_id(), what="plan", subjects=(ONE,), format="pdf", declared=True, **other
    )
    story.record(
        CommandRefused, story.new_id(), what="plan.open", subjects=(), rule="not-found", **by
    )
    return story


def test_a_students_rows_are_shown_to_whom_the_student_is_named_as_audience(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    _told(Story(ledger))
    runner.catch_up()
    stranger = UUID(int=30)
    with viewing(reader, stranger, [ONE]) as connection:
        found = of_student(connection, ONE, limit=10)
        assert [(one.kind, one.what, one.detail) for one in found] == [
            ("exported", "plan", "pdf"),
            ("listed", "students", None),
            ("read", "student", None),
        ]
        assert [one.actor for one in found] == [OTHER, READER, READER]
        assert [(one.purpose, one.declared) for one in found] == [
            (None, True),
            ("teaching", False),
            ("teaching", False),
        ]
        assert found[-1].record_id == THREE
        # Of the list the other student's row is not among what this audience may see.
        assert of_student(connection, TWO, limit=10) == []
        assert connection.execute("SELECT DISTINCT student FROM access_subject").fetchall() == [
            (ONE,)
        ]
        later = of_student(connection, ONE, before=found[0].position, limit=1)
        assert later == found[1:2]
        since, until = found[1].at, found[0].at
        assert of_student(connection, ONE, since=since, until=until, limit=10) == found[1:2]
    with viewing(reader, stranger, audience_ids(["student:x:plan"])) as connection:
        assert connection.execute("SELECT * FROM access_entry").fetchall() == []
        assert connection.execute("SELECT * FROM access_subject").fetchall() == []


def test_who_read_sees_the_own_acts_with_their_students_and_no_others(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    _told(Story(ledger))
    runner.catch_up()
    with viewing(reader, READER, []) as connection:
        found = of_reader(connection, READER, limit=10)
        assert [(entry.kind, students) for entry, students in found] == [
            ("refused", []),
            ("listed", [ONE, TWO]),
            ("read", [ONE]),
        ]
        assert of_reader(connection, OTHER, limit=10) == []
        first = found[0][0].position
        assert of_reader(connection, READER, before=first, limit=1) == found[1:2]


def test_the_county_sees_every_act_and_a_school_those_on_its_students(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    _told(Story(ledger))
    runner.catch_up()
    span = ledger.now().replace(hour=0), ledger.now().replace(hour=23)
    stranger = UUID(int=30)
    with viewing(reader, stranger, audience_ids([COUNTY])) as connection:
        everything = [(one.kind, students) for one, students in within(connection, None, *span)]
    assert everything == [
        ("read", [ONE]),
        ("listed", [ONE, TWO]),
        ("searched", [TWO]),
        ("exported", [ONE]),
    ]
    with viewing(reader, stranger, [TWO]) as connection:
        found = [(one.kind, students) for one, students in within(connection, [TWO], *span)]
    assert found == [("listed", [TWO]), ("searched", [TWO])]
    assert str(audience_id(COUNTY)) in (SQL / "access_log.sql").read_text()


def test_nobody_who_reads_an_own_write_waits_behind_the_book_of_access(
    ledger: Ledger, runner: Runner
) -> None:
    story = Story(ledger)
    events = [
        story.event(RecordRead, story.new_id(), what="student", subjects=(ONE,))
        for _ in range(ACCESS_BATCH + 1)
    ]
    ledger.record(*events)
    story.organisation("ks-a")

    def stands() -> dict[str, int]:
        with ledger.database.connect("projector") as connection:
            rows = connection.execute("SELECT view, position FROM views.checkpoint").fetchall()
        return dict(rows)

    assert story.last is not None
    runner.step(access=False)
    assert (stands()["directory"], stands()["access_log"]) == (story.last.position, 0)
    assert runner.step_access() == ACCESS_BATCH
    assert stands()["access_log"] == ACCESS_BATCH
