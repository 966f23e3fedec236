"""The sessions of a test day as a ticket prints them, and when the test begins."""

from pydantic import BaseModel, ConfigDict

from domain.application_facts import selection_of
from domain.exam_rules import TestDay
from domain.placement_duties import with_extra_time
from domain.process import Record
from domain.programme_data import Window
from domain.programme_rules import Programme
from domain.refusal import Refusal


class TestHasBegun(Refusal):
    """What is for the day of the test is asked for before it begins."""

    # So that pytest does not take the name for a test.
    __test__ = False

    CODE = "test-has-begun"
    TITLE = "測驗已經開始，不能再辦理"


class Session(BaseModel):
    """A session; times are local, `HH:MM`. `break_minutes` are those left until the next one."""

    model_config = ConfigDict(frozen=True)

    number: int
    bell_at: str | None = None
    starts_at: str
    ends_at: str
    break_minutes: int | None = None


def day_of_test(programme: Programme, stage: str) -> TestDay:
    """The day of a stage's test. Raises `NotFound` where the programme has no selection."""
    rules = selection_of(programme)
    return rules.initial.test_day if stage == "initial" else rules.second.test_day


def window_of_test(programme: Programme, stage: str) -> Window | None:
    """The window of the day of a stage's test; None where the plan names none."""
    code = next((one.test for one in programme.stages if one.code == stage), None)
    return None if code is None else programme.window(code)


def sessions_of(programme: Programme, stage: str, extra_minutes: int = 0) -> tuple[Session, ...]:
    """The sessions, with as many minutes more as were allowed."""
    return tuple(
        Session(
            number=one.number,
            bell_at=None if isinstance(one.bell_at, str) else one.bell_at.strftime("%H:%M"),
            starts_at=one.starts_at.strftime("%H:%M"),
            ends_at=one.ends_at.strftime("%H:%M"),
            break_minutes=left,
        )
        for one, left in with_extra_time(day_of_test(programme, stage), extra_minutes)
    )


def granted_minutes(record: Record, stage: str) -> int:
    """How many minutes more a pupil was allowed in a stage."""
    decided = [one for one in record.all("accommodation-decided") if one.stage == stage]
    return int(decided[-1].granted_minutes or 0) if decided else 0
