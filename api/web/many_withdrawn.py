"""Several meetings, or own notes, that were ticked in their list are withdrawn together, or none.

Source: IGP manual 4.8, 4.10, 4.14.
"""

from uuid import UUID

from fastapi import APIRouter, Response

from api import counselling_notes, own_notes, plan_entries
from api.web.entries import MEETING_LIST, list_context
from api.web.heads import head_of
from api.web.notes import first_page
from api.web.plans import Year
from api.web.rendering import ThePage
from api.web.typed import Typed, text, texts
from domain.calendar import school_year as school_year_of
from domain.meeting import MEETING
from domain.refusal import Refusal

router = APIRouter()


@router.post("/students/{student_id}/meetings/withdrawals")
def post_meetings(
    page: ThePage, student_id: UUID, typed: Typed, school_year: Year = None
) -> Response:
    """The ticked meetings; each box holds the meeting's id and the version that was shown."""
    year = school_year or school_year_of(page.viewer.today)
    ticked = texts(typed, "entry")
    records = [{"id": one, "version": version} for one, version in map(_parted, ticked)]
    body = {"records": records, "reason": text(typed, "reason")}
    outcome = page.attempt(
        lambda: plan_entries.withdraw_many(
            page.house, page.viewer, MEETING, student_id, page.asked(body, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = list_context(page, student_id, MEETING_LIST, year)
        return page.refused(
            outcome, "entries.html", **context | {"ticked": ticked, "reason": body["reason"]}
        )
    path = f"/students/{student_id}/{MEETING_LIST.path}?school_year={year}"
    return page.done(outcome, path, "withdrawn")


@router.post("/students/{student_id}/notes/withdrawals")
def post_notes(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """The ticked notes, of whoever wrote them."""
    body = {"ids": texts(typed, "ids"), "reason": text(typed, "reason")}
    outcome = page.attempt(
        lambda: counselling_notes.withdraw_many(page.house, page.viewer, page.asked(body, typed))
    )
    if isinstance(outcome, Refusal):
        found = own_notes.page(page.house, page.viewer, student_id, lambda: first_page(None))
        context = {"head": head_of(page.house, page.viewer, student_id), "found": found}
        return page.refused(
            outcome, "notes.html", **context, ticked=body["ids"], reason=body["reason"]
        )
    return page.done(outcome, f"/students/{student_id}/notes", "withdrawn")


def _parted(ticked: str) -> tuple[str, str]:
    entry, _, version = ticked.partition(":")
    return entry, version
