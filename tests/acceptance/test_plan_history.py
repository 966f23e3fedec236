"""What a plan said before, who changed it and why: of its sections, as of everything (5.1)."""

from typing import Any

import pytest

from tests.acceptance.courses import ROW, YEAR, Planning
from tests.api.serving import County

MEETING = {
    "school_year": YEAR,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["家長"],
    "content": "討論課程安排。",
}
AWARD = {"event_name": "科學展覽", "prize": "特優"}
VIEWERS = ("a-cm", "a-gh", "a-math", "a-hr", "a-office")


@pytest.fixture
def plan(county: County) -> Planning:
    made = Planning.of(county)
    county.teacher("a-hr", homeroom_class="四年甲班")
    return made


def section(plan: Planning, code: str) -> str:
    return f"/students/{plan.student}/sections/{code}?school_year={YEAR}"


def history(plan: Planning, who: str, code: str) -> list[dict[str, Any]]:
    """The changes of a section as somebody may see them, the oldest first."""
    answer = plan.caller(who).get(f"/students/{plan.student}/history", limit=200)
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["items"] if one["section"] == code]


@pytest.mark.accepts("IGP-139", "IGP-142", "IGP-147")
def test_every_value_of_a_section_is_in_its_history_and_of_two_saves_one_stands(
    plan: Planning,
) -> None:
    path, field = section(plan, "needs_assessment"), "guidance_recommendations"
    saves = (
        ("a-cm", "加深", None),
        ("a-gh", "加廣", "依會議決議"),
        ("a-cm", "獨立研究", "再次討論"),
    )
    for version, (who, said, reason) in enumerate(saves):
        body = {"data": {field: said}, "reason": reason}
        assert plan.caller(who).patch(path, body, version=version).status_code == 200
    for viewer in VIEWERS:
        told = history(plan, viewer, "needs_assessment")
        values = [(one["before"], one["after"]) for change in told for one in change["fields"]]
        assert values == [(None, "加深"), ("加深", "加廣"), ("加廣", "獨立研究")], viewer
        assert [one["reason"] for one in told] == [reason for _, _, reason in saves]
        assert [one["author"]["id"] for one in told] == [
            plan.county.id_of(who) for who, *_ in saves
        ]
        assert [one["author"]["capacity"] for one in told] == ["CM", "GH", "CM"]
        assert all(one["recorded_at"].endswith("+08:00") for one in told)
    assert history(plan, "eb", "needs_assessment") == []
    # Both loaded version 3: the first save is version 4, the second is refused and nothing merged.
    first = {"data": {field: "專題"}, "reason": "補充"}
    second = {"data": {"needs": {"affective_guidance": ["interpersonal"]}}, "reason": "補充"}
    done = plan.caller("a-cm").patch(path, first, version=3)
    assert (done.status_code, done.json()["version"]) == (200, 4)
    before, logged = plan.county.topics(), plan.county.refusals()
    late = plan.caller("a-gh").patch(path, second, version=3)
    assert (late.status_code, late.json()["code"]) == (412, "stale-version")
    assert "第 4 版" in late.json()["detail"]
    shown = plan.caller("a-gh").get(path).json()
    assert (shown["version"], shown["data"][field], shown["data"]["needs"]) == (4, "專題", {})
    # The refusal says by whom, what was tried and which rule stood against it.
    assert (plan.county.topics(), plan.county.refusals()) == (before, logged + 1)
    last = plan.county.last_refusal()
    assert {name: last[name] for name in ("by", "what", "rule", "subjects")} == {
        "by": plan.county.id_of("a-gh"),
        "what": "section.needs_assessment.save",
        "rule": "stale-version",
        "subjects": [plan.student],
    }


@pytest.mark.accepts("IGP-140", "IGP-141")
def test_what_was_deleted_is_gone_from_its_section_and_whole_in_history(plan: Planning) -> None:
    plan.goal()
    course = f"{plan.courses}/{plan.course('a-math', ROW)}"
    manager, maths, why = plan.caller("a-cm"), plan.caller("a-math"), {"reason": "重複登載"}
    meetings = f"/students/{plan.student}/meetings"
    meeting = f"{meetings}/{manager.made(meetings, MEETING)}"
    awards = section(plan, "awards")
    assert manager.put(awards, {"data": {"awards": [AWARD]}}, version=0).status_code == 200
    [row] = manager.get(awards).json()["data"]["awards"]
    corrected = {"data": {"awards": [row | {"prize": "優等"}]}}
    goal = plan.goal_path()
    withdrawn = goal.replace("?", "/withdrawal?")
    before = plan.county.topics()
    for reason in ({}, {"reason": None}, {"reason": " \u3000"}):
        for answer in (
            manager.put(meeting, {"topic": "期中會議"} | reason, version=1),
            manager.post(f"{meeting}/withdrawal", reason, version=1),
            manager.post(
                f"{meetings}/withdrawal",
                {"records": [{"id": meeting.rpartition("/")[2], "version": 1}]} | reason,
            ),
            manager.put(awards, corrected | reason, version=2),
            manager.put(awards, {"data": {"awards": []}} | reason, version=2),
            maths.put(course, {"course_name": "數論"} | reason, version=2),
            maths.put(course, {"rows": []} | reason, version=2),
            maths.post(f"{course}/withdrawal", reason, version=2),
            maths.patch(goal, {"data": {"goal_text": "探究"}} | reason, version=1),
            maths.post(withdrawn, reason, version=1),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "reason-required")
            assert answer.json()["errors"][0]["field"] == "reason"
    assert plan.county.topics() == before
    assert manager.put(meeting, {"topic": "期中會議"} | why, version=1).status_code == 200
    assert manager.post(f"{meeting}/withdrawal", why, version=2).status_code == 200
    assert manager.put(awards, corrected | why, version=2).status_code == 200
    assert manager.put(awards, {"data": {"awards": []}} | why, version=3).status_code == 200
    assert maths.post(withdrawn, why, version=1).status_code == 200
    whole = {
        "meeting": {"recorded", "corrected", "withdrawn"},
        "awards": {"recorded", "corrected", "withdrawn"},
        "annual_goal": {"recorded", "withdrawn"},
        "course_goal": {"recorded", "withdrawn"},
    }
    for viewer in VIEWERS:
        caller = plan.caller(viewer)
        assert caller.get(meetings).json()["items"] == []
        assert caller.get(plan.courses).json()["items"] == []
        assert caller.get(awards).json()["data"]["awards"] == []
        gone = caller.get(goal).json()
        assert (gone["withdrawn"], gone["data"]["goal_text"]) == (True, None)
        for code, kinds in whole.items():
            told = history(plan, viewer, code)
            assert {one["kind"] for one in told} == kinds, (viewer, code)
            assert (told[-1]["kind"], told[-1]["reason"]) == ("withdrawn", "重複登載")
