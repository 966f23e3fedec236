"""The placement case through its bodies: who decides and attends, whom letters go to, tasks."""

from typing import Any

import pytest

from tests.acceptance.placing import ADAPTATION, CASES, LETTER, PROGRAMME, SUBJECTS, Cases
from tests.api.serving import PASSWORD, County
from tests.visiting import Visitor


@pytest.fixture
def cases(county: County) -> Cases:
    return Cases(county)


@pytest.mark.accepts("KAO-111", "KAO-112", "KAO-113", "KAO-156", "KAO-167", "KAO-170", "KAO-172")
def test_a_case_goes_by_its_categories_and_starts_after_the_deciding_act(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    cases.pupil("skip", 4)
    cases.row("skip", "英語", "skip", 6)
    cases.pupil("exempt", 4)
    cases.row("exempt", "數學", "exemption", 5)
    cases.pupil("up", 5, "ks-b")
    cases.row("up", "英語", "promotion", 7)
    for name in cases.pupils:
        cases.opened(name)
    # A skip is told of before it goes to the council; special achievements may stay empty.
    cases.reviewed("skip")
    assert cases.told("skip")["state"] == "submitted_council"
    refused = cases.tries("org", "skip", "desk-review-cleared")
    assert (refused.status_code, refused.json()["code"]) == (409, "social-adaptation-missing")
    assert "壓力調適情形（家長）" in refused.json()["detail"]
    assert county.council.get(f"{CASES}/{cases.cases['skip']}").status_code == 404
    cases.does("a-office", "skip", "learning-performance-entered", ADAPTATION)
    assert cases.does("org", "skip", "desk-review-cleared") == "before_council"
    assert cases.told("skip", "council")["state"] == "before_council"

    cases.reviewed("exempt")
    assert cases.does("org", "exempt", "desk-review-cleared") == "before_committee"
    assert county.council.get(f"{CASES}/{cases.cases['exempt']}").status_code == 404

    # The junior high is named where a placement lies there, and sees that case alone.
    review = {"committee_result": "passed", "committee_met_on": "114.4.22"}
    cases.does("b-office", "up", "committee-reviewed", review)
    unnamed = cases.tries("b-office", "up", "submitted")
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "not-valid")
    wrong = cases.tries("b-office", "up", "submitted", {"next_school_id": cases.schools["ks-a"]})
    assert wrong.status_code == 422
    cases.does("b-office", "up", "submitted", {"next_school_id": cases.schools["ks-j"]})
    seen = county.j_office.get(CASES).json()["items"]
    assert [one["id"] for one in seen] == [cases.cases["up"]]
    ours = cases.tries("j-office", "up", "abandoned-before-decision", {"abandon_reason": "無"})
    assert ours.status_code == 403
    cases.does("b-office", "up", "learning-performance-entered", ADAPTATION)
    cases.does("org", "up", "desk-review-cleared")

    # On the last day the schools that owe attendance and said nothing are listed.
    cases.at("2025-04-29T10:00")
    roster = f"{PROGRAMME}/rosters/attendance"
    owing = county.org.get(roster, announced=False).json()["items"]
    assert [one["organisation"]["code"] for one in owing] == ["ks-b"]
    assert [one["student"]["id"] for one in owing[0]["students"]] == [cases.pupils["up"]]
    assert owing[0]["due_on"] == "2025-04-29"
    announced = county.b_office.post(
        f"{PROGRAMME}/placement-meetings/ks-b/attendance-announced",
        {"attendees": 2, "offices": ["特教組長", "導師"]},
        version=owing[0]["version"],
    )
    assert announced.status_code == 201, announced.text
    assert county.org.get(roster, announced=False).json()["items"] == []
    assert county.org.get(roster).json()["items"][0]["attendees"] == 2
    assert county.a_office.get(roster).json()["items"] == []

    # Nothing starts before the deciding body's act: the council and the approval of a skip ...
    cases.at("2025-04-30T10:00")
    meeting = {"result": "passed", "meeting_on": "114.4.30"}
    early = cases.tries("a-office", "skip", "placement-started")
    assert (early.status_code, early.json()["code"]) == (409, "step-not-open")
    # The outcome of a placement is no school's to write.
    for step in ("placement-deliberated", "placement-approved", "placement-refused", "notified"):
        by_school = cases.tries("a-office", "skip", step, meeting)
        assert by_school.status_code in (403, 409), step
    assert cases.told("skip")["state"] == "before_council"
    assert cases.does("council", "skip", "placement-deliberated", meeting) == "deliberated"
    assert cases.tries("a-office", "skip", "placement-started").status_code == 409
    assert cases.tries("eb", "skip", "placement-noted").json()["code"] == "not-this-act"
    assert cases.does("eb", "skip", "placement-approved", {"decided_on": "114.5.1"}) == "decided"
    # ... and of an exemption the committee's, and the filing.
    assert cases.tries("council", "exempt", "placement-deliberated", meeting).status_code == 404
    assert cases.tries("a-office", "exempt", "placement-started").status_code == 409
    assert cases.does("a-office", "exempt", "placement-deliberated", meeting) == "deliberated"
    assert cases.tries("eb", "exempt", "placement-approved").json()["code"] == "not-this-act"
    assert cases.does("eb", "exempt", "placement-noted", {"decided_on": "114.5.1"}) == "decided"
    cases.does("council", "up", "placement-deliberated", meeting)
    cases.does("eb", "up", "placement-approved")

    # The letters go to the schools, and of who crosses to the junior high as well.
    letters = county.eb.get(f"{PROGRAMME}/rosters/letters").json()
    told = {
        one["organisation"]["code"]: {pupil["student"]["id"] for pupil in one["students"]}
        for one in letters["items"]
    }
    pupils = cases.pupils
    assert told == {
        "ks-a": {pupils["skip"], pupils["exempt"]},
        "ks-b": {pupils["up"]},
        "ks-j": {pupils["up"]},
    }
    assert (letters["opens_on"], letters["due_on"]) == ("2025-05-01", "2025-05-09")
    for name, size in (("attendance", 1), ("letters", 3), ("tasks", 2)):
        _in_pages(cases, name, size)
    for code in ("letters", "attendance", "tasks"):
        file = county.eb.get(f"{PROGRAMME}/rosters/{code}", format="csv")
        assert file.status_code == 200, file.text
        assert "學生up" in file.text
        assert "學生up" not in county.a_office.get(f"{PROGRAMME}/rosters/{code}", format="csv").text
    cases.does("eb", "up", "notified", LETTER)
    _starts(cases)


def _starts(cases: Cases) -> None:
    soon = cases.tries("a-office", "exempt", "placement-started")
    assert (soon.status_code, soon.json()["code"]) == (409, "placement-starts-later")
    cases.at("2025-08-01T09:00")
    mid = cases.tries("a-office", "skip", "placement-started", {"effective_on": "114.9.15"})
    assert mid.status_code == 422
    for name in ("skip", "exempt"):
        assert cases.does("a-office", name, "placement-started") == "in_force"
        started = cases.told(name)["steps"][-1]
        assert started["data"]["effective_on"] == "2025-08-01"


@pytest.mark.accepts("KAO-114", "KAO-115", "KAO-116", "KAO-157", "KAO-163")
def test_what_follows_a_decision_is_a_list_of_tasks_a_letter_and_who_pays(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    cases.pupil("full", 5)
    rows = [cases.row("full", area, "skip", 7) for area in SUBJECTS]
    _aims_at_a_controlled_junior_high(cases, "full")
    cases.pupil("exempt", 4)
    cases.row("exempt", "數學", "exemption", 5)
    cases.decided("full", "council", next_school_id=cases.schools["ks-j"])
    cases.decided("exempt", "committee")

    tasks = {one["code"]: one for one in cases.told("full", part="/tasks")["items"]}
    assert tasks["network_registration"]["name"] == "於特教通報網登錄資料"
    assert tasks["network_registration"]["due_on"] == "2025-06-27"
    # A window that is set anew moves what is due with it, and nothing else.
    anew = {"window": "w38", "closes": "114.7.4", "cause": "颱風停班"}
    moved = county.eb.post(f"{PROGRAMME}/round/window-postponed", anew, version=0)
    assert moved.status_code == 201, moved.text
    tasks = {one["code"]: one for one in cases.told("full", part="/tasks")["items"]}
    assert tasks["network_registration"]["due_on"] == "2025-07-04"
    listed = county.org.get(f"{PROGRAMME}/rosters/tasks", format="csv").text
    assert ("114.7.4" in listed, "114.6.27" in listed) == (True, False)
    assert {"diploma", "junior_high_transition", "new_pupil_report"} <= tasks.keys()
    assert (tasks["enrolment"]["required"], tasks["early_graduation"]["required"]) == (True, False)
    exempt = {one["code"] for one in cases.told("exempt", part="/tasks")["items"]}
    assert exempt.isdisjoint({"diploma", "new_pupil_report", "enrolment"})
    # The junior high names class and guidance teacher of who comes there, and of nobody else.
    arranged = {"next_class": "七年一班", "next_guidance_teacher": "陳老師"}
    own = cases.tries("a-office", "full", "next-school-arranged", arranged)
    assert (own.status_code, own.json()["code"]) == (403, "not-allowed")
    assert cases.tries("j-office", "exempt", "next-school-arranged", arranged).status_code == 404
    before = cases.told("full")["state"]
    assert cases.does("j-office", "full", "next-school-arranged", arranged) == before
    told = cases.told("full", "a-office")["steps"][-1]["data"]
    assert told["next_guidance_teacher"] == "陳老師"
    assert set(told["next_areas"]) == {*SUBJECTS}
    assert "陳老師" not in county.council.get(CASES).text

    done = {"task": "network_registration", "done_on": "114.4.21"}
    cases.does("a-office", "full", "task-done", done)
    reported = {"task": "new_pupil_report", "done_on": "114.4.21"}
    cases.does("a-office", "full", "task-done", reported)
    unknown = cases.tries("a-office", "exempt", "task-done", done | {"task": "diploma"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no-such-task")
    open_tasks = county.org.get(f"{PROGRAMME}/rosters/tasks", done=False).json()["items"]
    left = {one["student"]["id"]: {task["code"] for task in one["tasks"]} for one in open_tasks}
    assert left[cases.pupils["full"]].isdisjoint({"network_registration", "new_pupil_report"})
    assert "network_registration" in left[cases.pupils["exempt"]]

    printed = county.a_office.get(f"{PROGRAMME}/rosters/tasks", format="csv").text
    assert "監護人於通知期間報到" in printed

    # A later request names the letter by itself.
    asked = {"kind": "abandonment", "placement_id": rows[0], "reason": "家庭因素"}
    asked |= {"guardian_name": "陳大同", "guardian_signed_on": "114.4.20"}
    made = county.a_office.made(
        f"/students/{cases.pupils['full']}/placement-requests", asked | {"new_placement": None}
    )
    request = county.eb.get(f"/placement-requests/{made}").json()
    assert request["letter_number"] == LETTER["letter_number"]
    assert request["letter_date"] == "2025-05-02"
    signed = (request["guardian_name"], request["guardian_signed_on"])
    assert signed == ("陳大同", "2025-04-20")

    _pays(cases)
    # A decision of a semester takes effect when the next one starts.
    cases.pupil("autumn", 4)
    cases.row("autumn", "英語", "exemption", 5)
    cases.at("2025-10-01T09:00")
    _decided_late(cases)
    refused = cases.tries("a-office", "autumn", "placement-started")
    assert refused.json()["code"] == "placement-starts-later"
    cases.at("2026-02-02T09:00")
    cases.does("a-office", "autumn", "placement-started")
    assert cases.told("autumn")["steps"][-1]["data"]["effective_on"] == "2026-02-01"


def _aims_at_a_controlled_junior_high(cases: Cases, name: str) -> None:
    """As a correction of the application says; its registration said nothing of it."""
    office = cases.office(name)
    made = office.made(f"{PROGRAMME}/applications", {"student_id": cases.pupils[name]})
    path = f"{PROGRAMME}/applications/{made}"
    corrected = {"controlled_enrolment": True, "reason": "學區國中為總量管制學校"}
    answer = office.post(f"{path}/details-corrected", corrected, version=1)
    assert answer.status_code == 201, answer.text


def _pays(cases: Cases) -> None:
    request: dict[str, Any] = {"subsidy_areas": ["數學"], "explanation": "專案申請"}
    disabled = request | {"subsidy_status": "disability"}
    ordinary = cases.tries(
        "a-office", "exempt", "subsidy-requested", request | {"subsidy_status": "none"}
    )
    assert (ordinary.status_code, ordinary.json()["code"]) == (409, "subsidy-not-for-status")
    approval = {"committee_met_on": "114.4.22", "payment_areas": ["數學"]}
    cases.does("a-office", "exempt", "guardian-payment-approved", approval)
    cases.does("a-office", "exempt", "subsidy-requested", disabled)
    cases.does("eb", "exempt", "subsidy-decided", {"subsidy_result": "granted"})
    skip = cases.tries("a-office", "full", "subsidy-requested", disabled)
    assert skip.json()["code"] == "placement-not-exempt"


def _decided_late(cases: Cases) -> None:
    cases.opened("autumn")
    cases.reviewed("autumn")
    assert cases.told("autumn")["steps"][-1]["late"] is not None
    cases.does("org", "autumn", "desk-review-cleared")
    meeting = {"result": "passed", "meeting_on": "114.9.30"}
    cases.does("a-office", "autumn", "placement-deliberated", meeting)
    cases.does("eb", "autumn", "placement-noted")


def test_what_a_body_judged_changes_by_a_request_and_what_it_refused_ends(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    rows = {}
    for name in ("both", "none", "unapproved"):
        cases.pupil(name, 4)
        for area in ("英語", "數學"):
            rows[name, area] = cases.row(name, area, "skip", 6)
        cases.opened(name)
        cases.does("a-office", name, "learning-performance-entered", ADAPTATION)
        cases.reviewed(name)
        cases.does("org", name, "desk-review-cleared")

    def correct(name: str, area: str, body: dict[str, Any]) -> Any:
        path = f"/students/{cases.pupils[name]}/placements/{rows[name, area]}"
        version = county.a_office.get(path).json()["version"]
        return county.a_office.put(path, {"reason": "更正"} | body, version=version)

    def statuses(name: str) -> dict[str, str]:
        listed = county.a_office.get(f"/students/{cases.pupils[name]}/placements").json()["items"]
        return {one["area"]: one["status"] for one in listed}

    lower = {"category": "exemption", "placement_grade": 5}
    assert correct("both", "英語", lower).status_code == 200
    back = {"category": "skip", "placement_grade": 6}
    assert correct("both", "英語", back).status_code == 200
    meeting = {"meeting_on": "114.4.21"}
    # One subject passes, the other does not: it ends, is in no letter, and counts no more.
    partly = {"result": "passed", "refused_areas": ["數學"]} | meeting
    cases.does("council", "both", "placement-deliberated", partly)
    cases.does("council", "none", "placement-deliberated", {"result": "refused"} | meeting)
    cases.does("council", "unapproved", "placement-deliberated", {"result": "passed"} | meeting)
    cases.does("eb", "unapproved", "placement-refused")
    assert statuses("both") == {"英語": "in_force", "數學": "refused"}
    for name in ("none", "unapproved"):
        assert cases.told(name)["state"] == "refused"
        assert {*statuses(name).values()} == {"refused"}
    cases.does("eb", "both", "placement-approved")
    letters = county.eb.get(f"{PROGRAMME}/rosters/letters").json()["items"]
    told = {pupil["student"]["id"]: pupil["areas"] for pupil in letters[0]["students"]}
    assert told == {cases.pupils["both"]: ["英語"]}
    # A case of which nothing is left is read, on its page and in its parts, as any other.
    gone = f"/programmes/kaohsiung-114/placement-cases/{cases.cases['none']}"
    page = Visitor.of(county.client, "a-office", PASSWORD).visit(gone)
    assert (page.status, "不予核定" in page.text) == (200, True)
    assert cases.told("none", part="/igp")["required"] is False
    assert cases.told("none", part="/tasks")["items"] == []
    for paper in ("igp", "placement-application"):
        answer = county.a_office.get(f"{CASES}/{cases.cases['none']}/papers/{paper}")
        assert answer.status_code == 200, answer.text
    kinds = county.eb.get("/changes", **{"from": "114.4.21", "to": "114.4.21"}, kind="corrected")
    ended = [
        field["after"]
        for one in kinds.json()["items"]
        for field in one["fields"]
        if field["field"] == "outcome"
    ]
    assert ended == ["refused"] * 5

    # What was approved is placed anew or given up by a request; where lessons are is corrected.
    for answer in (
        correct("both", "英語", lower),
        county.a_office.post(
            f"/students/{cases.pupils['both']}/placements/{rows['both', '英語']}/withdrawal",
            {"reason": "誤填"},
            version=3,
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "placement-settled")
    assert correct("both", "英語", {"arrangement": "至六年三班上課"}).status_code == 200
    ended = correct("both", "數學", {"arrangement": "至六年三班上課"})
    assert (ended.status_code, ended.json()["code"]) == (409, "placement-not-in-force")


def test_the_list_of_cases_is_paged_in_either_order_whatever_begins_meanwhile(
    cases: Cases,
) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")

    def begins(name: str) -> None:
        cases.pupil(name, 4, f"ks-{name[0]}")
        cases.row(name, "英語", "skip", 6)
        cases.opened(name)

    for name in ("b1", "a1", "b2", "a2", "a3", "b3"):
        begins(name)
    cases.does("a-office", "a2", "learning-performance-entered", ADAPTATION)
    review = {"committee_result": "passed", "committee_met_on": "114.4.21"}
    cases.does("b-office", "b1", "committee-reviewed", review)

    def listed(**asked: Any) -> dict[str, Any]:
        answer = county.org.get(CASES, **asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    named = {number: name for name, number in cases.cases.items()}

    def names(found: dict[str, Any]) -> list[str]:
        return [named[one["id"]] for one in found["items"]]

    orders = {
        "organisation": ["a1", "a2", "a3", "b1", "b2", "b3"],
        "state": ["b1", "a1", "a2", "a3", "b2", "b3"],
        "updated_at": ["a1", "b2", "a3", "b3", "a2", "b1"],
    }
    for by, order in orders.items():
        assert names(listed(sort=by)) == order
        assert names(listed(sort=f"-{by}")) == order[::-1]
        first = listed(sort=f"-{by}", limit=4)
        rest = listed(sort=f"-{by}", limit=4, cursor=first["next_cursor"])
        assert (names(first) + names(rest), rest["next_cursor"]) == (order[::-1], None)
        other = county.org.get(CASES, sort=by, cursor=first["next_cursor"])
        assert other.json()["code"] == "cursor-not-valid"
    begun = {one: listed(organisation=f"ks-{one}", limit=2) for one in ("a", "b")}
    for name in ("a4", "b4"):
        begins(name)
    named |= {number: name for name, number in cases.cases.items()}
    for one, first in begun.items():
        rest = listed(organisation=f"ks-{one}", limit=2, cursor=first["next_cursor"])
        assert names(first) + names(rest) == [f"{one}{number}" for number in range(1, 5)]


def _in_pages(cases: Cases, name: str, at_least: int) -> None:
    """A list over the cases comes in pages, for its reader alone."""
    eb, path = cases.county.eb, f"{PROGRAMME}/rosters/{name}"
    whole = eb.get(path).json()
    assert whole["next_cursor"] is None
    assert len(whole["items"]) >= at_least, name
    found, cursor = [], ""
    while cursor is not None:
        page = eb.get(path, limit=1, **({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) == 1
        found += page["items"]
        last, cursor = cursor, page["next_cursor"]
    assert found == whole["items"]
    other = "letters" if name != "letters" else "tasks"
    for wrong in (
        cases.county.org.get(path, cursor=last),
        eb.get(path, cursor=last, organisation="ks-a"),
        eb.get(f"{PROGRAMME}/rosters/{other}", cursor=last),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor-not-valid")
