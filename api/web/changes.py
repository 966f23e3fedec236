"""`/changes`: what changed between two dates, as the county asks; the address holds the filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.change_report import Terms
from api.changes import (
    ChangeQuery,
    FileFormat,
    Kind,
    Origin,
    asker_of,
    download,
    json_page,
    reports_of,
    wanted_of,
)
from api.house import House
from api.problems import BodyNotValid, errors_of
from api.student_items import offices
from api.viewer import Viewer
from api.web import saved_views
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, text
from api.web.wrongs import NONE, Wrongs
from domain.access import PROCESS_SECTIONS, PROGRAMME_SECTIONS
from domain.labels import CAPACITIES, CHANGE_KINDS, SECTIONS
from domain.refusal import Refusal
from domain.sections import SECTIONS as PLAN_SECTIONS

router = APIRouter()

#: The filters that may have several values, in the order of the form.
_SEVERAL = ("organisation", "section", "kind", "origin")
_ORIGINS = {"school": "學校", "organiser": "承辦學校", "authority": "主管機關", "council": "鑑輔會"}
_FORMATS = {"xlsx": "Excel（XLSX）", "ods": "試算表（ODS）", "csv": "CSV", "pdf": "PDF"}
_A_PAGE = 50


@dataclass(frozen=True)
class Asking:
    """The filters as they stand in the address: text, as it was typed."""

    dates: Mapping[str, str]
    several: Mapping[str, list[str]]
    as_of: str | None
    cursor: str | None

    @classmethod
    def of(cls, request: Request) -> "Asking":
        given = request.query_params
        return cls(
            {name: given.get(name, "").strip() for name in ("from", "to")},
            {name: [one for one in given.getlist(name) if one] for name in _SEVERAL},
            given.get("as_of") or None,
            given.get("cursor") or None,
        )

    @property
    def asked(self) -> bool:
        return any(self.dates.values())

    def query(self, **more: Any) -> ChangeQuery:
        """The question of the API. Raises `BodyNotValid` naming the fields."""
        given: dict[str, Any] = {**self.dates, **self.several, "as_of": self.as_of, **more}
        try:
            return ChangeQuery.model_validate(given)
        except ValidationError as error:
            errors = errors_of(error)
        raise BodyNotValid(errors)

    def address(self, **more: str | None) -> str:
        """The query string of the same filters, with what is given instead."""
        pairs = [*self.dates.items()]
        pairs += [(name, one) for name, values in self.several.items() for one in values]
        given = {"as_of": self.as_of} | more
        pairs += [(name, one) for name, one in given.items() if one]
        return urlencode(pairs)


@router.get("/changes")
def get_changes(page: ThePage) -> Response:
    """The report of changes: its filters, and a page of its rows where something was asked."""
    asking = Asking.of(page.request)
    if not asking.asked:
        return _shown(page, asking, None)
    try:
        query = asking.query(limit=_A_PAGE, cursor=asking.cursor)
        found = json_page(
            page.house, page.viewer, _terms(page, asking, query), asking.cursor, _A_PAGE
        )
    except Refusal as refusal:
        return _shown(page, asking, None, Wrongs.of(refusal), refusal.STATUS)
    return _shown(page, asking, found)


@router.get("/changes/file")
def get_changes_file(page: ThePage, format: Annotated[FileFormat, Query()]) -> Response:
    """Exactly what is on screen, the whole of it, as a file."""
    asking = Asking.of(page.request)
    query = asking.query()
    return download(page.house, page.viewer, _terms(page, asking, query), query.lists(), format)


@router.post("/changes/views")
def post_changes_view(page: ThePage, typed: Typed) -> Response:
    """Keeps the filters of this address under a name, for oneself; or forgets a name."""
    address = text(typed, "address") or ""
    name = text(typed, "name")
    if name is None:
        return page.go(f"/changes?{address}", "nothing-named")
    if text(typed, "_do") == "forget":
        saved_views.forget(page, "changes", name)
        return page.go("/changes", "view-forgotten")
    saved_views.keep(page, "changes", name, address)
    return page.go(f"/changes?{address}", "view-kept")


def _terms(page: Page, asking: Asking, query: ChangeQuery) -> Terms:
    reports, asker = reports_of(page.house), asker_of(page.viewer)
    as_of = query.as_of
    if asking.cursor is not None and as_of is None:
        as_of = reports.as_of_of(asker, asking.cursor)
    return reports.terms(asker, wanted_of(page.house, page.viewer, query), as_of)


def _shown(
    page: Page,
    asking: Asking,
    found: Mapping[str, Any] | None,
    wrongs: Wrongs = NONE,
    status: int = 200,
) -> Response:
    onward = None
    if found is not None and found["next_cursor"] is not None:
        as_of = found["terms"]["as_of"]
        onward = f"/changes?{asking.address(as_of=as_of, cursor=found['next_cursor'])}"
    kept = saved_views.kept(page, "changes")
    address = asking.address(as_of=None)
    return page.show(
        "changes.html",
        status=status,
        wrongs=wrongs,
        asking=asking,
        found=found,
        onward=onward,
        files=_files(asking, found),
        address=address,
        views=kept,
        view=next((one.name for one in kept if one.address == address), None),
        schools=_schools(page.house, page.viewer),
        sections=_sections(page),
        kinds={one: CHANGE_KINDS[one] for one in get_args(Kind)},
        origins={one: _ORIGINS[one] for one in get_args(Origin)},
        capacities=CAPACITIES,
    )


def _files(asking: Asking, found: Mapping[str, Any] | None) -> dict[str, str]:
    """The addresses of the downloads, bound to the moment of what is on screen."""
    if found is None:
        return {}
    as_of = found["terms"]["as_of"]
    return {
        f"/changes/file?{asking.address(as_of=as_of)}&format={code}": name
        for code, name in _FORMATS.items()
    }


def _schools(house: House, viewer: Viewer) -> dict[str, str]:
    with viewer.looking(house) as connection:
        return {one.code: one.name for one in offices(connection).values()}


def _sections(page: Page) -> dict[str, str]:
    """The sections that can be asked for, by what the viewer is."""
    named = [*PROCESS_SECTIONS, *sorted(PROGRAMME_SECTIONS - {"application_result"})]
    if not page.me.is_one_of("organiser", "council_member"):
        named = [*PLAN_SECTIONS, *named, "directory", "relation"]
    return {code: SECTIONS[code] for code in dict.fromkeys(named)}
