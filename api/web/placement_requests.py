"""Re-placement and abandonment: asked for, decided by the bodies in their order, withdrawn."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from api import placement_requests, placements
from api.acting import Reason
from api.placement_requests import AskedPlacement, DecisionEntry
from api.web.editing import reason_form
from api.web.fields import Form, Making
from api.web.heads import head_of
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, text, under
from domain.calendar import WrittenDate
from domain.labels import BODIES, OUTCOMES, REQUEST_KINDS, REQUEST_STATUSES, label
from domain.placement_request import RECORDERS, SECTION, Status
from domain.refusal import NotAllowed, Refusal

router = APIRouter()

_NEW = "new_placement."

Kind = Literal["re_placement", "abandonment"]


class Request(BaseModel):
    """The form of a request, the new placement aside."""

    letter_number: str | None = None
    letter_date: WrittenDate | None = None
    guardian_name: str | None = None
    guardian_signed_on: WrittenDate | None = None
    reason: str = Field(title=label(SECTION, "why"), description="家長或學生所述的原因。")
    occurred_on: WrittenDate | None = None


@router.get("/students/{student_id}/placements/{placement_id}/requests/new")
def get_new_request(
    page: ThePage, student_id: UUID, placement_id: UUID, kind: Kind = "re_placement"
) -> Response:
    """The form of a request about a placement."""
    context = _context(page, student_id, placement_id, kind, {}, None)
    if not context["head"].may(SECTION, "create"):
        raise NotAllowed
    return page.show("placement_request_form.html", **context)


@router.post("/students/{student_id}/placements/{placement_id}/requests/new")
def post_new_request(
    page: ThePage,
    student_id: UUID,
    placement_id: UUID,
    typed: Typed,
    kind: Kind = "re_placement",
) -> Response:
    """A request about a placement."""
    data = data_of(Request, typed)
    new = data_of(AskedPlacement, under(typed, _NEW)) if kind == "re_placement" else None
    body = data | {"kind": kind, "placement_id": str(placement_id), "new_placement": new}
    outcome = page.attempt(
        lambda: placement_requests.record(
            page.house, page.viewer, student_id, page.asked(body, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _context(page, student_id, placement_id, kind, body, typed)
        return page.refused(outcome, "placement_request_form.html", **context)
    return page.done(outcome, f"/placement-requests/{outcome.outcome.record_id}")


@router.get("/placement-requests/{request_id}")
def get_request(page: ThePage, request_id: UUID) -> Response:
    """A request, what was decided on it, and whose turn it is."""
    return page.show("placement_request.html", **_shown(page, request_id, {}, {}))


@router.post("/placement-requests/{request_id}/decisions")
def post_decision(page: ThePage, request_id: UUID, typed: Typed) -> Response:
    """What a body decided."""
    data = data_of(DecisionEntry, typed)
    outcome = page.attempt(
        lambda: placement_requests.decide(
            page.house, page.viewer, request_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _shown(page, request_id, data, {})
        return page.refused(outcome, "placement_request.html", **context)
    return page.done(outcome, f"/placement-requests/{request_id}")


@router.post("/placement-requests/{request_id}/withdrawal")
def post_request_withdrawal(page: ThePage, request_id: UUID, typed: Typed) -> Response:
    """The request is taken back."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: placement_requests.withdraw(
            page.house, page.viewer, request_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _shown(page, request_id, {}, data)
        return page.refused(outcome, "placement_request.html", **context)
    return page.done(outcome, f"/placement-requests/{request_id}")


def _context(
    page: Page,
    student_id: UUID,
    placement_id: UUID,
    kind: Kind,
    data: Mapping[str, Any],
    typed: FormData | None,
) -> dict[str, Any]:
    item = placements.read(page.house, page.viewer, student_id, placement_id)
    head = head_of(page.house, page.viewer, student_id)
    today = page.viewer.today
    form = Making(SECTION, today, long=frozenset({"reason"})).form(Request, data)
    if kind == "re_placement":
        made = Making("placement", today, long=frozenset({"arrangement"}), prefix=_NEW)
        wanted = made.form(AskedPlacement, data.get("new_placement") or {})
        form = Form((*form.fields, *wanted.fields))
    return {
        "head": head,
        "item": item.model_dump(mode="json"),
        "kind": kind,
        "kind_label": REQUEST_KINDS[kind],
        "form": form,
        "key": page.new_key if typed is None else text(typed, "_key"),
    }


def _shown(
    page: Page, request_id: UUID, decision: Mapping[str, Any], reason: Mapping[str, Any]
) -> dict[str, Any]:
    item = placement_requests.read(page.house, page.viewer, request_id)
    head = head_of(page.house, page.viewer, item.student_id)
    turn = item.waiting_for
    deciding = None
    if turn is not None and RECORDERS[turn] & head.held:
        begun = {"body": turn.value, "decided_on": page.viewer.today.isoformat()}
        deciding = Making(SECTION, page.viewer.today, fixed=frozenset({"body"})).form(
            DecisionEntry, begun | {name: one for name, one in decision.items() if one}
        )
    return {
        "head": head,
        "item": item,
        "kinds": REQUEST_KINDS,
        "statuses": REQUEST_STATUSES,
        "bodies": BODIES,
        "outcomes": OUTCOMES,
        "deciding": deciding,
        "may_withdraw": item.status is Status.OPEN and head.may(SECTION, "withdraw"),
        "withdrawing": reason_form(page, reason),
    }
