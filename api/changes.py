"""`GET /changes`: what changed between two dates (contract 4)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.acting import Body
from api.answer_items import ChangesAnswer
from api.change_report import Asker, ChangeReports, Terms
from api.change_subjects import record_page, record_whole
from api.house import House
from api.process_items import rules_of
from api.table_files import CONTENT, sent, table_file
from api.viewer import SignedIn, TheHouse, Viewer
from documents.change_report import ChangeReport, change_report_table
from documents.formats import file_name
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.labels import SECTIONS, written
from domain.refusal import NotFound, NotValid
from domain.sections import SECTIONS as PLAN_SECTIONS
from ledger.encryption import canonical
from projections import change_tally, directory
from projections.report import ChangeFilter

router = APIRouter(prefix="/changes", tags=["changes"])

Kind = Literal["recorded", "corrected", "withdrawn", "re_placement", "abandonment"]
Origin = Literal["school", "organiser", "authority", "council"]
FileFormat = Literal["csv", "xlsx", "ods", "pdf"]

LARGEST_PAGE = 1000
#: Fewer changes than this are not counted out: one would speak of one student.
FEWEST = 3
#: Who sees the sections of the plans in counts alone (contract 4).
_COUNTED_FOR = (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.ORGANISER)


class UnknownSchool(NotValid):
    CODE = "unknown-organisation"

    def __init__(self) -> None:
        super().__init__("沒有這個學校代碼，請檢查後再查詢。", field="organisation")


class UnknownSection(NotValid):
    CODE = "unknown-section"

    def __init__(self) -> None:
        super().__init__("沒有這個項目，請檢查後再查詢。", field="section")


class UnknownProgramme(NotValid):
    CODE = "unknown-programme"

    def __init__(self) -> None:
        super().__init__("沒有公布這個計畫，請檢查後再查詢。", field="programme")


class Backwards(NotValid):
    CODE = "range-backwards"

    def __init__(self) -> None:
        super().__init__("起日不可晚於迄日。", field="from")


def asker_of(viewer: Viewer) -> Asker:
    return Asker(viewer.account_id, viewer.audiences, viewer.own_after)


def reports_of(house: House) -> ChangeReports:
    return ChangeReports(house.ledger, house.reader, house.tokens)


class ChangeFilters(Body):
    """The filters of a change report: OR within, AND between. Schools are given by their code."""

    from_date: WrittenDate = Field(alias="from", description="起日（含），ISO 或民國日期。")
    to_date: WrittenDate = Field(alias="to", description="迄日（含），ISO 或民國日期。")
    organisation: list[str] = Field(default_factory=list)
    student: list[UUID] = Field(default_factory=list)
    section: list[str] = Field(default_factory=list)
    author: list[UUID] = Field(default_factory=list)
    programme: list[str] = Field(
        default_factory=list,
        description="計畫代碼：註明這個計畫的紀錄，以及該計畫學年度未註明計畫的安置與安置申請。",
    )
    kind: list[Kind] = Field(default_factory=list)
    origin: list[Origin] = Field(default_factory=list)
    as_of: str | None = Field(None, description="先前回答中的 as_of；條件不變時回答逐位元組相同。")

    def lists(self) -> dict[str, list[str]]:
        """The filters by name, as text."""
        names = ("organisation", "student", "section", "author", "programme", "kind", "origin")
        return {name: [str(one) for one in getattr(self, name)] for name in names}


class ChangePage(ChangeFilters):
    """A page of the report."""

    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    cursor: str | None = None


class ChangeQuery(ChangePage):
    """A page of the report, or the whole of it as a file."""

    format: FileFormat | None = None


def wanted_of(house: House, viewer: Viewer, filters: ChangeFilters) -> ChangeFilter:
    """The filter of a report. Raises `NotValid` naming the field."""
    if filters.from_date > filters.to_date:
        raise Backwards
    if any(section not in SECTIONS for section in filters.section):
        raise UnknownSection
    schools = []
    with viewer.looking(house) as connection:
        for code in filters.organisation:
            organisation = directory.organisation_by_code(connection, code)
            if organisation is None:
                raise UnknownSchool
            schools.append(organisation.organisation_id)
    return ChangeFilter(
        filters.from_date,
        filters.to_date,
        organisations=tuple(schools),
        students=tuple(filters.student),
        sections=tuple(filters.section),
        authors=tuple(filters.author),
        kinds=tuple(filters.kind),
        origins=tuple(filters.origin),
        programmes=tuple(filters.programme),
        programme_years=tuple(_year_of(house, one) for one in filters.programme),
    )


def _year_of(house: House, code: str) -> int:
    try:
        return rules_of(house, code).school_year
    except NotFound:
        raise UnknownProgramme from None


@router.get("", response_model=ChangesAnswer, responses={200: {"content": CONTENT}})
def list_changes(
    house: TheHouse, viewer: SignedIn, query: Annotated[ChangeQuery, Query()]
) -> Response:
    """異動報表：兩個日期之間（含首尾）改了什麼、由誰、從什麼改成什麼。順序固定，依記錄的先後。"""
    reports, asker = reports_of(house), asker_of(viewer)
    as_of = query.as_of
    if query.cursor is not None and as_of is None:
        as_of = reports.as_of_of(asker, query.cursor)
    terms = reports.terms(asker, wanted_of(house, viewer, query), as_of)
    if query.format is not None:
        return download(house, viewer, terms, query.lists(), query.format)
    body = json_page(house, viewer, terms, query.cursor, query.limit)
    return Response(canonical(body), media_type="application/json")


def json_page(
    house: House, viewer: Viewer, terms: Terms, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of the report; its reading is recorded before it is given."""
    page = reports_of(house).page(asker_of(viewer), terms, cursor, limit)
    record_page(house, viewer, "changes", page.items)
    return {
        "terms": terms.as_dict(page.rows, page.digest),
        "items": [item.data for item in page.items],
        "counts": [] if cursor is not None else counts_of(house, viewer, terms),
        "next_cursor": page.next_cursor,
    }


def counts_of(house: House, viewer: Viewer, terms: Terms) -> list[dict[str, Any]]:
    """How many changes the plans of each school had, by section, for those who see no more.

    Shown from three up, and only where no filter asks for more than school and section.
    """
    wanted = terms.wanted
    narrowed = (wanted.students, wanted.authors, wanted.kinds, wanted.origins, wanted.programmes)
    if any(narrowed) or not viewer.holds(*_COUNTED_FOR):
        return []
    sections = [one for one in PLAN_SECTIONS if not wanted.sections or one in wanted.sections]
    with viewer.looking(house) as connection:
        codes = {
            one.organisation_id: one.code
            for one in directory.organisations(connection)
            if not wanted.organisations or one.organisation_id in wanted.organisations
        }
        span = terms.span
        found = change_tally.counts(connection, list(codes), sections, span.low, span.high)
    shown = [
        {"organisation": codes[one.organisation], "section": one.section, "changes": one.changes}
        for one in found
        if one.changes >= FEWEST
    ]
    order = list(PLAN_SECTIONS)
    return sorted(shown, key=lambda one: (one["organisation"], order.index(str(one["section"]))))


def download(
    house: House,
    viewer: Viewer,
    terms: Terms,
    filters: Mapping[str, Sequence[str]],
    format: str,
) -> Response:
    """The whole report as a file. It is made, then recorded, then handed over."""
    file = make_file(house, viewer, terms, filters, format)
    name = file_name("學生異動紀錄表", terms.wanted.from_date, terms.wanted.to_date, format)
    return sent(file, "changes", name, format)


def make_file(
    house: House,
    viewer: Viewer,
    terms: Terms,
    filters: Mapping[str, Sequence[str]],
    format: str,
) -> BinaryIO:
    """The report as a file, its export recorded. The caller closes it."""
    whole = reports_of(house).whole(asker_of(viewer), terms)
    table = change_report_table(
        ChangeReport(
            terms=terms.as_dict(None, None),
            filters=filters,
            items=_on_paper(whole.items()),
            pulled_at=terms.made_at,
            pulled_by=own_name(house, viewer),
            closing=whole.closing,
            labels=SECTIONS,
        )
    )
    return table_file(
        house, table, format, lambda: record_whole(house, viewer, "changes", format, whole)
    )


def own_name(house: House, viewer: Viewer) -> str:
    """The name of the viewer, to print on a paper that the viewer pulled."""
    with viewer.looking(house) as connection:
        account = directory.account(connection, viewer.account_id)
    if account is None:
        return ""
    return str(house.opener.of_account(viewer.account_id, account.row.get("name")))


def _on_paper(items: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Items with their values in the words of a person: 五年級, 跳級, ROC dates."""
    for item in items:
        section, names = item["section"], item.get("names", {})
        fields = [
            one
            | {
                side: written(section, one["field"], one[side], names)
                for side in ("before", "after")
            }
            for one in item["fields"]
        ]
        yield item | {"fields": fields}
