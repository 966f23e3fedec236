"""The Kaohsiung list of pupils modified between two dates, asked for through the API."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.calendar import TAIPEI
from ledger.ledger import Ledger
from tests.api.answering import documented
from tests.county import PATIENCE_SECONDS, County, Office, office, populate
from tests.story import Story

RANGE = "from=113.5.13&to=113.8.5"
PLACEMENT_PAGE = "section=placement&section=placement_request"
CHANGES = f"/changes?{RANGE}&{PLACEMENT_PAGE}"


class Process:
    """A county on the simulated clock, with the deeds of the placement page in few words."""

    def __init__(self, office: Office, county: County, pupils: dict[str, UUID]) -> None:
        self.office, self.county, self.pupils = office, county, pupils
        self.placements: dict[str, UUID] = {}
        self.versions: dict[str, int] = {}

    def call(self, who: str, method: str, path: str, **given: Any) -> Any:
        return self.office.call(self.county.tokens[who], method, path, **given)

    def at(self, *instant: int, zone: Any = TAIPEI) -> None:
        now = datetime(*instant, tzinfo=zone).isoformat()  # type: ignore[arg-type,misc]
        answer = self.call("eb", "POST", "/simulation/clock", json={"now": now})
        assert answer.status_code == 200, answer.text

    def fills(self, pupil: str, **fields: Any) -> Any:
        body = {
            "school_year": 113,
            "area": "英語",
            "category": "skip",
            "target_year_grade": 5,
            "placement_grade": 6,
            "arrangement": "至六年二班上英語課程",
        }
        path = f"/students/{self.pupils[pupil]}/placements"
        answer = self.call("b-office", "POST", path, json=body | fields)
        assert answer.status_code == 201, answer.text
        self.placements[pupil] = UUID(answer.json()["id"])
        self.versions[pupil] = answer.json()["version"]
        return answer

    def corrects(self, pupil: str, **fields: Any) -> Any:
        return self._changes(pupil, "PUT", "", {"reason": "學校更正"} | fields)

    def deletes(self, pupil: str) -> Any:
        return self._changes(pupil, "POST", "/withdrawal", {"reason": "填錯學生"})

    def _changes(self, pupil: str, method: str, suffix: str, body: dict[str, Any]) -> Any:
        path = f"/students/{self.pupils[pupil]}/placements/{self.placements[pupil]}{suffix}"
        headers = {"If-Match": f'"{self.versions[pupil]}"'}
        answer = self.call("b-office", method, path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        self.versions[pupil] = answer.json()["version"]
        return answer

    def gives_up(self, pupil: str) -> UUID:
        body = {
            "kind": "abandonment",
            "placement_id": str(self.placements[pupil]),
            "letter_number": "高市教特字第11300001號",
            "reason": "家庭因素",
            "new_placement": None,
        }
        path = f"/students/{self.pupils[pupil]}/placement-requests"
        answer = self.call("b-office", "POST", path, json=body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    def decides(self, who: str, request: UUID, version: int, body: str, outcome: str) -> Any:
        answer = self.call(
            who,
            "POST",
            f"/placement-requests/{request}/decisions",
            json={"body": body, "outcome": outcome, "decided_on": "113.5.1"},
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code in (200, 201), answer.text
        return answer

    def pulled(self, query: str = f"{CHANGES}&origin=school", who: str = "org") -> Any:
        answer = self.call(who, "GET", query)
        assert answer.status_code == 200, answer.text
        return documented(query, answer).json()

    def lines(self, query: str = f"{CHANGES}&origin=school", who: str = "org") -> list[str]:
        """The pupils of the lines, in order."""
        names = {str(student): name for name, student in self.pupils.items()}
        return [names[item["student"]["id"]] for item in self.pulled(query, who)["items"]]


@pytest.fixture
def process(ledger: Ledger) -> Iterator[Process]:
    with office(ledger) as running:
        county = populate(ledger, running.house)
        story = Story(ledger)
        pupils = {
            name: story.student(county.schools["ks-b"], "五年一班", name=f"學生{name}")
            for name in "ABCDEFGHIJ"
        }
        assert story.last is not None
        assert running.house.waiting.passed(story.last.position, patience=PATIENCE_SECONDS)
        yield Process(running, county, pupils)


@pytest.fixture
def example(process: Process) -> Process:
    """The worked example of 6.4, at its very instants."""
    process.at(2024, 4, 20, 9)
    for pupil in "ABDEFGHIJ":
        process.fills(pupil)
    request = process.gives_up("G")
    process.decides("b-office", request, 1, "school_committee", "passed")
    process.at(2024, 5, 12, 23, 59, 59, 999998)
    process.corrects("A", placement_grade=7)
    process.at(2024, 5, 13)
    process.corrects("B", placement_grade=7)
    process.at(2024, 5, 30, 10)
    process.deletes("H")
    process.at(2024, 6, 1, 9)
    process.decides("eb", request, 2, "bureau", "consented")
    process.at(2024, 6, 20, 9)
    process.fills("C")
    process.at(2024, 7, 1, 9)
    process.corrects("D", category="exemption")
    process.at(2024, 7, 2, 9)
    process.corrects("D", category="skip")
    process.at(2024, 7, 10, 9)
    process.corrects("J", placement_grade=6)
    process.at(2024, 8, 5, 23, 59, 59, 999990)
    process.gives_up("E")
    process.at(2024, 8, 5, 16, zone=UTC)
    process.corrects("F", placement_grade=7)
    process.corrects("I", placement_grade=7)
    process.corrects("C", placement_grade=7)
    return process


@pytest.mark.accepts("KAO-117")
def test_the_worked_example_gives_five_pupils_on_six_lines(example: Process) -> None:
    assert example.lines() == ["B", "H", "C", "D", "D", "E"]
    pupils = example.pulled(f"/changes/students?{RANGE}&{PLACEMENT_PAGE}&origin=school")["items"]
    assert len(pupils) == 5


@pytest.mark.accepts("KAO-117")
def test_what_the_county_decided_appears_when_the_origin_is_not_narrowed(example: Process) -> None:
    assert "G" in example.lines(CHANGES)
    assert "G" not in example.lines()


def test_the_ends_of_the_range_are_whole_taipei_days(example: Process) -> None:
    day = "/changes?from={0}&to={0}&origin=school"
    assert example.lines(day.format("113.5.12")) == ["A"]
    assert example.lines(day.format("113.5.13")) == ["B"]
    assert example.lines(day.format("113.8.5")) == ["E"]
    assert example.lines(day.format("113.8.6")) == ["F", "I", "C"]


def test_the_session_zone_of_the_server_does_not_move_a_day(example: Process) -> None:
    with example.office.house.reader.connection() as connection:
        connection.execute("SET TimeZone TO 'Pacific/Honolulu'")
    assert example.lines() == ["B", "H", "C", "D", "D", "E"]


@pytest.mark.accepts("KAO-118")
def test_a_pupil_changed_again_after_the_range_still_appears_in_it(example: Process) -> None:
    assert "C" in example.lines()


@pytest.mark.accepts("KAO-119")
def test_a_closed_range_gives_the_same_bytes_whatever_is_recorded_later(example: Process) -> None:
    first = example.call("org", "GET", f"{CHANGES}&origin=school")
    assert first.json()["terms"]["closed"] is True
    as_of = first.json()["terms"]["as_of"]
    files = {
        format: example.call("org", "GET", f"{CHANGES}&as_of={as_of}&origin=school&format={format}")
        for format in ("csv", "xlsx", "ods", "pdf")
    }
    example.at(2024, 9, 6, 9)
    example.corrects("B", placement_grade=8)
    again = example.call("org", "GET", f"{CHANGES}&origin=school&as_of={as_of}")
    assert again.content == first.content
    for format, file in files.items():
        assert file.status_code == 200
        later = example.call("org", "GET", f"{CHANGES}&as_of={as_of}&origin=school&format={format}")
        assert later.content == file.content, format
    # Asked for anew the lines are the same ones, whatever the token says.
    anew = example.pulled()
    assert anew["items"] == first.json()["items"]
    assert anew["terms"]["digest"] != first.json()["terms"]["digest"]


@pytest.mark.accepts("KAO-120")
def test_a_school_cannot_set_the_stamp(process: Process) -> None:
    process.at(2024, 6, 1, 9)
    path = f"/students/{process.pupils['A']}/placements"
    body = {
        "school_year": 113,
        "area": "英語",
        "category": "skip",
        "target_year_grade": 5,
        "placement_grade": 6,
        "arrangement": None,
        "recorded_at": "2024-05-01T00:00:00+08:00",
    }
    refused = process.call("b-office", "POST", path, json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "recorded_at"
    assert process.lines() == []


@pytest.mark.accepts("KAO-121")
def test_a_backwards_range_is_an_error_and_a_school_sees_its_own_pupils(example: Process) -> None:
    backwards = example.call("org", "GET", "/changes?from=113.8.5&to=113.5.13")
    assert backwards.status_code == 422
    assert backwards.json()["code"] == "range-backwards"
    assert example.lines(who="b-office") == example.lines()
    assert example.lines(who="a-office") == []


@pytest.mark.accepts("KAO-102")
def test_filling_in_and_correcting_are_two_stamps_and_both_are_kept(process: Process) -> None:
    process.at(2025, 4, 18, 9)
    process.fills("A")
    process.at(2025, 4, 20, 9)
    process.corrects("A", placement_grade=7)
    items = process.pulled("/changes?from=114.4.18&to=114.4.25&origin=school")["items"]
    assert [(item["kind"], item["recorded_at"][:10]) for item in items] == [
        ("recorded", "2025-04-18"),
        ("corrected", "2025-04-20"),
    ]


@pytest.mark.accepts("KAO-122")
def test_the_first_filling_in_is_listed_as_such_and_can_be_left_out(process: Process) -> None:
    process.at(2025, 4, 20, 9)
    process.fills("A")
    query = "/changes?from=114.4.18&to=114.4.25"
    assert [item["kind"] for item in process.pulled(query)["items"]] == ["recorded"]
    assert process.pulled(f"{query}&kind=corrected")["items"] == []


@pytest.mark.accepts("KAO-103")
def test_a_deleted_row_is_off_the_list_of_placements_but_not_of_changes(example: Process) -> None:
    path = f"/students/{example.pupils['H']}"
    assert example.call("b-office", "GET", f"{path}/placements").json()["items"] == []
    deleted = next(item for item in example.pulled()["items"] if item["kind"] == "withdrawn")
    fields = {field["field"]: field for field in deleted["fields"]}
    assert (fields["placement_grade"]["before"], fields["placement_grade"]["after"]) == (6, None)
    assert deleted["reason"] == "填錯學生"
    history = example.call("b-office", "GET", f"{path}/history").json()["items"]
    assert "withdrawn" in [item["kind"] for item in history]


@pytest.mark.accepts("KAO-123")
def test_an_abandonment_shows_its_kind_what_was_before_and_the_letter(example: Process) -> None:
    line = example.pulled()["items"][-1]
    assert (line["kind"], line["letter_number"]) == ("abandonment", "高市教特字第11300001號")
    fields = {field["label"]: field["before"] for field in line["fields"]}
    assert fields["安置年級"] == 6
    assert line["reason"] == "家庭因素"


def test_pages_chain_to_the_digest_that_the_whole_has(example: Process) -> None:
    whole = example.pulled()
    as_of = whole["terms"]["as_of"]
    items, cursor = [], None
    while True:
        query = f"{CHANGES}&origin=school&as_of={as_of}&limit=2"
        page = example.pulled(query + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert page["terms"]["digest"] is None
    assert items == whole["items"]
    assert page["terms"]["digest"] == whole["terms"]["digest"]
    terms = {
        name: value for name, value in whole["terms"].items() if name not in ("rows", "digest")
    }
    digest = hashlib.sha256(orjson.dumps(terms, option=orjson.OPT_SORT_KEYS)).digest()
    for item in items:
        digest = hashlib.sha256(digest + bytes.fromhex(item["row_hash"])).digest()
    assert digest.hex() == whole["terms"]["digest"]


def test_a_cursor_or_as_of_of_somebody_else_is_refused(example: Process) -> None:
    page = example.pulled(f"{CHANGES}&origin=school&limit=1")
    stolen = f"{CHANGES}&origin=school&cursor={page['next_cursor']}"
    assert example.call("eb", "GET", stolen).status_code == 422
    taken = f"{CHANGES}&origin=school&as_of={page['terms']['as_of']}"
    assert example.call("eb", "GET", taken).status_code == 422


def test_a_report_whose_terms_changed_says_so(example: Process) -> None:
    as_of = example.pulled(who="b-cm")["terms"]["as_of"]
    other = example.call("b-cm", "GET", f"/changes?from=113.5.13&to=113.8.6&as_of={as_of}")
    assert (other.status_code, other.json()["code"]) == (409, "report-terms-changed")
    dispatch = f"/students/{example.pupils['A']}/dispatches"
    assert example.call("b-office", "POST", dispatch, json={"account": "b-cm"}).status_code == 201
    changed = example.call("b-cm", "GET", f"{CHANGES}&origin=school&as_of={as_of}")
    assert (changed.status_code, changed.json()["code"]) == (409, "report-terms-changed")


def test_the_csv_holds_the_same_lines(example: Process) -> None:
    answer = example.call("org", "GET", f"{CHANGES}&origin=school&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    head = next(number for number, row in enumerate(rows) if "異動類別" in row)
    kind = rows[head].index("異動類別")
    kinds = [row[kind] for row in rows[head + 1 :] if len(row) > kind and row[kind]]
    assert {"修正", "刪除", "填寫", "放棄安置"} <= set(kinds)


def test_an_unknown_school_or_section_is_named(process: Process) -> None:
    school = process.call("org", "GET", f"/changes?{RANGE}&organisation=ks-none")
    assert (school.status_code, school.json()["code"]) == (422, "unknown-organisation")
    section = process.call("org", "GET", f"/changes?{RANGE}&section=nothing")
    assert (section.status_code, section.json()["code"]) == (422, "unknown-section")
    wrong = process.call("org", "GET", "/changes?from=113.2.30&to=113.8.5")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "from")


def test_a_range_that_is_not_over_is_not_closed(process: Process) -> None:
    process.at(2024, 8, 5, 12)
    assert process.pulled()["terms"]["closed"] is False
    process.at(2024, 8, 6)
    assert process.pulled()["terms"]["closed"] is True


def test_a_stored_report_is_signed_and_its_files_come_again(example: Process) -> None:
    body = {"kind": "changes", "from": "113.5.13", "to": "113.8.5", "origin": ["school"]}
    made = example.call("org", "POST", "/reports", json=body, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201, made.text
    again = example.call("org", "POST", "/reports", json=body, headers={"Idempotency-Key": "k"})
    assert again.json() == made.json()
    report = example.call("org", "GET", f"/reports/{made.json()['id']}").json()
    assert report["terms"]["rows"] >= 6
    assert report["signature"]
    assert len(example.pulled("/reports")["items"]) == 1
    assert example.pulled("/reports", who="eb")["items"] == []
    assert example.call("eb", "GET", f"/reports/{made.json()['id']}").status_code == 404
    file = example.call("org", "GET", f"/reports/{made.json()['id']}?format=pdf")
    assert file.content.startswith(b"%PDF")
