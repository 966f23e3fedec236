"""What somebody is told about a student's past, and what not."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from api.viewer import Viewer
from domain.calendar import roc_short
from domain.dispute_events import DisputeOpened, ReviewerAppointed
from ledger.database import Connection
from tests.acceptance.looking_back import Days, accounts, of, records
from tests.acceptance.planning import FIRST, YEAR, Planning, planning
from tests.acceptance.trying import NOBODY, NOTE
from tests.database import Template
from tests.erasing import erased


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("time_travel") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


@pytest.fixture
def days(plans: Planning) -> Days:
    return Days(plans)


def test_an_event_counts_from_its_own_instant_on(days: Days) -> None:
    days.places()
    at = days.newest()
    assert len(days.stood("a-cm", at.isoformat())["placements"]) == 1
    before = at - timedelta(microseconds=1)
    assert days.stood("a-cm", before.isoformat())["placements"] == []


def test_a_date_means_the_end_of_the_local_day_and_today_means_now(days: Days) -> None:
    before = days.passes()
    days.places()
    today = roc_short(days.today())
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
    now = roc_short(days.today())
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
    assert days.county.account("a-cm2") not in accounts(stood["relations"])
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
    [then] = [one for one in days.stood("a-cm", day)["relations"] if of(one) == account]
    assert (then["capacity"], then["kind"], then["until"]) == ("GH", "homeroom", None)
    now = accounts(days.stood("a-cm", later)["relations"])
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
    days.plans.student()
    days.county.settle()
    # Whoever gained or lost a right since then is told, and not shown other bytes.
    answer = days.asks("a-cm", day, as_of=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "report-terms-changed")


def test_a_reviewer_looks_back_over_the_named_sections_until_the_day_named(days: Days) -> None:
    days.saves("awards", FIRST["awards"], 0)
    days.places()
    day = days.passes()
    reviewer = days.county.enrol("rev", "reviewer", by="eb")
    assert days.asks("rev", day).status_code == 404
    dispute = opened(days)
    days.story.record(
        ReviewerAppointed,
        dispute,
        student_id=days.id,
        account_id=reviewer,
        sections=("awards",),
        until=days.today(),
    )
    stood = days.stood("rev", day)
    assert stood["student"]["could_see_then"] is False
    assert [one["section"] for one in stood["sections"]] == ["awards"]
    assert len(records(stood, "awards")) == 1
    assert stood["placements"] == stood["placement_requests"] == stood["relations"] == []
    compared = days.compared("rev", "112.7.31", day)["records"]
    assert {one["section"] for one in compared} == {"directory", "awards"}
    # Whoever may see the dispute sees the appointment among the rights of its time.
    later = days.passes()
    seen = [one for one in days.stood("eb", later)["relations"] if of(one) == reviewer]
    assert [(one["capacity"], one["sections"]) for one in seen] == [("RV", ["awards"])]
    assert all(of(one) != reviewer for one in days.stood("a-cm", later)["relations"])
    assert days.asks("rev", day).status_code == 404


def test_nothing_of_a_dispute_stands_in_the_record_of_the_student(days: Days) -> None:
    start = days.passes()
    opened(days)
    end = days.passes()
    for who in ("eb", "a-office"):
        assert days.compared(who, start, end)["records"] == []
        assert days.stood(who, start)["said_since"] == []


def test_what_was_shown_before_an_erasure_is_not_shown_again_with_its_token(days: Days) -> None:
    days.places()
    day = days.passes()
    token = days.asks("a-cm", day).json()["as_of"]
    office = days.county.office
    by = Viewer.of(office.house, days.county.account("eb"), office.ledger.now())
    erased(office.house, by, days.student)
    answer = days.asks("a-cm", day, as_of=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "report-terms-changed")
    stood = days.stood("a-cm", day)
    assert stood["student"]["name"] == stood["placements"][0]["arrangement"] == "已依法刪除"


def opened(days: Days) -> UUID:
    """A dispute about the student, as the authority opens one."""
    made = days.story.new_id()
    days.story.record(
        DisputeOpened,
        made,
        student_id=days.id,
        organisation_id=days.school("ks-a"),
        kind="appeal",
        programme="kaohsiung-114",
        programme_version=1,
        matter="安置結果",
        grounds="家長不同意",
        filed_on=days.today(),
    )
    return made
