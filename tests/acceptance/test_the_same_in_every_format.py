"""A list says the same as CSV, XLSX, ODS and on paper: cell by cell, at the end of a programme's
year."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time

import pytest
from python_calamine import CalamineWorkbook

from domain.calendar import roc_short
from domain.rosters import ROSTERS
from ledger.database import Connection
from tests.acceptance.initial_stage import PROGRAMME
from tests.acceptance.placing import Cases
from tests.acceptance.plan_papers import text_of
from tests.acceptance.test_kao_story import Story, whole_year
from tests.api.serving import County, serving
from tests.database import Template, copied, opened

PERIOD = "from=112.7.1&to=115.1.31"
PATHS = (
    f"/changes?{PERIOD}",
    *(f"{PROGRAMME}/rosters/{code}?organisation=ks-a" for code in ROSTERS),
    f"{PROGRAMME}/rosters/modified?organisation=ks-a&{PERIOD}",
)


@pytest.fixture(scope="module")
def year(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[County]:
    keys = tmp_path_factory.mktemp("year") / "keys"
    with (
        copied(template, administrator) as database,
        opened(template, database, keys, size=4) as ledger,
        serving(ledger) as county,
    ):
        cases = Cases(county)
        whole_year(Story(county), cases)
        yield county


@pytest.mark.parametrize("path", PATHS)
def test_a_list_says_the_same_in_every_format(year: County, path: str) -> None:
    rows = list(csv.reader(io.StringIO(_file(year, path, "csv").decode("utf-8-sig"), newline="")))
    # Terms, the table and what stands below are parted by empty lines.
    start = rows.index([]) + 1
    end = rows.index([], start) if [] in rows[start:] else len(rows)
    table = _trimmed(rows[start:end])
    for form in ("xlsx", "ods"):
        # Above all stands the title, which a CSV file has in its name.
        sheet = _sheet(_file(year, path, form))[1:]
        at = sheet.index(table[0])
        assert sheet[at : at + len(table)] == table, form
        # What is stamped by hand has its place in what is printed alone.
        beginning, _, below = _words(sheet).partition(_words(rows))
        assert not beginning, form
        assert not below or below.startswith("核章"), form
    paper = text_of(_file(year, path, "pdf"))
    cells = {"".join(cell.split()) for row in rows for cell in row}
    assert {cell for cell in cells if cell not in paper} == set()


def _file(county: County, path: str, form: str) -> bytes:
    answer = county.org.get(f"{path}&format={form}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def _sheet(data: bytes) -> list[list[str]]:
    """The cells of a sheet as a CSV file writes them."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    return _trimmed([[_cell(one) for one in row] for row in rows])


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Without empty rows, and without the empty cells at the end of a row."""
    return [row[: max(n for n, cell in enumerate(row, 1) if cell)] for row in rows if any(row)]


def _words(rows: list[list[str]]) -> str:
    """All that is said, however terms and totals share their lines."""
    return "".join(cell for row in rows for cell in row).replace("：", "").replace("\u3000", "")


def _cell(value: object) -> str:
    match value:
        case datetime():
            return f"{roc_short(value.date())} {value:%H:%M:%S}"
        case date():
            return roc_short(value)
        case time():
            return f"{value:%H:%M:%S}"
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
