"""What was computed at a step, as people read it: which rule, where it is printed, what it found.

What was kept in the event is shown as it stands there; a rule that is no longer in the programme's
newest edition keeps its code.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.web.code_choices import code_names
from api.web.step_forms import words
from domain.labels import label
from domain.process import SECTION_OF
from domain.programme_rules import Programme

#: What rules are about, by the beginning of their code.
_RULES = {
    "fees": "費用",
    "placement.row": "安置列的判定",
    "placement_cases.igp_due": "個別輔導計畫的上傳期限",
    "placement_cases.tracking": "追蹤報告的上傳期限",
    "selection": "鑑定規定",
    "selection.attendance": "派員出席安置會議",
    "selection.committees": "審議會議的組成",
    "selection.decisions": "由哪個單位審議與核定",
    "selection.duration": "縮短修業年限的年數",
    "selection.exam_grade": "測驗的年級",
    "selection.full_skip": "全部學科跳級",
    "selection.initial": "初選",
    "selection.placement_grade": "安置年級",
    "selection.placements_offered": "可以填寫的安置",
    "selection.second": "複選",
    "selection.subjects": "可以報考的科目",
    "selection.tasks": "轉銜工作",
}
_SAID = {
    "approved": "核定",
    "noted": "備查",
    "council": "鑑輔會",
    "committee": "特推會",
    "late": "逾期",
    "in_time": "期限內",
    "passed": "通過",
    "failed": "不通過",
    "rows": "安置",
    "statuses": "免繳身分",
    "initial_exempt": "免參加初選",
    "units": "計費的科目數",
    "joint": "聯合評量",
}


@dataclass(frozen=True)
class Reason:
    """A rule that was applied; `printed` is where it stands, `said` what went in and came out."""

    name: str
    printed: Sequence[str]
    said: Sequence[tuple[str, str]]


def reasons(rules: Programme, process: str, computed: Any) -> list[Reason]:
    """Of the `computed` of a step; none where it was erased."""
    found = computed if isinstance(computed, list | tuple) else ()
    return [_reason(rules, process, one) for one in found if isinstance(one, Mapping)]


def _reason(rules: Programme, process: str, one: Mapping[str, Any]) -> Reason:
    section = SECTION_OF.get(process) or process
    known = _SAID | code_names(rules)
    said = [
        (_SAID.get(name) or label(section, name), _worded(known, process, name, value))
        for name, value in dict(one.get("inputs") or {}).items()
        if value not in (None, "", [], {})
    ]
    windows = {window.code: window.name for window in rules.windows}
    for name, title in (("threshold", "標準"), ("branch", "適用"), ("outcome", "結果")):
        value = one.get(name)
        if value not in (None, "", [], {}):
            said.append((title, windows.get(str(value)) or _worded(known, process, name, value)))
    return Reason(_name(one["rule"]), [*_printed(rules, one["rule"], one["outcome"])], said)


def _name(rule: str) -> str:
    parts = rule.split(".")
    known = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((_RULES[one] for one in known if one in _RULES), rule)


def _printed(rules: Programme, rule: str, outcome: str) -> Iterator[str]:
    """Where the rule is printed, as the programme in force says it; each place once. Of rules that
    end in an act of the authority those that the outcome names."""
    acts = outcome.split()
    found: Any = rules
    sources: list[Any] = []
    for part in rule.split("."):
        if isinstance(found, list | tuple):
            found = next((one for one in found if getattr(one, "code", None) == part), None)
        else:
            found = getattr(found, part, None)
        if found is None:
            break
        held = found if isinstance(found, list | tuple) else (found,)
        fitting = [one for one in held if getattr(one, "authority", None) in (None, *acts)]
        sources = [one.source for one in fitting if hasattr(one, "source")] or sources
    yield from dict.fromkeys(f"{one.document}　{one.section}" for one in sources)


def _worded(said: Mapping[str, str], process: str, name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "，".join(f"{key}：{_worded(said, process, key, one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        nested = any(isinstance(one, list | tuple | Mapping) for one in value)
        return ("／" if nested else "　").join(_worded(said, process, name, one) for one in value)
    text = str(value)
    if text in said:
        return said[text]
    # A row names its category and its grade without saying of which field they are.
    in_row = "category" if isinstance(value, str) else "placement_grade"
    for field in (name, in_row) if name == "rows" else (name,):
        if (known := words(process, field, value)) != text:
            return known
    parts = text.split()
    return "、".join(said[one] for one in parts) if {*parts} <= {*said} and parts else text
