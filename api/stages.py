"""What a write into a plan stands on: who the student is, the year's record, which stage is open.

Each of these is a stream of its own. A decision reads them from the books, and the append looks
once more that none of them moved (docs/decisions/stage-lock.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.acting import Acting
from domain import student, transition
from domain.basic_family import BASIC_FAMILY
from domain.calendar import local_range
from domain.organisation import Stage
from domain.school_year import year_record_id
from domain.section_record import Record, check_stage, evolve, record_id
from domain.student import Student
from domain.transition import TRANSITION
from ledger.recorder import Beside
from ledger.standing import unmoved
from projections import plan_records
from projections.cards import cards_at
from projections.plan_fold import LIVE, PlanRecord


@dataclass(frozen=True)
class Ground:
    """`stage` is the one in which the student's records may be written today, None where the
    directory went back to a closed one. `year` is the record of the school year asked about."""

    student: Student
    year: Record | None
    stage: Stage | None
    versions: Mapping[UUID, int]

    def unmoved(self, *own: UUID) -> Beside:
        """For `Decided.after`: what was decided here is decided again where the ground moved.

        `own` are the streams that are appended to.
        """
        return unmoved({one: at for one, at in self.versions.items() if one not in own})


def ground(acting: Acting, student_id: UUID, school_year: int | None) -> Ground:
    """What a write about this student and school year stands on. Raises `NotFound`."""
    known = acting.known(student.evolve, student_id)
    tabs = tab_ids(known)
    wanted = list(tabs.values())
    year_id = None if school_year is None else year_record_id(student_id, school_year)
    records = acting.house.ledger.states(evolve, [*wanted, *([year_id] if year_id else [])])
    versions = {one: records[one].version if one in records else 0 for one in wanted}
    versions[student_id] = known.version
    year = None
    if year_id is not None:
        year = records.get(year_id)
        versions[year_id] = 0 if year is None else year.version
    return Ground(known, year, open_stage(known, records), versions)


def tab_ids(of: Student) -> dict[Stage, UUID]:
    """The tabs that would close the student's own stage: those of the stages after it."""
    order = list(Stage)
    return {
        stage: record_id(TRANSITION, of.student_id, stage)
        for stage in order[order.index(of.stage) + 1 :]
    }


def open_stage(
    of: Student, records: Mapping[UUID, Record], tabs: Mapping[Stage, UUID] | None = None
) -> Stage | None:
    """The stage in which the student's records may be written, by the states of its tabs: `tabs`
    where somebody has asked `tab_ids` for them already."""
    known = tab_ids(of) if tabs is None else tabs
    opened = [stage for stage, tab in known.items() if tab in records]
    return transition.open_stage(of.stage, opened)


def opened_tabs(records: Iterable[PlanRecord]) -> set[Stage]:
    """The stages that have a tab, of the records of one student."""
    return {
        Stage(one.stage)
        for one in records
        if one.section == TRANSITION.code and one.status == LIVE and one.stage is not None
    }


def incomplete(acting: Acting, of: Student) -> list[str]:
    """The sections that say nothing in the stage that closes when the student's own one opens.

    Of the years of that stage the last one counts. Notes are not among what is looked at.
    """
    with acting.looking() as connection:
        records = plan_records.records_of(connection, of.student_id)
    order = [stage.value for stage in Stage]
    before = order[: order.index(of.stage)]
    live = [one for one in records if one.status == LIVE and one.stage in before]
    if not live:
        return []
    closing = max((one.stage or "" for one in live), key=order.index)
    years = [
        one.school_year or 0
        for one in live
        if one.section == BASIC_FAMILY.code and one.stage == closing
    ]
    last = max(years, default=0)
    filled = {
        one.section
        for one in live
        if one.stage == closing and (one.school_year is None or one.school_year == last)
    }
    return [code for code in transition.COMPLETE if code not in filled]


def check_note_stage(acting: Acting, of: Student, entries: Iterable[tuple[int, date]]) -> None:
    """Own notes of a stage that is closed are for reading; `entries` are school year and day of
    what is written, corrected or withdrawn. Raises `StageLocked`.

    A note stands in no view that others read, so its stage is found without a trace: the year's
    record says it, or the register as it was on that day.
    """
    when = list(dict.fromkeys(entries))
    years = {year: year_record_id(of.student_id, year) for year, _ in when}
    records = acting.house.ledger.states(evolve, [*tab_ids(of).values(), *years.values()])
    now = open_stage(of, records)
    for year, day in when:
        record = records.get(years[year])
        check_stage(_stage_on(acting, of, day) if record is None else record.education_stage, now)


def _stage_on(acting: Acting, of: Student, day: date) -> Stage:
    """The stage that the register gave on a day; today's where it did not know the student yet."""
    if of.version == 1 or day >= acting.today:
        return of.stage
    _, end = local_range(day, day)
    with acting.looking() as connection:
        row = connection.execute("SELECT books.position_before(%s)", (end,)).fetchone()
        assert row is not None
        cards = cards_at(connection, "student", [of.student_id], row[0])
    card = cards.get(of.student_id)
    return of.stage if card is None else Stage(card["stage"])
