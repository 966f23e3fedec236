"""What a school owes for its pupils: attendance at the meeting, tasks, seats; and test days.

Kaohsiung 1.2, 2.5 to 2.7, 3.9. Which papers are owed says `domain.upload_checklist`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from domain.exam_rules import TestDay, TestSession
from domain.placement import Category
from domain.placement_rules import TransitionTask
from domain.process import Computed
from domain.selection import Answer
from domain.selection_rules import Selection

Request = Literal["none", "re_placement", "abandonment"]


def attendance_required(
    rules: Selection,
    category: Category,
    grade: int,
    *,
    request: Request = "none",
    to: Category | None = None,
    uploads_complete: bool = False,
) -> Answer[bool]:
    """Whether the school must send someone to the placement meeting (2.5).

    `grade` is the placement grade, `to` the category after a re-placement. `branch` is the code of
    the rule that fits; where none does, nobody must come.
    """
    crossing = grade >= rules.pupils.next_stage_from
    duty, branch = "not_required", "no_rule"
    for rule in rules.attendance:
        fits = (
            category in rule.categories
            and rule.request == request
            and (not rule.to or to in rule.to)
            and rule.into in ("any", "next_stage" if crossing else "own_stage")
        )
        if fits:
            duty, branch = rule.duty, rule.code
            break
    required = duty == "required" or (duty == "unless_uploads_complete" and not uploads_complete)
    return Answer(
        required,
        Computed(
            rule="selection.attendance",
            inputs={
                "category": category.value,
                "placement_grade": grade,
                "request": request,
                "to": None if to is None else to.value,
                "uploads_complete": uploads_complete,
            },
            threshold=rules.pupils.next_stage_from,
            branch=branch,
            outcome="required" if required else "not_required",
        ),
    )


def transition_tasks(
    rules: Selection,
    at: Literal["registration", "approval"],
    grade: int,
    reaches: Sequence[int],
    *,
    full: bool,
    controlled_school: bool = False,
    continuing: bool = False,
    enrolment_changes: bool = False,
) -> Answer[tuple[TransitionTask, ...]]:
    """What is to be done for a pupil once registered, or once approved (2.6, 2.7).

    `grade` is the present one, `reaches` those of the placements, at registration those that are
    aimed at.
    """

    def fits(one: TransitionTask) -> bool:
        return (
            one.at == at
            and (not one.grades or grade in one.grades)
            and (not one.reaches or not {*one.reaches}.isdisjoint(reaches))
            and one.full in (None, full)
            and one.controlled_school in (None, controlled_school)
            and one.continuing in (None, continuing)
            and one.enrolment_changes in (None, enrolment_changes)
        )

    found = tuple(one for one in rules.tasks if fits(one))
    return Answer(
        found,
        Computed(
            rule=f"selection.tasks.{at}",
            inputs={
                "grade": grade,
                "reaches": list(reaches),
                "full": full,
                "controlled_school": controlled_school,
                "continuing": continuing,
                "enrolment_changes": enrolment_changes,
            },
            outcome=" ".join(one.code for one in found) or "none",
        ),
    )


def missing_members(rules: Selection, committee: str, offices: Iterable[str]) -> tuple[str, ...]:
    """Seats of a committee that nobody takes, as 「甲或乙」; a warning, never a refusal (1.2)."""
    known, present = rules.committee(committee), {*offices}
    if known is None:
        return ()
    return tuple("或".join(one.any_of) for one in known.members if present.isdisjoint(one.any_of))


def with_extra_time(day: TestDay, minutes: int) -> tuple[tuple[TestSession, int | None], ...]:
    """Sessions with so many minutes more, each with the break left after it (3.9, KAO-151).

    Sessions start as printed and end later; the last has no break. Raises `ValueError` where the
    break is too short for it.
    """
    found: list[tuple[TestSession, int | None]] = []
    for number, one in enumerate(day.sessions):
        end = _minutes(one.ends_at.hour, one.ends_at.minute) + minutes
        longer = one.model_copy(
            update={"ends_at": one.ends_at.replace(hour=end // 60, minute=end % 60)}
        )
        following = day.sessions[number + 1 :]
        rest = None
        if following:
            start = following[0].starts_at
            rest = _minutes(start.hour, start.minute) - end
            if rest < 0:
                raise ValueError("the break is shorter than the extra time")
        found.append((longer, rest))
    return tuple(found)


def too_late_to_enter(day: TestDay, session: int, minutes_late: int) -> bool:
    """Whether somebody who comes so many minutes after the start is let in no more (KAO-46)."""
    if session not in {one.number for one in day.sessions}:
        raise LookupError(f"no session {session}")
    return minutes_late >= day.no_entry_after_minutes


def _minutes(hours: int, minutes: int) -> int:
    return hours * 60 + minutes
