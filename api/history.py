"""`GET /students/{id}/history`: what happened to one student's record (contract 3).

The same rows as the change report, of one student and of all time; an author's own notes stand in
that author's history alone.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.answer_items import HistoryAnswer
from api.change_report import Page
from api.change_subjects import record_page
from api.changes import LARGEST_PAGE, asker_of, reports_of
from api.house import House
from api.viewer import SignedIn, TheHouse, Viewer
from domain.refusal import NotFound
from ledger.encryption import canonical
from projections import directory
from projections.report import ChangeFilter

router = APIRouter(prefix="/students", tags=["history"])

#: Before the first school year and after the last one that a ledger of ours will see.
_FROM, _TO = date(1912, 1, 1), date(2999, 12, 31)


@router.get("/{student_id}/history", response_model=HistoryAnswer)
def get_history(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    cursor: str | None = None,
) -> Response:
    """學生的異動歷程：含修改前後內容、人員與原因。順序固定，依記錄的先後。"""
    page = read_history(house, viewer, student_id, limit, cursor)
    body = {"items": [item.data for item in page.items], "next_cursor": page.next_cursor}
    return Response(canonical(body), media_type="application/json")


def read_history(
    house: House,
    viewer: Viewer,
    student: UUID,
    limit: int,
    cursor: str | None,
    sections: tuple[str, ...] = (),
) -> Page:
    """A page of the history, of these sections where some are named; its reading is recorded.

    Raises `NotFound` out of reach.
    """
    with viewer.looking(house) as connection:
        if directory.student(connection, student) is None:
            raise NotFound
    reports, asker = reports_of(house), asker_of(viewer)
    wanted = ChangeFilter(_FROM, _TO, students=(student,), sections=sections)
    as_of = None if cursor is None else reports.as_of_of(asker, cursor)
    page = reports.page(asker, reports.terms(asker, wanted, as_of), cursor, limit)
    record_page(house, viewer, "students/history", page.items)
    return page
