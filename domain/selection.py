"""What follows from the rules of selection: exam grades, subjects, results of both stages.

Pure: every answer carries what it was computed from (`Computed`). The software proposes; where a
body decides, the outcome says so and never anticipates it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from domain.exam_rules import InitialRule, OwnStandard
from domain.placement import Category
from domain.process import Computed
from domain.selection_rules import Selection

Value = TypeVar("Value")

#: A T score as it was released: whole, or with decimals.
T = Decimal | int

PASSED, FAILED = "passed", "failed"
#: Where the score alone decides nothing: the council, or the school's committee, does.
COUNCIL, SCHOOL = "pending_council", "school_decides"


class Answer(NamedTuple, Generic[Value]):
    """What follows, and how it was computed."""

    value: Value
    computed: Computed

    @property
    def outcome(self) -> str:
        return self.computed.outcome


class Row(NamedTuple):
    """A subject as registered: by codes, `grade` the exam grade, `type` the registration type."""

    subject: str
    grade: int
    type: str
    test: Literal["joint", "school"] = "joint"


class Objection(NamedTuple):
    """What is against a row, or against all of them (`subject` None), with a stable code."""

    code: str
    message: str
    subject: str | None = None


@dataclass(frozen=True)
class Retained:
    """A result that is claimed. `t` is of the whole test, `grade` the one tested."""

    school_year: int
    test: str
    grade: int | None = None
    t: T | None = None
    t_total: T | None = None


def exam_grade(
    rules: Selection, subject: str, grade: int, placed: int | None = None
) -> Answer[int | None]:
    """The grade in which a pupil sits a subject (3.3); None where no test is offered.

    `grade` is the pupil's present one, `placed` the present placement grade in the subject.
    """
    rule = rules.exam_grade
    found = (grade if placed is None else placed) + rule.ahead
    known = rules.subject(subject)
    offered = known is not None and found <= rule.highest and found in known.exam_grades
    return Answer(
        found if offered else None,
        Computed(
            rule="selection.exam_grade",
            inputs={"subject": subject, "grade": grade, "placed": placed},
            threshold=rule.highest,
            branch="grade" if placed is None else "placed",
            outcome=str(found) if offered else "not_offered",
        ),
    )


def check_subjects(
    rules: Selection,
    rows: Sequence[Row],
    grade: int,
    placed: Mapping[str, int] | None = None,
    *,
    override: bool = False,
) -> Answer[tuple[Objection, ...]]:
    """What is against the subjects as registered (3.1, 3.3): nothing where the tuple is empty.

    `placed` are the present placement grades by subject. `override` is a recorded decision of the
    body that may set aside that an exam grade lacks subjects of a full skip.
    """
    standing = placed or {}
    objections = [*_of_rows(rules, rows, grade, standing), *_of_all(rules, rows, grade, override)]
    return Answer(
        tuple(objections),
        Computed(
            rule="selection.subjects",
            inputs={
                "grade": grade,
                "placed": dict(standing),
                "rows": [list(one) for one in rows],
                "override": override,
            },
            threshold=sorted(one.code for one in rules.subjects_of(grade + rules.exam_grade.ahead)),
            branch=objections[0].code if objections else None,
            outcome="refused" if objections else "accepted",
        ),
    )


def _of_rows(
    rules: Selection, rows: Sequence[Row], grade: int, placed: Mapping[str, int]
) -> Iterable[Objection]:
    seen: set[str] = set()
    for row in rows:
        subject, kind = rules.subject(row.subject), rules.type(row.type)
        if subject is None:
            yield Objection("subject-unknown", "請選擇計畫所列的科目。", row.subject)
            continue
        name = subject.named(row.grade)
        if row.subject in seen:
            yield Objection("subject-twice", f"「{name}」只能報考一個年級。", row.subject)
        seen.add(row.subject)
        right = exam_grade(rules, row.subject, grade, placed.get(row.subject)).value
        if right is None:
            yield Objection(
                "subject-not-offered", f"「{name}」在這位學生的年級不辦理測驗。", row.subject
            )
        elif right != row.grade:
            yield Objection(
                "exam-grade-wrong", f"「{name}」應報考 {right} 年級，請更正。", row.subject
            )
        if kind is None:
            yield Objection("type-unknown", "請選擇計畫所列的報考類型。", row.subject)
        elif kind.joint_test_only and row.test != "joint":
            yield Objection(
                "joint-test-only", f"「{kind.name}」一律參加聯合評量，不能由學校自辦。", row.subject
            )


def _of_all(
    rules: Selection, rows: Sequence[Row], grade: int, override: bool
) -> Iterable[Objection]:
    if not rows:
        yield Objection("no-subject", "請至少報考一科。")
    offered = {one.code for one in rules.subjects_of(grade + rules.exam_grade.ahead)}
    for kind in rules.types:
        taken = {one.subject for one in rows if one.type == kind.code}
        if not kind.all_subjects or not taken:
            continue
        wanted = {*offered}
        if Category.SKIP in kind.categories and not override:
            wanted = {*rules.full_skip.subjects}
            if not wanted <= offered:
                yield Objection(
                    "full-skip-not-offered",
                    f"這個年級不辦理「{kind.name}」所需的全部科目，須有鑑輔會的決定。",
                )
                continue
        if missing := wanted - taken:
            names = "、".join(one.name for one in rules.subjects if one.code in missing)
            yield Objection(
                "subjects-missing", f"「{kind.name}」須同時報考全部科目，尚缺：{names}。"
            )


def initial_outcome(
    rules: Selection,
    t: T | None,
    *,
    pr: int | None = None,
    sd: Decimal | float | None = None,
    special: bool = False,
) -> Answer[str]:
    """What the full-test score proposes (3.4): `passed`, `failed`, or `pending_council`.

    Passed by any one of the three lines. A pupil of the special groups (`is_special`) never fails
    by the score alone. `t` None: absent, which counts as not passed (Q-21).
    """
    rule = rules.initial
    branch = _initial_branch(rule, t, pr, sd)
    outcome = PASSED if branch in ("t", "pr", "sd") else FAILED
    if outcome == FAILED and special and branch != "absent":
        outcome = COUNCIL
    return _answer(
        "selection.initial",
        {"t": number(t), "pr": pr, "sd": number(sd), "special": special},
        {"t": rule.pass_line_t, "pr": rule.pass_line_pr, "sd": rule.pass_line_sd},
        branch,
        outcome,
    )


def _initial_branch(
    rule: InitialRule, t: T | None, pr: int | None, sd: Decimal | float | None
) -> str:
    if t is not None and t >= rule.pass_line_t:
        return "t"
    if pr is not None and pr >= rule.pass_line_pr:
        return "pr"
    if sd is not None and sd >= rule.pass_line_sd:
        return "sd"
    return "absent" if t is None and pr is None and sd is None else "below_line"


def retained_result(
    rules: Selection,
    claim: Retained,
    *,
    proof: str | None,
    grade: int,
) -> Answer[bool]:
    """Whether a kept result frees from the initial test (3.5): `accepted` or `rejected`.

    `proof` is the code of what was shown, `grade` the pupil's present one. Branches: `t`,
    `t_total`, `below_line`, `no_line` (another year, test or grade than the table has),
    `no_result` (no score, as of a pupil who is merely identified), `other_stage`, `no_proof`.
    """
    rule = rules.retained
    line = rule.line(claim.school_year, claim.test, claim.grade)
    total = None if line is None or isinstance(line.t_total, str) else line.t_total
    stage_of = rules.pupils.next_stage_from
    if claim.t is None and claim.t_total is None:
        branch = "no_result"
    elif line is None:
        branch = "no_line"
    elif rule.same_stage_only and claim.grade and (claim.grade < stage_of) != (grade < stage_of):
        branch = "other_stage"
    elif not any(one.accepted for one in rule.proofs if one.code == proof):
        branch = "no_proof"
    elif claim.t is not None and claim.t >= line.t:
        branch = "t"
    elif total is not None and claim.t_total is not None and claim.t_total >= total:
        branch = "t_total"
    else:
        branch = "below_line"
    accepted = branch in ("t", "t_total")
    inputs = {
        "school_year": claim.school_year,
        "test": claim.test,
        "tested_grade": claim.grade,
        "t": number(claim.t),
        "t_total": number(claim.t_total),
        "proof": proof,
        "grade": grade,
    }
    threshold = None if line is None else {"t": line.t, "t_total": total}
    return Answer(
        accepted,
        _computed("selection.retained", inputs, threshold, branch, _yes(accepted)),
    )


def second_outcome(
    rules: Selection,
    t: T | None,
    type: str,
    *,
    entrustment: str | None = None,
    school_line: T | None = None,
    special: bool = False,
) -> Answer[str]:
    """What a subject's score proposes (3.6): as `initial_outcome`, or `school_decides`.

    A type that always sits the joint test is judged by the joint line, whatever the school chose.
    For the others the entrustment letter decides (`entrustment` is its choice's code; None: the
    joint line): by the joint line, by the school's own where it was said, or by the school, which
    records the outcome itself. Raises `LookupError` for an unknown type or choice.
    """
    rule, kind = rules.second, rules.type(type)
    if kind is None:
        raise LookupError(f"no registration type {type}")
    choice = None if entrustment is None else rule.entrustment(entrustment)
    if entrustment is not None and choice is None:
        raise LookupError(f"no entrustment {entrustment}")
    line: T | None = rule.pass_line_t
    branch = "joint_line"
    if choice is not None and not kind.joint_test_only and choice.line == "school":
        branch = "school_line" if choice.test == "joint" else "school_test"
        line = school_line
    if line is None:
        outcome = SCHOOL
    elif t is None:
        outcome = SCHOOL if branch == "school_test" else FAILED
    elif t >= line:
        outcome = PASSED
    elif special:
        outcome = COUNCIL if branch == "joint_line" else SCHOOL
    else:
        outcome = FAILED
    inputs = {
        "t": number(t),
        "type": type,
        "entrustment": entrustment,
        "special": special,
    }
    absent = t is None and outcome == FAILED
    return _answer(
        "selection.second", inputs, number(line), "absent" if absent else branch, outcome
    )


def instead_of_test(
    rules: Selection, type: str, standard: str, achieved_in: int, applied_in: int
) -> Answer[bool]:
    """Whether an award stands in for the achievement test of a subject (3.6).

    `achieved_in` is the school year of the award, `applied_in` the one in which the pupil applies
    (the year before the programme's own): an award of that year or of those that the rule counts
    back stands in.
    """
    known = next((one for one in rules.second.own_standards if one.code == standard), None)
    branch = _instead(known, type, applied_in - achieved_in)
    inputs = {
        "type": type,
        "standard": standard,
        "achieved_in": achieved_in,
        "applied_in": applied_in,
    }
    threshold = None if known is None else applied_in - known.school_years_back
    return Answer(
        branch == "stands_in",
        _computed(
            "selection.second.own_standards",
            inputs,
            threshold,
            branch,
            "no_test_needed" if branch == "stands_in" else "test_needed",
        ),
    )


def _instead(known: OwnStandard | None, type: str, years_back: int) -> str:
    if known is None or not known.instead_of_test:
        return "no_such_standard"
    if type not in known.types:
        return "not_for_type"
    return "stands_in" if 0 <= years_back <= known.school_years_back else "too_old"


def is_special(rules: Selection, statuses: Iterable[str], *, statement: bool) -> bool:
    """Whether the council may judge by interval estimation: of the groups, with the statement."""
    group = rules.special_groups
    filed = statement or not group.statement_with_registration
    return filed and not {*group.statuses}.isdisjoint(statuses)


def number(value: Any) -> Any:
    """A score as it is kept: a whole number, else its text, so that it reads back as it was."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value, "f")
    return value


def _yes(accepted: bool) -> str:
    return "accepted" if accepted else "rejected"


def _computed(
    rule: str, inputs: Mapping[str, Any], threshold: Any, branch: str | None, outcome: str
) -> Computed:
    return Computed(rule=rule, inputs=inputs, threshold=threshold, branch=branch, outcome=outcome)


def _answer(
    rule: str, inputs: Mapping[str, Any], threshold: Any, branch: str, outcome: str
) -> Answer[str]:
    return Answer(outcome, _computed(rule, inputs, threshold, branch, outcome))
