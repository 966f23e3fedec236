"""`POST /students/{id}/copies`: a copy for guardian or student, handed out by the school."""

import hashlib
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, perform
from api.audit import record_export
from api.change_report import ReportTermsChanged
from api.house import House
from api.http import Posted, problems, takes
from api.plan_content import readable
from api.plan_paper import MEDIA_TYPES, Paper, Terms, disposition, new_terms, paper_at
from api.plan_source import seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain.capacity import Capacity
from domain.command import Actor
from domain.labels import RECIPIENTS
from domain.plan_copy import HandOutCopy, PlanCopy, Recipient, evolve, hand_out, permit_copy
from domain.refusal import NotAllowed

router = APIRouter(prefix="/students/{student_id}/copies", tags=["plan"])

WHAT = "plan.copy"


class NewCopy(Body):
    """For whom, of which school year, in which form. Counselling notes are never in it."""

    school_year: int = Field(ge=1, le=999)
    recipient: Recipient = Field(description="guardian 為法定代理人，student 為學生本人。")
    format: Literal["pdf", "json"]
    reason: str | None = Field(None, max_length=1000)


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses={
        201: {
            "description": "計畫的複本。",
            "content": {
                MEDIA_TYPES[one]: {"schema": {"type": "string", "format": "binary"}}
                for one in ("pdf", "json")
            },
        },
        **problems(403, 409),
    },
    openapi_extra=takes(NewCopy),
)
def post_copy(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """把計畫的複本交給法定代理人或學生本人；限學校學務，並留下紀錄。"""
    return copy(house, viewer, student_id, asked)


def copy(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Response:
    """The file, once its handing out is recorded; of a repeated request, the same file again.

    Raises `NotFound`, `NotAllowed`, `SchoolYearNotOpen`.
    """
    made: dict[UUID, tuple[Paper, bytes]] = {}

    def see(acting: Acting) -> frozenset[Capacity]:
        with acting.looking() as connection:
            _, held = seen(connection, viewer, student_id)
        return held

    def permit(acting: Acting, held: frozenset[Capacity]) -> Actor:
        if Capacity.SCHOOL_ADMINISTRATOR not in held:
            raise NotAllowed
        permit_copy(Capacity.SCHOOL_ADMINISTRATOR)
        return Actor(account_id=viewer.account_id, capacity=Capacity.SCHOOL_ADMINISTRATOR)

    def decide(acting: Acting, held: frozenset[Capacity], actor: Actor, given: NewCopy) -> Decided:
        terms = new_terms(house, viewer)
        paper = paper_at(house, viewer, student_id, given.school_year, readable(held), terms)
        file = paper.file(given.format, RECIPIENTS[given.recipient])
        command = HandOutCopy(
            actor=actor,
            reason=given.reason,
            copy_id=terms.paper_id,
            student_id=student_id,
            school_year=given.school_year,
            recipient=given.recipient,
            format=given.format,
            digest=hashlib.sha256(file).hexdigest(),
            as_of=terms.position,
            made_at=terms.made_at,
        )
        made[terms.paper_id] = paper, file
        return Decided((hand_out(command),), terms.paper_id, 1)

    deed = Deed(
        what=WHAT, body=NewCopy, see=see, permit=permit, decide=decide, students=(student_id,)
    )
    done = perform(house, viewer, asked, deed)
    assert done.outcome.record_id is not None
    kept = Acting(house, viewer).known(evolve, done.outcome.record_id)
    paper, file = made.get(kept.copy_id) or _again(house, viewer, kept)
    record_export(
        house,
        viewer,
        WHAT,
        [student_id],
        format=kept.format,
        digest=kept.digest,
        held=[Capacity.SCHOOL_ADMINISTRATOR],
        sections=tuple(paper.sections),
        school_year=kept.school_year,
        as_of=kept.as_of,
        paper_id=kept.copy_id,
    )
    return _handed_over(kept, file, done)


def _handed_over(kept: PlanCopy, file: bytes, done: Done) -> Response:
    return Response(
        file,
        status_code=done.outcome.status if done.shown else 202,
        media_type=MEDIA_TYPES[kept.format],
        headers={
            "Content-Disposition": disposition(kept.school_year, kept.format),
            "ETag": '"1"',
            "Igp-Copy-Id": str(kept.copy_id),
        },
    )


def _again(house: House, viewer: Viewer, kept: PlanCopy) -> tuple[Paper, bytes]:
    """The file of a copy that was handed out. Raises `ReportTermsChanged`."""
    with viewer.looking(house) as connection:
        _, held = seen(connection, viewer, kept.student_id)
    terms = Terms(kept.as_of, kept.made_at, kept.copy_id)
    paper = paper_at(house, viewer, kept.student_id, kept.school_year, readable(held), terms)
    file = paper.file(kept.format, RECIPIENTS[kept.recipient])
    if hashlib.sha256(file).hexdigest() != kept.digest:
        raise ReportTermsChanged("當時的內容已無法完整重現，例如資料已依法刪除。")
    return paper, file
