"""What the county's officer does on the pages, over HTTP and without JavaScript."""

import pytest

from api.web import saved_views
from tests.api.serving import NOTE, PASSWORD, PLACEMENT, County
from tests.visiting import Visitor

RANGE = "from=112%2F7%2F1&to=112.8.31"


@pytest.fixture
def officer(county: County) -> Visitor:
    """The bureau's officer, after a school recorded and corrected a placement."""
    student = county.student()
    placement = county.a_office.made(f"/students/{student}/placements", PLACEMENT)
    county.a_office.put(
        f"/students/{student}/placements/{placement}",
        {"placement_grade": 5, "reason": "年級更正"},
        version=1,
    )
    return Visitor.of(county.client, "eb", PASSWORD)


def test_the_report_asks_for_dates_first_and_says_what_it_is(officer: Visitor) -> None:
    sheet = officer.visit("/changes")
    assert sheet.status == 200
    assert "請輸入起日與迄日" in sheet.text


def test_what_changed_is_shown_with_before_and_after_and_downloaded_as_shown(
    officer: Visitor,
) -> None:
    sheet = officer.visit(f"/changes?{RANGE}&section=placement&origin=school")
    assert sheet.status == 200
    assert "民國112年7月1日（六） 至 民國112年8月31日（四）" in sheet.text
    assert "陳小明" in sheet.text
    assert "年級更正" in sheet.text
    assert "六年級" in sheet.text
    assert "五年級" in sheet.text
    for label in ("Excel（XLSX）", "試算表（ODS）", "CSV", "PDF"):
        href = sheet.link(label)
        assert "as_of=" in href
        assert "section=placement" in href
    file = officer.visit(sheet.link("CSV"))
    assert file.status == 200
    assert "陳小明" in file.answer.text
    assert "changes.csv" in file.answer.headers["content-disposition"]


def test_a_kept_moment_shows_the_same_rows_whatever_comes_after(
    officer: Visitor, county: County
) -> None:
    first = officer.visit(f"/changes?{RANGE}&section=placement")
    fixed = first.link("固定在此刻的內容")
    county.a_office.made(f"/students/{county.student(number=1)}/placements", PLACEMENT)
    assert "林小華" in officer.visit(f"/changes?{RANGE}&section=placement").text
    again = officer.visit(fixed)
    assert "林小華" not in again.text
    assert "先前查詢時的內容" in again.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=112.13.1&to=112.8.31", "from"),
        ("from=112.8.31&to=112.7.1", "起日不可晚於迄日"),
        ("from=112.7.1", "to"),
        (f"{RANGE}&section=nothing", "沒有這個項目"),
        (f"{RANGE}&as_of=broken", "as_of"),
    ],
)
def test_a_question_that_cannot_be_asked_is_answered_in_place(
    officer: Visitor, query: str, words: str
) -> None:
    sheet = officer.visit(f"/changes?{query}")
    assert sheet.status in (409, 422)
    assert sheet.title.startswith("錯誤：")
    assert sheet.form("/changes")


def test_a_set_of_filters_is_kept_under_a_name_for_oneself(
    officer: Visitor, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = officer.visit(f"/changes?{RANGE}&origin=school")
    form = sheet.form("/changes/views")
    sheet = officer.send(form.action, form.filled(name="學校的異動"))
    assert "學校的異動" in officer.visit("/changes").text
    other = Visitor.of(county.client, "org", PASSWORD)
    assert "學校的異動" not in other.visit("/changes").text
    form = officer.visit(officer.visit("/changes").link("學校的異動")).form("/changes/views")
    officer.send(form.action, [*form.filled(), ("_do", "forget")])
    assert "學校的異動" not in officer.visit("/changes").text
    # Beyond the most it is the oldest that goes, whatever its name.
    monkeypatch.setattr(saved_views, "_MOST", 2)
    for name in ("丙", "甲", "乙"):
        officer.send(form.action, form.filled(name=name))
    assert [one for one, _ in officer.visit("/changes").links if one in "甲乙丙"] == ["乙", "甲"]


def test_a_note_is_in_its_authors_report_alone(officer: Visitor, county: County) -> None:
    student = county.student(number=1)
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": "B123456780", "school_year": 112})
    county.a_cm.made(f"/students/{student}/notes", NOTE | {"school_year": 112})
    own = Visitor.of(county.client, "a-cm", PASSWORD).visit(f"/changes?{RANGE}")
    assert NOTE["purpose"] in own.text
    assert NOTE["purpose"] not in officer.visit(f"/changes?{RANGE}").text
