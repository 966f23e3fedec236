"""The second stage of an application: registration, entry, forfeiture, ticket.

Kaohsiung A12 to A15; forms F16, F17 and F21. What is registered is judged by
`domain.second_rows`; what comes after is in `domain.second_outcome` and `domain.second_recheck`.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from domain import application_facts, fees, window
from domain.application import PROCESS
from domain.application_facts import record_of
from domain.application_forms import EconomicStatus
from domain.application_initial import RegistrationIncomplete, WindowStillOpen
from domain.calendar import WrittenDate, local_date
from domain.event import Encrypted
from domain.process import Computed, Found, Ground, StepForm, define
from domain.refusal import NotValid, ReasonRequired
from domain.second_forms import (
    EXCEPTION,
    SUBMITTED,
    ExceptionKind,
    Mode,
    PlacedSubject,
    SecondRow,
    SubjectAward,
)
from domain.second_rows import check_rows, findings, resolved, rules_of, standing
from domain.section import Text, Word
from domain.sitting import Session, TestHasBegun, granted_minutes, sessions_of, window_of_test

STAGE = "second"
CHARGE = "second_test"


class SecondApplication(StepForm):
    """F16 and F17. The economic standing is said only where it is not that of the first stage."""

    rows: tuple[SecondRow, ...] = Field(title="報考學科、年級及類型", min_length=1)
    achievement_test_mode: Mode | None = Field(
        None,
        title="學科成就測驗辦理方式",
        description="免修課程、學科加速才需填寫：學校自辦或參加聯合評量。",
    )
    second_photo_received: bool = Field(False, title="照片繳交（複選）")
    second_fee_paid: bool = Field(False, title="繳交報名費（複選）")
    needs_accommodation: bool = Field(False, title="服務需求申請")
    awards: Encrypted[tuple[SubjectAward, ...] | None] = Field(None, title="國際競賽獲獎")
    economic_status: Encrypted[EconomicStatus | None] = Field(None, title="經濟文化殊異學生")
    income_proof_valid_until: Encrypted[WrittenDate | None] = Field(None, title="收入證明有效期限")
    income_proof_document: UUID | None = Field(None, title="低收入戶／中低收入戶證明")
    remark: Encrypted[Word | None] = Field(None, title="備註", description="印在複選報考名冊。")


class ConfirmSecondEntry(StepForm):
    pass


class ForfeitSecond(StepForm):
    missing: tuple[Word, ...] = Field(title="缺漏的資料", min_length=1, max_length=20)


class SecondTicket(StepForm):
    """F21. The number is that of the first stage, where there is one."""

    ticket_no: Word | None = Field(None, title="鑑定證編號")
    room_no: Word = Field(title="試場編號")
    computer_room_no: Word | None = Field(None, title="電腦測驗試場編號")


class SecondTicketAgain(StepForm):
    """The number stays; a room may be another one where it was wrong."""

    cause: Literal["lost", "corrected"] = Field(title="補發事由")
    room_no: Word | None = Field(None, title="試場編號")
    computer_room_no: Word | None = Field(None, title="電腦測驗試場編號")


class AllowException(StepForm):
    """What the council decided against the rule, with where it is written."""

    exception: ExceptionKind = Field(title="例外事項")
    decided_on: WrittenDate = Field(title="決議日期")
    meeting: Encrypted[Text] = Field(title="會議及決議")


def _submit(ground: Ground, form: SecondApplication) -> Found:
    if record_of(ground).last(SUBMITTED) is not None and form.reason is None:
        # A later one replaces what was registered: the earlier stays in the book.
        raise ReasonRequired
    rules = rules_of(ground)
    rows = resolved(rules, form.rows, form.achievement_test_mode)
    awards = form.awards if isinstance(form.awards, tuple) else ()
    computed = check_rows(ground, rows, awards)
    if rules.pupils.photos_each_stage and not form.second_photo_received:
        raise RegistrationIncomplete("請繳交複選的照片，繳交後才算完成報名。")
    owed = _fee(ground, form, sum(row.test == "joint" for row in rows))
    if owed is not None and owed.pays and owed.charged and not form.second_fee_paid:
        raise RegistrationIncomplete("請繳交複選報名費，繳交後才算完成報名。")
    found: dict[str, Any] = {
        "rows": tuple(rows),
        "placed": standing(ground),
        "findings": findings(ground, rows),
    }
    if owed is not None:
        found |= {
            "subject_count": owed.units,
            "second_fee": owed.charged,
            "remit_amount": owed.passed_on,
            "kept_by_school": owed.kept,
        }
        computed = (*computed, _said(owed))
    return Found(computed=computed, fields=found)


def _fee(ground: Ground, form: SecondApplication, subjects: int) -> fees.RosterRow | None:
    """What is owed for the subjects of the joint test; none is for the school's own (Q-14)."""
    table = ground.programme.fees
    if isinstance(table, str):
        return None
    # What was proven at the first stage is not asked for again (KAO-79).
    claims = tuple(application_facts.claims(ground.programme, record_of(ground)))
    if isinstance(form.economic_status, str):
        said, until = form.economic_status, form.income_proof_valid_until
        claims = () if said == "none" else (fees.Claim(status=said, valid_until=until),)
    day = local_date(form.received_at or ground.now)
    proven = fees.proven(table, claims, day)
    return fees.row(table, CHARGE, fees.Candidate(units=subjects, statuses=proven))


def _said(owed: fees.RosterRow) -> Computed:
    return Computed(
        rule=owed.rule,
        inputs={"units": owed.units, "statuses": list(owed.statuses)},
        threshold=None,
        branch=",".join(owed.freed_by) or None,
        outcome=str(owed.charged),
    )


def _confirm(ground: Ground, form: ConfirmSecondEntry) -> Found:
    """`joint` where a subject sits the joint test; else the school goes its own way (2.2)."""
    rows: tuple[SecondRow, ...] = record_of(ground).last(SUBMITTED).rows
    return Found(outcome="joint" if any(row.test == "joint" for row in rows) else "school")


def _forfeit(ground: Ground, form: ForfeitSecond) -> Found:
    """Only once the window is over in which this pupil could register."""
    machine = ground.programme.machine(PROCESS)
    rule = None if machine is None else machine.rule(SUBMITTED, ground.state)
    codes = () if rule is None else (rule.received_in, rule.recorded_in)
    for code in codes:
        if code is None:
            continue
        asked = ground.programme.window(code)
        if window.standing(asked, ground.now, ground.postponed) != "late":
            raise WindowStillOpen
        break
    return Found()


def _ticket(ground: Ground, form: SecondTicket) -> Found:
    record = record_of(ground)
    earlier = record.last("ticket-reissued") or record.last("ticket-issued")
    number = form.ticket_no or (None if earlier is None else earlier.ticket_no)
    if number is None:
        raise NotValid("請填寫鑑定證編號。", "ticket_no")
    return Found(fields=_printed(ground) | {"ticket_no": number})


def _reissue(ground: Ground, form: SecondTicketAgain) -> Found:
    """Lost, or wrong: before the test, by the same number; the earlier ticket is void (KAO-47)."""
    record = record_of(ground)
    day = window_of_test(ground.programme, STAGE)
    if day is not None and window.standing(day, ground.now, ground.postponed) != "early":
        raise TestHasBegun
    if form.cause == "corrected" and form.reason is None:
        raise ReasonRequired
    old = record.last("second-ticket-reissued") or record.last("second-ticket-issued")
    said = {
        "ticket_no": old.ticket_no,
        "room_no": form.room_no or old.room_no,
        "computer_room_no": form.computer_room_no or old.computer_room_no,
        "voids_version": old.originator_version,
    }
    return Found(fields=_printed(ground) | said)


def _printed(ground: Ground) -> dict[str, Any]:
    minutes = granted_minutes(record_of(ground), STAGE)
    return {"stage": STAGE, "sessions": sessions_of(ground.programme, STAGE, minutes)}


def _allow(ground: Ground, form: AllowException) -> Found:
    return Found()


_PRINTED = {"stage": str, "sessions": tuple[Session, ...]}

define(
    PROCESS,
    SUBMITTED,
    "複選報名",
    SecondApplication,
    _submit,
    {
        "placed": tuple[PlacedSubject, ...],
        "findings": tuple[str, ...],
        "subject_count": int,
        "second_fee": int,
        "remit_amount": int,
        "kept_by_school": int,
    },
    version=2,
)
define(PROCESS, "second-stage-entry-confirmed", "確認複選報名資料", ConfirmSecondEntry, _confirm)
define(PROCESS, "second-stage-forfeited", "複選視同棄權", ForfeitSecond, _forfeit)
define(PROCESS, "second-ticket-issued", "核發複選鑑定證", SecondTicket, _ticket, _PRINTED)
define(
    PROCESS,
    "second-ticket-reissued",
    "補發複選鑑定證",
    SecondTicketAgain,
    _reissue,
    _PRINTED | {"ticket_no": str, "voids_version": int},
)
define(PROCESS, EXCEPTION, "鑑輔會例外決議", AllowException, _allow)
