"""`POST /programmes/{pid}/round/results-published`: results of a stage for all schools at once.

The act of the round and what it shows of each pupil are one transaction: a school sees all of its
results or none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

from api.acting import Acting, Asked, Done
from api.house import House
from api.openings import Progress
from api.processes import EVOLVE, Which, record_id, take_step
from api.viewer import Viewer
from domain import application, examination, programme_round, publication
from domain.event import Event
from domain.process import Ground, Record, StepForm
from domain.publication import PublishResults
from ledger.recorder import Beside
from ledger.standing import unmoved
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
