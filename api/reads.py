"""`GET /me/reads`: what one looked at oneself, own notes included (contract 3).

The shared acts come from the view of the book of access, those on notes from the own ledger, and
nobody else is ever shown either list. What is recorded of looking at it must not tell how many of
the second there are (design D7). So the shared acts are cut into windows without regard to the
others, each window is recorded once and whole, and then given in as many pages as it takes
together with the acts on notes of its time.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.access_items import Act, Coded, ListedStudent, act_of, capacity_of, students
from api.access_log import opened, sealed
from api.audit import record_list, record_notes_read
from api.house import House
from api.paging import Cursor, Limit
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access_words import KINDS, what_label
from domain.purpose import LABELS as PURPOSES
from domain.purpose import Purpose
from projections.access_log import Entry, of_reader
from projections.own_reads import OwnRead, own_reads

router = APIRouter(tags=["access"])

WHAT = "me/reads"
#: So many students of one act are named; the others are counted.
NAMED = 20

_OWN = Coded(code=Purpose.OWN, label=PURPOSES[Purpose.OWN])


class ReadItem(Act):
    """One act of one's own. `notes` are ids of own notes, of acts on those alone."""

    students: list[ListedStudent]
    student_count: int
    notes: list[UUID]


class Reads(BaseModel):
    """Newest first."""

    items: list[ReadItem]
    next_cursor: str | None


@router.get("/me/reads")
def list_own_reads(
    house: TheHouse, viewer: SignedIn, limit: Limit = 50, cursor: Cursor = None
) -> Reads:
    """自己查閱、列出、匯出過什麼，以及未獲准的操作；含自己的晤談與輔導紀錄，只有本人看得到。順序固定，最新的在前。"""
    return read(house, viewer, limit, cursor)


def read(house: House, viewer: Viewer, limit: int, cursor: str | None) -> Reads:
    """A page of own acts, recorded. Raises `CursorNotValid`."""
    asked = [WHAT, limit]
    place: dict[str, Any] = {"window": None, "given": 0, "note": None, "recorded": False}
    if cursor is not None:
        place = opened(house, viewer, cursor, asked)
    with viewer.looking(house) as connection:
        found = of_reader(connection, viewer.account_id, before=place["window"], limit=limit + 1)
        window = found[:limit]
        # Older acts on notes belong to the windows that follow, where any follow.
        since = window[-1][0].at if len(found) > limit else None
        of_notes = own_reads(
            connection,
            house.ledger.mapper,
            viewer.account_id,
            before=place["note"],
            since=since,
            limit=limit + 1,
        )
        named = _named(window)
        names = students(house, connection, named)
    if not place["recorded"]:
        record_list(house, viewer, WHAT, [one for one in named if one in names])
    merged: list[tuple[Entry, list[UUID]] | OwnRead] = [*window[place["given"] :], *of_notes]
    merged.sort(key=_when, reverse=True)
    page = merged[:limit]
    notes = [one for one in page if isinstance(one, OwnRead)]
    if notes:
        record_notes_read(
            house, viewer, WHAT, dict.fromkeys(id for one in notes for id in one.records)
        )
    # Where the next page begins: further on in this window, or with the next one.
    onward = {"note": notes[-1].position if notes else place["note"]}
    after: dict[str, Any] | None = None
    if len(merged) > limit:
        given = place["given"] + len(page) - len(notes)
        # The same window again, though something newer may have been done since.
        start = window[0][0].position + 1 if window else 1
        after = {**onward, "window": start, "given": given, "recorded": True}
    elif len(found) > limit:
        after = {**onward, "window": window[-1][0].position, "given": 0, "recorded": False}
    return Reads(
        items=[_of_note(one) if isinstance(one, OwnRead) else _of(*one, names) for one in page],
        next_cursor=None if after is None else sealed(house, viewer, asked, after),
    )


def _named(window: list[tuple[Entry, list[UUID]]]) -> list[UUID]:
    return list(dict.fromkeys(one for _, subjects in window for one in subjects[:NAMED]))


def _when(one: tuple[Entry, list[UUID]] | OwnRead) -> Any:
    return one.at if isinstance(one, OwnRead) else one[0].at


def _of(entry: Entry, subjects: list[UUID], names: dict[UUID, str]) -> ReadItem:
    named = [ListedStudent(id=one, name=names.get(one)) for one in subjects[:NAMED]]
    return ReadItem(**act_of(entry), students=named, student_count=len(subjects), notes=[])


def _of_note(one: OwnRead) -> ReadItem:
    return ReadItem(
        at=one.at,
        kind=Coded(code=one.kind, label=KINDS[one.kind]),
        what=Coded(code=one.what, label=what_label(one.what)),
        capacity=capacity_of(one.capacity),
        purpose=_OWN,
        declared=False,
        detail=one.detail,
        record_id=None,
        students=[],
        student_count=0,
        notes=list(one.records),
    )
