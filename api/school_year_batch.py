"""`POST /school-years/batch` (新增年度資料，所有學生): a year begins for everybody listed."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, perform
from api.batches import BatchDone, Tally, batch_response, is_writer, writers_of
from api.house import House
from api.http import Posted, writes
from api.openings import Progress, Roster, roster
from api.organisations import by_code
from api.progress_lines import LINES, Accepted, in_lines, wants_lines
from api.query import Grade, SchoolYear
from api.students import StudentFilter, cards, find
from api.viewer import SignedIn, TheHouse, Viewer
from domain.command import Actor
from domain.event import Event
from domain.organisation import Stage
from domain.refusal import NotAllowed
from domain.school_year import OpenYears, SchoolYearAlreadyOpen, check_year, years_opened
from domain.section_record import StageLocked
from domain.student import StudentIsErased
from projections.directory import StudentCard

router = APIRouter(prefix="/school-years", tags=["students"])

#: How often progress is told, in students.
_STEP = 50


class OpenForAll(Body):
    """The school year that begins, and for whom: the filters of a list of students.

    `school_year` is the new one; `listed_school_year` narrows to students who have that year.
    """

    school_year: int
    organisation: str | None = None
    listed_school_year: SchoolYear | None = None
    stage: Stage | None = None
    grade: Grade | None = None
    class_name: str | None = None
    q: str | None = Field(None, min_length=1, max_length=100)

    def listed(self) -> StudentFilter:
        return StudentFilter(
            organisation=self.organisation,
            school_year=self.listed_school_year,
            stage=self.stage,
            grade=self.grade,
            class_name=self.class_name,
        )


_DOCUMENTED = writes(OpenForAll, 200, answer=BatchDone)
_DOCUMENTED["responses"] |= LINES


@router.post("/batch", **_DOCUMENTED)
def post_years(house: TheHouse, viewer: SignedIn, asked: Posted, accept: Accepted = "") -> Response:
    """新增年度資料（所有學生）：為查詢結果中已建置的學生一次新增，已有該年度者略過。"""

    def opened(progress: Progress | None) -> Response:
        done, tally = open_all(house, viewer, asked, progress)
        return batch_response(house, viewer, done, "school-years.batch", tally)

    return in_lines(opened) if wants_lines(accept) else opened(None)


def open_all(
    house: House, viewer: Viewer, asked: Asked, progress: Progress | None = None
) -> tuple[Done, Tally]:
    """The records of a school year from an `OpenForAll`, in one transaction; and what became of
    each student. `progress` is told how many are decided."""
    tally = Tally()

    def permit(acting: Acting, _: None) -> Actor:
        writers = writers_of(acting.viewer)
        if not is_writer(acting.viewer) or not writers:
            raise NotAllowed
        # Who does it for all does it in the capacity held for the first.
        capacity = writers[min(writers)]
        return Actor(account_id=acting.viewer.account_id, capacity=capacity)

    def decide(acting: Acting, _: None, actor: Actor, given: OpenForAll) -> Decided:
        check_year(given.school_year, acting.today)
        school = by_code(house.ledger, given.organisation) if given.organisation else None
        tally.start(given.school_year)
        writers = writers_of(acting.viewer)
        listed = [card for card in _listed(acting, given) if card.student_id in writers]
        ids = [card.student_id for card in listed]
        known = roster(acting, ids, given.school_year, listed)
        together = acting.new_id()
        events = _decided(known, tally, together, progress, acting.viewer)
        if not events:
            return Decided((), None, None)
        after = known.unmoved(tally.opened, events)
        command = OpenYears(
            actor=actor,
            correlation_id=together,
            school_year=given.school_year,
            organisation_id=None if school is None else school.organisation_id,
            students=tuple(tally.opened),
            skipped=tuple(tally.skipped),
        )
        events.append(years_opened(command))
        return Decided(events, together, 1, after=after)

    deed = Deed(
        what="school-year.open-all",
        body=OpenForAll,
        see=lambda _: None,
        permit=permit,
        decide=decide,
        status=200,
    )
    return perform(house, viewer, asked, deed), tally


def _listed(acting: Acting, given: OpenForAll) -> Sequence[StudentCard]:
    """Whom the list shows; names are opened only where one is searched for."""
    if given.q is None:
        return cards(acting.house, acting.viewer, given.listed(), None)
    return [one.card for one in find(acting.house, acting.viewer, given.listed(), given.q)]


def _decided(
    known: Roster, tally: Tally, together: UUID, progress: Progress | None, viewer: Viewer
) -> list[Event]:
    """The events of everybody who has a plan and not yet the year; the others are skipped."""
    writers = writers_of(viewer)
    everybody = [one for one in known.students if one in known.plans]
    events: list[Event] = []
    for number, one in enumerate(everybody):
        if progress is not None and number % _STEP == 0:
            progress(number, len(everybody))
        actor = Actor(account_id=viewer.account_id, capacity=writers[one])
        try:
            events += known.year_events(one, actor, together)
            tally.opened.append(one)
        except (SchoolYearAlreadyOpen, StageLocked, StudentIsErased) as refusal:
            tally.skipped[one] = refusal
    if progress is not None:
        progress(len(everybody), len(everybody))
    return events
