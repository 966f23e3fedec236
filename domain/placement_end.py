"""How a placement case ends: with the year, before the decision, or by a request that was granted.

Steps of the case of `domain.placement_case`.
"""

from typing import Any
from uuid import UUID

from pydantic import Field

from domain import placement_path as path
from domain.application_facts import selection_of
from domain.event import Encrypted
from domain.placement_case import PROCESS, NotThisAct, ended
from domain.process import Found, Ground, StepForm, define
from domain.refusal import Refusal
from domain.section import Text


class EndPlacement(StepForm):
    """The end of the year: an exemption lapses, a skip may go on by natural promotion."""


class AbandonEarly(StepForm):
    """A first pass is given up before the decision: there is no letter yet (Q-28)."""

    abandon_reason: Encrypted[Text] = Field(title="放棄安置原因")
    request_document: UUID | None = Field(None, title="重新/放棄安置申請書")


class FollowRequest(StepForm):
    """A request about one of the placements took effect (`domain.placement_request`)."""

    request_id: UUID = Field(title="申請案")
    placement_id: UUID = Field(title="原安置")


class YearNotOver(Refusal):
    CODE = "school-year-not-over"
    TITLE = "這個學年度還沒有結束"


def _complete(ground: Ground, form: EndPlacement) -> Found:
    rows = _rows_at_the_end(ground)
    lapses = selection_of(ground.programme).duration.lapses
    if all(one.category in lapses for one in rows):
        raise NotThisAct("這些安置於學年度結束時失效，請辦理「安置失效」。")
    going_on = tuple(one.area for one in rows if one.category not in lapses)
    return Found(fields={"promotion_areas": going_on})


def _lapse(ground: Ground, form: EndPlacement) -> Found:
    rows = _rows_at_the_end(ground)
    lapses = selection_of(ground.programme).duration.lapses
    if any(one.category not in lapses for one in rows):
        raise NotThisAct("有可以升級的安置，請辦理「學年結束」。")
    return Found()


def _rows_at_the_end(ground: Ground) -> tuple[Any, ...]:
    year = ground.programme.school_year
    last = [one for one in path.rules_of(ground.programme).semesters if one.school_year == year]
    if not last or ground.today <= last[-1].ends:
        raise YearNotOver
    return path.rows_of(ground)


def _abandon_early(ground: Ground, form: AbandonEarly) -> Found:
    """P6a: the reason is told before the body that would have decided; the rows end."""
    path.check_own_school(ground)
    rows = path.rows_of(ground)
    before = dict.fromkeys(one.abandoned_before for one in path.decisions(ground.programme, rows))
    gone = (*rows, *path.awaiting(ground))
    return Found(fields={"told_before": tuple(before)}, events=ended(ground, gone, "abandoned"))


def _replaced(ground: Ground, form: FollowRequest) -> Found:
    return Found(fields={"area": _area(ground, form)})


def _abandoned(ground: Ground, form: FollowRequest) -> Found:
    standing = (*path.rows_of(ground), *path.awaiting(ground))
    left = [one for one in standing if one.placement_id != form.placement_id]
    return Found(outcome="part" if left else "all", fields={"area": _area(ground, form)})


def _area(ground: Ground, form: FollowRequest) -> str:
    rows = path.rows_of(ground)
    return next((one.area for one in rows if one.placement_id == form.placement_id), "")


define(
    PROCESS,
    "placement-completed",
    "學年結束",
    EndPlacement,
    _complete,
    {"promotion_areas": tuple[str, ...]},
)
define(PROCESS, "placement-lapsed", "安置失效", EndPlacement, _lapse)
define(
    PROCESS,
    "abandoned-before-decision",
    "決定前放棄安置",
    AbandonEarly,
    _abandon_early,
    {"told_before": tuple[str, ...]},
)
define(PROCESS, "placement-replaced", "重新安置生效", FollowRequest, _replaced, {"area": str})
define(PROCESS, "placement-abandoned", "放棄安置生效", FollowRequest, _abandoned, {"area": str})
