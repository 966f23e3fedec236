"""Tables that people send are read whole or refused; no file costs more than its size allows."""

import io
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from api.sheet_files import TableNotRead, read_table

KNOWN = ("准考證號", "成績", "到考")


def workbook(cells: dict[tuple[int, int], object]) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    sheet = book.add_worksheet()
    for (row, column), value in cells.items():
        sheet.write(row, column, value)
    book.close()
    return made.getvalue()


TABLE = workbook(
    {
        (0, 0): "初選成績",
        **{(2, column): name for column, name in enumerate(KNOWN)},
        (3, 0): "114001",
        (3, 1): 87.5,
        (3, 2): True,
        (5, 0): 114002,
        (5, 1): 90.0,
    }
)


def test_a_workbook_gives_its_rows_with_the_lines_they_stand_in() -> None:
    lines = read_table(TABLE, KNOWN, KNOWN[:1])
    assert [(line.number, dict(line.cells)) for line in lines] == [
        (4, {"准考證號": "114001", "成績": "87.5", "到考": "是"}),
        (6, {"准考證號": "114002", "成績": "90"}),
    ]


@pytest.mark.parametrize("corner", [(1_048_575, 16_383), (1_048_575, 0), (3, 16_383)])
def test_a_cell_in_the_last_corner_of_a_sheet_does_not_fill_the_memory(
    corner: tuple[int, int],
) -> None:
    cells: dict[tuple[int, int], object] = {(0, 0): KNOWN[0], (1, 0): "114001", corner: "z"}
    with pytest.raises(TableNotRead, match=r"欄位太多|一次最多"):
        read_table(workbook(cells), KNOWN, KNOWN[:1])


def test_a_file_that_unpacks_to_more_than_a_table_is_refused_unopened() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(33 * 1024 * 1024))
    with pytest.raises(TableNotRead, match="檔案太大"):
        read_table(made.getvalue(), KNOWN, KNOWN[:1])


@given(st.integers(0, len(TABLE) - 1), st.integers(0, 255))
def test_a_workbook_with_a_changed_byte_is_read_or_refused(at: int, byte: int) -> None:
    with suppress(TableNotRead):
        read_table(TABLE[:at] + bytes([byte]) + TABLE[at + 1 :], KNOWN, KNOWN[:1])
