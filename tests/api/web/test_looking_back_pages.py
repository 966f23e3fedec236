"""What the pages of a past moment say, over HTTP."""

import re
from urllib.parse import urlencode

from tests.acceptance.courses import ROW, Planning
from tests.api.serving import PASSWORD, PLACEMENT, County
from tests.visiting import Sheet, Visitor


def test_the_past_is_shown_whole(county: County) -> None:
    planning = Planning.of(county)
    planning.goal()
    planning.course("a-math", ROW)
    of = f"/students/{planning.student}"
    placed = county.a_cm.made(f"{of}/placements", PLACEMENT)
    asked = {"kind": "abandonment", "placement_id": placed, "letter_number": "苓字第1130001號"}
    request = county.a_cm.made(f"{of}/placement-requests", asked | {"reason": "通學時間過長"})
    moment = county.a_cm.get(f"{of}/history").json()["items"][-1]["recorded_at"]
    decided = {"body": "school_committee", "outcome": "passed", "decided_on": "112.9.1"}
    clock = {"now": "2023-09-02T09:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    said = county.a_office.post(f"/placement-requests/{request}/decisions", decided, version=1)
    assert said.status_code == 201, said.text

    manager = Visitor.of(county.client, "a-cm", PASSWORD)
    # Who may see the history finds both pages from there.
    sheet = manager.visit(f"{of}/history")
    past = manager.visit(sheet.link("過去時點的資料"))
    assert manager.visit(sheet.link("比較兩個時點")).title.startswith("陳小明")
    form = past.form(f"{of}/as-of")
    then = manager.visit(f"{form.action}?{urlencode(form.filled(at=moment))}")
    assert then.title.startswith("陳小明")
    # The rows of a course, not their number.
    for text in (ROW["learning_performance"], "小論文", "動態評量", "數學專題"):
        assert text in then.text
    assert "安置中" in then.text
    assert "放棄安置申請" in then.text
    assert "通學時間過長" in then.text
    assert "學校特推會：通過" not in then.text
    assert "當時各種身分的權限" in then.text
    now = manager.visit(f"{of}/as-of?at=112.9.2")
    assert "學校特推會：通過，民國112年9月1日（五）" in now.text
    # The slider stands where the day that was typed ends.
    places = [_slider(manager.visit(f"{of}/as-of?at={day}")) for day in ("112.8.1", "112.9.2")]
    assert places[0] < places[1] == _slider(manager.visit(f"{of}/as-of"))


def test_a_relation_between_two_moments_says_whose_it_is(county: County) -> None:
    planning = Planning.of(county)
    teacher = Visitor.of(county.client, "a-cm", PASSWORD)
    account = county.id_of("a-math")
    assignments = f"/students/{planning.student}/teaching-assignments"
    taught = {"account": account, "subject": "自然", "school_year": 112}
    clock = {"now": "2023-08-02T09:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    county.a_office.made(assignments, taught)
    end = {"reason": "調整"}
    answer = county.a_office.post(f"{assignments}/{account}/end", end, version=2)
    assert answer.status_code == 200, answer.text
    sheet = teacher.visit(f"/students/{planning.student}/compare?from=112.8.1&to=112.8.2")
    assert "人員：a-math 老師　授課科目：自然　學年度：112" in sheet.text
    assert sheet.text.count("人員：a-math 老師") == 2


def test_the_rows_of_a_record_are_compared_in_their_order(county: County) -> None:
    planning = Planning.of(county)
    planning.goal()
    said = [f"學習表現之{number}" for number in "一二三四五"]
    planning.course("a-math", *({**ROW, "learning_performance": one} for one in said))
    teacher = Visitor.of(county.client, "a-math", PASSWORD)
    sheet = teacher.visit(f"/students/{planning.student}/compare?from=112.7.31&to=112.8.1")
    assert [one for one in said if one in sheet.text] == said
    assert sorted(said, key=sheet.text.index) == said


def _slider(sheet: Sheet) -> int:
    found = re.search(r'type="range" min="0" max="\d+" value="(\d+)"', sheet.html)
    assert found is not None
    return int(found[1])
