"""`/students/{id}/graduation-score` and `/skip-status`: what marks come to, and the status of a
student who skipped a whole grade."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Changed, PostedChange, response_of, shown, writes
from api.mark_items import (
    GraduationScore,
    MarkRules,
    SkipStatusItem,
    area_item,
    entries,
    skip_status_item,
)
from api.marks import ground, knowing, student_in
from api.seeing import by_student
from api.viewer import SignedIn, TheHouse, Viewer
from domain import skip_status
from domain.calendar import WrittenDate
from domain.command import Actor
from domain.graduation import scores
from domain.mark import SECTION
from domain.refusal import NotFound
from domain.skip_status import SkipStatus, skip_status_id, skipped_grades
from domain.student import Student
from projections import directory
from projections import marks as view

router = APIRouter(prefix="/students/{student_id}", tags=["marks"])


class SkipStatusEntry(Body):
    """The whole status. From `school_year` on the student is in `to_grade`; the letter is that of
    the authority."""

    programme: str
    school_year: int
    from_grade: int
    to_grade: int
    letter_number: str
    letter_date: WrittenDate
    reason: str | None = None


@router.get("/graduation-score")
def get_graduation_score(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    programme: Annotated[str, Query(description="計畫代碼，例如 `kaohsiung-114`")],
) -> GraduationScore:
    """各領域畢業成績：用了哪些成績、比率，以及分數的精確值；沒有成績的領域無法計算。"""
    acting = Acting(house, viewer)
    with (
        refusals_recorded(house, viewer, "graduation-score", [student_id]),
        viewer.looking(house) as connection,
    ):
        held = knowing(viewer, directory.student(connection, student_id))
        rules = ground(acting, student_id, programme)
        marks = view.marks_of(connection, student_id)
    status = _standing(acting, student_id)
    skipped = frozenset() if status is None else skipped_grades(status.from_grade, status.to_grade)
    found = scores(rules.graduation, entries(house, rules.graduation, marks), skipped)
    record_read(house, viewer, "graduation-score", [student_id], held=held)
    return GraduationScore(
        student_id=student_id,
        programme=programme,
        rules_version=rules.rules,
        skip_status=None
        if status is None
        else skip_status_item(student_id, MarkRules(house), status),
        areas=[area_item(rules.graduation, one) for one in found],
    )


@router.get("/skip-status", response_model=SkipStatusItem)
def get_skip_status(house: TheHouse, viewer: SignedIn, student_id: UUID) -> Response:
    """全部學科跳級的學籍註記；沒有註記時版本為 0。"""
    with (
        refusals_recorded(house, viewer, "skip-status", [student_id]),
        viewer.looking(house) as connection,
    ):
        held = knowing(viewer, directory.student(connection, student_id))
    known = Acting(house, viewer).state(skip_status.evolve, skip_status_id(student_id))
    item = skip_status_item(student_id, MarkRules(house), known)
    record_read(house, viewer, "skip-status", [student_id], held=held)
    return shown(item)


@router.put("/skip-status", **writes(SkipStatusEntry, 200))
def put_skip_status(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Changed
) -> Response:
    """依公文註記全部學科跳級，或修正註記；修正須說明原因。"""
    return response_of(house, viewer, save_status(house, viewer, student_id, asked))


@router.post("/skip-status/withdrawal", **writes(Reason, 200))
def post_skip_status_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: PostedChange
) -> Response:
    """結束註記（誤註，或學生回歸原年級）；須說明原因，歷程仍保留。"""
    return response_of(house, viewer, withdraw_status(house, viewer, student_id, asked))


def save_status(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """The status from a `SkipStatusEntry`."""

    def decide(acting: Acting, _: Student, actor: Actor, given: SkipStatusEntry) -> Decided:
        now = ground(acting, student_id, given.programme)
        known = acting.state(skip_status.evolve, skip_status_id(student_id))
        command = skip_status.SaveSkipStatus(
            actor=actor,
            student_id=student_id,
            rules=now.rules,
            graduation=now.graduation,
            today=acting.today,
            **given.model_dump(),
        )
        event = skip_status.save(known, command)
        if event is None:
            return Decided((), skip_status_id(student_id), _version(acting, student_id))
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="skip-status.save",
        body=SkipStatusEntry,
        see=lambda acting: student_in(acting, student_id),
        permit=by_student(SECTION, "edit"),
        version=lambda acting, _: _version(acting, student_id),
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw_status(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """The end of the status from a `Reason`."""

    def see(acting: Acting) -> Student:
        known = student_in(acting, student_id)
        if acting.state(skip_status.evolve, skip_status_id(student_id)) is None:
            raise NotFound
        return known

    def decide(acting: Acting, _: Student, actor: Actor, given: Reason) -> Decided:
        command = skip_status.WithdrawSkipStatus(actor=actor, reason=given.reason)
        known = acting.known(skip_status.evolve, skip_status_id(student_id))
        event = skip_status.withdraw(known, command)
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="skip-status.withdraw",
        body=Reason,
        see=see,
        permit=by_student(SECTION, "withdraw"),
        version=lambda acting, _: _version(acting, student_id),
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def _standing(acting: Acting, student_id: UUID) -> SkipStatus | None:
    known = acting.state(skip_status.evolve, skip_status_id(student_id))
    return None if known is None or known.withdrawn else known


def _version(acting: Acting, student_id: UUID) -> int:
    known = acting.state(skip_status.evolve, skip_status_id(student_id))
    return 0 if known is None else known.version
