"""The fields of an application as the forms print them (Kaohsiung F01 to F06).

Identity (name, number, sex, birthday, school) stands in the register of students and is not asked
for again.
"""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.application_contact import ContactHead
from domain.calendar import WrittenDate
from domain.event import Encrypted
from domain.process import StepForm
from domain.programme_data import Code
from domain.section import SectionData, Text, Word

EconomicStatus = Literal["low_income", "mid_low_income", "none"]


#: Which standings a fee is waived by, in the events that say what is due.
FEE_STATUSES = Encrypted[tuple[str, ...] | None]


class Contact(SectionData):
    """Somebody who can be reached."""

    name: Word = Field(title="姓名")
    phone_home: Word | None = Field(None, title="電話（住家）")
    phone_mobile: Word | None = Field(None, title="電話（手機）")


class PastAssessment(SectionData):
    """A line of 歷年鑑定紀錄 (F03): passes and failures alike."""

    school_year: int = Field(title="學年度", ge=1, le=999)
    test: str = Field(title="測驗名稱", max_length=100, description="團體智力測驗或科目的代碼。")
    exam_grade: int = Field(title="年級", ge=1, le=12)
    t_score: Decimal = Field(title="T分數", ge=0, le=100)
    t_total: Decimal | None = Field(None, title="T總分", ge=0, le=1000)
    outcome: Literal["passed", "failed"] = Field(title="鑑定結果")


class PastPlacement(SectionData):
    """A line of 歷年縮短修業年限安置經歷 (F04)."""

    school_year: int = Field(title="學年度", ge=1, le=999)
    education_stage: Literal["elementary", "junior_high"] = Field("elementary", title="教育階段")
    grade_that_year: int = Field(title="就讀年級", ge=1, le=12)
    area: str = Field(title="領域", min_length=1, max_length=40)
    category: Literal["skip", "promotion", "exemption", "acceleration"] = Field(title="安置類別")
    placement_grade: int = Field(title="安置年級", ge=1, le=12)
    placement_note: str | None = Field(None, title="安置情形", max_length=500)


class PlannedSubject(BaseModel):
    """A subject that the pupil means to take in the second stage; not binding (F06)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(title="科目", min_length=1, max_length=60)
    exam_grade: int = Field(title="年級", ge=1, le=12)


class Task(BaseModel):
    """Something that the school must do for a pupil; `due` is an ISO date."""

    model_config = ConfigDict(frozen=True)

    task: str
    name: str
    due: str | None = None


class SubmitInitial(StepForm):
    """F01, F02, F05 and F06: what the guardian handed in, as the school enters it."""

    guardians: Encrypted[tuple[Contact, ...]] = Field(
        title="法定代理人／實際照顧者", min_length=1, max_length=2
    )
    emergency_same_as_guardian: bool = Field(False, title="緊急連絡人同法定代理人")
    emergency: Encrypted[Contact | None] = Field(None, title="緊急連絡人")
    current_class: Word | None = Field(None, title="班級")
    class_teacher_name: Encrypted[Word] = Field(title="導師")
    in_gifted_class: bool = Field(title="就讀資優資源班")
    gifted_class_teacher: Encrypted[Word | None] = Field(None, title="資優資源班導師")
    is_foreign_national: Encrypted[bool] = Field(False, title="外籍學生")
    district_junior_high_id: UUID | None = Field(None, title="學區國中")
    controlled_enrolment: bool = Field(False, title="總量管制學校")
    initial_exempt_claim: bool = Field(False, title="是否符合免初選資格")
    has_disability: Encrypted[bool] = Field(title="身心障礙學生")
    economic_status: Encrypted[EconomicStatus] = Field(title="經濟文化殊異學生")
    income_proof_valid_until: Encrypted[WrittenDate | None] = Field(None, title="收入證明有效期限")
    income_proof_document: UUID | None = Field(None, title="低收入戶／中低收入戶證明")
    past_assessments: Encrypted[tuple[PastAssessment, ...]] = Field((), title="歷年鑑定紀錄")
    past_placements: Encrypted[tuple[PastPlacement, ...]] = Field(
        (), title="歷年縮短修業年限安置經歷"
    )
    dual_exam: bool = Field(False, title="同時報考一般智能")
    dual_exam_school_id: UUID | None = Field(None, title="報考一般智能的學校")
    initial_fee_paid: bool = Field(False, title="繳交報名費（初選）")
    needs_accommodation: bool = Field(title="服務需求申請")
    initial_photo_received: bool = Field(title="照片繳交（初選）")
    planned_subjects: tuple[PlannedSubject, ...] = Field((), title="複試考科調查", max_length=12)
    planned_full_skip: bool = Field(False, title="擬申請全部學科跳級")


class CorrectDetails(StepForm):
    """What may be corrected of an application: the fields that are given change."""

    current_grade: int | None = Field(None, title="目前年級", ge=1, le=12)
    current_class: Word | None = Field(None, title="班級")
    guardians: Encrypted[tuple[Contact, ...] | None] = Field(
        None, title="法定代理人／實際照顧者", min_length=1, max_length=2
    )
    emergency: Encrypted[Contact | None] = Field(None, title="緊急連絡人")
    class_teacher_name: Encrypted[Word | None] = Field(None, title="導師")
    in_gifted_class: bool | None = Field(None, title="就讀資優資源班")
    gifted_class_teacher: Encrypted[Word | None] = Field(None, title="資優資源班導師")
    district_junior_high_id: UUID | None = Field(None, title="學區國中")
    controlled_enrolment: bool | None = Field(None, title="總量管制學校")
    initial_fee_paid: bool | None = Field(None, title="繳交報名費（初選）")
    has_disability: Encrypted[bool | None] = Field(None, title="身心障礙學生")
    economic_status: Encrypted[EconomicStatus | None] = Field(None, title="經濟文化殊異學生")
    income_proof_valid_until: Encrypted[WrittenDate | None] = Field(None, title="收入證明有效期限")
    income_proof_document: UUID | None = Field(None, title="低收入戶／中低收入戶證明")
    planned_subjects: tuple[PlannedSubject, ...] | None = Field(
        None, title="複試考科調查", max_length=12
    )
    past_assessments: Encrypted[tuple[PastAssessment, ...] | None] = Field(
        None, title="歷年鑑定紀錄"
    )
    past_placements: Encrypted[tuple[PastPlacement, ...] | None] = Field(
        None, title="歷年縮短修業年限安置經歷"
    )


class FileStatement(ContactHead):
    """F15: the statement of a special group, filed with the registration."""

    groups: Encrypted[tuple[Literal["disability", "low_income", "mid_low_income"], ...]] = Field(
        title="特殊身分", min_length=1
    )
    condition: Encrypted[Text | None] = Field(None, title="障礙類別／病情簡述")
    special_group_statement_document: UUID | None = Field(None, title="報考說明表")
    group_proof_document: UUID | None = Field(None, title="繳驗證件")
    talent_evidence: bool = Field(False, title="是否檢附二年內優勢才能佐證")
    talent_documents: tuple[UUID, ...] = Field((), title="優勢才能佐證資料")
    talent_since: WrittenDate | None = Field(
        None, title="最早一件佐證的日期", description="檢附佐證資料者必填。"
    )
    signed_by_pupil: bool = Field(True, title="學生簽名")
    proxy_name: Encrypted[Word | None] = Field(None, title="代簽人")
    proxy_reason: Encrypted[Text | None] = Field(None, title="代簽原因")


class Vet(StepForm):
    """The school's committee, or its gifted group, accepts or refuses an application."""

    decision: Literal["accepted", "refused"] = Field(title="審查結果")
    body: Code = Field(title="審查單位")
    met_on: WrittenDate = Field(title="會議日期")
    minutes_document: UUID | None = Field(None, title="會議紀錄")


class ConfirmEntry(StepForm):
    """The school's entry of a pupil is complete."""

    dual_registered: bool = Field(False, title="已完成一般智能資優鑑定報名")


class Forfeit(StepForm):
    """What is missing after the window counts as given up (視同棄權)."""

    missing: tuple[Word, ...] = Field(title="缺漏的資料", min_length=1, max_length=20)
