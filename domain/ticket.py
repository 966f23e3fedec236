"""鑑定證 of the initial stage: issued by the organiser, again where it was lost or wrong (F10)."""

from typing import Literal

from pydantic import Field

from domain.application import PROCESS
from domain.application_facts import record_of, value
from domain.process import Found, Ground, StepForm, define
from domain.refusal import ReasonRequired, Refusal
from domain.section import Word
from domain.sitting import (
    Session,
    TestHasBegun,
    granted_minutes,
    sessions_of,
    window_of_test,
)
from domain.window import standing

STAGE = "initial"


class SitsElsewhere(Refusal):
    """Who takes the other selection's test gets that one's ticket."""

    CODE = "sits-elsewhere"
    TITLE = "同時報考的學生使用另一項鑑定的鑑定證"


class IssueTicket(StepForm):
    ticket_no: Word = Field(title="鑑定證編號")
    room_no: Word = Field(title="試場編號")
    seat_no: Word | None = Field(None, title="座位")


class ReissueTicket(StepForm):
    """The number stays; the room may be another one where it was wrong."""

    cause: Literal["lost", "corrected"] = Field(title="補發事由")
    room_no: Word | None = Field(None, title="試場編號")
    seat_no: Word | None = Field(None, title="座位")


def _issue(ground: Ground, form: IssueTicket) -> Found:
    record = record_of(ground)
    if value(record, "dual_exam"):
        raise SitsElsewhere
    return Found(fields=_printed(ground))


def _reissue(ground: Ground, form: ReissueTicket) -> Found:
    record = record_of(ground)
    window = window_of_test(ground.programme, STAGE)
    if window is not None and standing(window, ground.now, ground.postponed) != "early":
        raise TestHasBegun
    if form.cause == "corrected" and form.reason is None:
        raise ReasonRequired
    old = record.last("ticket-reissued") or record.last("ticket-issued")
    said = {
        "ticket_no": old.ticket_no,
        "room_no": form.room_no or old.room_no,
        "seat_no": form.seat_no or old.seat_no,
        "voids_version": old.originator_version,
    }
    return Found(fields=_printed(ground) | said)


def _printed(ground: Ground) -> dict[str, object]:
    minutes = granted_minutes(record_of(ground), STAGE)
    return {"stage": STAGE, "sessions": sessions_of(ground.programme, STAGE, minutes)}


_PRINTED = {"stage": str, "sessions": tuple[Session, ...]}

ISSUED = define(PROCESS, "ticket-issued", "核發鑑定證", IssueTicket, _issue, _PRINTED)
REISSUED = define(
    PROCESS,
    "ticket-reissued",
    "補發鑑定證",
    ReissueTicket,
    _reissue,
    _PRINTED | {"ticket_no": str, "voids_version": int},
)
