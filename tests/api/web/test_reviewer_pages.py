"""What a reviewer does on the pages, over HTTP and without JavaScript."""

import io
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pytest

from api.web.words import minute
from domain.programme import shipped_text
from tests.api.serving import PASSWORD, PLACEMENT, County
from tests.visiting import Visitor


@dataclass
class Case:
    county: County
    student: str
    dispute: str
    reviewer: Visitor


@pytest.fixture
def case(county: County) -> Case:
    """A complaint about a placement that was corrected, and a reviewer appointed for placements."""
    student = county.student()
    placement = county.a_office.made(f"/students/{student}/placements", PLACEMENT)
    clock = {"now": "2025-03-20T09:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    county.a_office.put(
        f"/students/{student}/placements/{placement}",
        {"placement_grade": 5, "reason": "年級更正"},
        version=1,
    )
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    dispute = county.eb.made(
        "/disputes",
        {
            "student_id": student,
            "programme": "kaohsiung-114",
            "kind": "complaint",
            "subject": "測驗結果",
            "grounds": "對結果有疑義",
            "notice_received_on": "114.3.17",
            "filed_on": "114.3.20",
            "conditions": ["in_writing"],
        },
    )
    account = county.eb.made(
        "/accounts",
        {
            "username": "reviewer",
            "name": "沈委員",
            "organisation": "ks-eb",
            "roles": ["reviewer"],
            "password": PASSWORD,
        },
    )
    county.eb.made(
        f"/disputes/{dispute}/reviewers",
        {"account": account, "sections": ["placement"], "until": "114.6.30"},
    )
    return Case(county, student, dispute, Visitor.of(county.client, "reviewer", PASSWORD))


def test_the_page_of_a_dispute_shows_the_clock_and_quotes_the_rule(case: Case) -> None:
    listed = case.reviewer.visit("/disputes")
    assert listed.status == 200
    sheet = case.reviewer.visit(listed.link("陳小明"))
    assert "民國114年4月6日（日）" in sheet.text
    assert "✓ 在期限內" in sheet.text
    assert "鑑定簡章" in sheet.text
    assert "十五(九)" in sheet.text
    assert "沈委員" in sheet.text


def test_the_pages_of_two_instances_lead_to_each_other_for_whom_may_see_both(case: Case) -> None:
    entry = {
        "student_id": case.student,
        "programme": "kaohsiung-114",
        "kind": "complaint",
        "subject": "再次申訴",
        "grounds": "對決定有疑義",
        "notice_received_on": "114.3.18",
        "previous_dispute_id": case.dispute,
    }
    following = case.county.eb.made("/disputes", entry)
    authority = Visitor.of(case.county.client, "eb", PASSWORD)
    onward = authority.visit(f"/disputes/{case.dispute}").link("後續程序")
    assert onward == f"/disputes/{following}"
    assert authority.visit(onward).link("前一程序") == f"/disputes/{case.dispute}"
    # The reviewer of the first learns nothing of the second.
    seen = case.reviewer.visit(f"/disputes/{case.dispute}").text
    assert "後續程序" not in seen
    assert case.reviewer.visit(onward).status == 404


def test_the_timeline_the_past_and_the_difference_of_two_days(case: Case) -> None:
    said = {"side": "applicant", "text": "請再看一次"}
    case.county.eb.made(f"/disputes/{case.dispute}/statements", said)
    sheet = case.reviewer.visit(f"/disputes/{case.dispute}/timeline")
    assert sheet.status == 200
    assert "年級更正" in sheet.text
    assert sheet.title.startswith("陳小明")
    assert re.search(r"當時可以看到的人員.*（學校學務）", sheet.text)
    # Schools and people are called by their names.
    cell = r'<th scope="row">(學校|人員)</th>(?:(?!</tr>).)*</span>([^<]+)</ins>'
    named = dict(re.findall(cell, sheet.html, re.DOTALL))
    assert set(named) >= {"學校"}
    # So are records; and codes of the programme by its words.
    assert not re.search("[0-9a-f]{8}-|in_writing|kaohsiung-114", sheet.text)
    assert "以書面提出" in sheet.text
    assert "陳述（民國114年3月20日）" in sheet.text
    narrowed = case.reviewer.visit(f"/disputes/{case.dispute}/timeline?section=placement")
    assert "對結果有疑義" not in narrowed.text
    past = case.reviewer.visit(f"/students/{case.student}/as-of?at=112.8.1")
    assert past.status == 200
    assert "六年級" in past.text
    # A moment of the slider is said in words; the form says beside it which one it is.
    moment = past.html.partition('data-moments="')[2].partition(" ")[0].partition('"')[0]
    slid = case.reviewer.visit(f"/students/{case.student}/as-of?at={quote(moment)}")
    fields = dict(slid.form(f"/students/{case.student}/as-of").fields)
    assert (fields["at"], fields["at_exact"]) == (minute(moment), moment)
    again = case.reviewer.visit(f"/students/{case.student}/as-of?{urlencode(fields)}")
    assert (again.status, again.text) == (200, slid.text)
    now = case.reviewer.visit(f"/students/{case.student}/as-of?at=114.3.20")
    assert "六年級" not in now.text
    between = case.reviewer.visit(f"/students/{case.student}/compare?from=112.8.1&to=114.3.20")
    assert "六年級" in between.text
    assert "五年級" in between.text
    assert "年級更正" in between.text


def test_the_report_has_the_words_of_the_programme_beside_its_codes(case: Case) -> None:
    eb, wanted = case.county.eb, {"from": "114.3.20", "to": "114.3.20", "section": "dispute"}
    found = eb.get("/changes", **wanted).json()
    [opened, *_] = found["items"]
    after = {one["field"]: one["after"] for one in opened["fields"]}
    assert (after["programme"], after["conditions"]) == ("kaohsiung-114", ["in_writing"])
    named = opened["names"]
    assert named["conditions=in_writing"] == "以書面提出"
    # The same words whatever is published afterwards, as long as the report is the same.
    renamed = shipped_text("kaohsiung-114").replace("以書面提出", "以紙本提出")
    assert eb.post("/programmes", {"text": renamed}, version=1).status_code in (200, 201)
    again = eb.get("/changes", **wanted, as_of=found["terms"]["as_of"])
    assert again.json()["items"] == found["items"]
    for file in (eb.get("/changes", **wanted, format="csv").text, _page_of(case, "/changes")):
        assert "以紙本提出" in file
        assert not re.search("in_writing|kaohsiung-114", file)


def _page_of(case: Case, path: str) -> str:
    officer = Visitor.of(case.county.client, "eb", PASSWORD)
    return officer.visit(f"{path}?from=114.3.20&to=114.3.20&section=dispute").text


@pytest.mark.parametrize(
    "query", ["/as-of?at=114.13.1", "/as-of?at=120.1.1", "/compare?from=114.3.20&to=112.8.1"]
)
def test_a_moment_that_cannot_be_is_answered_in_place(case: Case, query: str) -> None:
    sheet = case.reviewer.visit(f"/students/{case.student}{query}")
    assert sheet.status == 422
    assert sheet.title.startswith("錯誤：")
    # The summary leads to the field that is wrong.
    assert any(href in ("#f-at", "#f-from") for _, href in sheet.links)


def test_a_moment_left_empty_asks_for_one(case: Case) -> None:
    for query in ("/as-of?at=", "/compare?from=&to="):
        sheet = case.reviewer.visit(f"/students/{case.student}{query}")
        assert sheet.status == 200
        assert "請輸入" in sheet.text


def test_who_is_not_appointed_finds_nothing(case: Case) -> None:
    stranger = Visitor.of(case.county.client, "b-office", PASSWORD)
    assert "目前沒有您可以檢視的爭議案" in stranger.visit("/disputes").text
    for path in (
        f"/disputes/{case.dispute}",
        f"/disputes/{case.dispute}/timeline",
        f"/disputes/{case.dispute}/evidence",
        f"/students/{case.student}/as-of",
        f"/students/{case.student}/compare",
        f"/records/{case.dispute}/proof",
    ):
        assert stranger.visit(path).status == 404


def test_a_side_states_its_view_and_an_empty_statement_is_answered_in_place(case: Case) -> None:
    office = Visitor.of(case.county.client, "a-office", PASSWORD)
    path = f"/disputes/{case.dispute}"
    form = office.visit(path).form(f"{path}/statements")
    empty = office.send(form.action, form.filled())
    assert empty.status == 422
    assert empty.title.startswith("錯誤：")
    sheet = office.send(form.action, form.filled(text="本校依規定辦理"))
    assert "本校依規定辦理" in sheet.text
    assert f"{path}/statements" not in [one.action for one in case.reviewer.visit(path).forms]


def test_the_evidence_is_one_link_away(case: Case) -> None:
    from igp.sealing import seal_now

    seal_now(case.county.house.ledger)
    sheet = case.reviewer.visit(f"/disputes/{case.dispute}")
    file = case.reviewer.visit(sheet.link("下載證據檔（zip）"))
    assert file.status == 200
    with zipfile.ZipFile(io.BytesIO(file.answer.content)) as bundle:
        assert bundle.namelist()
    proof = case.reviewer.visit(f"/records/{case.dispute}/proof")
    assert "已經封存" in proof.text
    assert "tlog-proof" in proof.text
