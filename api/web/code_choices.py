"""What fields of a step's form are chosen from, whose values are codes of the programme or records
of its round: subjects, types, standards, aids, bodies, causes, parts of a test."""

from collections.abc import Iterable
from typing import Any

from api import disputes
from api.web.form import Choices, Option
from api.web.rendering import Page
from api.web.words import roc
from domain.code_words import SCHOOL_LINE_NAME, code_words
from domain.examination_initial import ImportScore
from domain.programme_rules import Programme
from domain.second_outcome import SCHOOL_LINE
from domain.selection_rules import Selection

_AWARDS = "second-stage-application-submitted"
_REFUND = "fee-refunded"
_VETTED = "vetted"
_SUBTESTS = "t_sub"
#: The steps that say the history of assessments (F03).
_SAYING_HISTORY = ("initial-application-submitted", "details-corrected")


def code_choices(page: Page, rules: Programme, step: str) -> Choices:
    """By the field's name, for one step: a name may be of other codes in another one."""
    if step == _REFUND and not isinstance(rules.fees, str):
        return {"cause": _options(rules.fees.refunds.causes)}
    if isinstance(rules.selection, str):
        return {}
    of = rules.selection
    subjects = [Option(one.code, _named(one)) for one in of.subjects]
    found = {
        "subject": subjects,
        "recheck_subjects": subjects,
        "registration_type": _options(of.types),
        "standard": _standards(of, awards=step == _AWARDS),
    }
    if step == _VETTED:
        found["body"] = _options(one for one in of.bodies if one.code in of.pupils.vetted_by)
    if step.startswith("accommodation-"):
        found |= {
            "proof": _options(of.accommodations.proofs),
            "kinds": _options(of.accommodations.kinds),
            "granted_kinds": _options(of.accommodations.kinds),
        }
    if step in _SAYING_HISTORY:
        found |= {"test": [*_options(of.retained.tests), *subjects]}
    if step.startswith("initial-exemption-"):
        found |= {"test": _options(of.retained.tests), "proof": _options(of.retained.proofs)}
    if step.endswith("recheck-requested"):
        found["dispute_id"] = _disputes(page, rules)
        found["items"] = [
            Option(name.removeprefix(_SUBTESTS), (info.title or name).removesuffix("T分數"))
            for name, info in ImportScore.model_fields.items()
            if name.removeprefix(_SUBTESTS) in of.initial.subtests
        ]
    if step == "other-areas-assessed":
        found["area"] = [Option(one, one) for one in of.full_skip.other_areas]
    return found


def code_names(rules: Programme) -> dict[str, str]:
    """The codes of subjects, types and standards, as people read them."""
    words = code_words(rules)
    fields = ("subject", "registration_type", "standard", "kinds", "test")
    return {code: name for one in fields for code, name in words.get(one, {}).items()}


def _named(subject: Any) -> str:
    """The name of a subject, and those it has in other grades."""
    others = [one.name for one in subject.names if one.name != subject.name]
    return f"{subject.name}（{'、'.join(others)}）" if others else str(subject.name)


def _standards(of: Selection, *, awards: bool) -> list[Option]:
    found = [one for one in of.second.own_standards if one.instead_of_test or not awards]
    own = [] if awards else [Option(SCHOOL_LINE, SCHOOL_LINE_NAME)]
    return [*own, *_options(found)]


def _disputes(page: Page, rules: Programme) -> list[Option]:
    found = disputes.list_disputes(
        page.house, page.viewer, programme=rules.code, sort="-created_at", limit=200
    )
    return [
        Option(str(one.id), f"{one.student.name}　{roc(one.filed_on)} 提出") for one in found.items
    ]


def _options(named: Iterable[Any]) -> list[Option]:
    return [Option(one.code, one.name) for one in named]
