"""服務需求: what a pupil needs on the day of the test (Kaohsiung 3.9, F13 and F14).

Asked for with the registration of each stage; after a sudden illness or injury at any time before
the test. Which proof stands for that is the programme's.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from domain.application import PROCESS
from domain.application_contact import ContactHead, contact_of
from domain.application_facts import record_of, selection_of, stage_of, ticket_no
from domain.calendar import WrittenDate
from domain.event import Encrypted, plain
from domain.process import Found, Ground, StepForm, define
from domain.process_step import PastClosing
from domain.programme_data import Code, Window
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.section import Text, Word
from domain.sitting import Session, TestHasBegun, sessions_of, window_of_test
from domain.window import standing


class NothingRequested(NotValid):
    CODE = "no-accommodation-requested"
    TITLE = "請至少選擇一項服務需求"


class NoRequest(Refusal):
    CODE = "no-accommodation-request"
    TITLE = "沒有待審的服務需求申請"


class _Request(ContactHead):
    stage: Literal["initial", "second"] = Field(title="報名階段")
    condition: Encrypted[Text] = Field(title="障礙類別／病情簡述")
    proof: Encrypted[Code] = Field(title="繳驗證件")
    accommodation_proof_document: UUID | None = Field(None, title="身心障礙或傷病證明")
    accommodation_request_document: UUID | None = Field(None, title="服務需求申請表")
    extra_minutes: int = Field(0, title="延長作答時間（分鐘）", ge=0)
    early_entry: bool = Field(False, title="提早入場")
    kinds: Encrypted[tuple[Code, ...]] = Field((), title="服務項目", max_length=20)
    other_need: Encrypted[Text | None] = Field(None, title="其他功能性障礙所需服務")
    teacher_statement: Encrypted[Text] = Field(title="輔導教師綜合說明")
    signed_by_pupil: bool = Field(True, title="學生簽名")
    proxy_name: Encrypted[Word | None] = Field(None, title="代簽人")
    proxy_reason: Encrypted[Text | None] = Field(None, title="代簽原因")
    sign_officer: Encrypted[Word | None] = Field(None, title="承辦人")
    sign_director: Encrypted[Word | None] = Field(None, title="處室主任")


class ExplainNeed(StepForm):
    """F14: the page of the teacher who supports the pupil now. It may follow the request."""

    condition_detail: Encrypted[Text | None] = Field(None, title="身心障礙或突發傷病詳細描述")
    school_performance: Encrypted[Text | None] = Field(None, title="在校學習表現或相關特質描述")
    school_assessment_adjusted: Encrypted[bool | None] = Field(
        None, title="在校評量時是否有調整方式"
    )
    assessment_adjustment: Encrypted[Text | None] = Field(None, title="在校評量的調整方式")
    statement_author: Encrypted[Word | None] = Field(None, title="受訪人或撰寫教師")
    author_relation: Encrypted[Word | None] = Field(None, title="與個案關係")
    explained_on: WrittenDate | None = Field(None, title="說明表核章日期")


class RequestAccommodation(ExplainNeed, _Request):
    """F13, and F14 where it comes with it."""


class DecideAccommodation(StepForm):
    decision: Literal["granted", "granted_in_part", "refused"] = Field(title="審查結果")
    granted_minutes: int = Field(0, title="核准延長作答時間（分鐘）", ge=0)
    granted_kinds: Encrypted[tuple[Code, ...]] = Field((), title="核准的服務項目", max_length=20)
    granted_early_entry: bool = Field(False, title="核准提早入場")


def _request(ground: Ground, form: RequestAccommodation) -> Found:
    record = record_of(ground)
    rules = selection_of(ground.programme).accommodations
    if form.stage != stage_of(record):
        raise NotValid("這件申請目前不在這個階段。", "stage")
    if plain(form.proof) not in {one.code for one in rules.proofs if one.accepted}:
        raise NotValid("請選擇計畫所列的證明文件。", "proof")
    if form.extra_minutes > rules.extra_minutes:
        raise NotValid(f"延長作答時間最多 {rules.extra_minutes} 分鐘。", "extra_minutes")
    if not {*plain(form.kinds)} <= {one.code for one in rules.kinds}:
        raise NotValid("請選擇計畫所列的服務項目。", "kinds")
    if not (form.extra_minutes or form.early_entry or form.kinds or form.other_need):
        raise NothingRequested
    if not form.signed_by_pupil and form.proxy_reason is None:
        raise NotValid("由他人代簽時，請填寫代簽原因。", "proxy_reason")
    if any(getattr(form, name) is not None for name in _EXPLANATION):
        _check_explanation(form)
    sudden = form.proof in rules.any_time_with
    _check_time(ground, form, sudden)
    ticket = ticket_no(record, form.stage)
    return Found(
        fields={
            "stage": form.stage,
            "sudden": sudden,
            "sessions": sessions_of(ground.programme, form.stage, form.extra_minutes),
            **contact_of(ground, form),
            **({} if ticket is None else {"ticket_no": ticket}),
        }
    )


#: The page's own fields, and of them those that every page has.
_EXPLANATION = tuple(one for one in ExplainNeed.model_fields if one not in StepForm.model_fields)
_EXPLAINED = (
    "condition_detail",
    "school_performance",
    "school_assessment_adjusted",
    "statement_author",
    "author_relation",
)


def _check_explanation(form: ExplainNeed) -> None:
    """Raises `NotValid` where the page is not filled in whole."""
    for name in _EXPLAINED:
        if getattr(form, name) is None:
            title = ExplainNeed.model_fields[name].title
            raise NotValid(f"服務需求說明表請填寫「{title}」。", name)
    if form.school_assessment_adjusted and form.assessment_adjustment is None:
        raise NotValid("在校評量有調整時，請說明調整的方式。", "assessment_adjustment")
    if not form.school_assessment_adjusted and form.assessment_adjustment is not None:
        raise NotValid("在校評量沒有調整時，請不要填寫調整的方式。", "assessment_adjustment")


def _explain(ground: Ground, form: ExplainNeed) -> Found:
    """F14 after the request, as long as the test has not begun. Raises `TestHasBegun`."""
    stage = stage_of(record_of(ground))
    asked = record_of(ground).last("accommodation-requested")
    if asked.stage != stage:
        raise NoRequest("本階段還沒有申請服務需求，請先提出申請。")
    _check_not_begun(ground, form, stage)
    _check_explanation(form)
    return Found(fields={"stage": stage, "request_version": asked.originator_version})


def _check_time(ground: Ground, form: RequestAccommodation, sudden: bool) -> None:
    """Raises `PastClosing`, `TestHasBegun`."""
    received = _check_not_begun(ground, form, form.stage)
    if sudden:
        return
    windows = registration_windows(ground, form.stage)
    if windows and all(standing(one, received, ground.postponed) == "late" for one in windows):
        raise PastClosing(windows[0])


def _check_not_begun(ground: Ground, form: StepForm, stage: str) -> datetime:
    """When the form came in. Raises `TestHasBegun`."""
    received = form.received_at or ground.now
    test = window_of_test(ground.programme, stage)
    if test is not None and standing(test, received, ground.postponed) != "early":
        raise TestHasBegun
    return received


def registration_windows(ground: Ground, stage: str) -> tuple[Window, ...]:
    """In which a stage's registration may come in."""
    machine = ground.programme.machine(PROCESS)
    name = "initial" if stage == "initial" else "second-stage"
    rules = () if machine is None else machine.rules(f"{name}-application-submitted")
    codes = dict.fromkeys(one.received_in for one in rules if one.received_in is not None)
    return tuple(ground.programme.window(code) for code in codes)


def _decide(ground: Ground, form: DecideAccommodation) -> Found:
    record = record_of(ground)
    asked, decided = record.last("accommodation-requested"), record.last("accommodation-decided")
    if asked is None or (decided and decided.request_version == asked.originator_version):
        raise NoRequest
    if form.decision == "refused" and (form.granted_minutes or form.granted_kinds):
        raise NotValid("不予核准時，不能填寫核准的項目。", "decision")
    if form.decision != "granted" and form.reason is None:
        raise ReasonRequired
    if form.granted_minutes > asked.extra_minutes:
        raise NotValid("核准的時間不可多於申請的時間。", "granted_minutes")
    return Found(
        fields={
            "stage": asked.stage,
            "request_version": asked.originator_version,
            "granted_minutes": form.granted_minutes,
            "sessions": sessions_of(ground.programme, asked.stage, form.granted_minutes),
        }
    )


REQUESTED = define(
    PROCESS,
    "accommodation-requested",
    "申請服務需求",
    RequestAccommodation,
    _request,
    {"sudden": bool, "sessions": tuple[Session, ...], "ticket_no": str},
    version=2,
)
EXPLAINED = define(
    PROCESS,
    "accommodation-explained",
    "服務需求說明表",
    ExplainNeed,
    _explain,
    {"stage": str, "request_version": int},
)
DECIDED = define(
    PROCESS,
    "accommodation-decided",
    "審查服務需求",
    DecideAccommodation,
    _decide,
    {"stage": str, "request_version": int, "sessions": tuple[Session, ...]},
)
