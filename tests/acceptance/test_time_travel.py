"""What somebody is told about a student's past, and what not; and what differs between two days."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from domain.calendar import TAIPEI, roc_short
from ledger.database import Connection
from tests.acceptance.planning import FIRST, YEAR, Planning, page, planning
from tests.acceptance.trying import NOBODY, NOTE
from tests.database import Template
from tests.story import ITINERANT

PLACEMENT = {
    "school_year": YEAR,
    "area": "英語",
    "category": "acceleration",
    "target_year_grade": 5,
    "placement_grade": 6,
    "arrangement": "抽離",
}


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("time_travel") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


class Days:
    """A student, and days that go by; each name of a method is what somebody does or asks."""

    def __init__(self, plans: Planning) -> None:
        self.plans, self.county, self.story = plans, plans.county, plans.story
        self.student = plans.student()
        self.id = UUID(self.student)

    def passes(self) -> str:
        """A day ends; what it is called."""
        now = self.county.office.ledger.now().astimezone(TAIPEI)
        tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
        body = {"now": tomorrow.isoformat()}
        answer = self.county.call("eb", "POST", "/simulation/clock", body)
        assert answer.status_code == 200, answer.text
        return roc_short(now.date())

    def newest(self) -> datetime:
        self.county.settle()
        [(at,)] = self.county.rows(
            "SELECT recorded_at FROM books.records ORDER BY position DESC LIMIT 1"
        )
        assert isinstance(at, datetime)
        return at

    def asks(self, who: str, at: str, **more: str) -> Any:
        query = "&".join(f"{name}={quote(value)}" for name, value in {"at": at, **more}.items())
        self.county.settle()
        return self.county.call(who, "GET", f"/students/{self.student}/as-of?{query}")

    def stood(self, who: str, at: str) -> Any:
        answer = self.asks(who, at)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def compared(self, who: str, start: str, end: str) -> Any:
        self.county.settle()
        query = f"from={quote(start)}&to={quote(end)}"
        answer = self.county.call(who, "GET", f"/students/{self.student}/compare?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def places(self, **fields: Any) -> str:
        path = f"/students/{self.student}/placements"
        return self.county.made("a-cm", path, PLACEMENT | fields)

    def corrects(self, placement: str, version: int = 1, **fields: Any) -> None:
        path = f"/students/{self.student}/placements/{placement}"
        body = {"reason": "學校更正"} | fields
        answer = self.county.call("a-cm", "PUT", path, body, version)
        assert answer.status_code == 200, answer.text

    def withdraws(self, placement: str, version: int = 1) -> None:
        path = f"/students/{self.student}/placements/{placement}/withdrawal"
        answer = self.county.call("a-cm", "POST", path, {"reason": "填錯學生"}, version)
        assert answer.status_code == 200, answer.text

    def saves(self, section: str, data: dict[str, Any], version: int, who: str = "a-cm") -> None:
        body = {"data": data, "reason": "更正"}
        answer = self.county.call(who, "PUT", page(self.student, section), body, version)
        assert answer.status_code == 200, answer.text

    def school(self, code: str) -> UUID:
        return self.county.county.schools[code]


@pytest.fixture
def days(plans: Planning) -> Days:
    return Days(plans)


def records(stood: Any, section: str) -> list[Any]:
    return [
        one
        for shown in stood["sections"]
        if shown["section"] == section
        for one in shown["records"]
    ]


def test_an_event_counts_from_its_own_instant_on(days: Days) -> None:
    days.places()
    at = days.newest()
    assert len(days.stood("a-cm", at.isoformat())["placements"]) == 1
    before = at - timedelta(microseconds=1)
    assert days.stood("a-cm", before.isoformat())["placements"] == []


def test_a_date_means_the_end_of_the_local_day_and_today_means_now(days: Days) -> None:
    before = days.passes()
    days.places()
    today = roc_short(days.county.office.ledger.now().astimezone(TAIPEI).date())
    assert len(days.stood("a-cm", today)["placements"]) == 1
    day = days.passes()
    assert days.stood("a-cm", before)["placements"] == []
    stood = days.stood("a-cm", day)
    assert len(stood["placements"]) == 1
    assert stood["at"].endswith("T23:59:59.999999+08:00")


@pytest.mark.parametrize("written", ["{day}", "民國{day}", "{iso}", "{iso}T23:59:59+08:00",
                                     "{iso}T15:59:59Z"])  # fmt: skip
def test_dates_are_read_in_every_written_form(days: Days, written: str) -> None:
    days.places()
    day = days.passes()
    iso = days.stood("a-cm", day)["at"][:10]
    assert len(days.stood("a-cm", written.format(day=day, iso=iso))["placements"]) == 1


def test_a_plus_sign_that_nobody_escaped_is_understood(days: Days) -> None:
    days.places()
    path = f"/students/{days.student}/as-of?at={days.newest().isoformat()}"
    answer = days.county.call("a-cm", "GET", path)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("119.1.1", "instant-in-future"),
        ("2030-01-01T00:00:00+08:00", "instant-in-future"),
        ("yesterday", "instant-not-understood"),
        ("112.13.1", "instant-not-understood"),
        ("2023-08-01T08:00:00", "instant-not-understood"),
        ("2023-08-01T25:00:00+08:00", "instant-not-understood"),
    ],
)
def test_what_is_no_time_of_the_past_is_refused(days: Days, at: str, code: str) -> None:
    answer = days.asks("a-cm", at)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["field"] == "at"
    # Whoever may not know the student learns nothing of how a time is written.
    assert days.asks("b-office", at).status_code == 404


def test_before_the_student_was_registered_there_is_no_record(days: Days) -> None:
    days.places()
    stood = days.stood("a-cm", "112.7.31")
    assert stood["student"] is None
    assert stood["placements"] == stood["relations"] == stood["rights"] == []
    assert not any(section["records"] for section in stood["sections"])


def test_out_of_reach_the_answer_is_that_of_a_student_who_does_not_exist(days: Days) -> None:
    answers = []
    for student in (days.student, NOBODY):
        for path in ("as-of?at=112.8.1", "compare?from=112.8.1&to=112.8.1"):
            answer = days.county.call("b-office", "GET", f"/students/{student}/{path}")
            assert answer.status_code == 404
            answers.append(answer.content)
    assert len(set(answers)) == 1


def test_a_look_at_the_past_is_recorded_and_so_is_a_refused_one(days: Days) -> None:
    before = days.county.books()
    days.stood("a-cm", "112.8.1")
    days.compared("a-cm", "112.8.1", "112.8.1")
    after = days.county.books()
    assert (after.access, after.refusals) == (before.access + 2, before.refusals)
    assert days.asks("b-office", "112.8.1").status_code == 404
    assert days.county.books().refusals == before.refusals + 1


def test_what_was_withdrawn_since_stood_then_and_is_said_to_be_withdrawn(days: Days) -> None:
    placement = days.places()
    day = days.passes()
    days.withdraws(placement)
    stood = days.stood("a-cm", day)
    assert [one["id"] for one in stood["placements"]] == [placement]
    [said] = stood["said_since"]
    assert (said["basis"], said["change"]["kind"]) == ("correction", "withdrawn")
    assert said["change"]["reason"] == "填錯學生"
    assert days.stood("a-cm", days.passes())["placements"] == []


def test_what_is_recorded_later_about_then_is_told_apart_from_what_was_known(days: Days) -> None:
    known = days.places(occurred_on="112.8.1")
    days.passes()
    day = days.passes()
    late = days.places(area="數學", occurred_on="112.8.1")
    days.corrects(known, placement_grade=7)
    now = roc_short(days.county.office.ledger.now().astimezone(TAIPEI).date())
    new = days.places(area="國語", occurred_on=now)
    stood = days.stood("a-cm", day)
    assert [(one["id"], one["placement_grade"]) for one in stood["placements"]] == [(known, 6)]
    said = {one["change"]["record_id"]: one for one in stood["said_since"]}
    assert said.keys() == {late, known}
    assert said[late]["basis"] == "occurred_on"
    assert said[late]["change"]["occurred_on"] == "2023-08-01"
    assert said[known]["basis"] == "correction"
    assert said[known]["change"]["fields"][0]["after"] == 7
    assert new not in said


def test_the_school_that_got_the_file_sees_its_past_and_the_one_that_gave_it_does_not(
    days: Days,
) -> None:
    days.places()
    day = days.passes()
    days.story.transfer(days.id, days.school("ks-a"), days.school("ks-b"), "五年一班")
    days.county.settle()
    assert days.asks("a-office", day).status_code == 404
    stood = days.stood("b-office", day)
    assert stood["student"]["organisation"]["code"] == "ks-a"
    [placement] = stood["placements"]
    [basic] = records(stood, "basic_family")
    assert not any(one["could_see_then"] for one in (stood["student"], placement, basic))
    assert stood["capacities_then"] == []
    # The itinerant teacher could, and can.
    stood = days.stood("itinerant", day)
    assert stood["capacities_then"] == ["CM"]
    assert all(one["could_see_then"] for one in (stood["student"], *stood["placements"]))


def test_who_is_appointed_later_may_look_back_and_is_told_that_they_could_not_see_then(
    days: Days,
) -> None:
    days.places()
    day = days.passes()
    assert days.asks("a-cm2", day).status_code == 404
    days.story.dispatch(days.id, days.county.account("a-cm2"))
    stood = days.stood("a-cm2", day)
    assert stood["capacities_then"] == []
    assert [one["could_see_then"] for one in stood["placements"]] == [False]
    assert days.county.account("a-cm2") not in _accounts(stood["relations"])
    stood = days.stood("a-cm2", days.passes())
    assert stood["capacities_then"] == ["CM"]
    assert [one["could_see_then"] for one in stood["placements"]] == [True]


def test_the_county_sees_of_the_past_what_it_sees_of_today(days: Days) -> None:
    before = days.passes()
    placement = days.places()
    day = days.passes()
    for who in ("eb", "org", "council"):
        stood = days.stood(who, day)
        assert [one["id"] for one in stood["placements"]] == [placement], who
        assert stood["sections"] == []
    # The organiser knows a student from the first placement on, and learns nothing of before.
    assert days.stood("org", before)["student"] is None
    assert days.stood("eb", before)["student"]["id"] == days.student


def test_a_homeroom_teacher_of_then_stands_there_without_the_end_that_came_later(
    days: Days,
) -> None:
    day = days.passes()
    days.story.class_of(days.id, class_name="五年二班")
    later = days.passes()
    account = days.county.account("a-gh")
    [then] = [one for one in days.stood("a-cm", day)["relations"] if _of(one) == account]
    assert (then["capacity"], then["kind"], then["until"]) == ("GH", "homeroom", None)
    now = _accounts(days.stood("a-cm", later)["relations"])
    assert account not in now
    assert days.county.account("a-hr") in now


def test_the_rights_of_the_time_stand_beside_who_held_them(days: Days) -> None:
    stood = days.stood("a-cm", days.passes())
    rights = {one["capacity"]: one["sections"] for one in stood["rights"]}
    assert {"CM", "GH", "ST", "SU", "SA"} == rights.keys()
    assert rights["ST"]["annual_goal"] == ["create", "edit", "withdraw", "view"]
    assert rights["SU"] == {"course_goal": ["view"]}
    assert not any("counselling_note" in sections for sections in rights.values())
    assert [one["account"]["name"] for one in stood["offices"]] == ["吳組長"]
    assert stood["policy_version"] == "1"


def test_a_name_is_the_one_of_its_time(days: Days) -> None:
    days.places()
    day = days.passes()
    days.story.details(days.id, name="林大安")
    later = days.passes()
    assert days.stood("a-cm", day)["student"]["name"] == "林大同"
    assert days.stood("a-cm", later)["student"]["name"] == "林大安"


def test_a_share_opens_a_course_as_it_was_only_while_it_is_so_still(days: Days) -> None:
    days.saves("annual_goal", FIRST["annual_goal"], 0, "a-math")
    course = days.plans.enter("a-math", days.student, "course_goal").json()["id"]
    path = f"/students/{days.student}/courses/{course}"
    share = {"account": "a-eng", "relation": "cross_field"}
    assert days.county.call("a-math", "POST", f"{path}/shares", share).status_code == 201
    day = days.passes()
    assert len(records(days.stood("a-eng", day), "course_goal")) == 1
    shown = days.county.call("a-math", "GET", path).json()
    days.plans.change("a-math", days.student, "course_goal", shown)
    assert records(days.stood("a-eng", day), "course_goal") == []
    assert len(records(days.stood("a-math", day), "course_goal")) == 1
    changes = days.compared("a-eng", day, days.passes())["records"]
    assert not any(one["section"] == "course_goal" for one in changes)


def test_nobody_not_even_the_author_is_told_of_notes_here(days: Days) -> None:
    days.county.made("a-cm", f"/students/{days.student}/notes", NOTE | {"school_year": YEAR})
    before = days.county.books().notes
    day = days.passes()
    for answer in (days.asks("a-cm", day), days.asks("a-hr", day)):
        assert "counselling_note" not in answer.text
        assert NOTE["content"] not in answer.text
    assert days.county.books().notes == before


def test_with_its_token_a_question_has_the_same_answer_while_rights_stand(days: Days) -> None:
    placement = days.places()
    day = days.passes()
    first = days.asks("a-cm", day)
    token = first.json()["as_of"]
    days.corrects(placement, placement_grade=7)
    assert days.asks("a-cm", day).content != first.content
    assert days.asks("a-cm", day, as_of=token).content == first.content
    for who, at in (("a-cm", "112.8.1"), ("itinerant", day)):
        answer = days.asks(who, at, as_of=token)
        code = "report-terms-changed" if who == "a-cm" else "not-valid"
        assert answer.json()["code"] == code
    days.story.appoint(days.county.account("a-eng"))
    days.story.dispatch(days.id, days.county.account("a-math"))
    days.plans.student()
    days.county.settle()
    # Whoever gained or lost a right since then is told, and not shown other bytes.
    answer = days.asks("a-cm", day, as_of=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "report-terms-changed")


def test_two_days_are_compared_field_by_field_with_who_when_and_why(days: Days) -> None:
    placement = days.places()
    gone = days.places(area="數學")
    days.saves("awards", FIRST["awards"], 0)
    start = days.passes()
    days.corrects(placement, placement_grade=7)
    days.corrects(placement, 2, placement_grade=8, arrangement="隨班")
    days.withdraws(gone)
    new = days.places(area="國語")
    awards = days.plans.view("a-cm", days.student, "awards").json()
    days.plans.edit("itinerant", days.student, "awards", awards)
    days.passes()
    end = days.passes()
    found = {one["record_id"]: one for one in days.compared("a-cm", start, end)["records"]}
    assert found[placement]["kind"] == "changed"
    fields = {one["field"]: one for one in found[placement]["fields"]}
    assert (fields["placement_grade"]["before"], fields["placement_grade"]["after"]) == (6, 8)
    assert fields["placement_grade"]["label"] == "安置年級"
    assert (fields["arrangement"]["before"], fields["arrangement"]["after"]) == ("抽離", "隨班")
    assert fields.keys() == {"placement_grade", "arrangement"}
    assert (found[placement]["version_before"], found[placement]["version_after"]) == (1, 3)
    for change in found[placement]["changes"]:
        assert change["author"]["name"] == "林個管"
        assert change["author"]["capacity"] == "CM"
        assert change["reason"] == "學校更正"
        assert change["recorded_at"].endswith("+08:00")
    assert len(found[placement]["changes"]) == 2
    assert found[gone]["kind"] == "removed"
    assert {one["after"] for one in found[gone]["fields"]} == {None}
    assert (found[gone]["status_before"], found[gone]["status_after"]) == ("in_force", "withdrawn")
    assert found[new]["kind"] == "added"
    assert {one["before"] for one in found[new]["fields"]} == {None}
    [row] = [one for one in found.values() if one["section"] == "awards"]
    [field] = row["fields"]
    assert (field["field"], field["before"], field["after"]) == ("awards.prize", "特優", "優等")
    assert field["row_id"] == awards["data"]["awards"][0]["row_id"]
    assert row["changes"][0]["author"]["name"] == "蔡巡迴"


def test_a_value_that_went_and_came_back_is_no_difference_and_its_changes_are_told(
    days: Days,
) -> None:
    placement = days.places()
    start = days.passes()
    days.corrects(placement, arrangement="隨班")
    days.corrects(placement, 2, arrangement="抽離")
    [found] = days.compared("a-cm", start, days.passes())["records"]
    assert (found["fields"], len(found["changes"])) == ([], 2)


def test_what_came_and_went_between_two_days_is_told(days: Days) -> None:
    start = days.passes()
    days.withdraws(days.places())
    [found] = days.compared("a-cm", start, days.passes())["records"]
    assert (found["kind"], found["fields"]) == ("added_and_removed", [])
    assert [one["kind"] for one in found["changes"]] == ["recorded", "withdrawn"]


def test_a_re_placement_between_two_days_shows_both_placements_and_the_request(
    days: Days,
) -> None:
    placement = days.places()
    start = days.passes()
    new = {name: value for name, value in PLACEMENT.items() if name != "school_year"}
    body: dict[str, Any] = {"kind": "re_placement", "placement_id": placement}
    body |= {
        "letter_number": "字第1號",
        "reason": "家長提出",
        "new_placement": new | {"area": "數學"},
    }
    path = f"/students/{days.student}/placement-requests"
    request = days.county.made("a-cm", path, body)
    for version, who, of, outcome in (
        (1, "a-office", "school_committee", "passed"),
        (2, "eb", "bureau", "consented"),
    ):
        act = {"body": of, "outcome": outcome, "decided_on": "112.8.1"}
        path = f"/placement-requests/{request}/decisions"
        answer = days.county.call(who, "POST", path, act, version)
        assert answer.status_code in (200, 201), answer.text
    end = days.passes()
    found = days.compared("a-cm", start, end)["records"]
    statuses = {
        (one["section"], one["status_before"], one["status_after"])
        for one in found
        if one["section"].startswith("placement")
    }
    assert statuses == {
        ("placement", "in_force", "superseded"),
        ("placement", None, "in_force"),
        ("placement_request", None, "completed"),
    }
    stood = days.stood("a-cm", end)
    [shown] = stood["placement_requests"]
    assert [one["recorded_by"]["name"] for one in shown["decisions"]] == ["吳組長", "方主任"]
    assert days.stood("a-cm", start)["placement_requests"] == []


def test_relations_that_began_and_ended_between_two_days_are_told(days: Days) -> None:
    start = days.passes()
    days.story.recall(days.id, days.county.account("itinerant"), ITINERANT)
    days.story.dispatch(days.id, days.county.account("a-cm2"))
    relations = days.compared("a-cm", start, days.passes())["relations"]
    assert _accounts(relations["began"]) == {days.county.account("a-cm2")}
    assert _accounts(relations["ended"]) == {days.county.account("itinerant")}


def test_days_in_the_wrong_order_are_refused(days: Days) -> None:
    later = days.passes()
    path = f"/students/{days.student}/compare?from={later}&to=112.7.1"
    answer = days.county.call("a-cm", "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (422, "range-backwards")
    assert days.compared("a-cm", later, later)["records"] == []


def _of(relation: Any) -> UUID:
    return UUID(relation["account"]["id"])


def _accounts(relations: list[Any]) -> set[UUID]:
    return {_of(one) for one in relations}
