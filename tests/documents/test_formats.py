"""What is on offer, and how a downloaded file is called."""

from datetime import date

import pytest

from documents.formats import FORMATS, file_name
from tests.documents.tables import ROW, bytes_of, table_of

BEGINNINGS = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "ods": b"PK", "pdf": b"%PDF-1.7"}


@pytest.mark.parametrize("code", FORMATS)
def test_every_format_writes_what_its_media_type_says(code: str) -> None:
    assert bytes_of(FORMATS[code].write, table_of(ROW)).startswith(BEGINNINGS[code])
    assert FORMATS[code].suffix == f".{code}"


def test_the_formats_are_those_of_the_contract() -> None:
    assert list(FORMATS) == ["csv", "xlsx", "ods", "pdf"]


@pytest.mark.parametrize(
    ("title", "days", "name"),
    [
        (
            "學生異動紀錄表",
            (date(2024, 5, 13), date(2024, 8, 5)),
            "學生異動紀錄表_1130513-1130805.ods",
        ),
        ("名冊", (None, None), "名冊.ods"),
        ("名冊", (None, date(2010, 2, 17)), "名冊_0990217.ods"),
        ("名冊", (date(1911, 12, 31), None), "名冊_19111231.ods"),
        ('a/b\\c:d*e?f"g<h>i|j\nk', (None, None), "a_b_c_d_e_f_g_h_i_j_k.ods"),
        ("..", (None, None), "資料表.ods"),
    ],
)
def test_a_file_name_carries_roc_dates_and_nothing_a_disk_refuses(
    title: str, days: tuple[date | None, date | None], name: str
) -> None:
    assert file_name(title, *days, "ods") == name
