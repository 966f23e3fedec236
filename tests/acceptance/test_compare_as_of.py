"""What differs between two days of a student's record: field by field, who, when and why."""

from collections.abc import Iterator

import pytest

from ledger.database import Connection
from tests.acceptance.looking_back import PLACEMENT, Days, accounts
from tests.acceptance.planning import FIRST, YEAR, Planning, planning
from tests.database import Template
from tests.story import ITINERANT


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("compare_as_of") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


@pytest.fixture
def days(plans: Planning) -> Days:
    return Days(plans)


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


def test_the_school_year_of_what_is_not_kept_by_the_year_is_a_field(days: Days) -> None:
    """It was left out as that of a section is, which says which record it is: a placement moved to
    another year read as the same."""
    placement = days.places()
    start = days.passes()
    days.corrects(placement, school_year=YEAR + 1)
    new = days.places(area="數學")
    days.story.assign(days.id, days.county.account("a-math"), year=YEAR + 1)
    records = days.compared("a-cm", start, days.passes())["records"]
    found = {one["record_id"]: one for one in records}
    [field] = found[placement]["fields"]
    assert (field["label"], field["before"], field["after"]) == ("學年度", YEAR, YEAR + 1)
    assert found[new]["fields"][0]["after"] == YEAR
    [taught] = [one for one in found.values() if one["section"] == "relation"]
    assert [(one["label"], one["after"]) for one in taught["fields"]] == [("學年度", YEAR + 1)]


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
    request = days.asks_for("re_placement", placement, new_placement=new | {"area": "數學"})
    days.decides(
        request,
        ("a-office", "school_committee", "passed"),
        ("eb", "bureau", "consented"),
    )
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


def test_the_day_of_an_end_is_no_other_day_of_the_placement(days: Days) -> None:
    """It read as a correction of the day on which the placement had begun."""
    placement = days.places(occurred_on="112.7.1")
    start = days.passes()
    request = days.asks_for("abandonment", placement)
    days.decides(request, ("a-office", "school_committee", "passed"), ("eb", "bureau", "noted"))
    end = days.passes()
    found = {one["record_id"]: one for one in days.compared("a-cm", start, end)["records"]}
    assert [one["field"] for one in found[placement]["fields"]] == ["outcome"]
    assert found[placement]["status_after"] == "abandoned"
    report = days.county.call("eb", "GET", "/changes?from=112.7.1&to=112.8.31").json()["items"]
    [_, ended] = [one for one in report if one["record_id"] == placement]
    assert (ended["kind"], ended["occurred_on"]) == ("abandonment", "2023-08-01")
    assert [one["field"] for one in ended["fields"]] == ["outcome"]
    [stood] = days.stood("a-cm", end)["placements"]
    assert stood["occurred_on"] == "2023-07-01"


def test_relations_that_began_and_ended_between_two_days_are_told(days: Days) -> None:
    start = days.passes()
    days.story.recall(days.id, days.county.account("itinerant"), ITINERANT)
    days.story.dispatch(days.id, days.county.account("a-cm2"))
    relations = days.compared("a-cm", start, days.passes())["relations"]
    assert accounts(relations["began"]) == {days.county.account("a-cm2")}
    assert accounts(relations["ended"]) == {days.county.account("itinerant")}


def test_days_in_the_wrong_order_are_refused(days: Days) -> None:
    later = days.passes()
    path = f"/students/{days.student}/compare?from={later}&to=112.7.1"
    answer = days.county.call("a-cm", "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (422, "range-backwards")
    assert days.compared("a-cm", later, later)["records"] == []
