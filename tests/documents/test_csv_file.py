"""CSV as a spreadsheet program opens it."""

import csv
import io

import pytest

from documents.csv_file import harmless, write_csv
from tests.documents.tables import CLOSING, ROW, TERMS, bytes_of, peak_growth, remark, table_of


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_csv_file_opens_as_utf8_with_header_first_and_roc_dates() -> None:
    data = bytes_of(write_csv, table_of(ROW))
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    assert rows_of(data) == [
        ["序號", "姓名", "出生日期", "紀錄時間", "備註"],
        ["1", "王小明", "114.2.17", "114.2.17 09:12:44", "無"],
    ]


def test_terms_stand_above_and_closing_lines_below_an_empty_line() -> None:
    taken: list[str] = []

    def rows() -> object:
        yield ROW
        taken.append("last row")

    def closing() -> list[tuple[str, str]]:
        assert taken == ["last row"]
        return CLOSING

    table = table_of(terms=TERMS, closing=closing)
    object.__setattr__(table, "rows", rows())
    read = rows_of(bytes_of(write_csv, table))
    assert read[:3] == [list(TERMS[0]), list(TERMS[1]), []]
    assert read[5:] == [[], list(CLOSING[0]), list(CLOSING[1])]


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://x")',
        "+886912345678",
        "-1+1",
        "@SUM(A1)",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "\tx",
        "\rx",
        "\nx",
        " =1+1",
        "\ufeff=1+1",
        "\u3000＝1",
        "﹦1",
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text
    read = rows_of(bytes_of(write_csv, table_of(remark(text), terms=[("篩選條件", text)])))
    assert read[0][1].startswith("'")
    assert read[3][4].startswith("'")


@pytest.mark.parametrize("text", ["", " ", "王小明", "3-1", "—", "'已有", "a=b"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_negative_number_stays_a_number() -> None:
    assert rows_of(bytes_of(write_csv, table_of((-5, *ROW[1:]))))[1][0] == "-5"


def test_rare_characters_line_breaks_and_lone_surrogates_survive_in_csv() -> None:
    data = bytes_of(write_csv, table_of(remark('陳𫝀,"安"\n\ud842')))
    assert rows_of(data)[1][4] == '陳𫝀,"安"\n\ufffd'


def test_twenty_thousand_csv_rows_stream_in_little_memory() -> None:
    assert peak_growth(write_csv, 20_000) < 3_000_000
