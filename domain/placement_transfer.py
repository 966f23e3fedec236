"""A placed pupil goes to another school (F33, 8.5): steps of the case of `domain.placement_case`.

The placement is not active at the new school until its committee has passed the new guidance plan
and the council has placed the pupil again, whatever the category (Q7, Q-11).
"""

from datetime import date
from uuid import UUID

from pydantic import Field

from domain import placement_path as path
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.placement_care import plan_revised_after
from domain.placement_case import PROCESS, Verdict
from domain.process import Found, Ground, StepForm, define
from domain.programme_data import Code
from domain.refusal import NotAllowed, NotValid, Refusal
from domain.section import Text, Word


class NotifyTransfer(StepForm):
    """The notice: scanned; its original goes by letter to the authority and the new school."""

    to_school_id: UUID = Field(title="新轉入學校")
    committee_signs: tuple[Code, ...] = Field(title="委員簽章")
    transfer_notice_document: UUID = Field(title="轉學通知單掃描檔")
    authority_letter_number: Word = Field(title="函送教育局文號")
    new_school_letter_number: Word = Field(title="函送新轉入學校文號")
    transfer_letters_on: WrittenDate = Field(title="函送日期")
    organiser_copied_on: WrittenDate = Field(title="通知單送承辦學校日期")


class HandOver(StepForm):
    on_paper: tuple[Code, ...] = Field(title="移交資料（紙本）")
    electronic: tuple[Code, ...] = Field(title="移交資料（電子檔）")
    handed_over_on: WrittenDate = Field(title="移交日期")


class ReceiveTransfer(StepForm):
    received_on: WrittenDate = Field(title="收到日期")


class PassAtNewSchool(StepForm):
    committee_met_on: WrittenDate = Field(title="會議日期")
    minutes_document: UUID | None = Field(None, title="特殊教育推行委員會會議紀錄")


class PlaceAgain(StepForm):
    result: Verdict = Field(title="審議結果")
    meeting_on: WrittenDate = Field(title="會議日期")
    deliberation: Encrypted[Text | None] = Field(None, title="審議意見")


class SignaturesMissing(Refusal):
    CODE = "signatures-missing"
    TITLE = "簽章還沒有齊全"


class HandOverIncomplete(Refusal):
    """KAO-144: each of the items goes on paper and as a file."""

    CODE = "hand-over-incomplete"
    TITLE = "移交資料不完整"


class PlanNotDrawnUp(Refusal):
    CODE = "new-igp-missing"
    TITLE = "請先由新轉入學校擬定個別輔導計畫"


def _notify(ground: Ground, form: NotifyTransfer) -> Found:
    path.check_own_school(ground)
    rows = path.rows_of(ground)
    path.check_school(ground, "to_school_id", form.to_school_id)
    assert ground.student is not None
    assert ground.record is not None
    if form.to_school_id == ground.student.organisation_id:
        raise NotValid("學生已經就讀這所學校。", "to_school_id")
    rule = path.rules_of(ground.programme).transfer
    if missing := rule.signatures.missing(form.committee_signs):
        raise SignaturesMissing("請補上簽章：" + "、".join(missing) + "。")
    letter = ground.record.last("notified")
    return Found(
        computed=(path.path_computed(ground.programme, rows),),
        fields={
            "from_school_id": ground.student.organisation_id,
            "original_types": tuple(dict.fromkeys(one.category.value for one in rows)),
            "original_areas": tuple(one.area for one in rows),
            **(
                {}
                if letter is None
                else {"letter_number": letter.letter_number, "letter_date": letter.letter_date}
            ),
        },
    )


def _hand_over(ground: Ground, form: HandOver) -> Found:
    path.check_own_school(ground)
    assert ground.record is not None
    missing = [
        f"{one.name}（{kind}）"
        for one in path.rules_of(ground.programme).transfer.items
        for kind, given in (("紙本", form.on_paper), ("電子檔", form.electronic))
        if one.code not in given
    ]
    if missing:
        raise HandOverIncomplete("請移交：" + "、".join(missing) + "。")
    # From here on the new school sees the case.
    return Found(fields={"next_school_id": ground.record.last("transfer-notified").to_school_id})


def _receive(ground: Ground, form: ReceiveTransfer) -> Found:
    _at_new_school(ground)
    return Found()


def _pass(ground: Ground, form: PassAtNewSchool) -> Found:
    _at_new_school(ground)
    if not plan_revised_after(ground, "transfer-received"):
        raise PlanNotDrawnUp
    return Found()


def _at_new_school(ground: Ground) -> None:
    """Raises `NotAllowed`, `NotValid` where the pupil is not enrolled at the new school yet."""
    path.check_own_school(ground)
    assert ground.record is not None
    assert ground.student is not None
    to_school = ground.record.last("transfer-notified").to_school_id
    if ground.student.organisation_id != to_school:
        raise NotValid("請先由原就讀學校辦理學生轉學，再由新轉入學校辦理。", "received_on")


def _place(ground: Ground, form: PlaceAgain) -> Found:
    if not ground.own_school:
        raise NotAllowed
    return Found(
        outcome=form.result, fields={"body": path.rules_of(ground.programme).transfer.decides}
    )


_NOTICE = {
    "from_school_id": UUID,
    "original_types": tuple[str, ...],
    "original_areas": tuple[str, ...],
    "letter_number": str,
    "letter_date": date,
}

define(PROCESS, "transfer-notified", "通知轉學", NotifyTransfer, _notify, dict(_NOTICE))
define(PROCESS, "files-handed-over", "移交縮修檔案", HandOver, _hand_over)
define(PROCESS, "transfer-received", "轉入學校收件", ReceiveTransfer, _receive)
define(PROCESS, "new-committee-passed", "轉入學校特推會通過", PassAtNewSchool, _pass)
define(PROCESS, "council-replaced", "鑑輔會重新安置", PlaceAgain, _place, {"body": str})
