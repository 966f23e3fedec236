"""Which outcomes a step comes to: where a machine goes on by them, each has its place in the text.

An outcome that cannot come about in a county is written `"none"` (docs/formats/programme.md); one
that is left out would stop whoever comes to it first, months after the text was published.
"""

from collections.abc import Iterator, Mapping

from domain.application_facts import ENDING_REVERSED, ENDINGS
from domain.machine_rules import Machine
from domain.programme_rules import Programme

_PASSED = ("passed", "failed")
_RESULT = ("eligible", "school", "none")
_BODY = ("passed", "refused")
_PATH = ("council", "committee")
_ACT = ("waiting", "decided")
_EXTENT = ("all", "part")
_RECHECK = ("accepted", "incomplete")

#: By process and step. The outcomes of what takes an end back are the states before it.
OUTCOMES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("application", "opened"): ("participates", "continues"),
    ("application", "vetted"): ("accepted", "refused"),
    ("application", "initial-entry-confirmed"): ("entered", "initial_exempt"),
    ("application", "initial-result-published"): _PASSED,
    ("application", "recheck-requested"): _RECHECK,
    ("application", "decision-revised-by-recheck"): _PASSED,
    ("application", "second-stage-entry-confirmed"): ("joint", "school"),
    ("application", "second-stage-result-published"): _RESULT,
    ("application", "school-outcome-recorded"): _RESULT,
    ("application", "second-recheck-requested"): _RECHECK,
    ("application", "second-recheck-completed"): ("changed", "kept"),
    ("application", "second-decision-revised"): _RESULT,
    ("examination", "attendance-recorded"): ("present", "absent", "late_refused"),
    ("examination", "initial-decision-made"): _PASSED,
    ("placement_case", "committee-reviewed"): _PASSED,
    ("placement_case", "submitted"): _PATH,
    ("placement_case", "placement-deliberated"): _BODY,
    ("placement_case", "placement-approved"): _ACT,
    ("placement_case", "placement-noted"): _ACT,
    ("placement_case", "addition-reviewed"): _BODY,
    ("placement_case", "addition-deliberated"): _BODY,
    ("placement_case", "addition-decided"): _BODY,
    ("placement_case", "placement-abandoned"): _EXTENT,
    ("placement_case", "return-proposed"): _PATH,
    ("placement_case", "return-deliberated"): _BODY,
    ("placement_case", "returned-to-original-grade"): _EXTENT,
    ("placement_case", "council-replaced"): _BODY,
    ("igp_document", "revised"): ("same_way", "other_way"),
    ("igp_document", "committee-reviewed"): (*_PATH, "failed"),
    ("igp_document", "council-reviewed"): _BODY,
    ("gifted_group", "composed"): ("complete", "incomplete"),
}


def faults(programme: Programme) -> Iterator[tuple[str, str]]:
    """The places where a machine lacks an outcome of a step, or names one that it never has."""
    for machine in programme.machines:
        for rule in machine.steps:
            if isinstance(rule.to, str):
                continue
            place = f"machines.{machine.code}.{rule.step}.to"
            known = _outcomes(machine, rule.step)
            for one in known:
                if one not in rule.to:
                    yield place, f'缺少結果「{one}」之後的進度；不會發生的結果請寫 {one} = "none"'
            for one in rule.to:
                if one not in known:
                    yield place, f"這個步驟沒有「{one}」這個結果"


def _outcomes(machine: Machine, step: str) -> tuple[str, ...]:
    if step != ENDING_REVERSED:
        return OUTCOMES.get((machine.code, step), ())
    before = (state for one in ENDINGS for rule in machine.rules(one) for state in rule.from_)
    return tuple(dict.fromkeys(before))
