"""`/students/{id}/as-of` and `/compare`: a record as it stood, and what two moments differ in."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.as_of import read_as_of
from api.compare_as_of import read_comparison
from api.history import read_history
from api.problems import BodyNotValid, FieldError
from api.web.heads import head_of
from api.web.plans import worded
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK
from api.web.words import minute
from api.web.wrongs import NONE, Wrongs
from domain.calendar import DateNotUnderstood, parse_date
from domain.labels import CAPACITIES, SECTIONS
from domain.placement import CONTENT
from domain.refusal import Refusal

router = APIRouter()

#: So many moments lie under the slider, the newest.
_MOMENTS = 500
#: Of an instant as it is typed.
_LONGEST = 64
_DEEDS = {"view": "檢視", "create": "新增", "edit": "修改", "withdraw": "刪除", "export": "匯出"}
_Typed = Annotated[str | None, BLANK, Query()]
#: The moment that a field was filled with by the slider, which is said there to the minute alone.
_Exact = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/students/{student_id}/as-of")
def get_as_of(
    page: ThePage, student_id: UUID, at: _Typed = None, at_exact: _Exact = ""
) -> Response:
    """The whole record at a moment that was typed, or that the slider was moved to."""
    at = _meant(at, at_exact)
    found: dict[str, Any] | None = None
    wrongs, status = NONE, 200
    moments = _moments(page, student_id)
    if at is not None:
        try:
            found = read_as_of(page.house, page.viewer, student_id, _day(at, "at"))
        except Refusal as refusal:
            if refusal.STATUS == 404:
                raise
            wrongs, status = Wrongs.of(refusal), refusal.STATUS
    return page.show(
        "as_of.html",
        status=status,
        wrongs=wrongs,
        head=head_of(page.house, page.viewer, student_id),
        at=at,
        moments=moments,
        place=partial(_place, moments),
        found=found,
        placement_fields=(*CONTENT, "occurred_on"),
        sections=[] if found is None else _sections(found),
        rights=[] if found is None else _rights(found),
        capacities=CAPACITIES,
    )


@router.get("/students/{student_id}/compare")
def get_comparison(
    page: ThePage,
    student_id: UUID,
    from_: Annotated[str | None, BLANK, Query(alias="from")] = None,
    to: _Typed = None,
    from_exact: _Exact = "",
    to_exact: _Exact = "",
) -> Response:
    """What differs between two moments, and by whose acts."""
    from_, to = _meant(from_, from_exact), _meant(to, to_exact)
    found: dict[str, Any] | None = None
    wrongs, status = NONE, 200
    moments = _moments(page, student_id)
    if from_ is not None or to is not None:
        try:
            days = _day(from_ or "", "from"), _day(to or "", "to")
            found = read_comparison(page.house, page.viewer, student_id, *days)
        except Refusal as refusal:
            if refusal.STATUS == 404:
                raise
            wrongs, status = Wrongs.of(refusal), refusal.STATUS
    return page.show(
        "compare.html",
        status=status,
        wrongs=wrongs,
        head=head_of(page.house, page.viewer, student_id),
        given={"from": from_ or "", "to": to or ""},
        moments=moments,
        place=partial(_place, moments),
        found=found,
        capacities=CAPACITIES,
    )


def _sections(found: Mapping[str, Any]) -> list[tuple[str, list[tuple[Any, Any]]]]:
    """The sections with something in them: by title the records, each with its blocks."""
    return [
        (
            section["title"],
            [
                (record, worded(section["section"], [record], found))
                for record in section["records"]
            ],
        )
        for section in found["sections"]
        if section["records"]
    ]


def _rights(found: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """What each capacity might do then, by deed the sections."""
    return [(one["label"], list(_by_deed(one["sections"]))) for one in found["rights"]]


def _by_deed(sections: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    for deed, name in _DEEDS.items():
        named = [SECTIONS[code] for code, deeds in sections.items() if deed in deeds]
        if named:
            yield name, named


def _moments(page: Page, student_id: UUID) -> list[str]:
    """When something that the viewer may see was recorded, the oldest first; its reading recorded.

    Raises `NotFound`.
    """
    read = read_history(page.house, page.viewer, student_id, _MOMENTS, None, ())
    return list(dict.fromkeys(one.data["recorded_at"] for one in read.items))


def _place(moments: Sequence[str], typed: str | None) -> int:
    """Where the slider stands: at the last moment that what was typed takes in."""
    try:
        until = typed if typed and typed in moments else parse_date(typed or "").isoformat()
    except DateNotUnderstood:
        return len(moments) - 1
    # An instant of Taipei begins with its day.
    return max(0, sum(one[: len(until)] <= until for one in moments) - 1)


def _meant(typed: str | None, exact: str) -> str | None:
    return exact if exact and typed == minute(exact) else typed


def _day(typed: str, name: str) -> str:
    """A moment as the API takes it: an instant, or a day in any written form.

    Raises `BodyNotValid`.
    """
    if "T" in typed and len(typed) <= _LONGEST:
        return typed
    try:
        return parse_date(typed).isoformat()
    except DateNotUnderstood as error:
        wrong = FieldError(field=name, code="date-not-understood", message=str(error))
    raise BodyNotValid([wrong])
