"""`POST /students/batch` (批次新增): the plans of several students open together, or none."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, by_matrix, given_in, perform
from api.audit import record_list, record_refusal
from api.batches import BatchDone, Tally, batch_response, is_writer, writers_of
from api.house import House
from api.http import Posted, writes
from api.openings import roster
from api.register import number_mac
from api.viewer import SignedIn, TheHouse, Viewer
from domain import national_id, plan
from domain.calendar import school_year as school_year_of
from domain.command import Actor
from domain.event import Event
from domain.refusal import NotAllowed, NotFound, NothingSelected, Refusal
from domain.student import StudentIsErased
from projections import directory
from projections.directory import StudentCard

router = APIRouter(prefix="/students", tags=["students"])

#: At most so many students are added in one transaction.
MOST_AT_ONCE = 200


class BatchAdd(Body):
    """The chosen students: by national ID, or by id as a search shows them. The school year is
    the current one where it is left out."""

    national_ids: tuple[str, ...] = Field((), max_length=MOST_AT_ONCE)
    students: tuple[UUID, ...] = Field((), max_length=MOST_AT_ONCE)
    school_year: int | None = None


@router.post("/batch", **writes(BatchAdd, 200, answer=BatchDone))
def post_batch(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """批次新增：為選取的學生開始個別輔導計畫，已建置者略過；全部成功或全部不變。"""
    done, tally = add(house, viewer, asked)
    return batch_response(house, viewer, done, "students.batch", tally)


def add(house: House, viewer: Viewer, asked: Asked) -> tuple[Done, Tally]:
    """The opening of plans from a `BatchAdd`, and what became of each student.

    One number that is malformed, unknown or of a student out of reach is `NotFound` for the whole
    batch, as it is for a single add (IGP-86).
    """
    tally = Tally()
    # Whose numbers were tried, which the book of access says also where the answer may not.
    tried: list[UUID] = []

    def see(acting: Acting) -> Mapping[UUID, StudentCard]:
        return _chosen(acting, given_in(asked, BatchAdd), tried)

    def permit(acting: Acting, seen: Mapping[UUID, StudentCard]) -> Actor:
        if not is_writer(acting.viewer):
            raise NotAllowed
        actors = [_actor(acting, card) for card in seen.values()]
        if not actors:
            # The body comes after the right: whoever adds students is asked to choose some.
            raise NothingSelected(field="national_ids")
        return actors[0]

    def decide(
        acting: Acting, seen: Mapping[UUID, StudentCard], actor: Actor, given: BatchAdd
    ) -> Decided:
        tally.start(given.school_year or school_year_of(acting.today))
        known = roster(acting, seen, tally.school_year)
        together = acting.new_id()
        events: list[Event] = []
        for one, card in seen.items():
            try:
                events += known.plan_events(one, _actor(acting, card), together)
                tally.opened.append(one)
            except (plan.PlanAlreadyOpen, StudentIsErased) as refusal:
                tally.skipped[one] = refusal
        if not events:
            return Decided((), None, None)
        after = known.unmoved(tally.opened, events)
        command = plan.AddBatch(
            actor=actor,
            correlation_id=together,
            school_year=tally.school_year,
            students=tuple(tally.opened),
            skipped=tuple(tally.skipped),
        )
        events.append(plan.batch_added(command))
        return Decided(events, together, 1, after=after)

    deed = Deed(
        what="plan.batch-add",
        body=BatchAdd,
        see=see,
        permit=permit,
        decide=decide,
        status=200,
        students=tried,
    )
    return perform(house, viewer, asked, deed), tally


def _chosen(acting: Acting, given: BatchAdd, tried: list[UUID]) -> dict[UUID, StudentCard]:
    """The students of a batch in the order in which they were chosen. Raises `NotFound`."""
    by_number = _by_number(acting, given.national_ids, tried)
    wanted = list(dict.fromkeys([*by_number, *given.students]))
    with acting.looking() as connection:
        cards = directory.students(connection, ids=wanted) if wanted else []
    if len(cards) < len(wanted):
        raise NotFound
    found = {card.student_id: card for card in cards}
    return {one: found[one] for one in wanted}


@dataclass(frozen=True)
class Looked:
    """A number that was typed: whose it is, where that is a student whose plans the viewer opens,
    and why the plan would not be opened."""

    masked: str
    student: UUID | None = None
    name: str = field(default="", repr=False)
    refusal: Refusal | None = None


def look_up(house: House, viewer: Viewer, numbers: Sequence[str], school_year: int) -> list[Looked]:
    """What adding each of the numbers alone would come to; nothing is recorded but the reading.

    Nobody's number and one out of reach read the same, as for a single add (IGP-86).
    """
    acting = Acting(house, viewer)
    tried: dict[str, UUID] = {}
    for one in numbers:
        one_tried: list[UUID] = []
        with suppress(NotFound):
            _by_number(acting, (one,), one_tried)
        tried |= dict.fromkeys((one,), one_tried[0]) if one_tried else {}
    writers = writers_of(viewer)
    with acting.looking() as connection:
        cards = directory.students(connection, ids=list(tried.values())) if tried else []
    seen = {card.student_id: card for card in cards if card.student_id in writers}
    others = [one for one in tried.values() if one not in seen]
    if others:
        record_refusal(house, viewer, "plan.batch-add", NotFound(), others)
    record_list(house, viewer, "students.batch", list(seen), searched=True)
    known = roster(acting, list(seen), school_year)
    together = acting.new_id()
    found = []
    for number in numbers:
        student_id = tried.get(number)
        if student_id is None or student_id not in seen:
            found.append(Looked(national_id.masked(number), refusal=NotFound()))
            continue
        name = str(house.opener.of_student(student_id, seen[student_id].row["name"]))
        why: Refusal | None = None
        try:
            known.plan_events(student_id, _actor(acting, seen[student_id]), together)
        except Refusal as refusal:
            why = refusal
        found.append(Looked(national_id.masked(number), student_id, name, why))
    return found


def _by_number(acting: Acting, numbers: tuple[str, ...], tried: list[UUID]) -> list[UUID]:
    """Whose national IDs these are, in their order; `tried` takes those that are somebody's.

    Raises `NotFound` where one is nobody's.
    """
    try:
        wanted = [number_mac(acting.house.ledger, national_id.check(one)) for one in numbers]
    except national_id.NationalIdNotValid:
        raise NotFound from None
    if not wanted:
        return []
    with acting.house.ledger.pool.connection() as connection:
        rows = connection.execute(
            "SELECT mac, student_id FROM desk.national_id_reservation WHERE mac = ANY(%s)",
            (wanted,),
        ).fetchall()
    found = {bytes(mac): student for mac, student in rows}
    tried.extend(found.values())
    if any(mac not in found for mac in wanted):
        raise NotFound
    return [found[mac] for mac in wanted]


def _actor(acting: Acting, card: StudentCard) -> Actor:
    held = acting.viewer.held_for(card.student_id, card.organisation)
    return by_matrix(acting, plan.SECTION, "create", held)
