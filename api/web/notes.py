"""`/students/{id}/notes` and `/me/notes`: counselling notes, for the eyes of their author.

Every page carries the sign 僅本人可見. The student's name is read here without a line in the book
of access; what is read and refused stands in the author's own ledger (design D7).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from api import counselling_notes, own_notes
from api.acting import Acting, Done, Reason
from api.audit import refusals_recorded
from api.counselling_notes import NoteEntry
from api.own_notes import NoteItem, Notes, NoteSearch
from api.paging import Cursor
from api.seeing import student_seen
from api.student_items import offices, opened
from api.web import drafts
from api.web.editing import base_of, loaded, normal, reason_form
from api.web.entry import TELLS_OF_OWN
from api.web.fields import Form, Making
from api.web.heads import Head, head_of
from api.web.merging import merge
from api.web.participants import offered
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, doing, text
from domain.counselling_note import SECTION
from domain.refusal import Refusal, StaleVersion
from projections import directory

router = APIRouter(dependencies=[TELLS_OF_OWN])

_A_PAGE = 50


@router.get("/students/{student_id}/notes")
def get_notes(page: ThePage, student_id: UUID, cursor: Cursor = None) -> Response:
    """One's own notes about a student."""
    found = own_notes.page(page.house, page.viewer, student_id, lambda: first_page(cursor))
    head = head_of(page.house, page.viewer, student_id)
    return page.show("notes.html", head=head, found=found, ticked=(), reason=None)


@router.get("/students/{student_id}/notes/new")
def get_new_note(page: ThePage, student_id: UUID, draft: bool = False) -> Response:
    """The form of a new note."""
    form = _Form(page, _written_about(page, student_id, "note.record"), None)
    return form.begun(draft)


@router.post("/students/{student_id}/notes/new")
def post_new_note(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """A new note."""
    form = _Form(page, _written_about(page, student_id, "note.record"), None)
    return form.sent(
        typed,
        lambda data: counselling_notes.record(
            page.house, page.viewer, student_id, page.asked(data, typed)
        ),
    )


@router.get("/students/{student_id}/notes/{note_id}")
def get_note(page: ThePage, student_id: UUID, note_id: UUID) -> Response:
    """A note."""
    note = own_notes.read(page.house, page.viewer, note_id, student_id)
    head = head_of(page.house, page.viewer, student_id)
    return page.show("note.html", head=head, note=note, editable=True)


@router.get("/students/{student_id}/notes/{note_id}/edit")
def get_note_edit(page: ThePage, student_id: UUID, note_id: UUID, draft: bool = False) -> Response:
    """The form of a correction."""
    note = own_notes.read(page.house, page.viewer, note_id, student_id)
    return _Form(page, _written_about(page, student_id, "note.correct"), note).begun(draft)


@router.post("/students/{student_id}/notes/{note_id}/edit")
def post_note_edit(page: ThePage, student_id: UUID, note_id: UUID, typed: Typed) -> Response:
    """A correction; what stood there before stays in the history of its author."""
    note = own_notes.read(page.house, page.viewer, note_id, student_id)
    form = _Form(page, _written_about(page, student_id, "note.correct"), note)

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked({**data, "reason": text(typed, "reason")}, typed, "PUT")
        return counselling_notes.correct(page.house, page.viewer, student_id, note_id, asked)

    return form.sent(typed, deed)


@router.get("/students/{student_id}/notes/{note_id}/withdrawal")
def get_note_withdrawal(page: ThePage, student_id: UUID, note_id: UUID) -> Response:
    """Asks for the reason."""
    note = own_notes.read(page.house, page.viewer, note_id, student_id)
    head = head_of(page.house, page.viewer, student_id)
    return page.show("note_withdrawal.html", head=head, note=note, form=reason_form(page, {}))


@router.post("/students/{student_id}/notes/{note_id}/withdrawal")
def post_note_withdrawal(page: ThePage, student_id: UUID, note_id: UUID, typed: Typed) -> Response:
    """The withdrawal of a note."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: counselling_notes.withdraw(
            page.house, page.viewer, student_id, note_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        note = own_notes.read(page.house, page.viewer, note_id, student_id)
        head = head_of(page.house, page.viewer, student_id)
        form = reason_form(page, data)
        return page.refused(outcome, "note_withdrawal.html", head=head, note=note, form=form)
    return page.done(outcome, f"/students/{student_id}/notes", "withdrawn")


@router.get("/me/notes")
def get_own_notes(page: ThePage, cursor: Cursor = None) -> Response:
    """All of one's own notes."""
    found = own_notes.page(page.house, page.viewer, None, lambda: first_page(cursor))
    return page.show("own_notes.html", found=found, names=_names(page, found), q=None)


@router.post("/me/notes")
def post_own_notes(page: ThePage, typed: Typed) -> Response:
    """One's own notes that hold a word."""
    q = (text(typed, "q") or "").strip()[:100]
    cursor = text(typed, "cursor")
    found = own_notes.page(page.house, page.viewer, None, lambda: first_page(cursor, q))
    return page.show("own_notes.html", found=found, names=_names(page, found), q=q or None)


@router.get("/me/notes/{note_id}")
def get_own_note(page: ThePage, note_id: UUID) -> Response:
    """A note, also where its student is out of reach by now."""
    note = own_notes.read(page.house, page.viewer, note_id, None)
    name = "" if note.student_id is None else _named(page, [note.student_id]).get(note.student_id)
    return page.show("own_note.html", note=note, name=name)


class _Form:
    """The form of one note: a new one where there is none."""

    def __init__(self, page: Page, head: Head, note: NoteItem | None) -> None:
        self.page, self.head, self.note = page, head, note
        of = f"/students/{head.id}/notes"
        self.list_path = of
        self.path = f"{of}/new" if note is None else f"{of}/{note.id}/edit"

    @property
    def stored(self) -> dict[str, Any]:
        if self.note is None:
            return {"held_on": self.page.viewer.today.isoformat(), "recorder": self.page.me.name}
        said = self.note.model_dump(mode="json")
        return {name: said[name] for name in NoteEntry.model_fields if name != "school_year"}

    def begun(self, draft: bool) -> Response:
        kept = drafts.kept(self.page, self.path)
        typed = kept.typed if draft and kept is not None else None
        data = self.stored if typed is None else self.data(typed)
        context = self._context(data, typed) | {"draft": kept, "resumed": typed is not None}
        return self.page.show("note_form.html", **context)

    def data(self, typed: FormData) -> dict[str, Any]:
        return data_of(NoteEntry, typed, ("school_year",))

    def sent(self, typed: FormData, deed: Any) -> Response:
        if doing(typed) == ("draft",):
            drafts.keep(self.page, typed)
            return self.page.go(self.list_path, "draft-kept")
        data = self.data(typed)
        outcome = self.page.attempt(lambda: deed(data))
        if isinstance(outcome, StaleVersion):
            mine = normal(NoteEntry, data)
            merged = merge(SECTION, self.stored, (), base_of(typed), mine, self.stored)
            context = self._context(merged.data, None)
            context |= {"merge": merged.differences, "reason": text(typed, "reason"), "dirty": True}
            return self.page.refused(outcome, "note_form.html", **context)
        if isinstance(outcome, Refusal):
            return self.page.refused(outcome, "note_form.html", **self._context(data, typed))
        drafts.drop(self.page, self.path)
        return self.page.done(outcome, self.list_path)

    def _context(self, data: Mapping[str, Any], typed: FormData | None) -> dict[str, Any]:
        version = 0 if self.note is None else self.note.version
        key = self.page.new_key if typed is None else text(typed, "_key")
        return {
            **loaded(version, self.stored, typed),
            "head": self.head,
            "note": self.note,
            "form": _form(self.page, NoteEntry, data),
            "key": key if self.note is None else None,
            "path_of_form": self.path,
            "list_path": self.list_path,
            "draft": None,
            "resumed": False,
        }


def _written_about(page: Page, student_id: UUID, what: str) -> Head:
    """The head of a page on which a note is written. Raises `NotFound`, `NotAllowed`."""
    with refusals_recorded(page.house, page.viewer, what, private=True):
        acting = Acting(page.house, page.viewer)
        counselling_notes.permit_new(acting, student_seen(acting, student_id))
    return head_of(page.house, page.viewer, student_id)


def _form(page: Page, model: type[BaseModel], data: Mapping[str, Any]) -> Form:
    made = Making(
        SECTION,
        page.viewer.today,
        hidden=frozenset({"school_year"}),
        long=frozenset({"content"}),
        suggested={"participants": offered(page)},
    )
    return made.form(model, data)


def first_page(cursor: str | None, q: str = "") -> NoteSearch:
    """A page of a list, the newest first; the first one without a cursor."""
    # A list is the search for nothing in particular.
    return NoteSearch.model_construct(q=q, sort="-held_on", limit=_A_PAGE, cursor=cursor)


def _names(page: Page, found: Notes) -> Mapping[UUID, str]:
    return _named(page, [one.student_id for one in found.items if one.student_id is not None])


def _named(page: Page, students: list[UUID]) -> dict[UUID, str]:
    """The names of students who are in reach still."""
    with page.viewer.looking(page.house) as connection:
        schools = offices(connection)
        cards = directory.students(connection, ids=list(dict.fromkeys(students)))
        return {card.student_id: opened(page.house, card, schools).name for card in cards}
