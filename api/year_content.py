"""Whether a student's school year still says something beside its own record (IGP manual 4.14).

Counselling notes are never looked at: a refusal would tell of them.
"""

import time
from uuid import UUID

from api.acting import Acting
from api.problems import Unavailable
from api.section_items import opened
from api.waiting import PATIENCE_SECONDS
from domain.basic_family import BASIC_FAMILY
from domain.school_year import check_empty, says_something
from domain.sections import SECTIONS
from ledger.database import Connection
from ledger.recorder import Beside
from projections import plan_records
from projections.plan_fold import LIVE

_LOOK_SECONDS = 0.005


def content_of_year(acting: Acting, student_id: UUID, school_year: int) -> list[str]:
    """The other sections of the year that say something, as the view has them."""
    with acting.looking() as connection:
        records = plan_records.records_of(connection, student_id)
    found = {
        one.section
        for one in records
        if one.section != BASIC_FAMILY.code
        and one.status == LIVE
        and one.school_year == school_year
        and says_something(opened(acting.house, student_id, one.row["data"]))
    }
    return [code for code in SECTIONS if code in found]


def empty_year(acting: Acting, student_id: UUID, school_year: int) -> Beside:
    """For `Decided.after` of a withdrawal of the year's record. Raises `YearHasContent` at once
    and in the append, `Unavailable` where the view is late for too long.

    Entries have random ids, so the books cannot be asked for them by id. The append holds the lock
    of the book: once the view has passed what is committed, nothing can be missing in it. Whoever
    writes into the year finds in an append of their own that its record moved (`api.stages`).
    """
    check_empty(content_of_year(acting, student_id, school_year))

    def look(_: Connection) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not _complete(acting):
            if time.monotonic() > end:
                raise Unavailable
            time.sleep(_LOOK_SECONDS)
        check_empty(content_of_year(acting, student_id, school_year))

    return look


def _complete(acting: Acting) -> bool:
    """Whether the view has passed every committed event; what this append wrote is not yet."""
    with acting.looking() as connection:
        row = connection.execute(
            "SELECT position >= books.position_before('infinity') FROM checkpoint"
            " WHERE view = 'plan_records'"
        ).fetchone()
    return row is not None and bool(row[0])
