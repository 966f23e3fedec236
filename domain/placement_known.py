"""What stands on record of a pupil, by which a row of the placement page is judged."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.application_facts import endings, value
from domain.placement import STANDING, Category, Placement, Status
from domain.placement_judging import Known, Page
from domain.placement_selection import Last, Pass
from domain.process import Record
from domain.programme_rules import Programme
from domain.second_eligible import (
    PUBLISHED,
    REVISED,
    Verdict,
    full_skip,
    registered,
    verdicts,
)
from domain.selection_rules import Selection


def page_of(
    programme: Programme,
    rules: int,
    application: Record,
    placements: Iterable[Placement],
    correcting: UUID | None = None,
    *,
    settled: bool = False,
    reviewed: bool = False,
) -> Page | None:
    """The programme's page for the pupil of an application; None where the plan has no such page.

    `rules` is the programme's version, `correcting` the row that is corrected. `settled`: a body
    has judged the case; `reviewed`: the page is over for those who passed since, too.
    """
    if isinstance(programme.placement, str) or isinstance(programme.selection, str):
        return None
    selection, year = programme.selection, programme.school_year
    others = [one for one in placements if one.placement_id != correcting]
    known = replace(
        known_of(selection, year, application, others),
        settled=settled,
        after_review=passed_since(application) if reviewed else {},
    )
    return Page(programme.code, rules, selection, programme.placement, known)


def known_of(
    rules: Selection, school_year: int, application: Record, placements: Iterable[Placement]
) -> Known:
    """What stands on record; `placements` are the pupil's, of any year."""
    target: int = value(application, "target_year_grade")
    placements = tuple(placements)
    in_force = [one for one in placements if one.status is Status.IN_FORCE]
    return Known(
        target_year_grade=target,
        passes=passes(rules, application),
        last=last(rules, school_year, application, in_force),
        legacy=legacy(rules, school_year, target, application),
        taken=_subjects(rules, school_year, (one for one in placements if one.status in STANDING)),
        refused=_subjects(
            rules, school_year, (one for one in placements if one.status is Status.REFUSED)
        ),
        in_part=_in_part(rules, application),
    )


def passes(rules: Selection, application: Record) -> dict[str, Pass]:
    """This year's, by subject: as published, revised, or decided by the school's committee. Who
    gave up or was out of time has none; earlier skips go on without a test all the same."""
    if endings(application):
        return {}
    return {
        one.subject: Pass(one.subject, one.exam_grade, one.registration_type, _joint(rules, one))
        for one in verdicts(application).values()
        if one.outcome == "passed"
    }


def _in_part(rules: Selection, application: Record) -> bool:
    """Whether a skip of all subjects was registered of which some were not passed (Q-13)."""
    kinds = (rules.type(one.registration_type) for one in registered(application))
    whole = any(one is not None and one.all_subjects and one.joint_test_only for one in kinds)
    return whole and full_skip(application) == "incomplete"


def passed_since(application: Record) -> dict[str, str]:
    """The subjects that were not passed as first published, but by a recheck or by the publication
    of a corrected result since, as after a complaint (Kaohsiung 8.1, 8.2); each with its flag."""
    published = [one for step in application.all(PUBLISHED) for one in step.results]
    revised = [one for step in application.all(REVISED) for one in step.results]
    at_first: dict[str, str] = {}
    for one in published:
        at_first.setdefault(one.subject, one.outcome)
    return {
        one.subject: flag
        for told, flag in (
            (published, "corrected-after-desk-review"),
            (revised, "after-desk-review"),
        )
        for one in told
        if one.outcome == "passed" and at_first.get(one.subject) != "passed"
    }


def _joint(rules: Selection, one: Verdict) -> bool:
    """Whether it was passed by the joint test and its line, as a skip needs it (Q-12)."""
    line = rules.second.pass_line_t
    return one.test == "joint" and one.t_score is not None and one.t_score >= line


def last(
    rules: Selection, school_year: int, application: Record, standing: Iterable[Placement]
) -> dict[str, Last]:
    """How each subject was placed in the year before: as recorded, else as the application says."""
    found: dict[str, Last] = {}
    for one in value(application, "past_placements") or ():
        subject = rules.subject_called(one.area)
        if subject is not None and one.school_year == school_year - 1:
            found[subject.code] = Last(Category(one.category), one.placement_grade)
    for row in standing:
        subject = rules.subject_called(row.area)
        if subject is not None and row.school_year == school_year - 1:
            found[subject.code] = Last(row.category, row.placement_grade)
    return found


def past_passes(rules: Selection, application: Record) -> Iterator[tuple[int, str, int]]:
    """Of the history of assessments (F03) what was passed: year, subject code, exam grade."""
    for one in _assessments(application):
        subject = rules.subject(one.test) or rules.subject_called(one.test)
        if subject is not None and one.outcome == "passed":
            yield one.school_year, subject.code, one.exam_grade


def _assessments(application: Record) -> Iterable[Any]:
    return value(application, "past_assessments") or ()


def legacy(rules: Selection, school_year: int, target: int, application: Record) -> frozenset[str]:
    """The subjects of which several grades were passed in one earlier year, `target` among them."""
    grades: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    for year, subject, grade in past_passes(rules, application):
        if year < school_year:
            grades[year, subject].add(grade)
    return frozenset(
        subject for (_, subject), passed in grades.items() if len(passed) > 1 and target in passed
    )


def _subjects(rules: Selection, school_year: int, rows: Iterable[Placement]) -> frozenset[str]:
    """Of which subjects there are rows of a year among these."""
    found = (rules.subject_called(one.area) for one in rows if one.school_year == school_year)
    return frozenset(one.code for one in found if one is not None)
