"""Which scans a programme takes, and which of them are needed in which case (Kaohsiung 8.4).

A kind is of a student, or of a school: one for all its students. What is needed follows from cases
that the steps of the processes say (`domain.upload_checklist`); there is no list for each student
kept by hand.
"""

from typing import Annotated, Literal, Self

from pydantic import Field

from domain.application_words import ECONOMIC
from domain.labels import CATEGORIES, REQUEST_KINDS
from domain.programme_data import Code, Data, Source, Words, at_publication

#: Holds for every school or student of the stage, whatever else is the case.
ALWAYS = "always"

#: What may be the case with a school or a student (`domain.upload_checklist`), as people say it.
CASES = {
    ALWAYS: "每校應備",
    "remits": "應繳交報名費",
    "initial_exempt": "免初選",
    **ECONOMIC,
    "special_group": "特殊族群",
    "accommodation": "申請服務需求",
    "joint_test": "免修、加速參加聯合評量",
    "full_skip": "全部學科跳級",
    "partial_skip": "部分學科跳級",
    **{one: word for one, word in CATEGORIES.items() if one != "skip"},
    **REQUEST_KINDS,
    "first_time_abandonment": "首次通過即放棄",
}


class UploadKind(Data):
    """A kind of scan. `remark` is what stays on paper, or who keeps the original.

    `fields` are those of the steps' forms that name this kind, beside the one that is called as
    its code (`domain.programme_document.kinds_of`).
    """

    code: Code
    name: Words
    of: Literal["student", "school"]
    fields: tuple[Code, ...] = ()
    remark: Words | None = None
    source: Source


class RequiredUpload(Data):
    """What is needed at a stage where one of the cases holds.

    `until` is the window whose last day it is due on. `asked_once`: what was handed in at an
    earlier stage is not asked for again. `letter_number` says whether the number of the decision's
    letter must be given with it.
    """

    stage: Code
    cases: Annotated[tuple[Code, ...], Field(min_length=1)]
    kinds: Annotated[tuple[Code, ...], Field(min_length=1)]
    until: Code | None = None
    asked_once: bool = False
    letter_number: bool = False
    source: Source


class Uploads(Data):
    """The scans of a programme."""

    kinds: Annotated[tuple[UploadKind, ...], Field(min_length=1)]
    required: tuple[RequiredUpload, ...] = ()
    remarks: tuple[Words, ...] = ()

    def kind(self, code: str) -> UploadKind | None:
        """The kind of a code; None where the plan takes no such scan."""
        return next((one for one in self.kinds if one.code == code), None)

    @at_publication
    def _of_one_piece(self) -> Self:
        codes = [one.code for one in self.kinds]
        if len({*codes}) != len(codes):
            raise ValueError("uploads.kinds: 代碼重複")
        for one in self.required:
            place = f"uploads.required.{one.stage}"
            if unknown := [kind for kind in one.kinds if kind not in codes]:
                raise ValueError(f"{place}: 沒有「{unknown[0]}」這種上傳資料")
            if unknown := [case for case in one.cases if case not in CASES]:
                raise ValueError(f"{place}: 沒有「{unknown[0]}」這種情形")
        return self
