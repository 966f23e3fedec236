"""What the codes of a programme are called by the programme itself, by the field they stand in.

Codes of the house (capacities, categories, outcomes) have their words in `domain.labels`; those of
a programme are its own: subjects, types, conditions, states.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.application_words import RESULT_CODES
from domain.computed_words import names_in
from domain.process import SECTION_OF, STEPS
from domain.programme_data import Effect
from domain.programme_rules import Programme
from domain.second_outcome import SCHOOL_LINE
from domain.selection_rules import Selection

Words = dict[str, dict[str, str]]

#: The standard that a school set for itself, of which every programme speaks alike.
SCHOOL_LINE_NAME = "聯合評量成績，依學校自訂標準"


def code_words(rules: Programme) -> dict[str, dict[str, str]]:
    """The words of a programme's codes, by the name of the field that holds them."""
    effects = _effects(rules)
    conditions = _named(one for _, rule in rules.rules() for one in rule.conditions)
    found = {
        "programme": {rules.code: rules.name},
        "stage": _named(rules.stages),
        "conditions": conditions,
        "missing": conditions,
        "late": effects,
        "effect": effects,
        "step": {code: step.name for (_, code), step in STEPS.items()},
    }
    if not isinstance(rules.fees, str):
        statuses = _named(rules.fees.statuses)
        found |= {"fee_statuses": statuses, "subsidy_status": statuses}
    if not isinstance(rules.uploads, str):
        found["document_kind"] = _named(rules.uploads.kinds)
    if not isinstance(rules.placement, str):
        found["free_time"] = _named(rules.placement.free_time)
    if not isinstance(rules.placement_cases, str):
        cases = rules.placement_cases
        found |= {
            "signs": _named(cases.igp_signatures.of),
            "committee_signs": _named(cases.transfer.signatures.of),
            "on_paper": _named(cases.transfer.items),
            "electronic": _named(cases.transfer.items),
            "period": _named(cases.igp_periods),
        }
    if not isinstance(rules.selection, str):
        found |= _of_selection(rules.selection)
    return found | {"computed": _of_computed(rules, found)}


def state_words(rules: Programme, section: str) -> dict[str, dict[str, str]]:
    """The words of the states of a section's machines, by the process that they are of."""
    return {
        one.code: _named(one.states)
        for one in rules.machines
        if SECTION_OF.get(one.code) == section
    }


def names_of(words: Words, field: str, value: Any) -> Iterator[tuple[str, str]]:
    """The codes in a value of a field, or of its parts, as `field=code`, each with its word."""
    if field == "computed":
        yield from names_in(value, words.get("computed", {}))
    elif isinstance(value, Mapping):
        for part, inner in value.items():
            yield from names_of(words, part, inner)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from names_of(words, field, one)
    elif isinstance(value, str):
        word = words.get(field, {}).get(value) or _nouns(field)
        if word is not None:
            yield f"{field}={value}", word


def _nouns(field: str) -> str | None:
    """What a record is called that a field names by its id."""
    if field.endswith(("_document", "_documents", "file_id")):
        return "掃描檔"
    return "爭議案" if field == "dispute_id" else None


def _of_selection(of: Selection) -> dict[str, dict[str, str]]:
    subjects = _named(of.subjects)
    standards = {SCHOOL_LINE: SCHOOL_LINE_NAME} | _named(of.second.own_standards)
    kinds, tasks, bodies = _named(of.accommodations.kinds), _named(of.tasks), _named(of.bodies)
    return {
        "subject": subjects,
        "recheck_subjects": subjects,
        "registration_type": _named(of.types),
        "standard": standards,
        "basis": standards,
        "kinds": kinds,
        "granted_kinds": kinds,
        "proof": _named((*of.accommodations.proofs, *of.retained.proofs)),
        "test": {**subjects, **_named(of.retained.tests)},
        "level": _named(of.full_skip.levels),
        "tasks": tasks,
        "task": tasks,
        "body": bodies,
        "items": {one: RESULT_CODES["item"].get(f"t_sub{one}", one) for one in of.initial.subtests},
        "findings": {
            f"further-ahead:{code}": f"{name}：安置後領先超過一個年級"
            for code, name in subjects.items()
        },
    }


def _of_computed(rules: Programme, words: Words) -> dict[str, str]:
    """The codes by which rules compute, whatever they are of."""
    fields = (
        *("subject", "registration_type", "standard", "kinds", "test", "proof", "tasks"),
        *("body", "free_time", "fee_statuses"),
    )
    found = {code: word for one in fields for code, word in words.get(one, {}).items()}
    found |= _named(rules.windows)
    if not isinstance(rules.fees, str):
        found |= _named(rules.fees.refunds.causes)
    if not isinstance(rules.selection, str):
        found |= _named((*rules.selection.attendance, *rules.selection.second.entrustments))
    return found


def _effects(rules: Programme) -> dict[str, str]:
    """What the plan says of whatever comes late or is not there."""
    late = [
        *(one.late for one in rules.windows),
        *(rule.late for _, rule in rules.rules()),
        *(one.missing for _, rule in rules.rules() for one in rule.conditions),
    ]
    return {one.code: one.words for one in late if isinstance(one, Effect)}


def _named(these: Iterable[Any]) -> dict[str, str]:
    return {one.code: one.name for one in these}
