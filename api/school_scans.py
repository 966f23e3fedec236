"""`GET /programmes/{pid}/documents`: the scans that schools handed in of their own (8.4, F34)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.account_items import OfficeItem
from api.acting import Acting
from api.audit import record_list, refusals_recorded
from api.document_uploads import school_seen
from api.house import House
from api.paging import Cursor, Limit, sorted_page
from api.process_items import rules_of
from api.student_items import Instant, Person, offices, person
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import ORGANISED
from domain.refusal import NotFound
from projections import school_scans as view

router = APIRouter(prefix="/programmes/{pid}/documents", tags=["applications"])

Sort = Literal["uploaded_at", "-uploaded_at", "kind", "-kind", "size", "-size"]
#: More than the schools of a county hand in in a year.
_MOST = 10_000


class SchoolScanItem(BaseModel):
    """A scan of a school: its kind by code and in the programme's words, its size in bytes."""

    id: UUID
    kind: str
    kind_name: str
    organisation: OfficeItem
    media_type: str
    size: int
    uploaded_at: Instant
    uploaded_by: Person


class SchoolScans(BaseModel):
    items: list[SchoolScanItem]
    next_cursor: str | None


@router.get("")
def list_documents(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    sort: Annotated[Sort, Query()] = "-uploaded_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> SchoolScans:
    """學校上傳的全校資料（名冊、匯款單、會議紀錄等）；學校只見本校，學生的資料不列於此。"""
    return listed(house, viewer, pid, organisation, sort, limit, cursor)


def listed(
    house: House,
    viewer: Viewer,
    pid: str,
    organisation: str | None,
    sort: Sort = "-uploaded_at",
    limit: int = _MOST,
    cursor: str | None = None,
) -> SchoolScans:
    """The scans of a school, or of all that the viewer may see; recorded. Raises `NotFound`,
    `CursorNotValid`."""
    rules = rules_of(house, pid)
    school = None
    with refusals_recorded(house, viewer, "documents"):
        if organisation is not None:
            school = school_seen(Acting(house, viewer), organisation)
        elif not viewer.schools and ORGANISED not in viewer.audiences:
            raise NotFound
    kinds = {} if isinstance(rules.uploads, str) else {one.code: one for one in rules.uploads.kinds}
    with viewer.looking(house) as connection:
        named = offices(connection)
        found = [
            SchoolScanItem(
                id=one.scan,
                kind=one.kind,
                kind_name=kinds[one.kind].name if one.kind in kinds else one.kind,
                organisation=named[one.organisation],
                media_type=one.media_type,
                size=one.size,
                uploaded_at=one.uploaded_at,
                uploaded_by=person(house, connection, one.uploaded_by),
            )
            for one in view.school_scans(connection, pid, school)
        ]
    wanted = {"programme": pid, "organisation": organisation}
    page, after = sorted_page(
        house, viewer, found, sort, what="documents", wanted=wanted, limit=limit, cursor=cursor
    )
    record_list(house, viewer, "documents", [], wanted)
    return SchoolScans(items=page, next_cursor=after)
