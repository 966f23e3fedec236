"""`/`: whose plans are in one's hands, what they lack, and what others changed since last time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.audit import record_list
from api.change_subjects import record_page
from api.changes import asker_of, reports_of
from api.house import House
from api.name_order import name_key
from api.paging import Cursor, paged
from api.plan_content import readable
from api.student_items import Opened, offices, opened
from api.viewer import Viewer
from api.web.entry import last_sign_in
from api.web.progress import ItemProgress, progress
from api.web.rendering import ThePage
from domain.calendar import local_date, school_year
from projections import directory, plan_records
from projections.report import ChangeFilter

router = APIRouter()

_STUDENTS_A_PAGE = 50
#: Of longer ago the page of changes tells, which can be asked for any two days.
_LONGEST_AGO = timedelta(days=30)
#: So many changes are looked through, and so many shown.
_LOOKED_THROUGH, _SHOWN = 200, 10


@dataclass(frozen=True)
class Work:
    """A student with what the plan of the school year has and lacks."""

    student: Opened = field(repr=False)
    items: list[ItemProgress]

    @property
    def counted(self) -> list[ItemProgress]:
        """The items that are missed where they are not filled in."""
        return [item for item in self.items if item.state != "as-needed"]

    @property
    def missing(self) -> list[ItemProgress]:
        return [item for item in self.items if item.state == "missing"]


@dataclass(frozen=True)
class News:
    """What others changed since a moment; `more` where it is more than was looked through."""

    since: datetime
    items: list[Mapping[str, Any]] = field(repr=False)
    count: int
    more: bool


@router.get("/")
def get_work_list(page: ThePage, cursor: Cursor = None) -> Response:
    """The work list; a student has none, and reads the own courses."""
    if page.me.is_one_of("student"):
        return page.go("/me/courses")
    year = school_year(page.viewer.today)
    work, onward = work_list(page.house, page.viewer, year, cursor)
    news = None if cursor else news_of(page.house, page.viewer)
    return page.show("work_list.html", year=year, work=work, next_cursor=onward, news=news)


def work_list(
    house: House, viewer: Viewer, year: int, cursor: str | None
) -> tuple[list[Work], str | None]:
    """A page of the students whose plan the viewer may see, by class and name; recorded."""
    with viewer.looking(house) as connection:
        schools = offices(connection)
        found = [
            opened(house, card, schools)
            for card in directory.students(connection)
            if not card.erased and readable(viewer.held_for(card.student_id, card.organisation))
        ]
        onward, after = paged(
            house,
            viewer,
            [(_place(one), one.card.student_id, one) for one in found],
            what="students",
            wanted={"work": year},
            limit=_STUDENTS_A_PAGE,
            cursor=cursor,
        )
        ids = [one.card.student_id for one in onward]
        standing: dict[UUID, list[plan_records.Standing]] = {one: [] for one in ids}
        for row in plan_records.standing_of(connection, ids):
            standing[row.student].append(row)
    record_list(house, viewer, "students", ids, {"school_year": year})
    return [Work(one, _items(viewer, one, standing, year)) for one in onward], after


def news_of(house: House, viewer: Viewer) -> News | None:
    """What others changed since the viewer's last sign-in, the newest first; recorded. None where
    there was none."""
    last = last_sign_in(house, viewer.account_id, viewer.session_id)
    if last is None:
        return None
    since = max(last, viewer.now - _LONGEST_AGO)
    first = local_date(since)
    wanted = ChangeFilter(first, max(first, viewer.today))
    reports, asker = reports_of(house), asker_of(viewer)
    found = reports.page(asker, reports.terms(asker, wanted, None), None, _LOOKED_THROUGH)
    fresh = [
        item
        for item in reversed(found.items)
        if datetime.fromisoformat(item.data["recorded_at"]) > since
        and item.data["author"]["id"] != viewer.account_id
    ]
    shown = fresh[:_SHOWN]
    record_page(house, viewer, "changes", shown)
    return News(since, [one.data for one in shown], len(fresh), found.next_cursor is not None)


def _items(
    viewer: Viewer,
    one: Opened,
    standing: Mapping[UUID, list[plan_records.Standing]],
    year: int,
) -> list[ItemProgress]:
    visible = readable(viewer.held_for(one.card.student_id, one.card.organisation))
    return progress(standing[one.card.student_id], visible, year, one.card.stage)


def _place(one: Opened) -> list[Any]:
    return [one.item.organisation.code, name_key(one.card.class_name or ""), name_key(one.name)]
