"""XLSX read back by another reader, and its XML where the reader hides it."""

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from documents import xlsx_file
from documents.sheet import SheetFull
from documents.table import RowDoesNotFit
from documents.xlsx_file import write_xlsx
from tests.documents.tables import (
    CLOSING,
    ROW,
    TERMS,
    bytes_of,
    peak_growth,
    remark,
    table_of,
    table_over,
)


def rows_of(data: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


def part_of(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read(name).decode()


def sheet_of(data: bytes) -> str:
    return part_of(data, "xl/worksheets/sheet1.xml")


def test_an_xlsx_file_reads_back_as_title_terms_header_rows_and_closing_lines() -> None:
    data = bytes_of(write_xlsx, table_of(ROW, terms=TERMS, closing=lambda: CLOSING))
    read = rows_of(data)
    assert read[0][0] == "學生名冊"
    assert read[1][0] == "期間：113年5月13日至113年8月5日（含首尾兩日）　　調閱人員：吳承辦"
    assert read[2] == ["序號", "姓名", "出生日期", "紀錄時間", "備註"]
    assert read[3] == [1, "王小明", date(2025, 2, 17), datetime(2025, 2, 17, 9, 12, 44), "無"]  # noqa: DTZ001
    assert [line[0] for line in read[4:]] == ["", "異動筆數：6", "摘要碼：9f86d081"]


def test_dates_are_numbers_that_a_roc_format_shows() -> None:
    data = bytes_of(write_xlsx, table_of(ROW))
    styles = part_of(data, "xl/styles.xml")
    assert "[$-404]e&quot;年&quot;m&quot;月&quot;d&quot;日&quot;" in styles
    assert re.search(r'<c r="C3" s="\d+"><v>45705</v></c>', sheet_of(data))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(date(1911, 12, 31), "民國前1.12.31"), (date(1912, 1, 1), date(1912, 1, 1))],
)
def test_a_day_before_the_republic_is_text_since_excel_cannot_show_it(
    value: date, shown: object
) -> None:
    assert rows_of(bytes_of(write_xlsx, table_of((*ROW[:2], value, *ROW[3:]))))[2][2] == shown


def test_a_number_too_long_for_a_cell_keeps_all_its_digits() -> None:
    assert rows_of(bytes_of(write_xlsx, table_of((2**53 + 1, *ROW[1:]))))[2][0] == str(2**53 + 1)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "{=1+1}",
        "http://example.org",
        "0912345678",
        "+886",
        "@SUM(A1)",
        "<r><t>x</t></r>",
        "<r>&</r>",
        "<r></r>",
        "a < b & c",
        " 前後空白 ",
        "一\n二",
        "陳𫝀安\U000323b0",
        "_x0041_",
    ],
)
def test_text_comes_back_as_it_was_typed_and_is_never_a_formula_or_link(text: str) -> None:
    data = bytes_of(write_xlsx, table_of(remark(text)))
    assert rows_of(data)[2][4] == text
    sheet = sheet_of(data)
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


def test_control_characters_do_not_break_an_xlsx_file() -> None:
    data = bytes_of(write_xlsx, table_of(remark("王\x00\x0b\ufffe\ud842明"), title="名\x00冊"))
    assert rows_of(data)[2][4] == "王\ufffd\ufffd\ufffd\ufffd明"


def test_a_text_longer_than_a_cell_says_that_it_was_cut() -> None:
    read = rows_of(bytes_of(write_xlsx, table_of(remark("𫝀" * 20_000))))[2][4]
    assert isinstance(read, str)
    assert read.endswith("〔餘略，全文見 ODS 或 CSV 檔〕")
    assert len(read.encode("utf-16-le")) // 2 <= 32_767
    assert rows_of(bytes_of(write_xlsx, table_of(remark("長" * 32_767))))[2][4] == "長" * 32_767


def test_header_stays_in_view_is_filtered_and_repeats_on_paper() -> None:
    data = bytes_of(write_xlsx, table_of(ROW, ROW, terms=TERMS))
    sheet = sheet_of(data)
    assert '<pane ySplit="3" topLeftCell="A4"' in sheet
    assert '<autoFilter ref="A3:E5"/>' in sheet
    assert 'orientation="landscape"' in sheet
    assert "$3:$3" in part_of(data, "xl/workbook.xml")


def test_a_row_is_as_tall_as_its_wrapped_text() -> None:
    sheet = sheet_of(bytes_of(write_xlsx, table_of(ROW, remark("長" * 60))))
    low, tall = (float(height) for height in re.findall(r'<row r="[34]" ht="([\d.]+)"', sheet))
    assert low < 20
    assert tall > 5 * 15


def test_an_xlsx_file_without_rows_still_has_its_header() -> None:
    read = rows_of(bytes_of(write_xlsx, table_of(closing=lambda: CLOSING)))
    assert [line[0] for line in read] == ["學生名冊", "序號", "", "異動筆數：6", "摘要碼：9f86d081"]


def test_the_same_table_makes_the_same_xlsx_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = bytes_of(write_xlsx, table_of(ROW, terms=TERMS))
    monkeypatch.setenv("TZ", "America/New_York")
    assert bytes_of(write_xlsx, table_of(ROW, terms=TERMS)) == first
    assert "2025-02-17T02:00:00Z" in part_of(first, "docProps/core.xml")
    later = datetime(2025, 2, 17, 10, 0, tzinfo=UTC) + timedelta(days=1)
    assert bytes_of(write_xlsx, table_of(ROW, terms=TERMS, created=later)) != first


def test_rows_beyond_a_sheet_are_refused_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "SHEET_ROWS", 4)
    bytes_of(write_xlsx, table_of(ROW, ROW))
    with pytest.raises(SheetFull, match="改用 CSV"):
        bytes_of(write_xlsx, table_of(ROW, ROW, ROW))
    with pytest.raises(SheetFull):
        bytes_of(write_xlsx, table_of(ROW, closing=lambda: CLOSING))


def test_rows_on_their_way_lie_where_only_this_account_reads_and_go_even_on_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[int] = []

    def rows() -> Iterator[tuple[object, ...]]:
        yield ROW
        seen.extend(entry.stat().st_mode & 0o077 for entry in os.scandir(tmp_path))
        yield ("no number",)

    with pytest.raises(RowDoesNotFit):
        bytes_of(write_xlsx, table_over(rows()))
    assert seen == [0]
    assert list(tmp_path.iterdir()) == []


def test_twenty_thousand_xlsx_rows_stream_in_little_memory() -> None:
    assert peak_growth(write_xlsx, 20_000) < 3_000_000
