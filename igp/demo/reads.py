"""A reading outside the hours of the office: the list of reads to look at shows how it is told.

On the evening of the school's statement the case manager looks again at what the dispute is about.
"""

from api import sections
from igp.demo.acts import Act, Desk


def look_up(key: str, section: str, *school_years: int) -> Act:
    """A section of the student's plan, in each of these years."""

    def act(desk: Desk) -> None:
        for year in school_years:
            sections.read(desk.house, desk.viewer, desk.student(key), section, year, None)

    return act


READS: list[tuple[str, str, Act]] = [
    ("114.2.12 21:40", "a-cm", look_up("a4", "needs_assessment", 112, 113)),
]
