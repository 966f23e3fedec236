"""What a plan has not: a rule written `none` reads as one that names nobody and opens nothing.

So a step that asks for it says that there is no such thing in the plan, and no reader needs to ask
first. What is `none` stays `none` in the text (programmes compared, section 2 item 11).
"""

from typing import Any

from domain import exam_rules as exams
from domain import placement_rules as placing
from domain.programme_data import NONE

_SOURCE = exams.NO_DAY.source
#: By the field of the rules of selection.
EMPTY: dict[str, Any] = {
    "initial": exams.InitialRule.model_construct(
        pass_line_t=100, pass_line_pr=99, pass_line_sd=5.0, decides="（無）", subtests=(),
        test_day=exams.NO_DAY, remarks=(), source=_SOURCE,
    ),
    "retained": exams.RetainedRule.model_construct(
        tests=(), lines=(), same_stage_only=True, proofs=(), remarks=(), source=_SOURCE
    ),
    "dual_exam": exams.DualExam.model_construct(
        name="（無）", grades=(), both_registrations=False, fee_status=NONE, remarks=(),
        source=_SOURCE,
    ),
    "special_groups": exams.SpecialGroups.model_construct(
        statuses=(), statement_with_registration=True, evidence_years=0, remarks=(),
        source=_SOURCE,
    ),
    "accommodations": exams.Accommodations.model_construct(
        extra_minutes=0, early_entry_minutes=0, kinds=(), from_break=False, proofs=(),
        any_time_with=(), late_words="（無）", source=_SOURCE,
    ),
    "exemption_again": placing.ExemptionAgain.model_construct(
        subjects=(), decides=NONE, source=_SOURCE
    ),
    "subsidy": placing.Subsidy.model_construct(
        statuses=(), otherwise="（無）", consent=NONE, source=_SOURCE
    ),
}  # fmt: skip


def has(rule: object) -> bool:
    """Whether the plan has the rule at all."""
    return getattr(rule, "source", None) is not _SOURCE
