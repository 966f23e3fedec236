"""Erasure by a lawful order (依法刪除): what may stand against it, and the decision (design D11).

The event is `domain.student.StudentErased`, the last one of the student's stream. It comes before
the keys are destroyed, so that whoever misses a key finds the order that took it.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.command import Command
from domain.legal_hold import LegalHold, LegalHoldStands
from domain.refusal import NotFound, Refusal
from domain.rules import check_document_number, check_not_future, permit_authority
from domain.student import Student, StudentErased, StudentIsErased


class EraseStudent(Command):
    """`account_ids` are the accounts that were the student's own; `today` is the local day."""

    today: date
    order_number: str
    order_date: date | None = None
    account_ids: tuple[UUID, ...] = ()


class DisputeOpen(Refusal):
    """What a dispute is about must stay readable until it is decided."""

    CODE = "dispute-open"
    TITLE = "這位學生有尚未結案的爭議，結案之前不能刪除"


def erase(
    student: Student | None,
    command: EraseStudent,
    *,
    hold: LegalHold | None,
    open_disputes: Sequence[UUID],
) -> StudentErased:
    """Raises `NotFound`, `NotAllowed`, `NotValid`, `DateInFuture`, `StudentIsErased`,
    `LegalHoldStands`, `DisputeOpen`."""
    if student is None:
        raise NotFound
    permit_authority(command.actor)
    number = check_document_number(command.order_number)
    check_not_future(command.order_date, command.today, "order_date")
    if student.erased:
        raise StudentIsErased
    check_free(hold, open_disputes)
    return StudentErased(
        **command.envelope(student.student_id, student.version + 1),
        student_id=student.student_id,
        order_number=number,
        order_date=command.order_date,
        account_ids=command.account_ids,
    )


def check_free(hold: LegalHold | None, open_disputes: Sequence[UUID]) -> None:
    """Raises `LegalHoldStands`, `DisputeOpen`."""
    if hold is not None and hold.placed:
        raise LegalHoldStands(
            f"這位學生的資料已保全（文號 {hold.order_number}），請先解除保全再刪除。"
        )
    if open_disputes:
        numbers = "、".join(map(str, open_disputes))
        raise DisputeOpen(f"這位學生有尚未結案的爭議（{numbers}），請於結案後再刪除。")
