"""A programme's rules of selection and placement as one whole (Kaohsiung 1.3, 2.5 to 2.7, 3).

What is said of one thing in two places must fit: unknown subjects, types and bodies are refused
with their place. `domain.selection` and its siblings compute by these rules.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator

from domain import placement_rules as placing
from domain.exam_rules import (
    Accommodations,
    DualExam,
    ExamGradeRule,
    InitialRule,
    RetainedRule,
    SecondRule,
    SpecialGroups,
    Subject,
)
from domain.placement import Category
from domain.programme_data import NONE, Body, Data, at_publication
from domain.selection_none import EMPTY, has


class Selection(Data):
    """Who may be registered for what, what is tested and passed, and what follows from it.

    Of `initial`, `retained`, `dual_exam`, `special_groups`, `accommodations`, `exemption_again` and
    `subsidy` a plan may have `none` (`domain.selection_none`).
    """

    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]
    exam_grade: ExamGradeRule
    initial: InitialRule
    retained: RetainedRule
    second: SecondRule
    types: Annotated[tuple[placing.RegistrationType, ...], Field(min_length=1)]
    categories: Annotated[tuple[placing.CategoryRule, ...], Field(min_length=1)]
    exemption_again: placing.ExemptionAgain
    full_skip: placing.FullSkip
    duration: placing.Duration
    special_groups: SpecialGroups
    accommodations: Accommodations
    dual_exam: DualExam
    pupils: placing.PupilRule
    bodies: Annotated[tuple[Body, ...], Field(min_length=1)]
    decisions: Annotated[tuple[placing.DecisionRule, ...], Field(min_length=1)]
    committees: tuple[placing.Committee, ...] = ()
    subsidy: placing.Subsidy
    attendance: tuple[placing.AttendanceRule, ...]
    tasks: tuple[placing.TransitionTask, ...]
    openings: tuple[placing.Opening, ...] = ()

    def subject(self, code: str) -> Subject | None:
        return next((one for one in self.subjects if one.code == code), None)

    def subject_called(self, name: str) -> Subject | None:
        """The subject by any name that records and rosters give it, as of a placement's area."""
        return next((one for one in self.subjects if one.called(name)), None)

    def subjects_of(self, exam_grade: int) -> tuple[Subject, ...]:
        """What is tested in an exam grade; empty where nothing is offered."""
        if exam_grade > self.exam_grade.highest:
            return ()
        return tuple(one for one in self.subjects if exam_grade in one.exam_grades)

    def type(self, code: str) -> placing.RegistrationType | None:
        return next((one for one in self.types if one.code == code), None)

    def category(self, code: Category) -> placing.CategoryRule | None:
        return next((one for one in self.categories if one.code is code), None)

    def decision(self, code: Category) -> placing.DecisionRule:
        """Who decides on a category. Each has one (`_of_one_piece`)."""
        return next(one for one in self.decisions if code in one.categories)

    def committee(self, code: str) -> placing.Committee | None:
        return next((one for one in self.committees if one.code == code), None)

    def windows_named(self) -> Iterator[tuple[str, str]]:
        """Place and window code of every rule that names a window."""
        for task in self.tasks:
            yield f"selection.tasks.{task.code}", task.window
        for opening in self.openings:
            yield "selection.openings", opening.window
            if opening.after_recheck_until != NONE:
                yield "selection.openings", opening.after_recheck_until

    @field_validator(*EMPTY, mode="before")
    @classmethod
    def _none(cls, said: object, field: ValidationInfo) -> object:
        return EMPTY[field.field_name or ""] if said == NONE else said

    @at_publication
    def _of_one_piece(self) -> Self:
        for name, codes in (
            ("subjects", [one.code for one in self.subjects]),
            ("types", [one.code for one in self.types]),
            ("categories", [one.code for one in self.categories]),
            ("bodies", [one.code for one in self.bodies]),
            ("attendance", [one.code for one in self.attendance]),
            ("tasks", [one.code for one in self.tasks]),
            ("decisions", [kind for one in self.decisions for kind in one.categories]),
        ):
            if len({*codes}) != len(codes):
                raise ValueError(f"selection.{name}: 代碼重複")
        _check("科目", {one.code for one in self.subjects}, self._subjects_named())
        _check("報考類型", {one.code for one in self.types}, self._types_named())
        _check("單位", {one.code for one in self.bodies}, self._bodies_named())
        _check("證明文件", {one.code for one in self.accommodations.proofs}, [
            ("accommodations.any_time_with", self.accommodations.any_time_with),
        ])  # fmt: skip
        self._check_categories()
        return self

    def _subjects_named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for one in self.subjects:
            yield f"subjects.{one.code}.covers", one.covers
        yield "exam_grade.once_several_grades", self.exam_grade.once_several_grades
        yield "full_skip.subjects", self.full_skip.subjects
        yield "exemption_again.subjects", self.exemption_again.subjects

    def _types_named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for one in self.second.own_standards:
            yield f"second.own_standards.{one.code}", one.types

    def _bodies_named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for number, one in enumerate(self.decisions, 1):
            place = f"decisions.{number}"
            if one.first_look != NONE:
                yield place, (one.first_look,)
            yield place, (one.decides, one.abandoned_before, *one.igp)
            yield place, (one.re_placement.decides, one.abandonment.decides)
        if has(self.exemption_again):
            yield "exemption_again", (self.exemption_again.decides,)
        yield "full_skip", (self.full_skip.override,)
        yield "duration", (self.duration.override,)
        yield "pupils", self.pupils.vetted_by
        if has(self.subsidy):
            yield "subsidy", (self.subsidy.consent,)
        yield "committees", tuple(one.code for one in self.committees)

    def _check_categories(self) -> None:
        decided = {kind for one in self.decisions for kind in one.categories}
        known = {one.code for one in self.categories}
        if missing := known - decided:
            raise ValueError(f"selection.decisions: 沒有「{min(missing)}」由誰決定的規定")
        for one in self.types:
            if unknown := {*one.categories} - known:
                raise ValueError(f"selection.types.{one.code}: 沒有「{min(unknown)}」這個安置類別")


def _check(what: str, known: set[str], named: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    for place, codes in named:
        for code in codes:
            if code not in known:
                raise ValueError(f"selection.{place}: 沒有「{code}」這項{what}")
