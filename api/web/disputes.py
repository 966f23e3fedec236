"""`/disputes`: a dispute with the clock of its window, what was said, its timeline and evidence."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import dispute_acts, disputes
from api.dispute_acts import StatementEntry
from api.dispute_items import DisputeItem
from api.dispute_timeline import LARGEST_PAGE, read_timeline
from api.evidence import MEDIA_TYPE, read_evidence
from api.ledger_proofs import proof_of
from api.paging import Cursor
from api.problems import Unavailable
from api.process_items import rules_of
from api.web.fields import making
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK, Typed, data_of, text
from domain.dispute import Status
from domain.dispute_words import CODES
from domain.labels import SECTIONS
from domain.refusal import Refusal

router = APIRouter()


@router.get("/disputes")
def get_disputes(
    page: ThePage,
    status: Annotated[Status | None, BLANK, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """The disputes that the viewer may see, the newest first."""
    found = disputes.list_disputes(page.house, page.viewer, status=status, cursor=cursor)
    onward = None
    if found.next_cursor is not None:
        terms = {} if status is None else {"status": status.value}
        onward = f"/disputes?{urlencode(terms | {'cursor': found.next_cursor})}"
    return page.show(
        "disputes.html",
        found=found.items,
        wanted=status,
        words=CODES,
        onward=onward,
        today=page.viewer.today,
    )


@router.get("/disputes/{dispute_id}")
def get_dispute(page: ThePage, dispute_id: UUID) -> Response:
    """One dispute."""
    found = disputes.read(page.house, page.viewer, dispute_id)
    return page.show("dispute.html", **_context(page, found, {}))


@router.post("/disputes/{dispute_id}/statements")
def post_statement(page: ThePage, dispute_id: UUID, typed: Typed) -> Response:
    """A statement of one side."""
    given = data_of(StatementEntry, typed, ["side"]) | {"side": text(typed, "side")}
    data = {name: value for name, value in given.items() if value is not None}
    outcome = page.attempt(
        lambda: dispute_acts.add_statement(
            page.house,
            page.viewer,
            dispute_id,
            page.asked(data, typed),
        )
    )
    if isinstance(outcome, Refusal):
        found = disputes.read(page.house, page.viewer, dispute_id)
        return page.refused(outcome, "dispute.html", **_context(page, found, data))
    return page.done(outcome, f"/disputes/{dispute_id}")


@router.get("/disputes/{dispute_id}/timeline")
def get_timeline(
    page: ThePage,
    dispute_id: UUID,
    section: Annotated[str | None, BLANK, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """Every event about the student that the viewer may see, the oldest first."""
    found = read_timeline(page.house, page.viewer, dispute_id, LARGEST_PAGE, cursor)
    named = dict.fromkeys(one["section"] for one in found["items"] if one["section"])
    items = [one for one in found["items"] if section in (None, one["section"])]
    onward = None
    if found["next_cursor"] is not None:
        terms = {"section": section or "", "cursor": found["next_cursor"]}
        onward = f"/disputes/{dispute_id}/timeline?{urlencode(terms)}"
    return page.show(
        "timeline.html",
        dispute_id=dispute_id,
        student=disputes.student_named(page.house, page.viewer, dispute_id),
        items=items,
        section=section,
        sections={code: SECTIONS.get(code, code) for code in named},
        onward=onward,
    )


@router.get("/disputes/{dispute_id}/evidence")
def get_evidence(page: ThePage, dispute_id: UUID) -> Response:
    """The evidence as a file that proves itself."""
    data, token = read_evidence(page.house, page.viewer, dispute_id, None)
    name = f'attachment; filename="evidence-{dispute_id}.zip"'
    headers = {"Content-Disposition": name, "Igp-As-Of": token}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)


@router.get("/records/{record_id}/proof")
def get_proof(page: ThePage, record_id: UUID) -> Response:
    """A mark that says whether a record is sealed, what that means, and the proof to take away."""
    try:
        proof = proof_of(page.house, page.viewer, record_id)
    except Unavailable:
        return page.show("proof.html", record_id=record_id, proof=None, signers=())
    origin, size, *_ = proof.checkpoint.text.splitlines()
    return page.show(
        "proof.html",
        record_id=record_id,
        proof=str(proof),
        index=proof.index,
        size=int(size),
        origin=origin,
        signers=[one.name for one in proof.checkpoint.signatures],
    )


def _context(page: Page, found: DisputeItem, typed: dict[str, Any]) -> dict[str, Any]:
    form = making("dispute", page.viewer.today).form(StatementEntry, typed)
    fields = {one.name: one for one in form.fields}
    return {
        "found": found,
        "words": CODES,
        "programme": rules_of(page.house, found.programme).name if found.counting.source else "",
        "left": _days_left(found.last_day, page.viewer.today),
        "form": form,
        "said": fields["text"],
        "given_on": fields["given_on"],
        "sides": CODES["side"] if page.me.is_one_of("authority_administrator") else {},
        "key": page.new_key,
    }


def _days_left(last: date | None, today: date) -> int | None:
    return None if last is None else (last - today).days
