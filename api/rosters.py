"""`/programmes/{pid}/rosters/{roster}`: who is on a list of a programme, with totals (10.3).

A school has its own rows; who runs the programme has those of all schools; the council has the
cases that came before it. Every reading is recorded.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.account_items import OfficeItem
from api.audit import record_export, record_list, refusals_recorded
from api.changes import own_name
from api.house import House
from api.paging import LARGEST_PAGE, Cursor, Limit, paged
from api.process_items import rules_of
from api.roster_entries import is_hidden, looking_for_school, made_of
from api.table_files import CONTENT, sent, table_file
from api.viewer import SignedIn, TheHouse, Viewer
from documents.formats import file_name
from documents.roster import RosterPaper, roster_table
from domain.access import COUNCIL, ORGANISED
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid
from domain.roster import Made, RosterKind, digest
from domain.rosters import ROSTERS
from projections import directory

router = APIRouter(prefix="/programmes/{pid}/rosters", tags=["applications"])

RosterFormat = Literal["json", "csv", "xlsx", "ods", "pdf"]


class RosterColumnItem(BaseModel):
    key: str
    label: str


class RosterItem(BaseModel):
    """A roster now. `digest` changes when anything on it changes; `totals` are figures, `lines`
    what the paper says below the rows; all three are of the whole roster, whatever page is
    asked for."""

    roster: str
    title: str
    programme: str
    organisation: OfficeItem | None
    digest: str
    columns: list[RosterColumnItem]
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    lines: list[tuple[str, str]]
    signatures: list[str]
    next_cursor: str | None


@dataclass(frozen=True)
class Pulled:
    """A roster that a viewer may have."""

    rules: Programme
    kind: RosterKind
    organisation: OfficeItem | None
    made: Made

    @cached_property
    def digest(self) -> str:
        return digest(self.kind, self.made)


@router.get(
    "/{roster}",
    response_model=RosterItem,
    responses={
        200: {
            "description": "名冊；`format` 為 csv、xlsx、ods、pdf 時為檔案。",
            "content": CONTENT,
        }
    },
)
def get_roster(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    roster: str,
    organisation: str | None = None,
    format: RosterFormat = "json",
    limit: Limit = LARGEST_PAGE,
    cursor: Cursor = None,
) -> Response:
    """一份名冊：各列、總計與應核章人員；學校只見本校，承辦學校與主管機關可見全部；順序固定。

    名冊在兩頁之間有異動時，`cursor` 失效，須從第一頁重新查詢。
    """
    with refusals_recorded(house, viewer, "rosters"):
        pulled = pull(house, viewer, pid, roster, organisation)
    if format != "json":
        return download(house, viewer, pulled, format)
    found = read(house, viewer, pulled, limit, cursor)
    return Response(found.model_dump_json(), media_type="application/json")


def pull(house: House, viewer: Viewer, pid: str, roster: str, organisation: str | None) -> Pulled:
    """A roster for a viewer. Raises `NotFound`, `NotValid`."""
    rules = rules_of(house, pid)
    kind = ROSTERS.get(roster)
    if kind is None:
        raise NotFound
    school = _school(house, viewer, kind, organisation)
    only = None if school is None else school.organisation_id
    looking = (
        looking_for_school(house, viewer.account_id)
        if only in viewer.schools
        else viewer.looking(house)
    )
    with looking as connection:
        made = made_of(house, connection, rules, kind, only)
    named = None if school is None else OfficeItem(code=school.code, name=school.name)
    return Pulled(rules, kind, named, made)


def _school(
    house: House, viewer: Viewer, kind: RosterKind, code: str | None
) -> directory.OrganisationCard | None:
    """Whose rows are asked for: one school's, or None for all that the viewer may have."""
    runs = bool({ORGANISED, COUNCIL} & viewer.audiences)
    own = viewer.schools
    if not runs and (not own or not kind.of_schools or is_hidden(kind)):
        raise NotFound
    if code is None and runs:
        return None
    with viewer.looking(house) as connection:
        known = {one.organisation_id: one for one in directory.organisations(connection)}
    if code is None:
        if len(own) > 1:
            raise NotValid("請指定學校代碼。", "organisation")
        return known.get(own[0])
    found = next((one for one in known.values() if one.code == code), None)
    if found is None or not (runs or found.organisation_id in own):
        raise NotFound
    return found


def read(
    house: House, viewer: Viewer, pulled: Pulled, limit: int, cursor: str | None
) -> RosterItem:
    """A page of a roster; recorded, with whom this page tells of. A cursor is of the roster with
    this digest.

    Raises `CursorNotValid`.
    """
    kind, made = pulled.kind, pulled.made
    school = None if pulled.organisation is None else pulled.organisation.code
    wanted = {"programme": pulled.rules.code, "organisation": school}
    about = made.about or [()] * len(made.rows)
    page, after = paged(
        house,
        viewer,
        [(number, "", one) for number, one in enumerate(zip(made.rows, about, strict=True))],
        what=f"rosters/{kind.code}",
        wanted={**wanted, "digest": pulled.digest},
        limit=limit,
        cursor=cursor,
    )
    named = dict.fromkeys(one for _, students in page for one in students)
    record_list(house, viewer, f"rosters/{kind.code}", named, wanted)
    return RosterItem(
        roster=kind.code,
        title=kind.title,
        programme=pulled.rules.code,
        organisation=pulled.organisation,
        digest=pulled.digest,
        columns=[RosterColumnItem(key=one.key, label=one.label) for one in kind.columns],
        rows=[dict(row) for row, _ in page],
        totals=dict(made.totals),
        lines=list(made.lines),
        signatures=list(kind.signatures),
        next_cursor=after,
    )


def download(house: House, viewer: Viewer, pulled: Pulled, format: str) -> Response:
    """The roster as a file. It is made, then recorded, then handed over."""
    file = make_file(house, viewer, pulled, format)
    name = file_name(pulled.kind.title, None, None, format)
    return sent(file, "roster", name, format)


def make_file(house: House, viewer: Viewer, pulled: Pulled, format: str) -> BinaryIO:
    """The roster as a file, its export recorded. The caller closes it."""
    table = roster_table(
        pulled.kind,
        pulled.made,
        RosterPaper(
            programme=pulled.rules.name,
            school=None if pulled.organisation is None else pulled.organisation.name,
            digest=pulled.digest,
            made_at=viewer.now,
            made_by=own_name(house, viewer),
        ),
    )
    return table_file(
        house,
        table,
        format,
        lambda: record_export(
            house,
            viewer,
            f"rosters/{pulled.kind.code}",
            pulled.made.students,
            format=format,
            digest=pulled.digest,
        ),
    )
