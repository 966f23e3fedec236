"""The list of pupils modified between two days, with its columns (KAO-117 to 123, 155, 171)."""

import csv
import io
from typing import Any

import pytest

from projections.all_views import all_views
from replay.rebuild import rebuild
from tests.acceptance.initial_stage import refused
from tests.acceptance.placement_stage import ROSTERS, PlacementStage
from tests.acceptance.trying import national_id
from tests.api.serving import County

WHERE = "至六年二班上英語課程"
#: The worked example (6.4), a year later: the programme is the one of 114.
RANGE = {"from": "114.5.13", "to": "114.8.5"}


class Example(PlacementStage):
    """Pupils A to J, without applications: the page takes what the school says of them."""

    def tell(self) -> "Example":
        self.at("2025-04-18T09:00")
        self.publish_programme()
        for number, name in enumerate("ABCDEFGHIJ", start=1):
            self._pupil(name, number)
        self.at("2025-04-20T09:00")
        for name in "ABDEFGHIJ":
            self.filled(name, "英語", "skip", 6, 5, arrangement=WHERE)
        request = self.gives_up("G", "高市教特字第11400001號")
        self.decides(self.county.a_office, request, 1, "school_committee", "passed")
        self.at("2025-05-12T23:59:59")
        self.corrected("A", placement_grade=7)
        self.at("2025-05-13T00:00:00")
        self.corrected("B", arrangement="至六年三班上英語課程")
        self.at("2025-05-30T10:00")
        self.delete("H", "英語")
        self.at("2025-06-01T09:00")
        self.decides(self.county.eb, request, 2, "bureau", "consented")
        self.at("2025-06-20T09:00")
        refused(self.fill("C", "英語", "skip", 6, 5), "reason-required", 422)
        self.filled("C", "英語", "skip", 6, 5, reason="漏填")
        self.at("2025-07-01T09:00")
        self.corrected("D", category="exemption", placement_grade=5)
        self.at("2025-07-02T09:00")
        self.corrected("D", category="skip", placement_grade=6)
        self.at("2025-07-10T09:00")
        self.corrected("J", placement_grade=6)
        self.at("2025-08-05T23:59:59")
        self.gives_up("E", None)
        self.at("2025-08-06T00:00:00")
        for name in "FIC":
            self.corrected(name, placement_grade=7)
        return self

    def _pupil(self, name: str, number: int) -> None:
        entry = {
            "national_id": national_id(number),
            "name": name,
            "sex": "male",
            "birth_date": "103.5.1",
            "organisation": "ks-a",
            "grade": 4,
            "class_name": "甲班",
        }
        self.students[name] = self.county.a_office.made("/directory/students", entry)

    def corrected(self, name: str, **changed: Any) -> None:
        answer = self.correct(name, "英語", **changed)
        assert answer.status_code == 200, answer.text

    def gives_up(self, name: str, letter: str | None) -> str:
        body = {
            "kind": "abandonment",
            "placement_id": self.rows[name, "英語"],
            "letter_number": letter,
            "reason": "家庭因素",
        }
        path = f"/students/{self.students[name]}/placement-requests"
        return self.county.a_office.made(path, body)

    @staticmethod
    def decides(who: Any, request: str, version: int, body: str, outcome: str) -> None:
        given = {"body": body, "outcome": outcome, "decided_on": "114.4.20"}
        answer = who.post(f"/placement-requests/{request}/decisions", given, version=version)
        assert answer.status_code == 201, answer.text


@pytest.mark.accepts(
    *("KAO-117", "KAO-118", "KAO-119", "KAO-120", "KAO-121", "KAO-122", "KAO-123"),
    *("KAO-146", "KAO-155", "KAO-171"),
)
def test_the_worked_example_is_one_list_in_every_form_and_for_ever(county: County) -> None:
    page = Example(county).tell()
    pulled = page.modified(**RANGE)
    lines = pulled["items"]
    assert [one["pupil_name"] for one in lines] == ["B", "C", "D", "D", "E", "H"]
    assert pulled["counts"] == {"pupils": 5, "changes": 6, "schools": 1}
    assert pulled["terms"]["closed"] is True
    assert pulled["pulled_by"] == "org 承辦人"
    assert county.last_listed()["what"] == "rosters/modified"
    assert {one["late"] for one in lines} == {True}
    _columns(lines)
    _narrowed(page, lines)
    _in_every_form(page, pulled)
    _who_may(page)
    # A month later, and from a change log that was built anew, the lines are the same ones.
    page.at("2025-09-06T09:00")
    page.corrected("B", placement_grade=8)
    assert page.modified(**RANGE)["items"] == lines
    ledger = county.house.ledger
    made = rebuild(ledger.database, all_views(ledger.keyring), ledger.mapper, ["changes"])
    assert [one.equal for one in made] == [True]
    assert page.modified(**RANGE)["items"] == lines


def _columns(lines: list[dict[str, Any]]) -> None:
    corrected, filled, *_, given_up, deleted = lines
    assert corrected["change_kind"] == "corrected"
    assert corrected["before"] == {
        "area": "英語",
        "category": "skip",
        "target_year_grade": 5,
        "placement_grade": 6,
        "arrangement": WHERE,
    }
    assert corrected["after"] == corrected["before"] | {"arrangement": "至六年三班上英語課程"}
    assert (corrected["no"], corrected["school"], corrected["area"]) == (1, "苓雅示範國小", "英語")
    assert corrected["district"] == "苓雅區"
    assert (corrected["stamped_date"], corrected["stamped_time"]) == ("2025-05-13", "00:00:00")
    assert (corrected["actor"], corrected["reason"]) == ("a-office 承辦人", "學校更正")
    assert corrected["national_id"].count("*") >= 4
    assert corrected["roster_status"] == "none"
    assert corrected["attachments_present"] == {"request": False, "minutes": False, "igp": False}
    assert (filled["change_kind"], filled["before"], filled["reason"]) == ("recorded", None, "漏填")
    assert (deleted["change_kind"], deleted["after"]) == ("withdrawn", None)
    assert deleted["before"]["placement_grade"] == 6
    assert given_up["change_kind"] == "abandonment"
    assert given_up["before"]["category"] == "skip"
    # What is given up at the first pass needs no letter (M7).
    assert given_up["decision_doc_no"] == "免附"


def _narrowed(page: Example, lines: list[dict[str, Any]]) -> None:
    only = page.modified(**RANGE, only_corrections=True)["items"]
    assert [one["pupil_name"] for one in only] == ["B", "D", "D", "E", "H"]
    apart = page.modified(**RANGE, include_organiser_changes=True)
    assert [one["change_id"] for one in apart["items"]] == [one["change_id"] for one in lines]
    assert {one["pupil_name"] for one in apart["organiser_changes"]} == {"G"}
    assert apart["counts"]["pupils"] == 5
    april = page.modified(**{"from": "114.4.18", "to": "114.4.25"})["items"]
    given_up = [one for one in april if one["pupil_name"] == "G"]
    assert [one["change_kind"] for one in given_up] == ["recorded", "abandonment", "abandonment"]
    assert {one["late"] for one in april} == {False}
    assert given_up[1]["decision_doc_no"] == "高市教特字第11400001號"
    assert given_up[1]["committee_result"] == "passed"


def _in_every_form(page: Example, pulled: dict[str, Any]) -> None:
    asked = RANGE | {"as_of": pulled["terms"]["as_of"]}
    path = f"{ROSTERS}/modified"
    assert page.county.org.get(path, **asked).json() == pulled
    files = {one: page.county.org.get(path, **asked, format=one) for one in
             ("csv", "xlsx", "ods", "pdf")}  # fmt: skip
    rows = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    head = next(number for number, one in enumerate(rows) if "異動類別" in one)
    assert len(rows[head]) == 19
    assert ["期間", "114年5月13日至114年8月5日（含首尾兩日）"] in [one[:2] for one in rows[:head]]
    told = [dict(zip(rows[head], one, strict=False)) for one in rows[head + 1 : head + 7]]
    assert [one["異動類別"] for one in told] == ["修正", "填寫", "修正", "修正", "放棄安置", "刪除"]
    assert told[0]["異動前"] == f"英語 跳級 六年級 「{WHERE}」"
    assert [one["填寫或修正日期"] for one in told][:2] == ["114.5.13", "114.6.20"]
    assert {one["逾期"] for one in told} == {"是"}
    for format, file in files.items():
        assert file.status_code == 200, format
        assert page.county.org.get(path, **asked, format=format).content == file.content, format


def _who_may(page: Example) -> None:
    county, path = page.county, f"{ROSTERS}/modified"
    backwards = county.org.get(path, **{"from": "114.8.5", "to": "114.5.13"})
    refused(backwards, "range-backwards", 422)
    assert county.org.get(path, **{"from": "114.2.30", "to": "114.5.13"}).status_code == 422
    own = page.modified(county.a_office, **RANGE)
    assert (own["counts"]["changes"], own["school"]) == (6, "苓雅示範國小")
    assert page.modified(county.b_office, **RANGE)["items"] == []
    assert county.b_office.get(path, **RANGE, organisation="ks-a").status_code == 404
    assert county.council.get(path, **RANGE).status_code == 404
    # The stamp is the server's: a school cannot say it.
    body = {"recorded_at": "2025-05-01T00:00:00+08:00", "reason": "更正"}
    answer = county.a_office.put(page.row_path("B", "英語"), body, version=2)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "recorded_at")
