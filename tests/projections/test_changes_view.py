"""The view `changes` on a real database: what each event becomes, and who may see it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.access import PROCESS, of_school, of_student
from domain.capacity import Capacity
from domain.event import Event
from domain.organisation import Stage
from domain.placement import (
    Category,
    PlacementCorrected,
    PlacementEnded,
    PlacementRecorded,
    PlacementWithdrawn,
)
from domain.placement_request import Kind, PlacementRequestRecorded
from domain.student import StudentRegistered, StudentTransferred
from ledger.database import Pool
from ledger.ledger import Ledger
from ledger.mapper import Stored
from projections.changes import Change, ChangesView
from projections.report import Bounds, ChangeFilter, history, page
from projections.runner import Runner
from projections.view import View, audience_ids
from projections.viewer import viewing
from tests.plan_story import recorded, row, year
from tests.programme_story import postpone, publish
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

PROGRAMME = "kaohsiung-114"
SCHOOL, OTHER_SCHOOL = uuid4(), uuid4()
OFFICER = uuid4()
EVER = ChangeFilter(date(1912, 1, 1), date(2999, 1, 1))


class World:
    """A ledger, its runner, and one student registered at SCHOOL."""

    def __init__(self, ledger: Ledger, runner: Runner, reader: Pool) -> None:
        self.ledger, self.runner, self.reader = ledger, runner, reader
        ledger.keyring.create_account(OFFICER, OFFICER)
        self.student = self.registers()

    def registers(self) -> UUID:
        student = uuid4()
        self.ledger.keyring.create_student(student, OFFICER)
        self.records(
            self.event(
                StudentRegistered,
                student,
                stream=student,
                national_id="A123456789",
                name="林小安",
                sex="female",
                birth_date=date(2013, 5, 1),
                organisation_id=SCHOOL,
                stage="elementary",
                grade=5,
                class_name="五年一班",
            )
        )
        return student

    def event(
        self, made_of: type[Any], student: UUID, *, stream: UUID, version: int = 1, **fields: Any
    ) -> Event:
        made: Event = made_of(
            originator_id=stream,
            originator_version=version,
            by=OFFICER,
            capacity=Capacity.SCHOOL_ADMINISTRATOR,
            student_id=student,
            **fields,
        )
        return made

    def records(self, *events: Event) -> int:
        return self.ledger.record(*events).position

    def places(self, stream: UUID, student: UUID | None = None) -> int:
        return self.records(
            self.event(
                PlacementRecorded,
                student or self.student,
                stream=stream,
                school_year=113,
                area="英語",
                category=Category.SKIP,
                target_year_grade=5,
                placement_grade=6,
                arrangement="至六年二班上課",
            )
        )

    def corrects(self, stream: UUID, version: int, **fields: Any) -> int:
        return self.records(
            self.event(PlacementCorrected, self.student, stream=stream, version=version, **fields)
        )

    def sees(self, *audiences: str, **narrowed: Any) -> list[Change]:
        self.runner.catch_up()
        ids = audience_ids(audiences)
        wanted = ChangeFilter(EVER.from_date, EVER.to_date, **narrowed)
        with viewing(self.reader, uuid4(), ids) as connection:
            return page(connection, ids, wanted, Bounds(0, 10**9, 10**9), 0, 1000)


@pytest.fixture
def world(ledger: Ledger, runner: Runner) -> Iterator[World]:
    reader = ledger.database.pool("reader", 2)
    try:
        yield World(ledger, runner, reader)
    finally:
        reader.close()


def fields_of(change: Change) -> dict[str, tuple[Any, Any]]:
    return {name: (before, after) for name, before, after in change.said()["fields"]}


def kinds(changes: Sequence[Change]) -> list[str]:
    return [change.kind for change in changes]


def test_a_correction_shows_the_field_before_and_after(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    world.corrects(placement, 2, placement_grade=7, reason="班級調整")
    recorded, corrected = world.sees(PROCESS)
    assert fields_of(recorded)["placement_grade"] == (None, 6)
    assert fields_of(corrected) == {"placement_grade": (6, 7)}
    assert kinds([recorded, corrected]) == ["recorded", "corrected"]


def test_a_change_there_and_back_keeps_both_lines(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    world.corrects(placement, 2, category=Category.EXEMPTION, reason="改為免修")
    world.corrects(placement, 3, category=Category.SKIP, reason="改回")
    lines = [fields_of(change).get("category") for change in world.sees(PROCESS)]
    assert lines == [(None, "skip"), ("skip", "exemption"), ("exemption", "skip")]


def test_a_withdrawal_shows_what_is_gone_and_nothing_after(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    world.records(
        world.event(PlacementWithdrawn, world.student, stream=placement, version=2, reason="誤植")
    )
    withdrawn = world.sees(PROCESS)[-1]
    assert withdrawn.kind == "withdrawn"
    assert fields_of(withdrawn)["placement_grade"] == (6, None)


def test_an_abandonment_shows_the_placement_it_gives_up(world: World) -> None:
    placement, request = uuid4(), uuid4()
    world.places(placement)
    world.records(
        world.event(
            PlacementRequestRecorded,
            world.student,
            stream=request,
            kind=Kind.ABANDONMENT,
            placement_id=placement,
            letter_number="高市教特字第1130001號",
            why="家庭因素",
        )
    )
    request_line = world.sees(PROCESS, sections=("placement_request",))[0]
    assert request_line.kind == "abandonment"
    assert fields_of(request_line)["category"] == ("skip", None)
    assert request_line.said()["letter_number"] == "高市教特字第1130001號"


def test_encrypted_values_stay_ciphertext_in_the_view(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    before, after = fields_of(world.sees(PROCESS)[0])["arrangement"]
    assert before is None
    assert set(after) == {"#", "of"}


def test_each_audience_sees_its_rows_and_no_others(world: World) -> None:
    stranger = world.registers()
    mine, theirs = uuid4(), uuid4()
    world.places(mine)
    world.places(theirs, stranger)
    related = world.sees(of_student(world.student, "placement"))
    assert [change.record_id for change in related] == [mine]
    assert {change.record_id for change in world.sees(PROCESS)} == {mine, theirs}
    assert world.sees(of_student(world.student, "awards")) == []
    assert world.sees() == []


def test_a_viewer_of_several_audiences_sees_a_row_once(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    seen = world.sees(PROCESS, of_school(SCHOOL), of_student(world.student, "placement"))
    assert [change.record_id for change in seen if change.section == "placement"] == [placement]


def test_the_reader_without_an_audience_sees_no_row_of_the_tables(world: World) -> None:
    world.places(uuid4())
    world.runner.catch_up()
    with viewing(world.reader, OFFICER, []) as connection:
        for table in ("change", "change_audience"):
            count = connection.execute(f"SELECT count(*) FROM views.{table}").fetchone()
            assert count == (0,)


def test_after_a_transfer_the_new_school_sees_the_file_from_then_on(world: World) -> None:
    placement = uuid4()
    before = world.places(placement)
    assert world.sees(of_school(OTHER_SCHOOL)) == []
    moved = world.records(
        world.event(
            StudentTransferred,
            world.student,
            stream=world.student,
            version=2,
            from_organisation_id=SCHOOL,
            organisation_id=OTHER_SCHOOL,
            stage="elementary",
            grade=5,
            class_name=None,
        )
    )
    assert placement in {change.record_id for change in world.sees(of_school(OTHER_SCHOOL))}
    ids = audience_ids([of_school(OTHER_SCHOOL)])
    with viewing(world.reader, uuid4(), ids) as connection:
        # A report made before the transfer is not changed by it, by either index.
        early = Bounds(0, moved - 1, moved - 1)
        assert page(connection, ids, EVER, early, 0, 10) == []
        assert history(connection, world.student, before, 0, 10) == []


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_pages_of_any_size_hold_every_change_once(world: World, size: int) -> None:
    placement = uuid4()
    world.places(placement)
    for version in range(2, 12):
        world.corrects(placement, version, placement_grade=version, reason="調整")
    whole = world.sees(PROCESS)
    ids = audience_ids([PROCESS])
    paged: list[Change] = []
    with viewing(world.reader, uuid4(), ids) as connection:
        while True:
            after = paged[-1].position if paged else 0
            rows = page(connection, ids, EVER, Bounds(0, 10**9, 10**9), after, size)
            paged.extend(rows)
            if len(rows) < size:
                break
    assert paged == whole


def test_filters_narrow_and_combine(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    world.corrects(placement, 2, placement_grade=7, reason="調整")
    assert kinds(world.sees(PROCESS, kinds=("corrected",))) == ["corrected"]
    assert world.sees(PROCESS, origins=("council",)) == []
    assert kinds(world.sees(PROCESS, organisations=(SCHOOL,), kinds=("recorded",))) == ["recorded"]
    assert world.sees(PROCESS, students=(uuid4(),)) == []
    assert world.sees(PROCESS, authors=(uuid4(),)) == []


def test_times_follow_positions(world: World) -> None:
    placement = uuid4()
    world.places(placement)
    world.corrects(placement, 2, placement_grade=7, reason="調整")
    times = [change.recorded_at for change in world.sees(PROCESS)]
    assert times == sorted(times)
    assert times[1] - times[0] == timedelta(microseconds=1)
    assert all(isinstance(one, datetime) for one in times)


class TestChangesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ChangesView()

    def tell(self, story: Story) -> Iterator[object]:
        old, new = story.organisation("old"), story.organisation("new")
        teacher = story.account(old)
        student, other = story.student(old, "501"), story.student(old)
        yield story.assign(student, teacher)
        placement = story.placement(student)
        yield story.placement(other)
        story.record(
            PlacementCorrected, placement, student_id=student, placement_grade=7, reason="調整"
        )
        request = story.request(student, placement)
        yield story.decide(request, student)
        story.decide(request, student, body="bureau", outcome="noted", final=True)
        story.record(
            PlacementEnded, placement, student_id=student, outcome="abandoned", request_id=request
        )
        yield story.transfer(student, old, new)
        yield story.placement(student)
        story.plan(student)
        year(story, student, student_name="林小安")
        awards = recorded(story, "awards", student, Stage.ELEMENTARY)
        yield row(story, "awards", student, awards, event_name="科學展覽", prize="特優")
        story.transfer(student, new, old)
        yield row(story, "awards", student, awards, event_name="數學競賽", prize="銀牌")
        publish(story, PROGRAMME)
        yield postpone(story, PROGRAMME, closes=date(2025, 4, 28))

    def broken(self, story: Story) -> Stored:
        return record_of("placement.ended.v1", UUID(int=9), outcome="nobody-knows")
