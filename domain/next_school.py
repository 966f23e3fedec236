"""What the school of the next stage does for a pupil who attends it in some subjects: it names the
class and the guidance teacher (Kaohsiung 1.1, 2.6). A step of the case of `domain.placement_case`.

It is the one step that is not the pupil's own school's. A pupil who skips into the next stage
altogether goes there by a transfer, after which every step is that school's.
"""

from pydantic import Field

from domain import placement_path as path
from domain.event import Encrypted
from domain.placement_case import PROCESS
from domain.process import Found, Ground, StepForm, define
from domain.refusal import NotAllowed, Refusal
from domain.section import Text, Word

STEP = "next-school-arranged"


class ArrangeAtNextSchool(StepForm):
    next_class: Word = Field(title="銜接學校的安置班級")
    next_guidance_teacher: Encrypted[Word] = Field(title="銜接學校的輔導教師")
    arrangement_note: Encrypted[Text | None] = Field(
        None, title="上課安排", description="節次、接送時的會面處等，供原就讀學校安排。"
    )


class NotCrossing(Refusal):
    CODE = "not-crossing"
    TITLE = "這位學生沒有安置到下一個教育階段的科目"


def _arrange(ground: Ground, form: ArrangeAtNextSchool) -> Found:
    """Raises `NotAllowed` for the pupil's own school, `NotCrossing`."""
    if ground.own_school:
        raise NotAllowed
    rows = path.crossing(ground.programme, path.rows_of(ground))
    if not rows:
        raise NotCrossing
    return Found(fields={"next_areas": tuple(one.area for one in rows)})


define(
    PROCESS,
    STEP,
    "銜接學校安排班級與輔導教師",
    ArrangeAtNextSchool,
    _arrange,
    {"next_areas": tuple[str, ...]},
)
