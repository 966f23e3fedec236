"""Steps of a programme's processes: who may see the record, who may take the step, what follows.

A record of a process has an id that follows from the programme and its student, or its school, so
that there is one of each.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from api import own_county
from api.acting import Acting, Asked, Decided, Deed, Done, perform
from api.batch_ground import batch_ground
from api.house import House
from api.placement_pages import placements_about
from api.seeing import student_seen
from api.step_documents import named_documents
from api.turns import begun_about
from api.viewer import Viewer
from domain import (
    account,
    application,
    organisation,
    processes,
    programme,
    programme_round,
)
from domain.access import ORGANISED, audiences_of, of_school
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.placement import Placement
from domain.process import (
    SECTION_OF,
    STEPS,
    Ground,
    Record,
    Step,
    StepForm,
    names_school,
)
from domain.process_step import machine_of, may_take, take
from domain.programme import Edition, programme_id
from domain.refusal import NotAllowed, NotFound
from domain.stream_ids import natural_id
from domain.student import Student
from ledger.recorder import Beside
from projections import processes as view

#: One function for each process, for the ledger keeps what it folds by it.
EVOLVE = processes.EVOLVE


def record_id(process: str, code: str, *key: object) -> UUID:
    """The record of a process: of a student, of a school and its stage, or of the round."""
    return natural_id(process, code, *key)


@dataclass(frozen=True)
class Which:
    """A record of a process: of a student, of a school, or of the programme's whole round."""

    programme: str
    process: str
    student: UUID | None = None
    organisation: UUID | None = None

    @property
    def record_id(self) -> UUID:
        key = [one for one in (self.student, self.organisation) if one is not None]
        return record_id(self.process, self.programme, *key)


@dataclass(frozen=True)
class Seen:
    edition: Edition
    record: Record | None
    student: Student | None
    organisation: UUID | None
    #: Whose administration may act: the school's, and that of a school of the next stage.
    schools: frozenset[UUID]


#: What is recorded together with a step: from its ground, its form and its own events to all of
#: them, and to what is looked at once more in their transaction.
Following = Callable[
    [Acting, Ground, StepForm, Sequence[Event]], tuple[Sequence[Event], Beside | None]
]


def take_step(
    house: House,
    viewer: Viewer,
    asked: Asked,
    which: Which,
    code: str,
    *,
    begins: bool = False,
    following: Following | None = None,
) -> Done:
    """A step from its form. One that `begins` a record needs no `If-Match`.

    Raises `NotFound` for a step that nobody knows, and what `domain.process_step.take` raises.
    """
    step = STEPS.get((which.process, code))
    if step is None:
        raise NotFound
    taking: Step[StepForm] = step

    def decide(acting: Acting, seen: Seen, actor: Actor, form: StepForm) -> Decided:
        ground = ground_of(acting, which, seen, actor, form)
        taken = take(taking, ground, form, which.record_id)
        version = 0 if ground.record is None else ground.record.version
        events: Sequence[Event] = taken.events
        after = None
        if following is not None and taken.refusal is None:
            events, after = following(acting, ground, form, taken.events)
        return Decided(
            events,
            which.record_id,
            version + 1,
            after=after,
            decided_on=version,
            refusal=taken.refusal,
        )

    deed = Deed(
        what=f"{which.process.replace('_', '-')}.{code}",
        body=taking.form,
        see=lambda acting: see(acting, which),
        permit=permitted(which.process, code),
        version=None if begins else _version(which),
        decide=decide,
        students=() if which.student is None else (which.student,),
    )
    return perform(house, viewer, asked, deed)


def see(acting: Acting, which: Which) -> Seen:
    """What the viewer must see of it. Raises `NotFound`."""
    known = acting.known(programme.evolve, programme_id(which.programme))
    record = acting.state(EVOLVE[which.process], which.record_id)
    if which.student is None:
        organisation = which.organisation
        if organisation is not None and not _runs(acting, organisation):
            raise NotFound
        schools = frozenset(() if organisation is None else (organisation,))
        return Seen(known.newest, record, None, organisation, schools)
    student = student_seen(acting, which.student)
    if record is not None and not _shown(acting, which, student):
        raise NotFound
    named = () if record is None else (one.next_school_id for one in record.steps)
    schools = frozenset({student.organisation_id, *(one for one in named if one is not None)})
    return Seen(known.newest, record, student, student.organisation_id, schools)


def _runs(acting: Acting, school: UUID) -> bool:
    """Whether the viewer may see what a school hands in: the school itself, and who runs it."""
    return bool({of_school(school), ORGANISED} & acting.viewer.audiences)


def _shown(acting: Acting, which: Which, student: Student) -> bool:
    """Whether the viewer sees the record: by relation, or because the view shows it."""
    section = SECTION_OF[which.process]
    assert section is not None
    assert which.student is not None
    names = {*audiences_of(section, which.student, student.organisation_id)}
    if names & acting.viewer.audiences or acting.viewer.is_system:
        return True
    with acting.looking() as connection:
        return view.record(connection, which.record_id) is not None


def permitted(process: str, code: str) -> Callable[[Acting, Seen], Actor]:
    """In which capacity the viewer takes a step of what is seen. Raises `NotAllowed`."""

    def permit(acting: Acting, seen: Seen) -> Actor:
        viewer = acting.viewer
        if viewer.is_system:
            return Actor(account_id=viewer.account_id, capacity=Capacity.SYSTEM)
        machine = machine_of(seen.edition.programme, process)
        held = {one.value: one for one in _held(acting, seen)}
        for capacity in may_take(machine, code):
            if capacity in held:
                return Actor(account_id=viewer.account_id, capacity=held[capacity])
        raise NotAllowed

    return permit


def takes(acting: Acting, seen: Seen, process: str, code: str) -> bool:
    """Whether the viewer takes a step of what is seen at all; never where the plan has no such
    process."""
    try:
        permitted(process, code)(acting, seen)
    except (NotAllowed, NotFound):
        return False
    return True


def _held(acting: Acting, seen: Seen) -> Iterator[Capacity]:
    viewer = acting.viewer
    if seen.student is not None:
        held = viewer.held_for(seen.student.student_id, seen.organisation)
    else:
        held = viewer.held_at(seen.organisation)
    for capacity in sorted(held):
        if capacity is not Capacity.ORGANISER or _organises(acting, seen):
            yield capacity
    if seen.schools & {*viewer.schools}:
        yield Capacity.SCHOOL_ADMINISTRATOR


def _organises(acting: Acting, seen: Seen) -> bool:
    """Whether the viewer's organisation is the one that organises today (Kaohsiung W44)."""
    code = seen.edition.programme.code
    round_ = acting.state(EVOLVE["round"], record_id("round", code))
    named = programme_round.organiser(round_, acting.today)
    if named is None:
        return True
    known = acting.known(account.evolve, acting.viewer.account_id)
    return known.organisation_id == named


def _version(which: Which) -> Callable[[Acting, Seen], int]:
    def version(acting: Acting, _: Seen) -> int:
        known = acting.state(EVOLVE[which.process], which.record_id)
        return 0 if known is None else known.version

    return version


def ground_of(
    acting: Acting, which: Which, seen: Seen, actor: Actor, form: StepForm | None = None
) -> Ground:
    """All that the step is judged on, as the books say it now."""
    rules = seen.edition.programme
    state = acting.state
    beside: dict[str, Record] = {}
    for machine in rules.machines:
        other = _beside(which, machine.code, seen.organisation)
        known = None if other is None else state(EVOLVE[machine.code], other.record_id)
        if known is not None:
            beside[machine.code] = known
    record = state(EVOLVE[which.process], which.record_id)
    return Ground(
        programme=rules,
        rules=seen.edition.version,
        now=acting.viewer.now,
        actor=actor,
        record=record,
        student=seen.student,
        round=state(EVOLVE["round"], record_id("round", which.programme)),
        beside=beside,
        placements=_placements(acting, which.student),
        earlier=_earlier(acting, which),
        own_school=_own_school(acting, seen, actor),
        of_county=record is not None or _of_county(acting, seen),
        documents=named_documents(acting, which.programme, which.student, seen.organisation, form),
        **batch_ground(acting, rules, which.process, which.organisation),
        organisations=_organisations(acting, form),
        new_ids=tuple(acting.new_id() for _ in range(4)),
    )


def _own_school(acting: Acting, seen: Seen, actor: Actor) -> bool:
    if actor.capacity is not Capacity.SCHOOL_ADMINISTRATOR:
        return True
    return seen.organisation in acting.viewer.schools


def _of_county(acting: Acting, seen: Seen) -> bool:
    """Whether the student's school is of the authority's county."""
    if seen.student is None:
        return True
    with acting.looking() as connection:
        return seen.organisation in own_county.schools(connection)


def _organisations(acting: Acting, form: StepForm | None) -> dict[UUID, organisation.Organisation]:
    """The schools that the form names, where there is such a one."""
    named = () if form is None else filter(names_school, form.model_fields_set)
    found: dict[UUID, organisation.Organisation] = {}
    for name in named:
        known = acting.state(organisation.evolve, getattr(form, name) or UUID(int=0))
        if known is not None:
            found[known.organisation_id] = known
    return found


def _beside(which: Which, process: str, school: UUID | None) -> Which | None:
    """The record of another process of the same student and school, where it can have one."""
    if process in (which.process, "round"):
        return None
    if SECTION_OF[process] is None:
        return Which(which.programme, process, organisation=school)
    return None if which.student is None else Which(which.programme, process, which.student)


def _placements(acting: Acting, student: UUID | None) -> tuple[Placement, ...]:
    if student is None:
        return ()
    return placements_about(acting.house, student)


def _earlier(acting: Acting, which: Which) -> tuple[Record, ...]:
    if which.student is None:
        return ()
    own = record_id("application", which.programme, which.student)
    streams = begun_about(acting.house, which.student, application.OPENED.event)
    known = acting.house.ledger.states(
        EVOLVE["application"], (one for one in streams if one != own)
    )
    return tuple(known.values())
