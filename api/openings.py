"""Plans and school years that begin, for one student or for thousands, from few statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.acting import Acting
from api.stages import open_stage, tab_ids
from domain import organisation, plan, section_record, student
from domain.command import Actor
from domain.event import Event
from domain.organisation import Organisation, Stage
from domain.plan import Plan, plan_id
from domain.school_year import OpenYear, SchoolYearAlreadyOpen, open_year, year_record_id
from domain.section import SectionEvent
from domain.section_record import Record, is_live
from domain.student import Student, StudentIsErased
from ledger.recorder import Beside
from ledger.standing import unmoved
from projections import directory
from projections.directory import StudentCard

#: Told how many of how many are done.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Roster:
    """Who the students are and what stands of their plans, as the books say; by student.

    `years` are the records of `school_year`, withdrawn ones too, `latest` the newest standing ones
    of earlier years. `stages` are those in which records may be written.
    """

    school_year: int
    today: date
    students: Mapping[UUID, Student]
    plans: Mapping[UUID, Plan]
    years: Mapping[UUID, Record]
    latest: Mapping[UUID, Record]
    stages: Mapping[UUID, Stage | None]
    schools: Mapping[UUID, Organisation]
    tabs: Mapping[UUID, Sequence[UUID]]

    def year_events(
        self, of: UUID, actor: Actor, together: UUID | None = None
    ) -> tuple[SectionEvent, ...]:
        """The events with which the student's record of the year begins; `together` is the batch.

        Raises `StudentIsErased` and what `open_year` raises.
        """
        known = self.students[of]
        if known.erased:
            raise StudentIsErased
        school = self.schools.get(known.organisation_id)
        command = OpenYear(
            actor=actor,
            correlation_id=together,
            student=known,
            open_stage=self.stages[of],
            school_name="" if school is None else school.name,
            school_year=self.school_year,
            today=self.today,
            latest=self.latest.get(of),
        )
        return open_year(self.years.get(of), command)

    def plan_events(
        self, of: UUID, actor: Actor, together: UUID | None = None
    ) -> tuple[Event, ...]:
        """The plan, and the record of its first school year from the directory's report.

        Raises `StudentIsErased` and what `plan.open_plan` and `open_year` raise.
        """
        if self.students[of].erased:
            raise StudentIsErased
        command = plan.OpenPlan(
            actor=actor, correlation_id=together, student_id=of, school_year=self.school_year
        )
        opened = plan.open_plan(self.plans.get(of), command)
        try:
            return opened, *self.year_events(of, actor, together)
        except SchoolYearAlreadyOpen:
            # Somebody opened the plan between the two looks.
            raise plan.PlanAlreadyOpen from None

    def unmoved(self, opened: Iterable[UUID], events: Iterable[Event]) -> Beside:
        """For `Decided.after`: that what was decided about these students still stands."""
        own = {event.originator_id for event in events}
        versions: dict[UUID, int] = {}
        for one in opened:
            versions[one] = self.students[one].version
            versions |= dict.fromkeys(self.tabs[one], 0)
            if one in self.plans:
                versions[plan_id(one)] = self.plans[one].version
            if one in self.latest:
                versions[self.latest[one].record_id] = self.latest[one].version
        return unmoved({stream: at for stream, at in versions.items() if stream not in own})


def roster(
    acting: Acting,
    of: Iterable[UUID],
    school_year: int,
    cards: Sequence[StudentCard] | None = None,
) -> Roster:
    """What the openings for these students stand on; who is no student is left out.

    `cards` are theirs, where somebody has read them already.
    """
    ledger = acting.house.ledger
    students = ledger.states(student.evolve, of)
    plans = {
        one.student_id: one for one in ledger.states(plan.evolve, map(plan_id, students)).values()
    }
    years = {one: year_record_id(one, school_year) for one in students}
    tabs = {one: tab_ids(known) for one, known in students.items()}
    records = ledger.states(
        section_record.evolve,
        [*years.values(), *(tab for of in tabs.values() for tab in of.values())],
    )
    return Roster(
        school_year=school_year,
        today=acting.today,
        students=students,
        plans=plans,
        years={one: records[identity] for one, identity in years.items() if identity in records},
        latest=_latest(acting, cards, students, plans, school_year),
        stages={one: open_stage(known, records, tabs[one]) for one, known in students.items()},
        schools=ledger.states(
            organisation.evolve, {known.organisation_id for known in students.values()}
        ),
        tabs={one: list(found.values()) for one, found in tabs.items()},
    )


def _latest(
    acting: Acting,
    cards: Sequence[StudentCard] | None,
    students: Iterable[UUID],
    plans: Mapping[UUID, Plan],
    year: int,
) -> dict[UUID, Record]:
    """The newest record of an earlier school year that stands, of each student.

    The view says for which years to look, the books what is there.
    """
    if cards is None:
        with acting.looking() as connection:
            cards = directory.students(connection, ids=list(students))
    asked: dict[UUID, list[int]] = {}
    for card in cards:
        begun = plans.get(card.student_id)
        known = {*card.plan_years, year - 1, *(() if begun is None else (begun.school_year,))}
        asked[card.student_id] = sorted((one for one in known if one < year), reverse=True)
    found: dict[UUID, Record] = {}
    while asked:
        wanted = {year_record_id(one, years[0]): one for one, years in asked.items() if years}
        records = acting.house.ledger.states(section_record.evolve, wanted)
        found |= {wanted[one]: record for one, record in records.items() if is_live(record)}
        asked = {
            one: years[1:] for one, years in asked.items() if one not in found and len(years) > 1
        }
    return found
