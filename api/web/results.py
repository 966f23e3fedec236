"""`/programmes/{pid}/results`: tickets, attendance, scores and decisions of many applicants.

A sheet is filled in as a table, a page at a time, or in a file that is looked through before it is
recorded. Every row is a step of its own: what failed stays filled in, with why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.datastructures import FormData

from api import step_batches, step_sheets
from api.acting import Acting, Asked
from api.paging import Cursor
from api.process_items import rules_of
from api.processes import Which, see
from api.step_batches import RowsDone
from api.step_sheets import SheetRow, Show
from api.student_items import offices
from api.uploads import FileBody, uploaded
from api.web.publication import publishes
from api.web.rendering import Page, ThePage
from api.web.result_cells import Column, columns_of, data_of, proposed, wrongs_of
from api.web.result_files import previewed, written
from api.web.typed import BLANK, Typed, text, under
from domain.programme_round import PROCESS as ROUND
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid, Refusal
from domain.step_sheets import SHEETS, Sheet
from ledger.encryption import canonical

router = APIRouter()

_A_PAGE = 50
_Blank = Annotated[str | None, BLANK, Query()]
#: More rows than a page has nobody types.
_MOST_TYPED = 200


@dataclass(frozen=True)
class Shown:
    """A row of the table: what stands in its cells, and what is wrong with it."""

    row: SheetRow
    cells: Mapping[str, str]
    wrongs: Mapping[str, str] = field(default_factory=dict)


@router.get("/programmes/{pid}/results")
def get_results(page: ThePage, pid: str) -> Response:
    """The sheets that the viewer fills in, and how many wait on each."""
    rules = rules_of(page.house, pid)
    counts = step_sheets.counts(page.house, page.viewer, pid)
    if not counts:
        raise NotFound
    stages = {one.code: one.name for one in rules.stages}
    sheets = [
        (SHEETS[step], stages.get(SHEETS[step].stage, ""), *of) for step, of in counts.items()
    ]
    acting = Acting(page.house, page.viewer)
    may_publish = publishes(acting, see(acting, Which(pid, ROUND)))
    return page.show("results.html", rules=rules, sheets=sheets, publishes=may_publish)


@router.get("/programmes/{pid}/results/{batch_step}")
def get_sheet(
    page: ThePage,
    pid: str,
    batch_step: str,
    organisation: _Blank = None,
    room: _Blank = None,
    show: Annotated[Show, Query()] = "waiting",
    fill: Annotated[Literal["proposed"] | None, BLANK, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """A page of a sheet: cells for those who wait, what was recorded of the others."""
    rules, sheet, columns = _of(page, pid, batch_step)
    wanted = {"organisation": organisation or "", "room": room or "", "show": show}
    found = step_sheets.sheet_of(
        page.house, page.viewer, pid, batch_step, organisation, room, show, _A_PAGE, cursor
    )
    rows = [
        Shown(one, proposed(sheet, one) if fill and one.waiting else _recorded(sheet, columns, one))
        for one in found.rows
    ]
    onward = None
    if found.next_cursor is not None:
        onward = f"{page.request.url.path}?{urlencode(wanted | {'cursor': found.next_cursor})}"
    context = _context(page, rules, sheet, columns, rows) | {
        "found": found,
        "wanted": wanted,
        "onward": onward,
        "proposing": urlencode(wanted | {"fill": "proposed"}) if sheet.decides else None,
    }
    return page.show("result_sheet.html", **context)


@router.post("/programmes/{pid}/results/{batch_step}")
def post_sheet(page: ThePage, pid: str, batch_step: str, typed: Typed) -> Response:
    """What was typed into a page of a sheet; rows without anything typed are passed over."""
    rules, sheet, columns = _of(page, pid, batch_step)
    everybody = _everybody(page, pid, batch_step)
    given = _typed_rows(sheet, columns, everybody, typed)
    path = page.request.url.path
    if not given:
        return page.go(path, "unchanged")
    rows = [
        {"application": str(one), "version": version, "data": data}
        for one, (version, data, _) in given.items()
    ]
    done = _send(page, pid, batch_step, rows)
    if isinstance(done, Refusal):
        raise done
    if not done.refused:
        return page.go(path, "recorded" if done.recorded else "unchanged")
    failed = []
    for one in done.items:
        if one.outcome == "refused" and one.application in everybody:
            _, data, cells = given[one.application]
            wrongs = wrongs_of(sheet, columns, data, one)
            failed.append(Shown(everybody[one.application], cells, wrongs))
    context = _context(page, rules, sheet, columns, failed) | {"done": done}
    return page.show("result_sheet.html", status=422, **context)


@router.get("/programmes/{pid}/results/{batch_step}/file")
def get_sheet_file(
    page: ThePage,
    pid: str,
    batch_step: str,
    format: Annotated[Literal["csv", "xlsx"], Query()] = "xlsx",
) -> Response:
    """The sheet as a file to fill in: everybody who waits."""
    rules, sheet, columns = _of(page, pid, batch_step)
    found = step_sheets.sheet_of(
        page.house, page.viewer, pid, batch_step, None, None, "waiting", None, None
    )
    return written(page, rules, sheet, columns, found, format)


class SheetFile(FileBody):
    """A sheet that was filled in as a file."""


@router.post("/programmes/{pid}/results/{batch_step}/preview")
def post_preview(
    page: ThePage, pid: str, batch_step: str, asked: Annotated[Asked, uploaded(SheetFile)]
) -> Response:
    """What a file would record, row by row, and what is wrong in it. Nothing is recorded."""
    rules, sheet, columns = _of(page, pid, batch_step)
    body = asked.body
    assert isinstance(body, SheetFile)
    everybody = _everybody(page, pid, batch_step)
    try:
        found = previewed(sheet, columns, [*everybody.values()], body.content)
    except NotValid as refusal:
        return page.show(
            "result_file.html", status=422, **_file(page, rules, sheet) | {"told": refusal}
        )
    if found.rows:
        checked = _send(page, pid, batch_step, found.rows, check=True)
        if isinstance(checked, Refusal):
            raise checked
        found = found.judged(sheet, columns, checked)
    return page.show("result_file.html", **_file(page, rules, sheet) | {"found": found})


@router.post("/programmes/{pid}/results/{batch_step}/apply")
def post_apply(page: ThePage, pid: str, batch_step: str, typed: Typed) -> Response:
    """The rows of a file, after they were looked through."""
    rules, sheet, _ = _of(page, pid, batch_step)
    body = f'{{"rows":{text(typed, "rows") or "[]"}}}'.encode()
    done = _take(page, pid, batch_step, body)
    if isinstance(done, Refusal):
        raise done
    if not done.refused:
        path = page.request.url.path.rpartition("/")[0]
        return page.go(path, "recorded" if done.recorded else "unchanged")
    return page.show("result_file.html", status=422, **_file(page, rules, sheet) | {"done": done})


def _of(page: Page, pid: str, step: str) -> tuple[Programme, Sheet, list[Column]]:
    rules = rules_of(page.house, pid)
    sheet = SHEETS.get(step)
    if sheet is None or rules.machine(sheet.process) is None:
        raise NotFound
    return rules, sheet, columns_of(sheet, rules)


def _everybody(page: Page, pid: str, step: str) -> dict[UUID, SheetRow]:
    found = step_sheets.sheet_of(page.house, page.viewer, pid, step, None, None, "all", None, None)
    return {one.application: one for one in found.rows}


def _recorded(sheet: Sheet, columns: Sequence[Column], row: SheetRow) -> dict[str, str]:
    """What was recorded, in words; an own form is empty again where the step waits once more."""
    if row.waiting:
        return {}
    cells = sheet.cells(row.data or {})
    return {one.name: one.told(cells.get(one.name)) for one in columns}


def _typed_rows(
    sheet: Sheet,
    columns: Sequence[Column],
    everybody: Mapping[UUID, SheetRow],
    typed: FormData,
) -> dict[UUID, tuple[int, dict[str, Any], dict[str, str]]]:
    """By application: the version that the row was loaded with, the form, and the cells."""
    found = {}
    for number in range(_MOST_TYPED):
        part = under(typed, f"r.{number}.")
        try:
            row = everybody.get(UUID(text(part, "application") or ""))
        except ValueError:
            continue
        cells = {one.name: text(part, one.name) for one in columns}
        data = None if row is None else data_of(sheet, columns, row, cells)
        version = text(part, "version") or ""
        if row is None or data is None or not version.isdecimal() or len(version) > 9:
            continue
        kept = {
            one.name: one.shown(one.value(cells[one.name])) for one in columns if cells[one.name]
        }
        found[row.application] = (int(version), data, kept)
    return found


def _send(
    page: Page,
    pid: str,
    step: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    check: bool = False,
) -> RowsDone | Refusal:
    return _take(page, pid, step, canonical({"rows": [*rows], "check": check}))


def _take(page: Page, pid: str, step: str, body: bytes) -> RowsDone | Refusal:
    """What became of the rows; a refusal is of all of them.

    Their versions keep them from being recorded twice, and no key: who goes back and types
    something else sends another form.
    """
    asked = Asked("POST", page.request.url.path, body)
    try:
        return step_batches.take_rows(page.house, page.viewer, pid, step, asked)[1]
    except Refusal as refusal:
        return refusal


def _context(
    page: Page,
    rules: Programme,
    sheet: Sheet,
    columns: Sequence[Column],
    rows: Sequence[Shown],
) -> dict[str, Any]:
    with page.viewer.looking(page.house) as connection:
        schools = {one.code: one.name for one in offices(connection).values()}
    return {
        "rules": rules,
        "sheet": sheet,
        "base": f"/programmes/{rules.code}/results/{sheet.step}",
        "columns": columns,
        "subjects": {one.subject: one.label for one in columns if one.subject},
        "found": None,
        "rows": rows,
        "schools": schools,
        "done": None,
        "wanted": {"organisation": "", "room": "", "show": "waiting"},
        "onward": None,
        "proposing": None,
    }


def _file(page: Page, rules: Programme, sheet: Sheet) -> dict[str, Any]:
    return {
        "rules": rules,
        "sheet": sheet,
        "base": f"/programmes/{rules.code}/results/{sheet.step}",
        "found": None,
        "done": None,
        "told": None,
    }
