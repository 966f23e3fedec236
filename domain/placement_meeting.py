"""Who a school sends to the placement meeting: one record per school and programme (2.5, W35)."""

from typing import Any

from pydantic import Field

from domain.process import Found, Ground, StepForm, define, evolving, process
from domain.section import Word

PROCESS = "placement_meeting"
STEP = "attendance-announced"

process(PROCESS, None)
evolve = evolving(PROCESS)


class AnnounceAttendance(StepForm):
    """How many come, and in which offices; names are not needed."""

    attendees: int = Field(ge=1, le=99, title="出席人數")
    offices: tuple[Word, ...] = Field(min_length=1, max_length=99, title="出席人員職稱")


def _nothing(ground: Ground, form: Any) -> Found:
    return Found()


define(PROCESS, STEP, "回報出席安置會議人員", AnnounceAttendance, _nothing)
