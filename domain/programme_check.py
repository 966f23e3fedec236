"""What a programme's text may not say any more when it is published.

A text that was published once stays readable whatever is asked of later ones; so what is only idle
or doubled is refused here, and not when a text is read (docs/decisions/programmes.md).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from unicodedata import category

from domain import placement_path as path
from domain.machine_rules import NOT_BEGUN, SAME
from domain.programme_pieces import STANDINGS
from domain.programme_rules import Programme, ProgrammeNotValid, lint
from domain.selection_none import has
from domain.step_outcomes import faults


def check(programme: Programme) -> None:
    """Raises `ProgrammeNotValid` with the place and what is the matter."""
    found = (
        *_unprintable(programme),
        *_leading_nowhere(programme),
        *faults(programme),
        *_rulings(programme),
        *_doubled(programme),
        *_states(programme),
        *_untold(programme),
        *_elsewhere(programme),
    )
    for place, words in found:
        raise ProgrammeNotValid(f"計畫檔的內容不正確：{place} {words}。", "text")


#: States of a placement case that other rules ask for by their codes: where each step leads.
_LEADS: Mapping[str, Mapping[str, str]] = {
    "placement-approved": {"decided": "decided"},
    "placement-noted": {"decided": "decided"},
    "placement-refused": {"": "refused"},
    "placement-deliberated": {"refused": "refused"},
    "placement-started": {"": "in_force"},
    "placement-completed": {"": "completed"},
    "placement-lapsed": {"": "lapsed"},
    "abandoned-before-decision": {"": "abandoned"},
    "placement-abandoned": {"all": "abandoned"},
    "returned-to-original-grade": {"all": "returned_to_grade"},
}
_KNOWN_AFTER = path.DECIDED | path.GIVEN_UP | {"returned_to_grade", "completed", "lapsed"}


def _states(programme: Programme) -> Iterator[tuple[str, str]]:
    """Tasks, plans, letters and reports follow from what a case has come to, by these codes: under
    another one nothing would ever be due."""
    machine = programme.machine("placement_case")
    for rule in () if machine is None else machine.steps:
        place = f"machines.placement_case.{rule.step}"
        leads = {"": rule.to} if isinstance(rule.to, str) else rule.to
        for outcome, state in _LEADS.get(rule.step, {}).items():
            if leads.get(outcome, state) not in (state, NOT_BEGUN):
                yield place, f"應進入「{state}」這個狀態"
        after = _KNOWN_AFTER & {*rule.from_}
        for state in {*rule.targets()} - _KNOWN_AFTER - {SAME} if after else ():
            yield place, f"決定之後沒有「{state}」這個狀態"


def _unprintable(programme: Programme) -> Iterator[tuple[str, str]]:
    """Characters that no page or workbook prints, or that turn the direction of what follows."""

    def walk(value: object, place: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            if any(category(one) in ("Cc", "Cf") and one != "\n" for one in value):
                yield place, "含有不能印出的字元"
        elif isinstance(value, Mapping):
            for name, one in value.items():
                yield from walk(name, place)
                yield from walk(one, f"{place}.{name}".lstrip("."))
        elif isinstance(value, (list, tuple)):
            for number, one in enumerate(value, start=1):
                code = one.get("code", number) if isinstance(one, Mapping) else number
                yield from walk(one, f"{place}.{code}")

    yield from walk(programme.model_dump(), "")


def _leading_nowhere(programme: Programme) -> Iterator[tuple[str, str]]:
    for machine in programme.machines:
        for rule in machine.steps:
            if not rule.targets():
                yield f"machines.{machine.code}.{rule.step}.to", "不可為空"


def _rulings(programme: Programme) -> Iterator[tuple[str, str]]:
    """Rulings about what the text does not have: whoever reads them believes it was found."""
    found = {one.finding for one in lint(programme)}
    for one in programme.rulings:
        if one.finding not in found:
            yield "rulings", f"計畫中沒有「{one.finding}」這項疑義，請刪去這項裁定或更正其代碼"


def _untold(programme: Programme) -> Iterator[tuple[str, str]]:
    """Standings that no application tells: nobody would ever be freed by them."""
    if isinstance(programme.fees, str) or isinstance(programme.selection, str):
        return
    dual = programme.selection.dual_exam
    told = {*STANDINGS, *([dual.fee_status] if has(dual) else [])}
    for one in programme.fees.statuses:
        if one.code not in told:
            yield "fees.statuses", f"「{one.code}」不是申請案會填報的身分，不會有人因此免繳"


def _elsewhere(programme: Programme) -> Iterator[tuple[str, str]]:
    """Registration at another school: a pupil's own opens the application, whatever a text says."""
    selection = programme.selection
    if not isinstance(selection, str) and not selection.pupils.own_school_only:
        place = "selection.pupils.own_school_only"
        yield place, "系統只由學生就讀的學校開案，應為 own_school_only = true"


def _doubled(programme: Programme) -> Iterator[tuple[str, str]]:
    """What is named twice in one list: its count could never come out right."""
    lists = {"rulings": [one.finding for one in programme.rulings]}
    if not isinstance(programme.placement_cases, str):
        rules = programme.placement_cases
        place = "placement_cases"
        lists[f"{place}.igp_signatures"] = [one.code for one in rules.igp_signatures.of]
        lists[f"{place}.igp_periods"] = [one.code for one in rules.igp_periods]
        lists[f"{place}.transfer.signatures"] = [one.code for one in rules.transfer.signatures.of]
        lists[f"{place}.transfer.items"] = [one.code for one in rules.transfer.items]
        if rules.tracking_signatures != "none":
            signed = rules.tracking_signatures.of
            lists[f"{place}.tracking_signatures"] = [one.code for one in signed]
    for place, codes in lists.items():
        for code, times in Counter(codes).items():
            if times > 1:
                yield place, f"「{code}」重複"
