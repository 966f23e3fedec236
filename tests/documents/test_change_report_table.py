"""The change report on paper: Kaohsiung's list of pupils modified between two dates."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from documents.change_report import ChangeReport, change_report_table
from documents.formats import FORMATS
from documents.table import Table, checked_rows
from tests.documents.pdf_text import pages_of
from tests.documents.tables import TAIPEI

TERMS: Mapping[str, Any] = {
    "from": "2024-05-13",
    "to": "2024-08-05",
    "zone": "Asia/Taipei",
    "from_instant": "2024-05-12T16:00:00Z",
    "before_instant": "2024-08-05T16:00:00Z",
    "as_of": "q8Zx0aB7kLmN3pQrS",
    "closed": True,
    "policy_version": "1",
    "format_version": 1,
    "rows": None,
    "digest": None,
}


def item(**given: Any) -> dict[str, Any]:
    """An item in the form of contract section 4."""
    return {
        "change_id": "c",
        "recorded_at": "2024-06-03T09:12:44.120381+08:00",
        "occurred_on": None,
        "student": {"id": "s", "name": "王小明", "grade": 5},
        "organisation": {"code": "ks-a", "name": "苓雅示範國小"},
        "section": "placement",
        "record_id": "r",
        "kind": "corrected",
        "origin": "school",
        "late": True,
        "letter_number": None,
        "author": {"id": "a", "name": "李淑芬", "capacity": "SA"},
        "reason": "班級異動",
        "fields": [{"field": "placement_grade", "label": "安置年級", "before": 5, "after": 6}],
        "row_hash": "00",
        **given,
    }


def report(*items: Mapping[str, Any], **given: Any) -> ChangeReport:
    values: dict[str, Any] = {
        "terms": TERMS,
        "filters": {},
        "items": items,
        "pulled_at": datetime(2025, 2, 17, 10, 0, tzinfo=TAIPEI),
        "pulled_by": "吳承辦",
        "closing": lambda: {"rows": 6, "students": 5, "organisations": 2, "digest": "9f86"},
        **given,
    }
    return ChangeReport(**values)


def lines_of(table: Table) -> list[dict[str, object]]:
    """The rows by the labels of their columns."""
    labels = [column.label for column in table.columns]
    return [dict(zip(labels, row, strict=True)) for row in checked_rows(table)]


def only_line(**given: Any) -> dict[str, object]:
    (line,) = lines_of(change_report_table(report(item(**given))))
    return line


def test_a_correction_is_a_line_with_every_column_of_the_list() -> None:
    assert only_line(occurred_on="2024-06-01", letter_number="高市字第1號") == {
        "序號": 1,
        "學校": "苓雅示範國小",
        "學生姓名": "王小明",
        "就讀年級": 5,
        "項目": "安置",
        "異動類別": "修正",
        "異動欄位": "安置年級",
        "異動前": "5",
        "異動後": "6",
        "紀錄日期": date(2024, 6, 3),
        "紀錄時間": "09:12:44",
        "發生日期": date(2024, 6, 1),
        "修改人員": "李淑芬",
        "身分": "學校學務",
        "逾期": "是",
        "原因": "班級異動",
        "文號": "高市字第1號",
    }


def test_a_change_of_three_fields_is_three_lines_under_one_number() -> None:
    fields = [
        {"field": name, "label": name, "before": None, "after": "x"} for name in ("甲", "乙", "丙")
    ]
    lines = lines_of(change_report_table(report(item(fields=fields), item())))
    assert [line["序號"] for line in lines] == [1, 1, 1, 2]
    assert [line["異動欄位"] for line in lines] == ["甲", "乙", "丙", "安置年級"]
    assert {line["學生姓名"] for line in lines} == {"王小明"}


def test_a_change_that_names_no_field_still_has_its_line() -> None:
    line = only_line(fields=[], kind="abandonment", section="placement_request")
    assert (line["項目"], line["異動類別"]) == ("重新／放棄安置申請", "放棄安置")
    assert (line["異動欄位"], line["異動前"], line["異動後"]) == ("", "", "")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("recorded", "填寫"),
        ("corrected", "修正"),
        ("withdrawn", "刪除"),
        ("re_placement", "重新安置"),
        ("abandonment", "放棄安置"),
    ],
)
def test_kinds_carry_the_names_of_the_handbook(kind: str, shown: str) -> None:
    assert only_line(kind=kind)["異動類別"] == shown


@pytest.mark.parametrize(("late", "shown"), [(True, "是"), (False, "否"), (None, "—")])
def test_lateness_is_yes_no_or_not_covered(late: bool | None, shown: str) -> None:
    assert only_line(late=late)["逾期"] == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (1.5, "1.5"),
        ("2024-06-01", "113.6.1"),
        (date(2024, 6, 1), "113.6.1"),
        ("2024-05-31T16:00:00Z", "113.6.1 00:00:00"),
        ("2024-02-30", "2024-02-30"),
        ("自由填寫 2024-06-01", "自由填寫 2024-06-01"),
        ("skip", "跳級"),
        (["skip", "國文"], "跳級、國文"),
        ({"days": 3, "note": "週二"}, "天數：3；note：週二"),
        ({"id": "5f0c", "name": "林個管"}, "林個管"),
        ({"code": "ks-a", "name": "苓雅示範國小"}, "苓雅示範國小"),
        ({"code": "ks-a", "name": None}, "ks-a"),
        ({"id": "5f0c", "name": None}, ""),
    ],
)
def test_values_read_as_people_write_them(stored: object, shown: str) -> None:
    field = {"field": "category", "label": "類別", "before": stored, "after": None}
    labels = {"category=skip": "跳級", "days": "天數"}
    (line,) = lines_of(change_report_table(report(item(fields=[field]), labels=labels)))
    assert line["異動前"] == shown


def test_the_day_and_time_of_recording_are_taipei_s() -> None:
    before = only_line(recorded_at="2024-05-12T16:00:00Z")
    after = only_line(recorded_at=datetime(2024, 8, 5, 15, 59, 59, 999999, tzinfo=UTC))
    assert (before["紀錄日期"], before["紀錄時間"]) == (date(2024, 5, 13), "00:00:00")
    assert (after["紀錄日期"], after["紀錄時間"]) == (date(2024, 8, 5), "23:59:59")


def test_the_header_gives_the_range_as_asked_what_it_is_of_and_who_pulled_it() -> None:
    table = change_report_table(
        report(filters={"origin": ["school"], "section": ["placement"], "kind": []})
    )
    assert list(table.terms) == [
        ("期間", "113年5月13日至113年8月5日（含首尾兩日）"),
        ("時區", "臺北時間"),
        ("資料截至", "q8Zx0aB7kLmN"),
        ("是否已封閉", "是（期間已結束，紀錄不再增加）"),
        ("調閱時間", "114.2.17 10:00:00"),
        ("調閱人員", "吳承辦"),
        ("篩選條件", "異動來源：學校；項目：安置"),
    ]
    assert table.created == datetime(2025, 2, 17, 10, 0, tzinfo=TAIPEI)


def test_an_open_range_says_so_and_no_filter_means_all() -> None:
    terms = dict(change_report_table(report(terms={**TERMS, "closed": False})).terms)
    assert terms["是否已封閉"] == "否（期間尚未結束，紀錄仍可能增加）"
    assert terms["篩選條件"] == "無（全部）"


@pytest.mark.parametrize("format", ["csv", "xlsx", "ods", "pdf"])
def test_totals_and_digest_are_asked_for_after_the_last_change(format: str) -> None:
    given: list[str] = []

    def items() -> Iterator[dict[str, Any]]:
        yield item()
        yield item()
        given.append("all")

    def closing() -> dict[str, Any]:
        assert given == ["all"]
        return {"rows": 2, "students": 1, "organisations": 1, "digest": "9f86"}

    table = change_report_table(report(items=items(), closing=closing))
    FORMATS[format].write(table, io.BytesIO())


def test_the_list_as_csv_ends_with_its_totals() -> None:
    stream = io.BytesIO()
    FORMATS["csv"].write(change_report_table(report(item())), stream)
    read = list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline="")))
    assert read[-4:] == [
        ["異動筆數", "6"],
        ["學生數", "5"],
        ["學校數", "2"],
        ["摘要碼", "9f86"],
    ]
    assert read[-6][1:6] == ["苓雅示範國小", "王小明", "5", "安置", "修正"]


def test_the_list_as_pdf_fits_its_page_and_leaves_out_the_row_hash() -> None:
    stream = io.BytesIO()
    FORMATS["pdf"].write(change_report_table(report(item(row_hash="feedface"))), stream)
    text = "".join(pages_of(stream.getvalue()))
    assert "苓雅示範國小" in text
    assert "feedface" not in text
