"""What the steps ask of a programme's rules, whatever its county: each piece must be there.

A rule that names what another rule does not have would stop a school in the middle of its
registration; so the text is refused when it is loaded.
"""

from itertools import pairwise
from typing import Literal

from domain.fee_rules import Fees
from domain.machine_rules import Machine
from domain.placement_request import STEPS, Body, Kind
from domain.selection_none import has
from domain.selection_rules import Selection

#: The fees that the steps of an application charge.
CHARGES = {
    "initial-application-submitted": "initial_test",
    "second-stage-application-submitted": "second_test",
    "recheck-requested": "initial_recheck",
    "second-recheck-requested": "second_recheck",
}
#: The standings that an application tells. Three are of national law, the same in every county:
#: 低收入戶 (社會救助法 article 4), 中低收入戶 (article 4-1), 身心障礙 (特殊教育法 article 3). The
#: fourth is what a step finds. What each frees from, by which proof, is the programme's.
STANDINGS = ("low_income", "mid_low_income", "initial_exempt", "disability")


def check(
    fees: Fees | Literal["none"],
    selection: Selection | Literal["none"],
    application: Machine | None,
) -> None:
    """Raises `ValueError`. `application` is the machine of applications, where the plan has one."""
    if isinstance(selection, str):
        return
    _check_breaks(selection)
    _check_requests(selection)
    groups = {
        "special_groups": selection.special_groups.statuses,
        "subsidy": selection.subsidy.statuses,
    }
    for place, statuses in groups.items():
        if unknown := [one for one in statuses if one not in STANDINGS]:
            raise ValueError(f"selection.{place}: 沒有「{unknown[0]}」這種身分")
    if isinstance(fees, str):
        return
    charges = {one.code for one in fees.charges}
    taken = {one.step for one in (() if application is None else application.steps)}
    if missing := [one for step, one in CHARGES.items() if step in taken and one not in charges]:
        raise ValueError(f"fees.charges: 缺少「{missing[0]}」這項費用")
    known = {one.code for one in fees.statuses}
    asked = [*STANDINGS, *([selection.dual_exam.fee_status] if has(selection.dual_exam) else [])]
    if missing := [one for one in asked if one not in known]:
        raise ValueError(f"fees.statuses: 缺少「{missing[0]}」這種身分")


def _check_requests(selection: Selection) -> None:
    """Requests about placements go through the bodies of `domain.placement_request`: a text that
    says another way would not be followed."""
    for number, rule in enumerate(selection.decisions, 1):
        for kind, said in ((Kind.RE_PLACEMENT, rule.re_placement),
                           (Kind.ABANDONMENT, rule.abandonment)):  # fmt: skip
            for category in rule.categories:
                acts = {one.body: one.outcome for one in STEPS[kind, category]}
                decides = Body.COUNCIL if Body.COUNCIL in acts else Body.SCHOOL_COMMITTEE
                if (said.decides, said.authority) != (decides, acts[Body.BUREAU]):
                    raise ValueError(
                        f"selection.decisions.{number}.{kind}: 系統辦理申請的單位與此不同，"
                        f'應為 decides = "{decides}"、authority = "{acts[Body.BUREAU]}"'
                    )


def _check_breaks(selection: Selection) -> None:
    """The extra time must fit into every break where it is taken from it."""
    rule = selection.accommodations
    for stage in (selection.initial, selection.second):
        sessions = stage.test_day.sessions if rule.from_break else ()
        for one, following in pairwise(sessions):
            ends, starts = one.ends_at, following.starts_at
            rest = (starts.hour - ends.hour) * 60 + starts.minute - ends.minute
            if rest < rule.extra_minutes:
                raise ValueError(
                    f"selection.accommodations.extra_minutes: 第 {one.number} 節後的"
                    f"下課時間只有 {rest} 分鐘"
                )
