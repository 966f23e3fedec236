"""`/programmes/{pid}/round/results-published`: results of a stage for all schools at once.

The act of the round and what it shows of each pupil are one transaction: a school sees all of its
results or none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.account_items import OfficeItem
from api.acting import Acting, Asked, Done
from api.audit import record_list, refusals_recorded
from api.house import House
from api.name_order import name_key
from api.openings import Progress
from api.processes import EVOLVE, Which, ground_of, permitted, record_id, see, take_step
from api.student_items import offices
from api.viewer import Viewer
from domain import application, examination, programme_round, publication
from domain.event import Event
from domain.process import Ground, Record, StepForm
from domain.publication import PublishResults
from domain.refusal import Refusal
from ledger.recorder import Beside
from ledger.standing import unmoved
from projections import directory
from projections import processes as view

#: How often progress is told, in applications.
_STEP = 50


def publish(
    house: House, viewer: Viewer, asked: Asked, pid: str, progress: Progress | None = None
) -> Done:
    """Publishes the results of a stage from a `PublishResults`. `progress` is told how many
    applications are done."""
    which = Which(pid, programme_round.PROCESS)
    following = _following(pid, progress)
    return take_step(house, viewer, asked, which, publication.PUBLISHED.code, following=following)


@dataclass(frozen=True)
class Pending:
    """An application whose result would be published, or is not decided yet."""

    application: Record
    examination: Record | None
    #: What the result is; None where nobody decided it.
    outcome: str | None
    name: str
    school: OfficeItem


@dataclass(frozen=True)
class Outlook:
    """What a publication of a stage would show now. `closed` says why it is not open today."""

    stage: str
    pending: list[Pending]
    closed: Refusal | None

    @property
    def waiting(self) -> list[Pending]:
        return [one for one in self.pending if one.outcome is None]

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(one.outcome for one in self.pending if one.outcome is not None)


def outlooks(house: House, viewer: Viewer, pid: str) -> list[Outlook]:
    """Of every stage of a programme what would be published now; recorded as read.

    Raises `NotFound`, and `NotAllowed` for whoever does not publish.
    """
    acting = Acting(house, viewer)
    which = Which(pid, programme_round.PROCESS)
    seen = see(acting, which)
    with refusals_recorded(house, viewer, "results"):
        actor = permitted(which.process, publication.PUBLISHED.code)(acting, seen)
    ground = ground_of(acting, which, seen, actor)
    students = _applicants(acting, pid)
    known = [*_states(acting, pid, application.PROCESS, students).values()]
    examinations = {
        one.student_id: one for one in _states(acting, pid, examination.PROCESS, students).values()
    }
    with viewer.looking(house) as connection:
        schools = offices(connection)
        cards = directory.students(connection, ids=students) if students else []
    names = {
        one.student_id: str(house.opener.of_student(one.student_id, one.row["name"]))
        for one in cards
    }
    nowhere = OfficeItem(code="", name="")
    found = []
    for stage in ground.programme.stages:
        form = PublishResults(stage=stage.code)
        if not publication.publishes(stage.code):
            continue
        try:
            publication.PUBLISHED.rule(ground, form)
            closed = None
        except Refusal as refusal:
            closed = refusal
        pending = [
            Pending(
                one,
                examinations.get(one.student_id),
                None if shown is None else _outcome(shown),
                names.get(one.student_id or one.record_id, ""),
                schools.get(one.organisation_id or one.record_id, nowhere),
            )
            for one, shown in publication.judged(ground, form, known, examinations)
        ]
        pending.sort(key=lambda one: (one.school.code, name_key(one.name)))
        found.append(Outlook(stage.code, pending, closed))
    about = {one.application.student_id for each in found for one in each.pending}
    record_list(house, viewer, "results", [one for one in students if one in about])
    return found


def _outcome(shown: Sequence[Event]) -> str:
    """What a result comes to, as it will be shown."""
    own = shown[0]
    if getattr(own, "absent", False):
        return "absent"
    return str(getattr(own, "outcome", None) or "")


def _following(
    pid: str, progress: Progress | None
) -> Callable[[Acting, Ground, StepForm, Sequence[Event]], tuple[Sequence[Event], Beside | None]]:
    def following(
        acting: Acting, ground: Ground, form: StepForm, own: Sequence[Event]
    ) -> tuple[Sequence[Event], Beside | None]:
        assert isinstance(form, PublishResults)
        students = _applicants(acting, pid)
        applications = _states(acting, pid, application.PROCESS, students)
        examinations = _states(acting, pid, examination.PROCESS, students)
        shown = publication.results(
            ground,
            form,
            _told(list(applications.values()), progress),
            {one.student_id: one for one in examinations.values()},
        )
        # How many it was is part of the act.
        act = own[0].model_copy(update={"results": len(shown)})
        published = {one.student_id for one in shown}
        # The hidden records that the results stand on must not move while they are published.
        stood_on = {
            one.record_id: one.version
            for one in examinations.values()
            if one.student_id in published
        }
        return (*shown, act), unmoved(stood_on)

    return following


def _applicants(acting: Acting, pid: str) -> list[UUID]:
    """Everybody with an application, except whom an order erased."""
    with acting.looking() as connection:
        students = view.students_of(connection, pid, application.PROCESS)
    stands = acting.house.ledger.keyring.stands
    return [one for one in students if stands("student.record", one)]


def _states(acting: Acting, pid: str, process: str, students: Iterable[UUID]) -> dict[UUID, Record]:
    """The records of a process as the books say them, few statements for all students."""
    streams = [record_id(process, pid, one) for one in students]
    return acting.house.ledger.states(EVOLVE[process], streams)


def _told(known: Sequence[Record], progress: Progress | None) -> Iterator[Record]:
    for number, one in enumerate(known):
        if progress is not None and number % _STEP == 0:
            progress(number, len(known))
        yield one
    if progress is not None:
        progress(len(known), len(known))
