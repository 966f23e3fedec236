"""`/disputes`: opened by the authority, seen by it, the reviewers and the student's school."""

from datetime import UTC
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, given_in, perform
from api.audit import record_list, record_read, refusals_recorded
from api.dispute_items import (
    DisputeItem,
    Disputes,
    Names,
    OpenedDispute,
    item,
    line,
    opened_answer,
)
from api.house import House
from api.http import Posted, response_of, shown, writes
from api.paging import Cursor, Limit, paged
from api.seeing import by_student, not_erased, student_seen
from api.turns import begun_about, one_at_a_time
from api.viewer import SignedIn, TheHouse, Viewer
from domain import dispute, placement, placement_request, programme
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.command import Actor
from domain.dispute import SECTION, Dispute
from domain.dispute_events import DisputeOpened
from domain.dispute_opening import OpenDispute, open_dispute
from domain.dispute_rules import DisputeKind
from domain.programme import programme_id
from domain.refusal import NotFound, NotValid
from domain.student import Student
from projections import disputes as view

router = APIRouter(prefix="/disputes", tags=["disputes"])


class DisputeEntry(Body):
    """What a family or a school disputes. `filed_on` is today where it is left out; where a
    postmark counts it is the postmark's day, and `arrived_on` the day it came in.

    `stage` follows from the day of the notice where it is left out. `conditions` are those of the
    plan that were met; without it nothing is said of them.
    """

    student_id: UUID
    programme: str
    kind: DisputeKind
    decision_id: UUID | None = None
    previous_dispute_id: UUID | None = None
    stage: str | None = None
    subject: str
    grounds: str
    notice_received_on: WrittenDate | None = None
    filed_on: WrittenDate | None = None
    arrived_on: WrittenDate | None = None
    conditions: tuple[str, ...] | None = None


Sort = Literal["created_at", "-created_at", "filed_on", "-filed_on", "last_day", "-last_day"]


@router.get("")
def list_disputes(
    house: TheHouse,
    viewer: SignedIn,
    student: UUID | None = None,
    status: dispute.Status | None = None,
    programme: str | None = None,
    kind: DisputeKind | None = None,
    organisation: str | None = None,
    sort: Annotated[Sort, Query()] = "-created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Disputes:
    """看得到的爭議案。"""
    wanted = {
        "student": student,
        "status": status,
        "programme": programme,
        "kind": kind,
        "organisation": organisation,
        "sort": sort,
    }
    with viewer.looking(house) as connection:
        names = Names(house, connection)
        fitting = [
            one
            for one in view.disputes(connection, student)
            if status in (None, one.status)
            and programme in (None, one.programme)
            and kind in (None, one.kind)
            and organisation in (None, names.office(one.organisation).code)
        ]
        by = sort.removeprefix("-")
        page, after = paged(
            house,
            viewer,
            [(_key(by, one), one.dispute_id, one) for one in fitting],
            what="disputes",
            wanted=wanted,
            limit=limit,
            cursor=cursor,
            descending=sort.startswith("-"),
        )
        items = [line(one, names) for one in page]
    subjects = dict.fromkeys(one.student.id for one in items)
    record_list(house, viewer, "disputes", subjects, wanted)
    return Disputes(items=items, next_cursor=after)


@router.get("/{dispute_id}", response_model=DisputeItem)
def get_dispute(house: TheHouse, viewer: SignedIn, dispute_id: UUID) -> Response:
    """一件爭議案：期限如何起算、指派的審議人員、雙方陳述與決定。"""
    return shown(read(house, viewer, dispute_id))


def read(house: House, viewer: Viewer, dispute_id: UUID) -> DisputeItem:
    """A dispute that the viewer may see; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, "dispute", student_of(house, dispute_id)),
        viewer.looking(house) as connection,
    ):
        known = view.dispute(connection, dispute_id)
        if known is None:
            raise NotFound
        found = item(house, connection, known)
    held = viewer.held_for(known.student, known.organisation)
    record_read(house, viewer, "dispute", [known.student], record_id=dispute_id, held=held)
    return found


@router.post("", **writes(DisputeEntry, answer=OpenedDispute))
def post_dispute(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """登載一件爭議案；程式計算期限，逾期者仍登載，是否受理由承辦人員決定。"""
    done = open_one(house, viewer, asked)
    answer = response_of(house, viewer, done)
    if done.outcome.record_id is None:
        return answer
    known = house.ledger.state(dispute.evolve, done.outcome.record_id)
    assert known is not None
    answer.body = opened_answer(house, known, done.outcome.version).model_dump_json().encode()
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def open_one(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A dispute from a `DisputeEntry`."""
    student_id = given_in(asked, DisputeEntry).student_id

    def decision(acting: Acting, seen: Student, actor: Actor, given: DisputeEntry) -> Decided:
        published = acting.state(programme.evolve, programme_id(given.programme))
        if published is None:
            raise NotValid("這份計畫尚未公布。", "programme")
        if given.decision_id is not None:
            _check_decision(acting, student_id, given.decision_id)
        fields: dict[str, Any] = given.model_dump(exclude={"subject", "programme", "filed_on"})
        command = OpenDispute(
            actor=actor,
            dispute_id=acting.new_id(),
            organisation_id=seen.organisation_id,
            edition=published.newest,
            matter=given.subject,
            filed_on=given.filed_on or acting.today,
            others=_others(acting, student_id),
            today=acting.today,
            **fields,
        )
        event = open_dispute(None, command)
        after = not_erased(acting, student_id)
        return Decided((event,), event.originator_id, event.originator_version, after=after)

    deed = Deed(
        what="dispute.open",
        body=DisputeEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=decision,
        students=(student_id,),
    )
    with one_at_a_time(house, "disputes", student_id):
        return perform(house, viewer, asked, deed)


def seen(acting: Acting, dispute_id: UUID) -> Dispute:
    """A dispute as the books say, for somebody who may see it. Raises `NotFound`."""
    with acting.looking() as connection:
        if view.dispute(connection, dispute_id) is None:
            raise NotFound
    return acting.known(dispute.evolve, dispute_id)


def actor_in(acting: Acting, known: Dispute) -> Actor | None:
    """The actor in the office in which the viewer acts on a dispute, if in any."""
    viewer = acting.viewer
    if viewer.is_authority:
        capacity = Capacity.AUTHORITY_ADMINISTRATOR
    elif known.organisation_id in viewer.schools:
        capacity = Capacity.SCHOOL_ADMINISTRATOR
    else:
        return None
    return Actor(account_id=viewer.account_id, capacity=capacity)


def student_of(house: House, dispute_id: UUID) -> tuple[UUID, ...]:
    """The student for the log of access, where there is such a dispute."""
    known = house.ledger.state(dispute.evolve, dispute_id)
    return () if known is None else (known.student_id,)


def student_named(house: House, viewer: Viewer, dispute_id: UUID) -> str:
    """The name of the student whom a dispute is about that the viewer may see. Raises
    `NotFound`."""
    with viewer.looking(house) as connection:
        known = view.dispute(connection, dispute_id)
        if known is None:
            raise NotFound
        return Names(house, connection).student(known.student).name


def _others(acting: Acting, student_id: UUID) -> tuple[Dispute, ...]:
    """The student's disputes so far, as the books say, in their order."""
    begun = begun_about(acting.house, student_id, DisputeOpened)
    known = (acting.state(dispute.evolve, one) for one in begun)
    return tuple(one for one in known if one is not None)


def _check_decision(acting: Acting, student_id: UUID, decision_id: UUID) -> None:
    """A dispute is about a decision on the same student. Raises `NotValid`."""
    known = acting.state(placement_request.evolve, decision_id) or acting.state(
        placement.evolve, decision_id
    )
    if known is None or known.student_id != student_id:
        raise NotValid("找不到這位學生的這項決定。", "decision_id")


def _key(by: str, one: view.Dispute) -> list[str]:
    """The place in the order; what has no such day comes first."""
    if by == "created_at":
        return [one.recorded_at.astimezone(UTC).isoformat()]
    value = one.row.get(by)
    return [] if value is None else [value]
