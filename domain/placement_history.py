"""What a pupil was tested in and placed in, as the papers of a placement list it (Kaohsiung F03,
F04, F24, F30): passes and failures alike, with the line that counted."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from pydantic import BaseModel

from domain.application_facts import selection_of, value
from domain.event import Erased
from domain.placement import Category
from domain.process import Record
from domain.programme_rules import Programme
from domain.second_eligible import verdicts
from domain.selection_rules import Selection

_PUBLISHED = "initial-result-published"
_REVISED = "decision-revised-by-recheck"


class Assessed(BaseModel, frozen=True):
    """A test and its result. `pass_line` is as printed; None where no line is known."""

    school_year: int
    test: str
    exam_grade: int | None
    t_score: Decimal | str | None
    t_total: Decimal | None = None
    pass_line: str | None
    outcome: str


class PlacedOnce(BaseModel, frozen=True):
    """A placement of any year; `placement_note` is the class attended, or where it is."""

    school_year: int
    target_year_grade: int
    area: str
    category: Category
    placement_grade: int
    placement_note: str | None


def assessed_before(programme: Programme, application: Record) -> Iterator[Assessed]:
    """The history of assessments as the application says it."""
    rules = selection_of(programme)
    for one in value(application, "past_assessments") or ():
        subject = rules.subject(one.test) or rules.subject_called(one.test)
        yield Assessed(
            school_year=one.school_year,
            test=_test(rules, one.test, one.exam_grade),
            exam_grade=one.exam_grade,
            t_score=one.t_score,
            t_total=one.t_total,
            pass_line=_ability_line(rules) if subject is None else _subject_line(rules),
            outcome=one.outcome,
        )


def assessed_now(programme: Programme, application: Record) -> Iterator[Assessed]:
    """The results of this programme as they stand: published, and what changed since."""
    rules = selection_of(programme)
    published = application.last(_PUBLISHED)
    if published is not None:
        rechecked, revised = application.last("recheck-completed"), application.last(_REVISED)
        score = published.t_full if rechecked is None else rechecked.recheck_t_full
        yield Assessed(
            school_year=programme.school_year,
            test="初選團體智力測驗",
            exam_grade=None,
            t_score=str(score) if isinstance(score, Erased) else score,
            pass_line=_ability_line(rules),
            outcome="absent" if published.absent else (revised or published).outcome,
        )
    for one in verdicts(application).values():
        line = one.pass_line
        yield Assessed(
            school_year=programme.school_year,
            test=_test(rules, one.subject, one.exam_grade),
            exam_grade=one.exam_grade,
            t_score=one.t_score,
            pass_line=None if line is None else _told(rules, line),
            outcome=one.outcome,
        )


def placed_before(
    rules: Selection, application: Record | None, recorded: Iterable[PlacedOnce]
) -> list[PlacedOnce]:
    """Placements as recorded, and as the application says them, each once."""
    found = [*recorded]
    known = {_key(rules, one) for one in found}
    for said in () if application is None else value(application, "past_placements") or ():
        one = PlacedOnce(
            school_year=said.school_year,
            target_year_grade=said.grade_that_year,
            area=said.area,
            category=said.category,
            placement_grade=said.placement_grade,
            placement_note=said.placement_note,
        )
        if _key(rules, one) not in known:
            found.append(one)
    return sorted(found, key=lambda one: one.school_year)


def _key(rules: Selection, one: PlacedOnce) -> tuple[int, str, Category, int]:
    subject = rules.subject_called(one.area)
    area = one.area if subject is None else subject.code
    return one.school_year, area, one.category, one.placement_grade


def _test(rules: Selection, test: str, grade: int) -> str:
    subject = rules.subject(test) or rules.subject_called(test)
    if subject is not None:
        return f"{subject.named(grade)}成就測驗"
    return next((one.name for one in rules.retained.tests if one.code == test), test)


def _ability_line(rules: Selection) -> str:
    return f"{rules.initial.pass_line_t}（PR {rules.initial.pass_line_pr}）"


def _subject_line(rules: Selection) -> str:
    return f"{rules.second.pass_line_t}（PR {rules.second.pass_line_pr}）"


def _told(rules: Selection, line: Decimal) -> str:
    """A school's own line is no percentile rank."""
    return _subject_line(rules) if line == rules.second.pass_line_t else f"{line.normalize():f}"
