"""`GET /students/{id}/access-log`: who looked at a student's record (contract 3, design D15).

For the student's case managers and the administration of the student's school today. Looking at
it is itself an act, and stands in it from then on. Nothing here speaks of notes.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access_items import AccessItem, act_of, people
from api.acting import Acting
from api.audit import record_read, refusals_recorded
from api.house import House
from api.paging import Cursor, CursorNotValid, Limit
from api.seeing import student_seen
from api.tokens import TokenNotValid
from api.viewer import SignedIn, TheHouse, Viewer
from domain.calendar import RangeBackwards, WrittenDate, local_range
from domain.reading import SEE_WHO_READ
from domain.refusal import NotAllowed, NotValid
from ledger.encryption import canonical
from projections import access_log
from projections.viewer import viewing

router = APIRouter(prefix="/students", tags=["access"])

WHAT = "access-log"

From = Annotated[
    WrittenDate | None, Query(alias="from", description="起日（含），ISO 或民國日期。")
]
To = Annotated[WrittenDate | None, Query(alias="to", description="迄日（含），ISO 或民國日期。")]


class AccessLog(BaseModel):
    """Newest first."""

    items: list[AccessItem]
    next_cursor: str | None


class Backwards(NotValid):
    """The range ends before it starts."""

    CODE = RangeBackwards.CODE

    def __init__(self) -> None:
        super().__init__("起日不可晚於迄日。", field="from")


@router.get("/{student_id}/access-log")
def list_access_log(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    from_date: From = None,
    to_date: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AccessLog:
    """誰查閱過這位學生的資料：人員、身分、項目、時間與目的。順序固定，最新的在前。"""
    return read(house, viewer, student_id, from_date, to_date, limit, cursor)


def read(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    from_date: WrittenDate | None,
    to_date: WrittenDate | None,
    limit: int,
    cursor: str | None,
) -> AccessLog:
    """A page of the log, its reading recorded. Raises `NotFound`, `NotAllowed`, `NotValid`."""
    with refusals_recorded(house, viewer, WHAT, [student_id]):
        seen = student_seen(Acting(house, viewer), student_id)
        held = viewer.held_for(student_id, seen.organisation_id) & SEE_WHO_READ
        if not held:
            raise NotAllowed
        if from_date is not None and to_date is not None and from_date > to_date:
            raise Backwards
        asked = [WHAT, student_id, from_date, to_date]
        before = None if cursor is None else opened(house, viewer, cursor, asked)["p"]
    since = None if from_date is None else local_range(from_date, from_date)[0]
    until = None if to_date is None else local_range(to_date, to_date)[1]
    # The one audience of this transaction: see docs/decisions/access-log.md.
    with viewing(house.reader, viewer.account_id, [student_id]) as connection:
        found = access_log.of_student(
            connection, student_id, before=before, since=since, until=until, limit=limit + 1
        )
        page = found[:limit]
        readers = people(house, connection, {entry.actor for entry in page})
    record_read(house, viewer, WHAT, [student_id], held=held)
    after = None
    if len(found) > limit:
        after = sealed(house, viewer, asked, {"p": page[-1].position})
    return AccessLog(
        items=[AccessItem(reader=readers[entry.actor], **act_of(entry)) for entry in page],
        next_cursor=after,
    )


def sealed(house: House, viewer: Viewer, asked: list[Any], place: Mapping[str, Any]) -> str:
    """The cursor of a place in what was asked for, for this viewer alone."""
    return house.tokens.seal("cursor", {"of": _digest(asked), **place}, viewer.account_id)


def opened(house: House, viewer: Viewer, cursor: str, asked: list[Any]) -> dict[str, Any]:
    """The place of a cursor that was made for this question. Raises `CursorNotValid`."""
    try:
        content = house.tokens.open("cursor", cursor, viewer.account_id)
    except TokenNotValid:
        raise CursorNotValid from None
    if content["of"] != _digest(asked):
        raise CursorNotValid
    return content


def _digest(asked: list[Any]) -> str:
    return hashlib.sha256(canonical(asked)).hexdigest()
