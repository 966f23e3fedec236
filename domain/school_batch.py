"""What a school hands in for all its students at a stage: one record per school and stage.

A batch is a process without a student (Kaohsiung 2.3a): the roster is exported, signed, the money
remitted, the scan uploaded, checked and receipted. Of the roster the batch keeps a digest, so that
a paper signed before a row changed is known to be out of date (6.2, M17).
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from domain import labels
from domain.calendar import WrittenDate, school_year
from domain.event import ENCRYPTED, Encrypted, Erased
from domain.machine_rules import Machine
from domain.placement_words import BATCH, BATCH_CODES
from domain.process import Found, Ground, Record, StepForm, define, evolving, process
from domain.programme_rules import Programme
from domain.refusal import NotValid, Refusal
from domain.roster_digest import Digested
from domain.school_payer import names_school
from domain.section import Text, Word

#: By the stage in an address, the process; a batch's roster has the code of the stage.
STAGES = {
    "initial": "initial_batch",
    "second": "second_batch",
    "placement": "placement_batch",
}
INITIAL, SECOND, PLACEMENT = STAGES.values()


def machines_by_stage(programme: Programme) -> dict[str, Machine]:
    """The stages at which schools hand something in by this plan; another plan has none of them."""
    found = {stage: programme.machine(code) for stage, code in STAGES.items()}
    return {stage: machine for stage, machine in found.items() if machine is not None}


for _process in STAGES.values():
    process(_process, None)
    labels.name_more(_process, BATCH, BATCH_CODES)
EVOLVES = {one: evolving(one) for one in STAGES.values()}


class RosterMissing(Refusal):
    """The programme has no such roster, or nobody of the school is on it."""

    CODE = "roster-empty"
    TITLE = "本校沒有學生在這份名冊上"


class RosterStale(Refusal):
    """What was signed says something else than the data now."""

    CODE = "roster-stale"
    TITLE = "名冊的資料在匯出後已變更，請重新匯出、核章後再上傳"


class TotalsDiffer(Refusal):
    CODE = "totals-differ"
    TITLE = "匯款金額與名冊應繳交的金額不符"


class PayerNotSchool(NotValid):
    """A person's name is refused and not kept (Kaohsiung 4.1)."""

    CODE = "payer-not-school"
    TITLE = "匯款人須為學校名稱，不可為個人"

    def __init__(self) -> None:
        super().__init__(field="payer_name")


class ChoiceNotValid(NotValid):
    CODE = "entrustment-not-valid"
    TITLE = "勾選「均不委託」時不可再選委託事項或通過標準"


class ExportRoster(StepForm):
    """The roster as it is now; its totals are computed."""


class SignRoster(StepForm):
    signed_on: WrittenDate = Field(title="核章日期")
    sign_officer: Encrypted[Word] = Field(title="承辦人")
    sign_guidance_director: Encrypted[Word] = Field(title="輔導主任或處室主任")
    sign_accountant: Encrypted[Word | None] = Field(None, title="會計")
    sign_principal: Encrypted[Word] = Field(title="校長")


class RecordRemittance(StepForm):
    """What was remitted altogether, also where it went in several sums."""

    payer_name: Word = Field(title="匯款人", description="請填學校名稱。")
    amount: int = Field(ge=0, le=10_000_000, title="累計匯款金額")
    remitted_on: WrittenDate = Field(title="匯款日期")
    remittance_slip_document: UUID | None = Field(None, title="匯款存單")


class UploadRoster(StepForm):
    roster_document: UUID = Field(title="核章後掃描的名冊")


class CheckBatch(StepForm):
    comment: Encrypted[Text | None] = Field(None, title="審查意見")


class ReturnBatch(StepForm):
    comment: Encrypted[Text] = Field(title="退回原因")


class IssueReceipt(StepForm):
    receipt_number: Word = Field(title="收據號碼")
    amount: int = Field(ge=0, le=10_000_000, title="收據金額")
    issued_on: WrittenDate = Field(title="開立日期")


class FileEntrustment(StepForm):
    """One letter of a school for all its pupils (Kaohsiung F19)."""

    types: tuple[Literal["exemption", "acceleration"], ...] = Field((), title="類型")
    entrust_joint_test: bool = Field(False, title="委託辦理學科成就測驗")
    line_choice: Literal["joint_line", "own_line"] | None = Field(
        None, title="通過標準", description="採聯合評量的標準，或由學校自訂。"
    )
    entrust_none: bool = Field(False, title="以上作業均不委託")
    officer_name: Encrypted[Word | None] = Field(None, title="承辦人員")
    phone_office: Encrypted[Word | None] = Field(None, title="電話（公）")
    phone_mobile: Encrypted[Word | None] = Field(None, title="手機")
    sign_director: Encrypted[Word | None] = Field(None, title="承辦處室主任")
    sign_principal: Encrypted[Word | None] = Field(None, title="校長")
    letter_date: WrittenDate = Field(title="委託書日期")
    entrustment_document: UUID | None = Field(None, title="委託書掃描")


class UploadMinutes(StepForm):
    """One set of minutes of a school for all its pupils (Kaohsiung 8.4)."""

    meeting_on: WrittenDate = Field(title="會議日期")
    minutes_for: Literal["placement", "igp"] = Field(title="審議事項")
    minutes_document: UUID = Field(title="特推會會議紀錄")


class FilePaper(StepForm):
    """What a programme names without giving it a form, of the school and of no pupil (F34)."""

    filed_document: UUID = Field(title="其他資料掃描")


class FileProposal(StepForm):
    """What a school raises, once per semester; none where there is nothing (Kaohsiung F32)."""

    school_year: int | None = Field(
        None, title="學年度", ge=1, le=999, description="不填時為今天所在的學年度。"
    )
    semester: Literal["first", "second"] = Field(title="學期")
    problem: Encrypted[Text] = Field(title="遭遇困難或其他問題")
    explanation: Encrypted[Text | None] = Field(None, title="說明")
    suggestion: Encrypted[Text | None] = Field(None, title="建議事項")
    proposal_document: UUID | None = Field(None, title="提案單掃描")


def _now(ground: Ground) -> Digested:
    if ground.roster is None or ground.roster.students == 0:
        raise RosterMissing
    return ground.roster


def _exported(ground: Ground) -> Digested:
    """The roster, which must still be the one that was exported. Raises `RosterStale`."""
    now = _now(ground)
    last = None if ground.record is None else ground.record.last("roster-exported")
    if last is None or last.roster_digest != now.digest:
        raise RosterStale
    return now


def _export(ground: Ground, form: ExportRoster) -> Found:
    now = _now(ground)
    return Found(
        fields={
            "roster_digest": now.digest,
            "students": now.students,
            "units": now.units,
            "collected": now.collected,
            "remit_amount": now.passed_on,
        }
    )


def _sign(ground: Ground, form: SignRoster) -> Found:
    _exported(ground)
    return Found()


def _remit(ground: Ground, form: RecordRemittance) -> Found:
    if not names_school(form.payer_name, ground.school_name):
        raise PayerNotSchool
    return Found()


def _upload(ground: Ground, form: UploadRoster) -> Found:
    """Only what was signed last, and paid as it says, may be handed in."""
    now = _exported(ground)
    assert ground.record is not None
    if ground.record.process != PLACEMENT:
        paid = remitted(ground.record)
        if paid != now.passed_on:
            raise TotalsDiffer(
                f"名冊應繳交 {now.passed_on:,} 元，已登記匯款 {paid:,} 元，請先更正匯款紀錄。"
            )
    return Found(fields={"roster_digest": now.digest})


def _check(ground: Ground, form: CheckBatch) -> Found:
    """What is out of date is not checked: it is returned, or the school uploads anew."""
    assert ground.record is not None
    if is_stale(ground.record, _now(ground)):
        raise RosterStale("上傳的名冊已不是目前的資料，請退回，由學校重新匯出、核章、上傳。")
    return Found()


def _return(ground: Ground, form: ReturnBatch) -> Found:
    return Found()


def _receipt(ground: Ground, form: IssueReceipt) -> Found:
    assert ground.record is not None
    paid = remitted(ground.record)
    if form.amount != paid:
        raise TotalsDiffer(f"收據金額應為學校匯款的 {paid:,} 元。")
    return Found()


def _entrust(ground: Ground, form: FileEntrustment) -> Found:
    entrusts = form.entrust_joint_test or form.line_choice is not None
    if form.entrust_none and entrusts:
        raise ChoiceNotValid(field="entrust_none")
    if not form.entrust_none:
        if not form.entrust_joint_test:
            raise ChoiceNotValid("請勾選委託事項，或勾選「均不委託」。", "entrust_joint_test")
        if not form.types:
            raise ChoiceNotValid("請勾選委託的類型。", "types")
    return Found()


def _minutes(ground: Ground, form: UploadMinutes) -> Found:
    return Found()


def _file(ground: Ground, form: FilePaper) -> Found:
    return Found()


def _proposal(ground: Ground, form: FileProposal) -> Found:
    return Found(fields={"school_year": form.school_year or school_year(ground.today)})


#: Of so few rows with so little in them that a plain digest could be guessed.
_DIGEST: Any = Annotated[str | Erased | None, ENCRYPTED]
_TOTALS: dict[str, Any] = {
    "roster_digest": _DIGEST,
    "students": int,
    "units": int,
    "collected": int,
    "remit_amount": int,
}

for _process in STAGES.values():
    define(_process, "roster-exported", "匯出名冊", ExportRoster, _export, _TOTALS)
    define(_process, "roster-signed", "名冊核章", SignRoster, _sign)
    if _process != PLACEMENT:
        define(_process, "remittance-recorded", "登記匯款", RecordRemittance, _remit)
        define(_process, "receipt-issued", "開立統一收據", IssueReceipt, _receipt)
    define(
        _process,
        "roster-uploaded",
        "上傳核章名冊",
        UploadRoster,
        _upload,
        {"roster_digest": _DIGEST},
    )
    define(_process, "batch-checked", "審查通過", CheckBatch, _check)
    define(_process, "batch-returned", "退回補正", ReturnBatch, _return)
define(SECOND, "entrustment-filed", "提出委託書", FileEntrustment, _entrust, version=2)
define(PLACEMENT, "minutes-uploaded", "上傳特推會會議紀錄", UploadMinutes, _minutes)
define(PLACEMENT, "paper-filed", "上傳其他資料", FilePaper, _file)
define(PLACEMENT, "proposal-filed", "提案", FileProposal, _proposal, version=2)


def remitted(record: Record) -> int:
    """What the school remitted altogether, by the newest record of it."""
    last = record.last("remittance-recorded")
    return 0 if last is None else int(last.amount)


def is_stale(record: Record | None, now: Digested | None) -> bool:
    """Whether the roster that was uploaded says something else than the data now."""
    last = None if record is None else record.last("roster-uploaded")
    if last is None:
        return False
    return now is None or bool(last.roster_digest != now.digest)
