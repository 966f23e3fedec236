"""`/students/{id}/sections/{section}`: a section with one record per student, year or stage.

Looked at, edited, and withdrawn where it may be. What was typed is never lost: a refused form keeps
it, a stale one shows what somebody else saved meanwhile, and drafts are kept while one types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.datastructures import FormData

from api import annual_goals, sections
from api.acting import Reason
from api.section_items import SectionItem, data_of
from api.sections import SINGLE
from api.web import drafts
from api.web.editing import loaded, merge_typed, reason_form
from api.web.fields import Making, Option, making
from api.web.flash import Undo
from api.web.heads import Head, head_of
from api.web.plans import Year, index_of, worded, writes
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK, Typed, doing, text, with_rows
from api.web.typed import data_of as typed_data
from api.web.words import local_day
from domain.annual_goal import ANNUAL_GOAL
from domain.labels import SECTIONS, label, written
from domain.meeting import MEETING
from domain.organisation import Stage
from domain.reference import day_of_offer
from domain.refusal import NotAllowed, NotYoursToBegin, Refusal, StaleVersion
from domain.section import Section
from projections import plan_records
from projections.plan_fold import LIVE

router = APIRouter()

InStage = Annotated[Stage | None, BLANK, Query()]

#: The fields whose values are meetings of the student.
MEETING_FIELDS = frozenset({"source_meeting_id", "meeting_id"})


@dataclass(frozen=True)
class Place:
    """A record's address: the student, the section and which record of it."""

    head: Head
    section: Section
    item: SectionItem = field(repr=False)
    query: str

    @property
    def path(self) -> str:
        return f"/students/{self.head.id}/sections/{self.section.code}{self.query}"

    @property
    def edit_path(self) -> str:
        return f"/students/{self.head.id}/sections/{self.section.code}/edit{self.query}"

    @property
    def withdrawal_path(self) -> str:
        return f"/students/{self.head.id}/sections/{self.section.code}/withdrawal{self.query}"

    @property
    def label(self) -> str:
        return SECTIONS[self.section.code]

    @property
    def live(self) -> bool:
        """Whether there is a record to correct."""
        return self.item.version > 0 and not self.item.withdrawn

    @property
    def writes(self) -> bool:
        """Whether the viewer writes here."""
        return writes(self.head, self.section.code, self.live) and not self.item.locked

    @property
    def asks_others(self) -> bool:
        """Whether the viewer may change what others have to begin (AMB-04)."""
        code = self.section.code
        begins = self.live or self.item.locked or self.head.may(code, "create")
        return self.head.may(code, "edit") and not begins

    @property
    def managed(self) -> frozenset[str]:
        return frozenset(group.field for group in self.section.groups if group.managed)


@router.get("/students/{student_id}/sections/{code}")
def get_section(
    page: ThePage, student_id: UUID, code: str, school_year: Year = None, stage: InStage = None
) -> Response:
    """The section as it is read."""
    place = _place(page, student_id, code, school_year, stage)
    item = place.item
    records = [item.model_dump(mode="json") | {"record_id": ""}] if place.live else []
    return page.show(
        "section.html",
        **_common(page, place),
        blocks=worded(code, records, {"people": [], "sections": [meetings_of(page, student_id)]}),
        differing=_differing(item),
        may_edit=place.writes,
        may_withdraw=_may_withdraw(page, place),
    )


@router.get("/students/{student_id}/sections/{code}/edit")
def get_edit(
    page: ThePage,
    student_id: UUID,
    code: str,
    school_year: Year = None,
    stage: InStage = None,
    draft: bool = False,
) -> Response:
    """The form, with the draft in it where that is asked for."""
    place = _place(page, student_id, code, school_year, stage)
    if not writes(place.head, code, place.live):
        raise NotYoursToBegin if place.asks_others else NotAllowed
    kept = drafts.kept(page, place.edit_path)
    typed = kept.typed if draft and kept is not None else None
    data = place.item.data if typed is None else _typed(place, typed)
    context = _context(page, place, _begun(place, data) if typed is None else data, typed)
    return page.show("section_form.html", **context, draft=kept, resumed=typed is not None)


@router.post("/students/{student_id}/sections/{code}/edit")
def post_edit(
    page: ThePage,
    student_id: UUID,
    code: str,
    typed: Typed,
    school_year: Year = None,
    stage: InStage = None,
) -> Response:
    """A save, a draft, or one row more or less."""
    place = _place(page, student_id, code, school_year, stage)
    do = doing(typed)
    if do == ("draft",):
        drafts.keep(page, typed)
        return page.go(place.path, "draft-kept")
    if do[0] in ("add", "remove"):
        data = with_rows(_typed(place, typed, blank_rows=True), do)
        context = _context(page, place, data, typed)
        return page.show("section_form.html", **context, draft=None, resumed=False)
    data = _typed(place, typed)
    body = {
        "data": data,
        "reason": text(typed, "reason"),
        "confirmed": text(typed, "confirmed") == "true",
    }
    outcome = page.attempt(
        lambda: sections.save(
            page.house,
            page.viewer,
            student_id,
            code,
            school_year,
            stage,
            page.asked(body, typed, "PUT"),
        )
    )
    if isinstance(outcome, StaleVersion):
        return _conflict(page, place, data, typed, outcome)
    if isinstance(outcome, Refusal):
        context = _context(page, place, data, typed)
        return page.refused(outcome, "section_form.html", **context, draft=None, resumed=False)
    drafts.drop(page, place.edit_path)
    undo = Undo.of(code, student_id, outcome)
    path = place.edit_path if do == ("stay",) else place.path
    return page.done(outcome, path, "recorded", undo)


@router.get("/students/{student_id}/sections/{code}/withdrawal")
def get_withdrawal(
    page: ThePage, student_id: UUID, code: str, school_year: Year = None
) -> Response:
    """Asks for the reason."""
    place = _place(page, student_id, code, school_year, None)
    return page.show("section_withdrawal.html", **_common(page, place), form=reason_form(page, {}))


@router.post("/students/{student_id}/sections/{code}/withdrawal")
def post_withdrawal(
    page: ThePage, student_id: UUID, code: str, typed: Typed, school_year: Year = None
) -> Response:
    """The withdrawal; the history keeps what there was."""
    data = typed_data(Reason, typed)
    outcome = page.attempt(
        lambda: sections.withdraw(
            page.house, page.viewer, student_id, code, school_year, None, page.asked(data, typed)
        )
    )
    place = _place(page, student_id, code, school_year, None)
    if isinstance(outcome, Refusal):
        form = reason_form(page, data)
        return page.refused(outcome, "section_withdrawal.html", **_common(page, place), form=form)
    return page.done(outcome, place.path, "withdrawn", Undo.of(code, student_id, outcome))


# -- what these pages have in common


def _place(
    page: Page, student_id: UUID, code: str, school_year: int | None, stage: Stage | None
) -> Place:
    item = sections.read(page.house, page.viewer, student_id, code, school_year, stage)
    asked = {"school_year": school_year, "stage": stage and stage.value}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    head = head_of(page.house, page.viewer, student_id)
    return Place(head, SINGLE[code], item, f"?{query}" if query else "")


def _may_withdraw(page: Page, place: Place) -> bool:
    """Whether the record is there and the viewer may withdraw it."""
    may = place.section.withdrawn is not None and place.head.may(place.section.code, "withdraw")
    if not may or not place.live or place.item.locked:
        return False
    year = place.item.school_year
    if place.section is not ANNUAL_GOAL or year is None:
        return True
    return annual_goals.may_withdraw(page.house, page.viewer, place.head.id, year)


def _common(page: Page, place: Place) -> dict[str, Any]:
    year = place.item.school_year
    assert year is not None
    index = index_of(page, place.head, year)
    return {"head": place.head, "place": place, "item": place.item, "index": index, "in_plan": True}


def _context(
    page: Page, place: Place, data: Mapping[str, Any], typed: FormData | None
) -> dict[str, Any]:
    """What the form needs. After something was typed, its version and base are the typed ones."""
    item = place.item
    stage = item.education_stage or place.head.student.stage
    return {
        **_common(page, place),
        **loaded(item.version, item.data, typed),
        "form": _making(page, place, stage).form(place.section.data, data),
        "stage": stage if "education_stage" in place.section.data.model_fields else None,
        "confirmed": typed is not None and text(typed, "confirmed") == "true",
    }


def _making(page: Page, place: Place, stage: str) -> Making:
    choices = {}
    wanted = MEETING_FIELDS & place.section.data.model_fields.keys()
    if wanted:
        choices = dict.fromkeys(wanted, meeting_options(page, place.head.id))
    day = day_of_offer(place.item.school_year, page.viewer.today)
    return making(place.section.code, day, stage, choices=choices, managed=place.managed)


def _typed(place: Place, typed: FormData, *, blank_rows: bool = False) -> dict[str, Any]:
    return typed_data(place.section.data, typed, place.managed, blank_rows=blank_rows)


def _begun(place: Place, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A new tab of the transition begins with what the register says today."""
    if place.section.code != "transition" or place.item.version:
        return data
    student = place.head.student
    known = {
        "school_name": student.organisation.name,
        "class_name": student.class_name,
        "grade": student.grade,
    }
    return {**data, **known}


def _conflict(
    page: Page, place: Place, mine: dict[str, Any], typed: FormData, refusal: StaleVersion
) -> Response:
    """Mine, theirs and both merged; saved, if at all, on top of theirs."""
    merged = merge_typed(place.section, typed, mine, place.item.data)
    context = _context(page, place, merged.data, None)
    context |= {"merge": merged.differences, "reason": text(typed, "reason"), "dirty": True}
    return page.refused(refusal, "section_form.html", **context, draft=None, resumed=False)


def _differing(item: SectionItem) -> list[tuple[str, str]]:
    """What the register says otherwise today, in words."""
    return [
        (label(item.section, name), written(item.section, name, value) or "（空白）")
        for name, value in (item.directory or {}).items()
    ]


def meetings_of(page: Page, student_id: UUID) -> dict[str, Any]:
    """The meetings of the student that may be seen, as a section of a plan."""
    with page.viewer.looking(page.house) as connection:
        found = [
            one
            for one in plan_records.records_of(connection, student_id)
            if (one.section, one.status) == (MEETING.code, LIVE)
        ]
    records = [
        {"record_id": str(one.record_id), "data": data_of(page.house, MEETING, one)}
        for one in found
    ]
    return {"section": MEETING.code, "records": records}


def meeting_options(page: Page, student_id: UUID) -> list[Option]:
    """The meetings of the student that a record can name."""
    return [
        Option(one["record_id"], _meeting_words(one["data"]))
        for one in meetings_of(page, student_id)["records"]
    ]


def _meeting_words(data: Mapping[str, Any]) -> str:
    return f"{local_day(str(data['held_at'])) or data['held_at']}　{data['topic']}"
