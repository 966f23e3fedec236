"""A pupil's application in a programme: one per pupil and programme (Kaohsiung 2.2)."""

from typing import Literal

from pydantic import Field

from domain import labels
from domain.application_facts import check_county, selection_of
from domain.application_words import CODES, FOUND
from domain.process import Found, Ground, StepForm, define, evolving, process
from domain.programme_rules import Programme
from domain.refusal import Refusal

PROCESS = "application"

process(PROCESS, PROCESS)
evolve = evolving(PROCESS)
labels.name_more(PROCESS, FOUND, CODES)

RecommendedBy = Literal["class_teacher", "subject_teacher", "guardian"]


class GradeNotAdmitted(Refusal):
    """The programme takes no pupils of this grade (Kaohsiung 3.10)."""

    CODE = "grade-not-admitted"
    TITLE = "這位學生的年級不在計畫的報名對象內，不能開案"


class Open(StepForm):
    """A pupil is recommended, or goes on from an earlier placement without a test."""

    recommended_by: RecommendedBy = Field("guardian", title="推薦人")
    #: Whether the pupil sits the tests of this round, or jumps to the placement.
    participates: bool = Field(True, title="參加本次鑑定")


def admits(programme: Programme, grade: int | None) -> bool:
    """Whether the programme takes pupils of this grade; without rules of selection, of every."""
    selection = programme.selection
    return isinstance(selection, str) or grade in selection.pupils.grades


def _open(ground: Ground, form: Open) -> Found:
    check_county(ground)
    student = ground.student
    assert student is not None
    if not admits(ground.programme, student.grade):
        admitted = "、".join(map(str, selection_of(ground.programme).pupils.grades))
        raise GradeNotAdmitted(f"計畫的報名對象為 {admitted} 年級。")
    return Found(
        outcome="participates" if form.participates else "continues",
        fields={"current_grade": student.grade, "target_year_grade": student.grade + 1},
    )


OPENED = define(
    PROCESS,
    "opened",
    "開案",
    Open,
    _open,
    {"current_grade": int, "target_year_grade": int},
)
