"""ODS read back by another reader, and its XML where the reader hides it."""

import io
import zipfile
from datetime import date, datetime
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from documents import ods_file
from documents.ods_file import write_ods
from documents.sheet import SheetFull
from tests.documents.tables import CLOSING, ROW, TERMS, bytes_of, peak_growth, remark, table_of

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CONFIG = "{urn:oasis:names:tc:opendocument:xmlns:config:1.0}"


def rows_of(data: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


def part_of(data: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return ElementTree.fromstring(package.read(name))


def test_an_ods_file_reads_back_as_title_terms_header_rows_and_closing_lines() -> None:
    data = bytes_of(write_ods, table_of(ROW, terms=TERMS, closing=lambda: CLOSING))
    read = rows_of(data)
    assert read[0][0] == "學生名冊"
    assert read[1][0] == "期間：113年5月13日至113年8月5日（含首尾兩日）　　調閱人員：吳承辦"
    assert read[2] == ["序號", "姓名", "出生日期", "紀錄時間", "備註"]
    assert read[3] == [1, "王小明", date(2025, 2, 17), datetime(2025, 2, 17, 9, 12, 44), "無"]  # noqa: DTZ001
    assert [line[0] for line in read[4:]] == ["", "異動筆數：6", "摘要碼：9f86d081"]


def test_dates_are_dates_that_a_roc_style_shows() -> None:
    content = part_of(bytes_of(write_ods, table_of(ROW)), "content.xml")
    years = list(content.iter(f"{NUMBER}year"))
    assert {year.get(f"{NUMBER}calendar") for year in years} == {"ROC"}
    days = [cell for cell in content.iter(f"{TABLE}table-cell") if cell.get(f"{OFFICE}date-value")]
    assert [day.get(f"{OFFICE}date-value") for day in days] == ["2025-02-17", "2025-02-17T09:12:44"]


def test_every_part_of_the_package_is_well_formed_and_named_in_its_manifest() -> None:
    data = bytes_of(write_ods, table_of(ROW, title='名冊 & <"甲\'s">', terms=TERMS))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        assert package.testzip() is None
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert package.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        for name in names[1:]:
            ElementTree.fromstring(package.read(name))
        manifest = package.read("META-INF/manifest.xml").decode()
    assert all(f'full-path="{name}"' in manifest for name in names[2:])


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "of:=SUM(A1)",
        "0912345678",
        "a < b & c > \"d\" 'e'",
        "]]>",
        "一\n\n二",
        " 前  後 ",
        "欄\t位",
        "陳𫝀安\U000323b0",
    ],
)
def test_text_comes_back_from_ods_as_it_was_typed_and_is_never_a_formula(text: str) -> None:
    data = bytes_of(write_ods, table_of(remark(text)))
    content = part_of(data, "content.xml")
    row = list(content.iter(f"{TABLE}table-row"))[2]
    cell = row[4]
    assert "\n".join(_typed(paragraph) for paragraph in cell) == text
    assert cell.get(f"{OFFICE}value-type") == "string"
    assert not any(part.get(f"{TABLE}formula") for part in content.iter())


def _typed(paragraph: ElementTree.Element) -> str:
    """The text of a paragraph as OpenDocument defines it, spaces and tabs spelled out."""
    pieces = [paragraph.text or ""]
    for part in paragraph:
        pieces.append("\t" if part.tag == f"{TEXT}tab" else " " * int(part.get(f"{TEXT}c", "1")))
        pieces.append(part.tail or "")
    return "".join(pieces)


def test_control_characters_do_not_break_an_ods_file() -> None:
    data = bytes_of(write_ods, table_of(remark("王\x00\x0b\ufffe\ud842明"), title="名\x00冊"))
    assert rows_of(data)[2][4] == "王\ufffd\ufffd\ufffd\ufffd明"


def test_a_day_before_the_republic_stays_a_date_in_ods() -> None:
    read = rows_of(bytes_of(write_ods, table_of((*ROW[:2], date(1911, 12, 31), *ROW[3:]))))
    assert read[2][2] == date(1911, 12, 31)


def test_an_ods_number_too_long_for_a_cell_keeps_all_its_digits() -> None:
    assert rows_of(bytes_of(write_ods, table_of((2**53 + 1, *ROW[1:]))))[2][0] == str(2**53 + 1)


def test_the_ods_header_stays_in_view_is_filtered_and_repeats_on_paper() -> None:
    data = bytes_of(write_ods, table_of(ROW, ROW, terms=TERMS))
    settings = {
        item.get(f"{CONFIG}name"): item.text
        for item in part_of(data, "settings.xml").iter(f"{CONFIG}config-item")
    }
    assert (settings["VerticalSplitMode"], settings["VerticalSplitPosition"]) == ("2", "3")
    content = part_of(data, "content.xml")
    filtered = next(content.iter(f"{TABLE}database-range"))
    assert filtered.get(f"{TABLE}target-range-address") == "'學生名冊'.A3:'學生名冊'.E5"
    header = next(content.iter(f"{TABLE}table-header-rows"))
    assert [("".join(cell.itertext())) for cell in header[0]][:2] == ["序號", "姓名"]


def test_the_same_table_makes_the_same_ods_bytes() -> None:
    first = bytes_of(write_ods, table_of(ROW, terms=TERMS))
    assert bytes_of(write_ods, table_of(ROW, terms=TERMS)) == first
    meta = part_of(first, "meta.xml")
    assert "2025-02-17T02:00:00Z" in "".join(meta.itertext())


def test_ods_rows_beyond_a_sheet_are_refused_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ods_file, "SHEET_ROWS", 4)
    bytes_of(write_ods, table_of(ROW, ROW))
    with pytest.raises(SheetFull, match="改用 CSV"):
        bytes_of(write_ods, table_of(ROW, ROW, ROW))
    with pytest.raises(SheetFull):
        bytes_of(write_ods, table_of(ROW, closing=lambda: CLOSING))


def test_twenty_thousand_ods_rows_stream_in_little_memory() -> None:
    assert peak_growth(write_ods, 20_000) < 3_000_000
