"""A fee that is given back, and when it is not (Kaohsiung 4.5)."""

from uuid import UUID

from pydantic import Field

from domain.application import PROCESS
from domain.application_facts import fees_of, record_of, stage_of
from domain.fees import refund
from domain.process import Computed, Found, Ground, Record, StepForm, define
from domain.programme_data import Code
from domain.refusal import ReasonRequired, Refusal


class NotRefundable(Refusal):
    CODE = "fee-not-refundable"
    TITLE = "這筆費用不退還"


class RefundFee(StepForm):
    cause: Code = Field(title="退費事由")
    proof_shown: bool = Field(False, title="已附證明")
    refund_proof_document: UUID | None = Field(None, title="退費證明文件")


def _refund(ground: Ground, form: RefundFee) -> Found:
    record, table = record_of(ground), fees_of(ground.programme)
    stage = stage_of(record)
    paid = _paid(record, stage)
    if table is None or not paid:
        raise NotRefundable("這個階段沒有繳交的費用。")
    if any(one.stage == stage for one in record.all("fee-refunded")):
        raise NotRefundable("這個階段的費用已經退還。")
    proven = form.proof_shown or form.refund_proof_document is not None
    answer = refund(table, f"{stage}_test", form.cause, proven=proven)
    if not answer.allowed:
        detail = "請附證明。" if answer.lacks_proof else f"{answer.words}。"
        raise NotRefundable(detail)
    if not proven and form.reason is None:
        raise ReasonRequired
    computed = Computed(
        rule=answer.rule,
        inputs={"cause": form.cause, "proven": proven, "paid": paid},
        outcome=str(paid),
    )
    return Found(computed=(computed,), fields={"stage": stage, "amount": paid})


def _paid(record: Record, stage: str) -> int:
    """What the family paid for a stage, as its newest step says."""
    name = "fee_due" if stage == "initial" else "second_fee"
    for one in reversed(record.steps):
        # What a recheck costs is another fee.
        if name in one.model_fields_set and not one.STEP.endswith("recheck-requested"):
            return int(getattr(one, name) or 0)
    return 0


REFUNDED = define(
    PROCESS, "fee-refunded", "退費", RefundFee, _refund, {"stage": str, "amount": int}
)
