"""`GET /changes/students`: whose records changed between two dates, one row for each (contract 4).

A page costs the server one count over what the viewer may see, and opens the names of its own
students alone; only the last one, which carries the digest, reads every row of the report.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.answer_items import ChangedStudentsAnswer
from api.change_items import Row, instant, items
from api.change_report import NOTES, Asker, ChangeReports, CursorNotValid, Terms
from api.change_subjects import record_seen
from api.changes import ChangePage, asker_of, reports_of, wanted_of
from api.house import House
from api.tokens import TokenNotValid
from api.viewer import SignedIn, TheHouse
from ledger.database import Connection
from ledger.encryption import canonical
from projections import report
from projections.note_changes import NoteChange

router = APIRouter(prefix="/changes/students", tags=["changes"])

_CURSOR = "changes/students"

#: When a change was recorded, whether it is one of an own note, and its position in its book.
Place = tuple[datetime, bool, int]


@dataclass
class _Pupil:
    """What changed of one student: by section how often, and the place of the first."""

    last_at: datetime
    changes: int = 0
    sections: dict[str, Place] = field(default_factory=dict)
    notes: list[NoteChange] = field(default_factory=list)

    @property
    def first(self) -> Place:
        return min(self.sections.values())


@router.get("", response_model=ChangedStudentsAnswer)
def list_changed_students(
    house: TheHouse, viewer: SignedIn, query: Annotated[ChangePage, Query()]
) -> Response:
    """某日至某日修改的學生名單：每位學生一列。順序固定，依第一次異動的時間。"""
    reports, asker = reports_of(house), asker_of(viewer)
    as_of = query.as_of
    if query.cursor is not None and as_of is None:
        as_of = reports.as_of_of(asker, query.cursor, _CURSOR)
    terms = reports.terms(asker, wanted_of(house, viewer, query), as_of)
    after = _after(house, asker, terms, query.cursor)
    with asker.looking(house.reader) as connection:
        everybody = _everybody(connection, reports, asker, terms)
        ordered = sorted(everybody, key=lambda one: everybody[one].first)
        onward = [one for one in ordered if after is None or _key(everybody[one].first) > after]
        page = {one: everybody[one] for one in onward[: query.limit]}
        rows = _rows(house, connection, asker, terms, page)
    notes = [change.record_id for one in page.values() for change in one.notes]
    shared = [one for one, pupil in page.items() if set(pupil.sections) - {NOTES}]
    record_seen(house, viewer, _CURSOR, shared, notes)
    closing: dict[str, Any] = {"rows": None, "digest": None}
    token = None
    if len(onward) > query.limit:
        content = {"w": terms.as_of, "k": _key(page[onward[query.limit - 1]].first)}
        token = house.tokens.seal(_CURSOR, content, asker.account_id)
    else:
        whole = reports.whole(asker, terms)
        for _ in whole.rows():
            pass
        closing = whole.closing()
    body = {
        "terms": terms.as_dict(closing["rows"], closing["digest"]),
        "items": rows,
        "next_cursor": token,
    }
    return Response(canonical(body), media_type="application/json")


def _everybody(
    connection: Connection, reports: ChangeReports, asker: Asker, terms: Terms
) -> dict[UUID, _Pupil]:
    """Everybody whose record changed, an author's own notes among it."""
    found: dict[UUID, _Pupil] = {}
    for share in report.shares(connection, asker.ids, terms.wanted, terms.span):
        pupil = found.setdefault(share.student, _Pupil(share.last_at))
        pupil.last_at = max(pupil.last_at, share.last_at)
        pupil.changes += share.changes
        pupil.sections[share.section] = (share.first_at, False, share.first)
    for change in reports.own(connection, asker, terms, 0):
        if change.student is None:
            continue
        pupil = found.setdefault(change.student, _Pupil(change.recorded_at))
        pupil.last_at = max(pupil.last_at, change.recorded_at)
        pupil.changes += 1
        pupil.sections.setdefault(NOTES, (change.recorded_at, True, change.position))
        pupil.notes.append(change)
    return found


def _rows(
    house: House, connection: Connection, asker: Asker, terms: Terms, page: dict[UUID, _Pupil]
) -> list[dict[str, Any]]:
    """The page as shown; who somebody is, and where, is what their first change says."""
    positions = [pupil.first[2] for pupil in page.values() if not pupil.first[1]]
    noted = [pupil.notes[0] for pupil in page.values() if pupil.first[1]]
    firsts: list[Row] = [*report.changes_at(connection, positions), *noted]
    opened = items(connection, house.ledger, firsts, asker.account_id, terms.span.as_of)
    said = {item.data["student"]["id"]: item.data for item in opened}
    return [
        {
            "student": said[one]["student"],
            "organisation": said[one]["organisation"],
            "first_changed_at": said[one]["recorded_at"],
            "last_changed_at": instant(pupil.last_at),
            "changes": pupil.changes,
            "sections": sorted(pupil.sections, key=lambda section: pupil.sections[section]),
        }
        for one, pupil in page.items()
    ]


def _after(house: House, asker: Asker, terms: Terms, cursor: str | None) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        content = house.tokens.open(_CURSOR, cursor, asker.account_id)
    except TokenNotValid:
        raise CursorNotValid from None
    if content["w"] != terms.as_of:
        raise CursorNotValid
    return list(content["k"])


def _key(place: Place) -> list[Any]:
    """A place as a cursor holds it, in the same order."""
    return [instant(place[0]), place[1], place[2]]
