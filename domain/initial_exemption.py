"""免初選: a kept result of earlier years, verified by the school or found wanting (3.5)."""

from decimal import Decimal

from pydantic import Field

from domain.application import PROCESS
from domain.application_facts import claims, is_exempt, record_of, selection_of, value
from domain.application_forms import FEE_STATUSES
from domain.application_initial import fee
from domain.calendar import local_date
from domain.event import Encrypted
from domain.fees import Claim
from domain.process import Computed, Found, Ground, StepForm, define
from domain.programme_data import Code
from domain.refusal import ReasonRequired, Refusal
from domain.selection import Retained, retained_result

_WHY = {
    "no_result": "沒有測驗分數：依簡章以各年度公布的分數為準，曾經鑑定為資優學生本身不能免初選。",
    "no_line": "這個年度、測驗或年級的結果不在可保留之列。",
    "other_stage": "結果須在同一教育階段取得。",
    "no_proof": "請出示成績單正本，或學校核章與正本相符的影本。",
    "below_line": "分數未達可保留的標準。",
}


class NotRetained(Refusal):
    """The result does not free from the initial test. Record the rejection as such."""

    CODE = "result-not-retained"
    TITLE = "不符合免初選資格"


class IsRetained(Refusal):
    CODE = "result-is-retained"
    TITLE = "這項結果符合免初選資格，請辦理核定"


class NotExempt(Refusal):
    CODE = "not-exempt"
    TITLE = "這件申請沒有核定免初選"


class VerifyExemption(StepForm):
    """The result that is claimed, as the school reads it from the proof."""

    result_year: int = Field(title="結果的學年度", ge=1, le=999)
    test: Code = Field(title="測驗")
    grade_tested: int | None = Field(None, title="受測年級", ge=1, le=12)
    t_full: Encrypted[Decimal | None] = Field(None, title="全測驗T分數", ge=0, le=100)
    t_total: Encrypted[Decimal | None] = Field(None, title="T總分", ge=0, le=1000)
    proof: Code | None = Field(None, title="證明文件")


class RevokeExemption(StepForm):
    """The result was found not to count: the test must be sat, and its fee is due."""


def _judge(ground: Ground, form: VerifyExemption) -> tuple[bool, Computed]:
    t, total = form.t_full, form.t_total
    claim = Retained(
        form.result_year,
        form.test,
        form.grade_tested,
        t if isinstance(t, Decimal) else None,
        total if isinstance(total, Decimal) else None,
    )
    grade: int = value(record_of(ground), "current_grade")
    rules = selection_of(ground.programme)
    answer = retained_result(rules, claim, proof=form.proof, grade=grade)
    return answer.value, answer.computed


def _verify(ground: Ground, form: VerifyExemption) -> Found:
    accepted, computed = _judge(ground, form)
    if not accepted:
        raise NotRetained(_WHY.get(computed.branch or "", "不符合免初選資格。"))
    submitted = record_of(ground).last("initial-application-submitted")
    day = local_date(submitted.received_at or ground.now)
    said, owed = fee(ground.programme, [Claim(status="initial_exempt")], day)
    return Found(computed=(computed, owed), fields=said)


def _reject(ground: Ground, form: VerifyExemption) -> Found:
    accepted, computed = _judge(ground, form)
    if accepted and form.reason is None:
        raise IsRetained("分數與證明均符合；仍要不予核定時，請說明原因。")
    return Found(computed=(computed,))


def _revoke(ground: Ground, form: RevokeExemption) -> Found:
    record = record_of(ground)
    if not is_exempt(record):
        raise NotExempt
    if form.reason is None:
        raise ReasonRequired
    submitted = record.last("initial-application-submitted")
    day = local_date(submitted.received_at or ground.now)
    held = _without_exemption(ground)
    said, computed = fee(ground.programme, held, day)
    return Found(computed=(computed,), fields=said)


def _without_exemption(ground: Ground) -> list[Claim]:
    found = claims(ground.programme, record_of(ground))
    return [one for one in found if one.status != "initial_exempt"]


_FEE = {"fee_due": int, "fee_statuses": FEE_STATUSES}

VERIFIED = define(
    PROCESS, "initial-exemption-verified", "核定免初選", VerifyExemption, _verify, _FEE
)
REJECTED = define(
    PROCESS, "initial-exemption-rejected", "不符免初選", VerifyExemption, _reject, _FEE
)
REVOKED = define(PROCESS, "initial-exemption-revoked", "撤銷免初選", RevokeExemption, _revoke, _FEE)
