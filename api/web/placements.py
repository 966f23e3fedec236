"""`/students/{id}/placements`: 安置 listed, recorded, corrected and withdrawn."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from api import placement_requests, placements
from api.acting import Done, Reason
from api.placement_items import PlacementItem
from api.placements import PlacementEntry
from api.web.editing import base_of, loaded, normal, reason_form
from api.web.fields import Form, Making
from api.web.flash import Undo
from api.web.heads import Head, head_of
from api.web.merging import merge
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, text
from domain.calendar import school_year as school_year_of
from domain.labels import BODIES, REQUEST_KINDS, REQUEST_STATUSES
from domain.placement import SECTION, STANDING, Status
from domain.refusal import NotAllowed, Refusal, StaleVersion

router = APIRouter()

#: Fields of the pages of a programme, and the reason, which every form asks for in its own way.
_ASIDE = frozenset({"lessons_at", "free_time", "reason"})
_FIELDS = [name for name in PlacementEntry.model_fields if name not in _ASIDE]


@router.get("/students/{student_id}/placements")
def get_placements(page: ThePage, student_id: UUID) -> Response:
    """A student's placements and the requests about them."""
    found = placements.page(page.house, page.viewer, student_id, limit=200)
    asked = placement_requests.listed(page.house, page.viewer, student_id)
    head = head_of(page.house, page.viewer, student_id)
    return page.show(
        "placements.html",
        head=head,
        found=[one.model_dump(mode="json") for one in found.items],
        requests=asked.items,
        bodies=BODIES,
        kinds=REQUEST_KINDS,
        statuses=REQUEST_STATUSES,
        in_force=Status.IN_FORCE.value,
        standing=STANDING,
        may_add=head.may(SECTION, "create"),
        may_edit=head.may(SECTION, "edit"),
        may_withdraw=head.may(SECTION, "withdraw"),
    )


@router.get("/students/{student_id}/placements/new")
def get_new_placement(page: ThePage, student_id: UUID) -> Response:
    """The form of a new placement."""
    placements.page(page.house, page.viewer, student_id)
    head = head_of(page.house, page.viewer, student_id)
    if not head.may(SECTION, "create"):
        raise NotAllowed
    year = school_year_of(page.viewer.today)
    begun = {"school_year": year, "target_year_grade": head.student.grade}
    return page.show("placement_form.html", **_context(page, head, None, begun, None))


@router.post("/students/{student_id}/placements/new")
def post_new_placement(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """A new placement."""
    data = data_of(PlacementEntry, typed, _ASIDE)
    outcome = page.attempt(
        lambda: placements.record(
            page.house,
            page.viewer,
            student_id,
            page.asked({**data, "reason": text(typed, "reason")}, typed),
        )
    )
    head = head_of(page.house, page.viewer, student_id)
    if isinstance(outcome, Refusal):
        context = _context(page, head, None, data, typed)
        return page.refused(outcome, "placement_form.html", **context)
    undo = Undo.of(SECTION, student_id, outcome)
    return page.done(outcome, f"/students/{student_id}/placements", "recorded", undo)


@router.get("/students/{student_id}/placements/{placement_id}/edit")
def get_placement_edit(page: ThePage, student_id: UUID, placement_id: UUID) -> Response:
    """The form of a correction."""
    item = placements.read(page.house, page.viewer, student_id, placement_id)
    head = head_of(page.house, page.viewer, student_id)
    if not head.may(SECTION, "edit"):
        raise NotAllowed
    return page.show("placement_form.html", **_context(page, head, item, _data(item), None))


@router.post("/students/{student_id}/placements/{placement_id}/edit")
def post_placement_edit(
    page: ThePage, student_id: UUID, placement_id: UUID, typed: Typed
) -> Response:
    """A correction."""
    data = data_of(PlacementEntry, typed, _ASIDE)
    body = {**data, "reason": text(typed, "reason")}

    def deed() -> Done:
        asked = page.asked(body, typed, "PUT")
        return placements.correct(page.house, page.viewer, student_id, placement_id, asked)

    outcome = page.attempt(deed)
    if not isinstance(outcome, Refusal):
        undo = Undo.of(SECTION, student_id, outcome)
        return page.done(outcome, f"/students/{student_id}/placements", "recorded", undo)
    item = placements.read(page.house, page.viewer, student_id, placement_id)
    head = head_of(page.house, page.viewer, student_id)
    if isinstance(outcome, StaleVersion):
        mine, theirs = _normal(data), _data(item)
        merged = merge(SECTION, _FIELDS, (), base_of(typed), mine, theirs)
        context = _context(page, head, item, merged.data, None)
        context |= {"merge": merged.differences, "reason": text(typed, "reason"), "dirty": True}
        return page.refused(outcome, "placement_form.html", **context)
    context = _context(page, head, item, data, typed)
    return page.refused(outcome, "placement_form.html", **context)


@router.get("/students/{student_id}/placements/{placement_id}/withdrawal")
def get_placement_withdrawal(page: ThePage, student_id: UUID, placement_id: UUID) -> Response:
    """Asks for the reason."""
    return page.show(
        "placement_withdrawal.html",
        **_withdrawn(page, student_id, placement_id),
        form=reason_form(page, {}),
    )


@router.post("/students/{student_id}/placements/{placement_id}/withdrawal")
def post_placement_withdrawal(
    page: ThePage, student_id: UUID, placement_id: UUID, typed: Typed
) -> Response:
    """The withdrawal of a placement that was a mistake."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: placements.withdraw(
            page.house, page.viewer, student_id, placement_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _withdrawn(page, student_id, placement_id)
        form = reason_form(page, data)
        return page.refused(outcome, "placement_withdrawal.html", **context, form=form)
    undo = Undo.of(SECTION, student_id, outcome)
    return page.done(outcome, f"/students/{student_id}/placements", "withdrawn", undo)


def _withdrawn(page: Page, student_id: UUID, placement_id: UUID) -> dict[str, Any]:
    item = placements.read(page.house, page.viewer, student_id, placement_id)
    head = head_of(page.house, page.viewer, student_id)
    return {"head": head, "item": item.model_dump(mode="json")}


def _context(
    page: Page,
    head: Head,
    item: PlacementItem | None,
    data: Mapping[str, Any],
    typed: FormData | None,
) -> dict[str, Any]:
    of = f"/students/{head.id}/placements"
    version = 0 if item is None else item.version
    key = page.new_key if typed is None else text(typed, "_key")
    return {
        **loaded(version, {} if item is None else _data(item), typed),
        "head": head,
        "item": item,
        "form": placement_form(page, data),
        "key": key if item is None else None,
        "path_of_form": f"{of}/new" if item is None else f"{of}/{item.id}/edit",
        "list_path": of,
    }


def placement_form(page: Page, data: Mapping[str, Any]) -> Form:
    """The form of a placement."""
    made = Making(SECTION, page.viewer.today, hidden=_ASIDE, long=frozenset({"arrangement"}))
    return made.form(PlacementEntry, data)


def _normal(data: Mapping[str, Any]) -> dict[str, Any]:
    found = normal(PlacementEntry, data)
    return {name: found.get(name) for name in _FIELDS}


def _data(item: PlacementItem) -> dict[str, Any]:
    said = item.model_dump(mode="json")
    return {name: said[name] for name in _FIELDS}
