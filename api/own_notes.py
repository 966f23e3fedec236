"""Own notes, listed, searched and read: by their author, who may have lost the student since.

Each reading is recorded in the author's own ledger, and so is each refusal (design D7).
"""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.acting import Acting, Body, read_body
from api.audit import record_notes_read, refusals_recorded
from api.house import House
from api.http import Raw, shown, takes
from api.paging import Cursor, Limit, paged
from api.seeing import by_student, student_seen
from api.student_items import Instant
from api.viewer import TELLS_OF_OWN, SignedIn, TheHouse, Viewer
from domain.counselling_note import SECTION
from domain.event import ERASED, Erased
from domain.refusal import NotFound
from projections import own_notes
from projections.own_notes import Note

router = APIRouter(tags=["notes"], dependencies=[TELLS_OF_OWN])

Sort = Literal["held_on", "-held_on", "created_at", "-created_at", "updated_at", "-updated_at"]
SortBy = Annotated[Sort, Query()]


class NoteItem(BaseModel):
    """A counselling note, as its author sees it. An erased value reads 已依法刪除."""

    id: UUID
    version: int
    student_id: UUID | None
    school_year: int | str
    held_on: str
    purpose: str
    participants: list[str]
    recorder: str
    content: str
    created_at: Instant
    updated_at: Instant


class Notes(BaseModel):
    items: list[NoteItem]
    next_cursor: str | None


class NoteSearch(Body):
    """`q` is part of purpose, participants, recorder or content."""

    q: str = Field(min_length=1, max_length=100)
    sort: Sort = "-held_on"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


@router.get("/students/{student_id}/notes")
def list_notes(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    sort: SortBy = "-held_on",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Notes:
    """自己為這位學生填寫的晤談與輔導紀錄。"""
    return page(house, viewer, student_id, lambda: _all(sort, limit, cursor))


@router.post("/students/{student_id}/notes/search", openapi_extra=takes(NoteSearch))
def search_notes(house: TheHouse, viewer: SignedIn, student_id: UUID, body: Raw) -> Notes:
    """查詢自己為這位學生填寫的晤談與輔導紀錄。"""
    return page(house, viewer, student_id, lambda: read_body(body, NoteSearch))


@router.get("/students/{student_id}/notes/{note_id}", response_model=NoteItem)
def get_note(house: TheHouse, viewer: SignedIn, student_id: UUID, note_id: UUID) -> Response:
    """一筆自己的晤談與輔導紀錄。"""
    return shown(read(house, viewer, note_id, student_id))


@router.get("/me/notes")
def list_own_notes(
    house: TheHouse,
    viewer: SignedIn,
    sort: SortBy = "-held_on",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Notes:
    """自己填寫的所有晤談與輔導紀錄，含已不再服務的學生。"""
    return page(house, viewer, None, lambda: _all(sort, limit, cursor))


@router.post("/me/notes/search", openapi_extra=takes(NoteSearch))
def search_own_notes(house: TheHouse, viewer: SignedIn, body: Raw) -> Notes:
    """查詢自己填寫的所有晤談與輔導紀錄。"""
    return page(house, viewer, None, lambda: read_body(body, NoteSearch))


@router.get("/me/notes/{note_id}", response_model=NoteItem)
def get_own_note(house: TheHouse, viewer: SignedIn, note_id: UUID) -> Response:
    """一筆自己的晤談與輔導紀錄，學生已不再服務時仍可閱讀。"""
    return shown(read(house, viewer, note_id, None))


def read(house: House, viewer: Viewer, note_id: UUID, student_id: UUID | None) -> NoteItem:
    """One own note; with a student, only while that student may be seen. Raises `NotFound`."""
    with refusals_recorded(house, viewer, "note", private=True):
        if student_id is not None:
            student_seen(Acting(house, viewer), student_id)
        note = _one(house, viewer, note_id)
        if note is None or student_id not in (None, note.content.student_id):
            raise NotFound
    record_notes_read(house, viewer, "note", [note_id])
    return item_of(note)


def page(
    house: House, viewer: Viewer, student_id: UUID | None, asked: Callable[[], NoteSearch]
) -> Notes:
    """A page of own notes, about one student in reach or about all.

    Raises `NotFound` where the student may not be seen, `NotAllowed` for who writes no notes.
    """
    with refusals_recorded(house, viewer, "notes", private=True):
        if student_id is not None:
            acting = Acting(house, viewer)
            by_student(SECTION, "view")(acting, student_seen(acting, student_id))
        given = asked()
        descending, by = given.sort.startswith("-"), given.sort.removeprefix("-")
        found, after = paged(
            house,
            viewer,
            [
                (_key(by, note), note.content.note_id, note)
                for note in _all_of(house, viewer, student_id)
                if _fits(note, given.q)
            ],
            what="notes",
            wanted={"student": student_id, "q": given.q, "sort": given.sort},
            limit=given.limit,
            cursor=given.cursor,
            descending=descending,
        )
    record_notes_read(house, viewer, "notes", [note.content.note_id for note in found])
    return Notes(items=[item_of(note) for note in found], next_cursor=after)


def item_of(note: Note) -> NoteItem:
    """A note with exactly the fields of contract 3."""
    content = note.content
    participants = content.participants
    return NoteItem(
        id=content.note_id,
        version=content.version,
        student_id=content.student_id,
        school_year=content.school_year if isinstance(content.school_year, int) else str(ERASED),
        held_on=str(content.held_on),
        purpose=str(content.purpose),
        participants=[str(ERASED)] if isinstance(participants, Erased) else list(participants),
        recorder=str(content.recorder),
        content=str(content.content),
        created_at=note.created_at,
        updated_at=note.updated_at,
    )


def _all(sort: Sort, limit: int, cursor: str | None) -> NoteSearch:
    # A list is the search for nothing in particular.
    return NoteSearch.model_construct(q="", sort=sort, limit=limit, cursor=cursor)


def _one(house: House, viewer: Viewer, note_id: UUID) -> Note | None:
    ledger = house.ledger
    with viewer.looking(house) as connection:
        return own_notes.note(connection, ledger.mapper, ledger.keyring, viewer.account_id, note_id)


def _all_of(house: House, viewer: Viewer, student_id: UUID | None) -> list[Note]:
    ledger = house.ledger
    with viewer.looking(house) as connection:
        return own_notes.notes_of(
            connection, ledger.mapper, ledger.keyring, viewer.account_id, student_id
        )


def _key(by: str, note: Note) -> str:
    match by:
        case "created_at":
            return note.created_at.isoformat()
        case "updated_at":
            return note.updated_at.isoformat()
    return str(note.content.held_on)


def _fits(note: Note, q: str) -> bool:
    """Whether the word stands in what the note says."""
    content = note.content
    if content.erased:
        return not q
    participants = () if isinstance(content.participants, Erased) else content.participants
    said = (content.purpose, content.content, content.recorder, *participants)
    return any(_plain(q) in _plain(str(one)) for one in said)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
