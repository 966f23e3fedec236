"""What concerns a programme's whole round: windows set anew, a new organiser, results published.

The round of a programme is one record without a student.
"""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from domain.calendar import WrittenDate
from domain.process import Found, Ground, Record, StepForm, define, evolving, process
from domain.programme_data import Code
from domain.programme_rules import Programme
from domain.refusal import NotValid
from domain.section import Text
from domain.window import Postponed, days_of

PROCESS = "round"

process(PROCESS, None)
evolve = evolving(PROCESS)


class PostponeWindow(StepForm):
    window: Code = Field(title="期間")
    opens: WrittenDate | None = Field(None, title="新的起日")
    closes: WrittenDate = Field(title="新的迄日")
    cause: Text = Field(title="事由", description="例如縣市政府公布停止上班上課。")


class ChangeOrganiser(StepForm):
    organisation: UUID = Field(title="新的承辦學校")
    effective_on: WrittenDate = Field(title="生效日期")


def _postpone(ground: Ground, form: PostponeWindow) -> Found:
    """Only the windows that are named move; others stay as printed until they are set, too
    (Kaohsiung 2.4, Q-03)."""
    known = {one.code: one for one in ground.programme.windows}
    if form.window not in known:
        raise NotValid("計畫中沒有這個期間。", "window")
    moved = {form.window: (form.opens, form.closes)}
    opens, closes = days_of(known[form.window], moved)
    if opens is not None and closes is not None and closes < opens:
        raise NotValid("迄日不可早於起日。", "closes")
    return Found()


def _nothing(ground: Ground, form: Any) -> Found:
    return Found()


define(PROCESS, "window-postponed", "延後期間", PostponeWindow, _postpone)
define(PROCESS, "organiser-changed", "更換承辦學校", ChangeOrganiser, _nothing)


def postponed(round_: Record | None) -> Postponed:
    """The windows that were set anew, the newest act counting."""
    acts = [] if round_ is None else round_.all("window-postponed")
    return {one.window: (one.opens, one.closes) for one in acts}


def as_set(programme: Programme, round_: Record | None) -> Programme:
    """The programme with the days that hold now, for lists that say what is due."""
    moved = postponed(round_)
    if not moved:
        return programme
    windows = tuple(
        one.model_copy(update=dict(zip(("opens", "closes"), days_of(one, moved), strict=True)))
        for one in programme.windows
    )
    return programme.model_copy(update={"windows": windows})


def organiser(round_: Any, day: date) -> UUID | None:
    """The organisation that organises on a day; None before any act named one."""
    acts = [] if round_ is None else round_.all("organiser-changed")
    standing = [one for one in acts if one.effective_on <= day]
    found: UUID | None = standing[-1].organisation if standing else None
    return found
