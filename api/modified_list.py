"""`/programmes/{pid}/rosters/modified`: 某日至某日修改的學生名單 (Kaohsiung 6).

Its rows are those of the change report; what a placement said before and after is folded from its
own events. So a range that is over gives the same lines for ever, corrections being further lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.acting import Body
from api.audit import record_export, record_list, refusals_recorded
from api.change_items import instant
from api.change_report import Terms
from api.changes import (
    Backwards,
    UnknownSchool,
    asker_of,
    own_name,
    reports_of,
)
from api.house import House
from api.modified_lines import SECTIONS, Lines, ModifiedLine
from api.process_items import rules_of
from api.student_items import Instant
from api.table_files import CONTENT, sent, table_file
from api.viewer import SignedIn, TheHouse, Viewer
from documents.formats import file_name
from documents.modified_list import ModifiedList, modified_table
from documents.table import Table
from domain import placement
from domain.access import ORGANISED
from domain.calendar import WrittenDate
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid
from ledger.encryption import canonical
from projections import directory
from projections.report import ChangeFilter

router = APIRouter(prefix="/programmes/{pid}/rosters", tags=["applications"])

#: Which kinds are corrections, when first entries are left out.
_CORRECTIONS = ("corrected", "withdrawn", "re_placement", "abandonment")
_ALL = ("school", "organiser", "authority", "council")


class ModifiedQuery(Body):
    """The range of a list and what it leaves out. A school has its own pupils alone."""

    from_date: WrittenDate = Field(alias="from", description="起日（含），ISO 或民國日期。")
    to_date: WrittenDate = Field(alias="to", description="迄日（含），ISO 或民國日期。")
    organisation: str | None = Field(None, description="學校代碼；未指定時為可見的全部學校。")
    only_corrections: bool = Field(False, description="只列修正，不列第一次填寫。")
    include_organiser_changes: bool = Field(
        False, description="另外列出承辦學校、主管機關與鑑輔會的登載。"
    )
    as_of: str | None = Field(None, description="先前回答中的 as_of；條件不變時內容相同。")
    format: Literal["json", "csv", "xlsx", "ods", "pdf"] = "json"


@dataclass(frozen=True)
class Pulled:
    """A list as it was pulled: its terms, what the change report came to, and its lines."""

    rules: Programme
    school: str | None
    terms: Terms
    closing: Mapping[str, Any]
    by: str
    items: list[dict[str, Any]]
    apart: list[dict[str, Any]]

    @property
    def students(self) -> list[UUID]:
        return sorted({one["student"]["id"] for one in (*self.items, *self.apart)})

    @property
    def counts(self) -> dict[str, int]:
        return {
            "pupils": len({one["student"]["id"] for one in self.items}),
            "changes": len(self.items),
            "schools": len({one["organisation"]["code"] for one in self.items}),
        }


class Counts(BaseModel):
    """Of what schools changed: pupils, each once, lines, and schools."""

    pupils: int
    changes: int
    schools: int


class ModifiedItem(BaseModel):
    """The list. `terms` are those of the change report it is made of, whose `rows` and `digest`
    count its rows of every year; what others than schools recorded stands apart."""

    programme: str
    school: str | None
    terms: dict[str, Any]
    pulled_at: Instant
    pulled_by: str
    counts: Counts
    items: list[ModifiedLine]
    organiser_changes: list[ModifiedLine]


@router.get(
    "/modified",
    response_model=ModifiedItem,
    responses={
        200: {
            "description": "名單；`format` 為 csv、xlsx、ods、pdf 時為檔案。",
            "content": CONTENT,
        }
    },
)
def get_modified(
    house: TheHouse, viewer: SignedIn, pid: str, query: Annotated[ModifiedQuery, Query()]
) -> Response:
    """某日至某日修改的學生名單：安置頁面的每一筆異動一列；每次調閱均留下紀錄。"""
    with refusals_recorded(house, viewer, "rosters/modified"):
        pulled = pull(house, viewer, pid, query)
    if query.format != "json":
        return download(house, viewer, pulled, query.format)
    wanted = {"programme": pid, "from": query.from_date, "to": query.to_date}
    record_list(
        house, viewer, "rosters/modified", pulled.students, wanted | {"school": pulled.school}
    )
    return Response(canonical(body_of(pulled)), media_type="application/json")


def pull(house: House, viewer: Viewer, pid: str, query: ModifiedQuery) -> Pulled:
    """The list for a viewer. Raises `NotFound`, `NotValid`, `ReportTermsChanged`."""
    rules = rules_of(house, pid)
    schools, named = _schools(house, viewer, query.organisation)
    if query.from_date > query.to_date:
        raise Backwards
    wanted = ChangeFilter(
        query.from_date,
        query.to_date,
        organisations=schools,
        sections=SECTIONS,
        kinds=_CORRECTIONS if query.only_corrections else (),
        origins=_ALL if query.include_organiser_changes else ("school",),
    )
    reports, asker = reports_of(house), asker_of(viewer)
    terms = reports.terms(asker, wanted, query.as_of)
    whole = reports.whole(asker, terms)
    found = [
        one
        for one in whole.rows()
        if one.school_year == rules.school_year and not _did_not_pass(one.data)
    ]
    lines = Lines(house, viewer, rules, terms, found)
    items = sorted((lines.line(one) for one in found), key=_order)
    return Pulled(
        rules,
        named,
        terms,
        whole.closing(),
        own_name(house, viewer),
        _numbered(one for one in items if one["origin"] == "school"),
        _numbered(one for one in items if one["origin"] != "school"),
    )


def _schools(house: House, viewer: Viewer, code: str | None) -> tuple[tuple[UUID, ...], str | None]:
    """Whose changes are asked for (M15). Raises `NotFound`, `UnknownSchool`."""
    runs, own = ORGANISED in viewer.audiences, viewer.schools
    if not runs and not own:
        raise NotFound
    with viewer.looking(house) as connection:
        cards = {one.organisation_id: one for one in directory.organisations(connection)}
    if code is not None:
        found = next((one for one in cards.values() if one.code == code), None)
        if found is None:
            raise UnknownSchool
        if not runs and found.organisation_id not in own:
            raise NotFound
        return (found.organisation_id,), found.name
    if runs:
        return (), None
    if len(own) > 1:
        raise NotValid("請指定學校代碼。", "organisation")
    return tuple(own), cards[own[0]].name


def _did_not_pass(row: Mapping[str, Any]) -> bool:
    """Whether a body did not let a placement pass: that is no change of the page (6.2, M8)."""
    return row["section"] == placement.SECTION and any(
        one["field"] == "outcome" and one["after"] == "refused" for one in row["fields"]
    )


def _order(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        line["organisation"]["code"] or "",
        line["target_year_grade"] or 0,
        line["pupil_name"] or "",
        str(line["student"]["id"]),
        line["recorded_at"],
    )


def _numbered(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"no": number, **one} for number, one in enumerate(lines, start=1)]


def body_of(pulled: Pulled) -> dict[str, Any]:
    """The list as JSON: `terms` are those of the change report that it was made of."""
    closing = pulled.closing
    return {
        "programme": pulled.rules.code,
        "school": pulled.school,
        "terms": pulled.terms.as_dict(closing["rows"], closing["digest"]),
        "pulled_at": instant(pulled.terms.made_at),
        "pulled_by": pulled.by,
        "counts": pulled.counts,
        "items": pulled.items,
        "organiser_changes": pulled.apart,
    }


def download(house: House, viewer: Viewer, pulled: Pulled, format: str) -> Response:
    """The list as a file. It is made, then recorded, then handed over."""
    file = make_file(house, viewer, pulled, format)
    wanted = pulled.terms.wanted
    name = file_name("安置資料修改學生名單", wanted.from_date, wanted.to_date, format)
    return sent(file, "modified", name, format)


def table_of(pulled: Pulled) -> Table:
    """The list as the table that every file of it is made of."""
    told = ModifiedList(
        programme=pulled.rules.name,
        school=pulled.school,
        from_date=pulled.terms.wanted.from_date,
        to_date=pulled.terms.wanted.to_date,
        pulled_at=pulled.terms.made_at,
        pulled_by=pulled.by,
        counts=pulled.counts,
        items=[*pulled.items, *pulled.apart],
        with_origin=bool(pulled.apart),
    )
    return modified_table(told)


def make_file(house: House, viewer: Viewer, pulled: Pulled, format: str) -> BinaryIO:
    """The list as a file, its export recorded. The caller closes it."""
    return table_file(
        house,
        table_of(pulled),
        format,
        lambda: record_export(
            house,
            viewer,
            "rosters/modified",
            pulled.students,
            format=format,
            digest=pulled.closing["digest"],
        ),
    )
