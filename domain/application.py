"""A pupil's application in a programme: one per pupil and programme (Kaohsiung 2.2)."""

from typing import Literal

from pydantic import Field

from domain import labels
from domain.application_facts import check_county
from domain.application_words import CODES, FOUND
from domain.process import Found, Ground, StepForm, define, evolving, process

PROCESS = "application"

process(PROCESS, PROCESS)
evolve = evolving(PROCESS)
labels.name_more(PROCESS, FOUND, CODES)

RecommendedBy = Literal["class_teacher", "subject_teacher", "guardian"]


class Open(StepForm):
    """A pupil is recommended, or goes on from an earlier placement without a test."""

    recommended_by: RecommendedBy = Field("guardian", title="推薦人")
    #: Whether the pupil sits the tests of this round, or jumps to the placement.
    participates: bool = Field(True, title="參加本次鑑定")


def _open(ground: Ground, form: Open) -> Found:
    check_county(ground)
    student = ground.student
    assert student is not None
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
