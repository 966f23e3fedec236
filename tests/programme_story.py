"""A programme in a story: its text published, its windows set anew."""

import hashlib
from datetime import date

from domain.process import STEPS
from domain.programme import ProgrammePublished, programme_id, shipped_text
from domain.programme_rules import read
from domain.stream_ids import natural_id
from ledger.ledger import Recorded
from tests.story import Story

POSTPONED = STEPS["round", "window-postponed"].event


def publish(story: Story, code: str, text: str | None = None) -> Recorded:
    """The shipped text, or another one of the same code."""
    text = text or shipped_text(code)
    rules = read(text)
    return story.record(
        ProgrammePublished,
        programme_id(code),
        code=code,
        name=rules.name,
        school_year=rules.school_year,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def postpone(story: Story, code: str, closes: date, window: str = "w32") -> Recorded:
    return story.record(
        POSTPONED,
        natural_id("round", code),
        programme=code,
        rules=1,
        state="running",
        window=window,
        closes=closes,
        cause="停止上班上課",
    )
