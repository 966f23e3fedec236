"""復原: the reverse of the last save of a record, recorded as a new event by the same service.

What was new is withdrawn, what was changed says again what it said before, what was withdrawn is
recorded anew. Only one's own save is undone, and only while nothing was changed since; every
rule of the service holds, the locked stage among them (docs/decisions/undo.md).
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic_core import to_jsonable_python
from starlette.datastructures import FormData

from api import placements, sections
from api.acting import Acting, Asked, Done
from api.placements import PlacementEntry
from api.sections import SINGLE
from api.seeing import student_seen
from api.web.entries import ENTRIES, Entries
from api.web.flash import Undo
from api.web.heads import head_of
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, text
from api.web.wrongs import Wrongs
from domain import placement, section_record
from domain.event import Event
from domain.labels import SECTIONS
from domain.placement import SECTION, Placement, Status
from domain.refusal import NotFound, Refusal, StaleVersion
from domain.section import HEADER, Section
from domain.section_record import Record
from ledger.encryption import canonical
from ledger.ledger import Evolve, State

router = APIRouter()

REASON = "復原剛才的儲存"

_CHANGED = Wrongs(
    "沒有復原：這筆資料之後又有變更",
    "您剛才的儲存之後，這筆資料已再次變更，復原會蓋掉那次變更。請先查看歷程，再以「修改」調整。",
)


@router.post("/students/{student_id}/undo")
def post_undo(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """Undoes a save of the viewer's own."""
    undo = _asked(student_id, typed)
    student_seen(Acting(page.house, page.viewer), student_id)
    outcome = page.attempt(lambda: _reverse(page, undo))
    if isinstance(outcome, Refusal):
        wrongs = _CHANGED if isinstance(outcome, StaleVersion) else Wrongs.of(outcome)
        return page.show(
            "undo.html",
            status=outcome.STATUS,
            head=head_of(page.house, page.viewer, student_id),
            undo=undo,
            label=SECTIONS[undo.section],
            wrongs=wrongs,
        )
    again = Undo.of(undo.section, student_id, outcome)
    return page.done(outcome, _path(undo), "undone", again)


def _asked(student_id: UUID, typed: FormData) -> Undo:
    """What the form names. Raises `NotFound`."""
    said = [text(typed, name) or "" for name in ("section", "record", "before", "after")]
    undo = Undo.read(said[0], str(student_id), *said[1:])
    if undo is None:
        raise NotFound
    return undo


def _reverse(page: Page, undo: Undo) -> Done:
    """Raises `NotFound`, `StaleVersion`, and whatever the service refuses."""
    events = page.house.ledger.events(undo.record)
    saved = events[undo.before : undo.after]
    # Nobody learns here what others saved: ids of records can be made up.
    if not saved or any(one.by != page.viewer.account_id for one in saved):
        raise NotFound
    if saved[0].student_id != undo.student:
        raise NotFound
    if len(events) != undo.after:
        raise StaleVersion(len(events))
    if undo.section == SECTION:
        return _reverse_placement(page, undo, events)
    kind = next((one for one in ENTRIES if one.code == undo.section), None)
    section = SINGLE.get(undo.section) if kind is None else kind.section
    was, now = (_folded(section_record.evolve, one) for one in (events[: undo.before], events))
    if section is None or now is None or now.section != section.code:
        raise NotFound
    data = _data(section, was, now)
    if kind is None:
        return _reverse_section(page, undo, section, now, data)
    return _reverse_entry(page, undo, kind, now, data)


def _reverse_section(
    page: Page, undo: Undo, section: Section, now: Record, data: Mapping[str, Any] | None
) -> Done:
    stage = now.education_stage if section.per == "stage" else None
    which = (undo.student, section.code, now.school_year, stage)
    if data is None and section.withdrawn is not None:
        asked = _ask(page, undo, {"reason": REASON})
        return sections.withdraw(page.house, page.viewer, *which, asked)
    begun = _header(section, now) | dict(data or {})
    asked = _ask(page, undo, {"data": begun, "reason": REASON}, "PUT")
    return sections.save(page.house, page.viewer, *which, asked)


def _reverse_entry(
    page: Page, undo: Undo, kind: Entries, now: Record, data: Mapping[str, Any] | None
) -> Done:
    of = (page.house, page.viewer, undo.student)
    if data is None:
        return kind.withdraw(*of, undo.record, _ask(page, undo, {"reason": REASON}))
    if now.withdrawn:
        body = {**data, "school_year": now.school_year}
        return kind.record(*of, _ask(page, undo, body))
    return kind.correct(*of, undo.record, _ask(page, undo, {**data, "reason": REASON}, "PUT"))


def _reverse_placement(page: Page, undo: Undo, events: Sequence[Event]) -> Done:
    was, now = (_folded(placement.evolve, one) for one in (events[: undo.before], events))
    of = (page.house, page.viewer, undo.student)
    if now is None:
        raise NotFound
    if was is None:
        asked = _ask(page, undo, {"reason": REASON})
        return placements.withdraw(*of, undo.record, asked)
    if now.status is Status.WITHDRAWN:
        return placements.record(*of, _ask(page, undo, _of_placement(was)))
    body = _of_placement(was) | {"reason": REASON}
    return placements.correct(*of, undo.record, _ask(page, undo, body, "PUT"))


def _of_placement(known: Placement) -> dict[str, Any]:
    said = to_jsonable_python(known)
    return {name: said[name] for name in PlacementEntry.model_fields if name in said}


def _folded(evolve: Evolve[State], events: Sequence[Event]) -> State | None:
    """The record as these events leave it. Raises `NotFound` where they are of another kind."""
    try:
        return reduce(evolve, events, None)
    except TypeError:
        raise NotFound from None


def _data(section: Section, was: Record | None, now: Record) -> dict[str, Any] | None:
    """What the record said before, as its form would send it; None where there was none. A row
    that the save removed comes back under another id."""
    if was is None or was.withdrawn:
        return None
    managed = {group.field for group in section.groups if group.managed}
    said: dict[str, Any] = {}
    for name, info in section.data.model_fields.items():
        if name in HEADER or name in managed or (name not in was.data and info.is_required()):
            continue
        default = info.get_default(call_default_factory=True)
        said[name] = to_jsonable_python(was.data.get(name, default))
    for group in section.groups:
        if group.field in said:
            there = (
                set() if now.withdrawn else {str(row["row_id"]) for row in now.rows(group.field)}
            )
            for row in said[group.field]:
                if row["row_id"] not in there:
                    del row["row_id"]
    return said


def _header(section: Section, now: Record) -> dict[str, Any]:
    known = {"school_year": now.school_year, "education_stage": now.education_stage}
    return {
        name: to_jsonable_python(value)
        for name, value in known.items()
        if name in section.data.model_fields
    }


def _ask(page: Page, undo: Undo, body: Mapping[str, Any], method: str = "POST") -> Asked:
    return Asked(
        method=method,
        path=page.request.url.path,
        body=canonical(dict(body)),
        # Pressed twice, it is recorded once.
        idempotency_key=f"undo-{undo.record}-{undo.after}",
        if_match=f'"{undo.after}"',
    )


def _path(undo: Undo) -> str:
    of = f"/students/{undo.student}"
    return f"{of}/placements" if undo.section == SECTION else f"{of}/history?section={undo.section}"
