"""Which fields hold a grade, whatever record they stand in; labels that a form has of its own."""

from collections.abc import Mapping
from typing import Any

GRADE_FIELDS = frozenset(
    {
        "grade",
        "target_year_grade",
        "placement_grade",
        "new_target_year_grade",
        "new_placement_grade",
        "enrolled_grade",
        "from_grade",
        "to_grade",
        "current_grade",
        "exam_grade",
        "grade_tested",
        "grade_that_year",
        "assessed_grade",
    }
)

#: And where they are numbers of what was computed, alone or beside codes.
_COMPUTED = frozenset(
    {
        "highest_grade",
        "landing",
        "last",
        "next_stage_from",
        "outcome",
        "passed",
        "passes",
        "placed",
        "reaches",
        "rows",
        "standing",
        "tested_grade",
    }
)

#: The rules whose threshold is a grade, and which one; those that come to a grade, as a text.
_THRESHOLDS = {
    "selection.attendance": "next_stage_from",
    "selection.exam_grade": "highest_grade",
}
_COMES_TO_A_GRADE = frozenset({"selection.exam_grade", "selection.placement_grade"})


def is_grade(field: str) -> bool:
    """Whether a number of this field is a grade."""
    last = field.rpartition(".")[2]
    return last in GRADE_FIELDS or (field.startswith("computed.") and last in _COMPUTED)


def with_grades(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was computed, with the grades that its rule comes to and goes by told as such; any
    other value as it is."""
    rule, threshold, outcome = (value.get(name) for name in ("rule", "threshold", "outcome"))
    told = dict(value)
    if rule in _THRESHOLDS and isinstance(threshold, int):
        told["threshold"] = {_THRESHOLDS[rule]: threshold}
    if rule in _COMES_TO_A_GRADE and isinstance(outcome, str) and outcome.isdecimal():
        told["outcome"] = int(outcome)
    return told


#: Of a request about a placement (F29): what it is about, the letter, and who signed.
OF_REQUEST = {
    "placement_id": "原安置",
    "letter_number": "鑑定結果依據文號",
    "letter_date": "發文日期",
    "guardian_name": "家長同意簽章",
    "guardian_signed_on": "家長簽章日期",
}
