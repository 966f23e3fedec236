"""`GET /disputes/{id}/timeline`: every event about the student that its reader may see, in order.

With capacity, before and after, reason, both dates, what a computation went by, and who could see
it when it was recorded.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.answer_items import TimelineAnswer
from api.audit import record_read, refusals_recorded
from api.case_file import (
    CaseFile,
    dispute_shown,
    newest_of,
    qualified,
    read_case,
    shown_value,
    stated,
)
from api.change_items import instant
from api.house import House
from api.viewer import SignedIn, TheHouse, Viewer
from domain.refusal import NotFound
from ledger.encryption import canonical
from replay.steps import Step

router = APIRouter(prefix="/disputes", tags=["disputes"])

WHAT = "disputes/timeline"
_KIND = "dispute-timeline"
LARGEST_PAGE = 500


@router.get("/{dispute_id}/timeline", response_model=TimelineAnswer)
def get_timeline(
    house: TheHouse,
    viewer: SignedIn,
    dispute_id: UUID,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    cursor: str | None = None,
) -> Response:
    """爭議案件的歷程：您可檢視的每一筆事件，含前後內容、人員、原因、計算依據與當時可見的人員。順序固定，依記錄的先後。"""
    body = read_timeline(house, viewer, dispute_id, limit, cursor)
    return Response(canonical(body), media_type="application/json")


def read_timeline(
    house: House, viewer: Viewer, dispute_id: UUID, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of the timeline, its reading recorded. Raises `NotFound`, `TokenNotValid`."""
    with refusals_recorded(house, viewer, WHAT), viewer.looking(house) as connection:
        student = dispute_shown(connection, dispute_id).student
    after, position = 0, None
    if cursor is not None:
        kept = house.tokens.open(_KIND, cursor, viewer.account_id)
        if kept["i"] != str(dispute_id):
            raise NotFound
        after, position = kept["p"], kept["n"]
    if position is None:
        position = newest_of(house)
    case = read_case(house, student, position, viewer.audiences)
    seen = [step for step in case.steps if case.visible(step, viewer.audiences)]
    page = [step for step in seen if step.entry.position > after][: limit + 1]
    record_read(house, viewer, WHAT, [student], record_id=dispute_id)
    following = None
    if len(page) > limit:
        page = page[:limit]
        content = {"i": str(dispute_id), "p": page[-1].entry.position, "n": position}
        following = house.tokens.seal(_KIND, content, viewer.account_id)
    return {
        "items": [_item(house, case, step) for step in page],
        "next_cursor": following,
    }


def _item(house: House, case: CaseFile, step: Step) -> dict[str, Any]:
    said = stated(house, case, step)
    fields = [
        {
            "field": qualified(said["rows"], one.name),
            "label": said["labels"][one.name],
            "before": None
            if one.before_from is None
            else _value(house, case, case.at[one.before_from], one.name),
            "after": _value(house, case, step, one.name) if one.here else None,
        }
        for one in step.said
        if one.name != "dispute_id"
    ]
    return {
        "recorded_at": instant(step.entry.recorded_at),
        "occurred_on": _day(step),
        "section": said["code"] or None,
        "section_label": said["section"],
        "event": said["event"],
        "record_id": step.entry.stream_id,
        "version": step.entry.stream_version,
        "author": {
            "id": step.body["by"],
            "name": said["author"],
            "capacity": step.body["capacity"],
            "capacity_label": said["capacity"],
        },
        "reason": _value(house, case, step, "reason"),
        "fields": fields,
        "names": said["names"],
        "computed": said["computed"],
        "could_see": said["could_see"],
        "offices": said["offices"],
        "taken_back": case.closed.get(step.entry.position) == "release-withdrawn",
    }


def _value(house: House, case: CaseFile, step: Step, name: str) -> Any:
    taken_back = case.closed.get(step.entry.position) == "release-withdrawn"
    return None if taken_back else shown_value(house, step, name)


def _day(step: Step) -> date | None:
    said = step.body.get("occurred_on")
    return None if said is None else date.fromisoformat(said)
