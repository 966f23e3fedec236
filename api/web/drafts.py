"""`/drafts`: what somebody has not finished writing, kept as it was typed, never in the record.

A form names its draft by its own address and the student it is about, so that the draft ends with
an order of erasure as any other (api/drafts.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from api import drafts
from api.acting import Acting
from api.seeing import student_seen
from api.web.rendering import Page, ThePage
from api.web.sign_in import own_path
from api.web.typed import Typed, text
from domain.refusal import NotFound

router = APIRouter()

_LONGEST_KEY = 180
_ASIDE = frozenset({"_do", "_draft", "_student"})


@dataclass(frozen=True)
class Draft:
    """What was typed, and when in the ledger's time."""

    typed: FormData = field(repr=False)
    kept_at: str


@router.post("/drafts")
def post_draft(page: ThePage, typed: Typed) -> Response:
    """Keeps what was typed so far; for the script of the forms."""
    keep(page, typed)
    return Response(status_code=204)


@router.post("/drafts/discard")
def post_discard(page: ThePage, typed: Typed) -> Response:
    """Throws a draft away."""
    path = own_path(text(typed, "_draft") or "/")
    drop(page, path)
    return page.go(path, "draft-dropped")


def keep(page: Page, typed: FormData) -> None:
    """Overwrites the draft of the form. Raises `NotFound` where the student is out of reach."""
    path = text(typed, "_draft")
    if path is None or len(path) > _LONGEST_KEY:
        raise NotFound
    student = _student(typed)
    if student is not None:
        student_seen(Acting(page.house, page.viewer), student)
    body = {"at": page.viewer.now.isoformat(), "fields": [*_pairs(typed)]}
    drafts.keep(page.house, page.viewer.account_id, _key(path), orjson.dumps(body), student)


def kept(page: Page, path: str) -> Draft | None:
    """The draft of the form at this address."""
    try:
        _, body = drafts.kept(page.house, page.viewer.account_id, _key(path))
    except NotFound:
        return None
    return Draft(FormData([(name, value) for name, value in body["fields"]]), body["at"])


def drop(page: Page, path: str) -> None:
    """The form was sent, or its draft is not wanted any more."""
    drafts.drop(page.house, page.viewer.account_id, _key(path))


def _key(path: str) -> str:
    return f"page:{path}"


def _student(typed: FormData) -> UUID | None:
    try:
        return UUID(text(typed, "_student") or "")
    except ValueError:
        return None


def _pairs(typed: FormData) -> Iterable[tuple[str, str]]:
    for name, value in typed.multi_items():
        if isinstance(value, str) and name not in _ASIDE:
            yield name, value
