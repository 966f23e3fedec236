"""An application is given up, or its end is taken back because it was recorded by mistake.

Nothing is deleted: the end and what takes it back both stand (Kaohsiung 10.2, a wrong event).
"""

from collections.abc import Iterator

from domain.application import PROCESS
from domain.application_facts import (
    ENDING_REVERSED,
    endings,
    record_of,
    selection_of,
    stage_of,
)
from domain.placement import STANDING, Placement
from domain.process import Found, Ground, StepForm, define
from domain.refusal import ReasonRequired, Refusal


class Withdraw(StepForm):
    """The guardian gives the application up; the fee is not given back by that."""


class ReverseEnding(StepForm):
    """The end was recorded by mistake, as for another pupil: the application goes on from where it
    was."""


class PlacementBegun(Refusal):
    """What was passed is applied for already: it is given up in the placement case, with its reason
    told before the body that decides (Kaohsiung 2.3, P6a)."""

    CODE = "placement-begun"
    TITLE = "已填寫安置資料，請刪除安置列，或於安置案辦理「決定前放棄安置」"


def _withdraw(ground: Ground, form: Withdraw) -> Found:
    if form.reason is None:
        raise ReasonRequired
    if any(_of_this_year(ground)):
        raise PlacementBegun
    return Found(fields={"stage": stage_of(record_of(ground))})


def _of_this_year(ground: Ground) -> Iterator[Placement]:
    """The rows of the programme's placement page that stand."""
    rules = selection_of(ground.programme)
    year = ground.programme.school_year
    for one in ground.placements:
        standing = one.status in STANDING and one.school_year == year
        if standing and rules.subject_called(one.area) is not None:
            yield one


def _reverse(ground: Ground, form: ReverseEnding) -> Found:
    """The state is the one before the end; what was late by then stays so."""
    if form.reason is None:
        raise ReasonRequired
    record = record_of(ground)
    ended = endings(record)[-1]
    before = [one for one in record.steps if one.originator_version < ended.originator_version]
    return Found(
        outcome=before[-1].state,
        fields={"stage": stage_of(record), "reverses_version": ended.originator_version},
    )


WITHDRAWN = define(PROCESS, "withdrawn", "放棄報名", Withdraw, _withdraw, {"stage": str})
REVERSED = define(
    PROCESS,
    ENDING_REVERSED,
    "撤銷誤登的放棄、棄權或審查不通過",
    ReverseEnding,
    _reverse,
    {"stage": str, "reverses_version": int},
)
