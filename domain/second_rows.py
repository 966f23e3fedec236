"""The subjects of a second-stage application: one grade each, one type each, tested by whom.

Kaohsiung 3.1, 3.3, 3.6, 3.7; F16 and F17. What may be registered is computed by `domain.selection`;
here it is asked of a pupil as the books know them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain import placement_known, selection
from domain.application_facts import record_of, selection_of, value
from domain.placement import Category, Placement, Status
from domain.placement_selection import Pass, full_skips_made, one_year_limit
from domain.process import Computed, Ground, Record
from domain.refusal import NotValid, Refusal
from domain.second_eligible import completeness, exceptions, whole_types
from domain.second_forms import WITHOUT_ALL, Mode, PlacedSubject, SecondRow, SubjectAward
from domain.selection_rules import Selection


class SubjectsNotValid(NotValid):
    """What is registered is not what the plan offers; the detail says what to change."""

    CODE = "subjects-not-valid"
    TITLE = "報考的學科不符規定"


class NoTestMode(NotValid):
    CODE = "test-mode-required"
    TITLE = "請選擇由學校自辦或參加聯合評量"


class AwardDoesNotCount(NotValid):
    CODE = "award-does-not-count"
    TITLE = "這個獎項不能免除該科的學科成就測驗"


class FullSkipBlocked(Refusal):
    """Another skip of a whole grade in the stage; a recorded decision of the council allows it."""

    CODE = "full-skip-blocked"
    TITLE = "這個教育階段已有全部學科跳級，須有鑑輔會的決定才能再次報考"


class PartToFullIncomplete(NotValid):
    CODE = "part-to-full-incomplete"
    TITLE = "加上歷年安置，仍不足以合成全部學科跳級"


def rules_of(ground: Ground) -> Selection:
    return selection_of(ground.programme)


def grade_of(ground: Ground) -> int:
    """The pupil's grade when the application began, as corrected."""
    grade: int = value(record_of(ground), "current_grade")
    return grade


def standing(ground: Ground) -> tuple[PlacedSubject, ...]:
    """How each subject is placed in the year in which pupils apply, the year before the plan's."""
    rules, year = rules_of(ground), ground.programme.school_year
    in_force = [one for one in ground.placements if one.status is Status.IN_FORCE]
    found = placement_known.last(rules, year, record_of(ground), in_force)
    return tuple(
        PlacedSubject(subject=subject, category=one.category, placement_grade=one.grade)
        for subject, one in sorted(found.items())
    )


def resolved(rules: Selection, rows: Iterable[SecondRow], mode: Mode | None) -> list[SecondRow]:
    """The rows, each with its `test`.

    A type that always sits the joint test takes nothing from the application's choice, which is
    the other types' (F17); that choice without any such row is refused (KAO-76).
    """
    done: list[SecondRow] = []
    used = False
    for row in rows:
        kind = rules.type(row.registration_type)
        test = row.test
        if test is None and kind is not None and not kind.joint_test_only:
            if mode is None:
                raise NoTestMode(field="achievement_test_mode")
            test, used = mode, True
        test = test or "joint"
        subject = rules.subject(row.subject)
        found: dict[str, Any] = {"test": test, "subject_name": None, "medium": None}
        if subject is not None:
            found["subject_name"] = subject.named(row.exam_grade)
            found["medium"] = subject.test if test == "joint" else None
        done.append(row.model_copy(update=found))
    if mode == "school" and not used:
        raise SubjectsNotValid("跳級一律參加聯合評量，不能由學校自辦。", "achievement_test_mode")
    return done


def check_rows(
    ground: Ground, rows: list[SecondRow], awards: Iterable[SubjectAward]
) -> tuple[Computed, ...]:
    """Judges the rows as registered; what was computed. Raises what this module refuses by."""
    rules = rules_of(ground)
    allowed = exceptions(ground.record)
    given = [
        selection.Row(
            row.subject,
            row.exam_grade,
            row.registration_type,
            "joint" if row.test == "joint" else "school",
        )
        for row in rows
    ]
    found = selection.check_subjects(
        rules,
        given,
        grade_of(ground),
        {one.subject: one.placement_grade for one in standing(ground)},
        override=WITHOUT_ALL in allowed,
    )
    if found.value:
        raise SubjectsNotValid(" ".join(one.message for one in found.value), "rows")
    return (
        found.computed,
        *_check_full_skips(ground, rules, rows, allowed),
        *_awards(ground, rules, rows, awards),
    )


def _check_full_skips(
    ground: Ground, rules: Selection, rows: list[SecondRow], allowed: frozenset[str]
) -> Iterable[Computed]:
    whole = [row for row in rows if row.registration_type in whole_types(rules)]
    if not whole:
        return
    stage_ends = rules.pupils.next_stage_from
    placements = (*ground.placements, *_told_placements(record_of(ground)))
    of_stage = [one for one in placements if one.target_year_grade < stage_ends]
    limit = one_year_limit(
        rules, full_skips_made(rules, of_stage), override="another_full_skip" in allowed
    )
    if not limit.value:
        raise FullSkipBlocked
    whole_grade = completeness(
        rules,
        (Pass(row.subject, row.exam_grade, row.registration_type) for row in whole),
        standing(ground),
        allowed,
    )
    if whole_grade.outcome == "incomplete":
        missing = {*rules.full_skip.subjects} - {*whole_grade.value.landing}
        names = "、".join(one.name for one in rules.subjects if one.code in missing)
        raise PartToFullIncomplete(
            f"加上歷年安置，仍不足以合成全部學科跳級，尚缺：{names}。", "rows"
        )
    yield limit.computed


def _told_placements(record: Record) -> Iterable[Placement]:
    """The placements of earlier years as the application tells them (F04)."""
    for one in value(record, "past_placements") or ():
        yield Placement(
            placement_id=record.record_id,
            version=record.version,
            student_id=record.student_id or record.record_id,
            school_year=one.school_year,
            area=one.area,
            category=Category(one.category),
            target_year_grade=one.grade_that_year,
            placement_grade=one.placement_grade,
            arrangement=None,
            occurred_on=None,
        )


def _awards(
    ground: Ground, rules: Selection, rows: list[SecondRow], awards: Iterable[SubjectAward]
) -> Iterable[Computed]:
    """Every subject that is not tested for an award has one that counts (KAO-169)."""
    given: Mapping[str, SubjectAward] = {one.subject: one for one in awards}
    for row in rows:
        if row.test != "award":
            continue
        award = given.get(row.subject)
        if award is None:
            raise AwardDoesNotCount("請填寫獎項及獲獎學年度。", "awards")
        answer = selection.instead_of_test(
            rules,
            row.registration_type,
            award.standard,
            award.school_year,
            ground.programme.school_year,
        )
        if not answer.value:
            raise AwardDoesNotCount(field="awards")
        yield answer.computed


def findings(ground: Ground, rows: Iterable[SecondRow]) -> tuple[str, ...]:
    """What the council should look at: a subject that would land further ahead than one skip goes
    (Q-32)."""
    skip = rules_of(ground).category(Category.SKIP)
    ahead = 1 if skip is None else skip.ahead
    furthest = grade_of(ground) + 1
    return tuple(
        f"further-ahead:{row.subject}" for row in rows if row.exam_grade + ahead > furthest + ahead
    )
