"""`/me/notes/{id}/release`: an own note is shown to a named dispute, or the release taken back.

Its author alone gets here, also who has left the student since; to everybody else it is a note that
is not there (docs/decisions/note-release.md).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Response

from api import note_releases, own_notes
from api.acting import Done, Reason
from api.web.editing import reason_form
from api.web.entry import TELLS_OF_OWN
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, text
from domain.refusal import NotFound, NotValid, Refusal

router = APIRouter(dependencies=[TELLS_OF_OWN])

_PATH = "/me/notes/{note_id}/release"


@router.get(_PATH)
def get_release(page: ThePage, note_id: UUID, dispute: str | None = None) -> Response:
    """Asks which dispute, then shows what would be shown to it."""
    _read(page, note_id)
    return _shown(page, note_id, dispute)


@router.post(_PATH)
def post_release(page: ThePage, note_id: UUID, typed: Typed) -> Response:
    """The release."""

    def deed(dispute_id: UUID) -> Done:
        asked = page.asked({"note_id": str(note_id)}, typed)
        return note_releases.release(page.house, page.viewer, dispute_id, asked)

    return _done(page, note_id, text(typed, "dispute"), deed, "note-released")


@router.post(_PATH + "/withdrawal")
def post_release_withdrawal(page: ThePage, note_id: UUID, typed: Typed) -> Response:
    """The release is taken back."""
    data = data_of(Reason, typed)

    def deed(dispute_id: UUID) -> Done:
        asked = page.asked(data, typed)
        return note_releases.withdraw(page.house, page.viewer, dispute_id, note_id, asked)

    return _done(page, note_id, text(typed, "dispute"), deed, "release-taken-back", data)


def _done(
    page: Page,
    note_id: UUID,
    dispute: str | None,
    deed: Callable[[UUID], Done],
    say: str,
    data: dict[str, Any] | None = None,
) -> Response:
    _read(page, note_id)
    dispute_id = _id(dispute)
    if dispute_id is None:
        return _shown(page, note_id, dispute or "")
    outcome = page.attempt(lambda: deed(dispute_id))
    if isinstance(outcome, Refusal):
        return _shown(page, note_id, dispute, outcome, data)
    return page.done(outcome, f"{_path(note_id)}?{urlencode({'dispute': dispute_id})}", say)


def _read(page: Page, note_id: UUID) -> None:
    """The reading of an own note, recorded; of a deleted one there is nothing to be read, and its
    release can still be taken back. Raises `NotFound`."""
    if not note_releases.is_deleted(page.house, page.viewer, note_id):
        own_notes.read(page.house, page.viewer, note_id, None)


def _shown(
    page: Page,
    note_id: UUID,
    dispute: str | None,
    refusal: Refusal | None = None,
    data: dict[str, Any] | None = None,
) -> Response:
    """The page, with what the dispute would be shown where there is one of this student."""
    found: dict[str, Any] | None = None
    dispute_id = _id(dispute)
    if dispute is not None:
        try:
            if dispute_id is None:
                raise NotFound
            found = note_releases.previewed(page.house, page.viewer, dispute_id, note_id)
        except NotFound:
            # Whether there is no such dispute or it is about somebody else.
            refusal = NotValid("找不到這件爭議。請向承辦人員確認案件編號。", "dispute")
    context: dict[str, Any] = {
        "note_id": note_id,
        "deleted": note_releases.is_deleted(page.house, page.viewer, note_id),
        "path": _path(note_id),
        "dispute": dispute or "",
        "found": found,
        "form": reason_form(page, data or {}),
        "key": page.new_key,
    }
    if refusal is None:
        return page.show("note_release.html", **context)
    return page.refused(refusal, "note_release.html", **context)


def _path(note_id: UUID) -> str:
    return f"/me/notes/{note_id}/release"


def _id(written: str | None) -> UUID | None:
    try:
        return UUID((written or "").strip())
    except ValueError:
        return None
