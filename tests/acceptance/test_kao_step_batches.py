"""Tickets, scores and decisions of many applicants at once: each row with its own outcome."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import DUAL_SCHOOL, PROGRAMME, refused
from tests.acceptance.second_stage import SecondStage, row, scored
from tests.api.serving import Caller, County

TESTED: dict[str, float] = {"七十": 70, "六八": 68, "特殊": 67}
SCORES = {"t_sub1": 60, "t_sub2": 61, "t_sub3": 62}


class Sheets(SecondStage):
    """A county whose organiser and council work by the sheet."""

    def sheet(self, step: str, who: Caller | None = None, **wanted: Any) -> dict[str, Any]:
        answer = (who or self.county.org).get(f"{PROGRAMME}/step-batches/{step}", **wanted)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def rows_of(self, step: str, who: Caller | None, given: dict[str, Any]) -> list[Any]:
        """The rows of a request, at the versions that the sheet shows."""
        shown = {one["student"]["name"]: one for one in self.sheet(step, who, show="all")["rows"]}
        return [
            {
                "application": self.applications[name],
                "version": shown[name]["version"] if name in shown else 0,
                "data": data,
            }
            for name, data in given.items()
        ]

    def send(
        self, step: str, rows: list[Any], who: Caller | None = None, **more: Any
    ) -> dict[str, Any]:
        key = more.pop("key", None)
        path = f"{PROGRAMME}/step-batches/{step}"
        answer = (who or self.county.org).post(path, {"rows": rows} | more, key=key)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def batch(self, step: str, given: dict[str, Any], who: Caller | None = None) -> dict[str, str]:
        """What became of each applicant: the outcome, or the code of its refusal."""
        answer = self.send(step, self.rows_of(step, who, given), who)
        return {
            name: one["code"] or one["outcome"]
            for name, one in zip(given, answer["items"], strict=True)
        }


@pytest.fixture
def march(county: County) -> Sheets:
    """114.3.3: five registered for the initial test, one of whom sits it elsewhere."""
    stage = Sheets(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    for name in ("七十", "六八", "缺考"):
        stage.entered(name)
    stage.entered("特殊", has_disability=True)
    stage.entered(
        "同考", 2, dual_exam=True, dual_exam_school_id=DUAL_SCHOOL,
        initial_fee_paid=False,
    )  # fmt: skip
    stage.pupil("未報名")
    stage.at("2025-03-03T09:00")
    return stage


def test_the_initial_stage_is_entered_by_the_sheet(march: Sheets) -> None:
    county = march.county
    council, school = county.council, county.a_office
    path = f"{PROGRAMME}/step-batches/ticket-issued"
    for caller in (school, council):
        refused(caller.get(path), "not-allowed", 403)
    rows = [{"application": march.applications["七十"], "version": 0}]
    refused(school.post(path, {"rows": rows}), "not-allowed", 403)
    refused(county.org.post(f"{PROGRAMME}/step-batches/vetted", {"rows": rows}), "not-found", 404)

    # Who registered waits for a ticket; who sits elsewhere or did not register does not.
    names = ("七十", "六八", "缺考", "特殊")
    sheet = march.sheet("ticket-issued", limit=3)
    assert (sheet["waiting"], sheet["recorded"], len(sheet["rows"])) == (4, 0, 3)
    more = march.sheet("ticket-issued", limit=3, cursor=sheet["next_cursor"])
    listed = {one["student"]["name"] for one in sheet["rows"] + more["rows"]}
    assert listed == {*names}
    given = {
        name: {"ticket_no": f"1140{number}", "room_no": "01" if number < 2 else "02"}
        for number, name in enumerate(names)
    }
    tickets = march.rows_of("ticket-issued", None, given | {"同考": given["七十"]})
    tickets[2]["data"] = {"ticket_no": "", "room_no": "02"}
    tickets[3]["version"] += 1
    tickets.append(tickets[0])
    checked = march.send("ticket-issued", tickets, check=True)
    assert (checked["recorded"], checked["refused"]) == (2, 4)
    assert march.sheet("ticket-issued")["waiting"] == 4
    answer = march.send("ticket-issued", tickets, key="tickets-1")
    assert (answer["recorded"], answer["refused"]) == (2, 4)
    assert [one["code"] for one in answer["items"]] == [
        None, None, "not-valid", "stale-version", "stale-version", "twice-in-rows",
    ]  # fmt: skip
    assert answer["items"][2]["errors"][0]["field"] == "ticket_no"
    assert answer["items"][0]["student"]["name"] == "七十"
    # Sent again, with the key or without, nothing is recorded twice.
    before = march.told("七十")["version"]
    for key in ("tickets-1", None):
        again = march.send("ticket-issued", tickets, key=key)
        assert (again["recorded"], again["unchanged"], again["refused"]) == (0, 2, 4)
    assert march.told("七十")["version"] == before
    rest = march.batch("ticket-issued", {name: given[name] for name in names[2:]})
    assert rest == {"缺考": "recorded", "特殊": "recorded"}
    assert march.batch("ticket-issued", {"同考": given["七十"]})["同考"] == "stale-version"
    assert march.sheet("ticket-issued", show="recorded", room="02")["recorded"] == 4
    assert march.sheet("ticket-issued", show="all")["rooms"] == ["01", "02"]

    march.at("2025-03-10T09:00")
    came = {"缺考": {"attendance": "absent"}, "七十": {"attendance": "present"}}
    assert {*march.batch("attendance-recorded", came).values()} == {"recorded"}
    given = {name: SCORES | {"t_full": full} for name, full in TESTED.items()}
    given |= {"同考": SCORES | {"t_full": 72, "source": "dual"}, "缺考": SCORES | {"t_full": 50}}
    wrong = given | {"六八": SCORES | {"t_full": 168}}
    assert march.batch("initial-score-imported", wrong) == {
        **dict.fromkeys(("七十", "特殊", "同考"), "recorded"),
        "六八": "not-valid",
        "缺考": "stale-version",
    }
    # What came singly is not asked for again by the sheet.
    march.scored("六八", 68)
    assert march.sheet("initial-score-imported")["waiting"] == 0
    told = school.get(march.path("七十")).text
    assert "t_full" not in told

    # The council sees who has a score and what it proposes, and decides on the same sheet.
    sheet = march.sheet("initial-decision-made", council)
    proposed = {one["student"]["name"]: one["proposed"] for one in sheet["rows"]}
    assert proposed == {"七十": "passed", "六八": "failed", "特殊": "failed", "同考": "passed"}
    assert {one["ticket_no"] for one in sheet["rows"]} == {None}
    assert sheet["rows"][0]["scores"].keys() == {*SCORES, "t_full"}
    refused(county.org.get(f"{PROGRAMME}/step-batches/initial-decision-made"), "not-allowed", 403)
    decided = {name: {"decision": proposed[name]} for name in proposed}
    wrong = decided | {"六八": {"decision": "passed"}}
    found = march.batch("initial-decision-made", wrong, council)
    assert found.pop("六八") == "below-the-line"
    assert {*found.values()} == {"recorded"}
    assert march.batch("initial-decision-made", decided, council) == {
        **dict.fromkeys(found, "unchanged"),
        "六八": "recorded",
    }
    # A corrected score waits for the council again.
    corrected = {"item": "t_full", "new_score": 69, "reason": "登載有誤"}
    assert march.examine("六八", "score-corrected", corrected).status_code == 201
    waiting = march.sheet("initial-decision-made", council)["rows"]
    assert [(one["student"]["name"], one["proposed"]) for one in waiting] == [("六八", "passed")]
    assert "initial-decision" not in school.get(march.path("六八")).text


def test_the_second_stage_has_a_cell_for_every_subject(county: County) -> None:
    stage = Sheets(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    given = {"國數": ("chinese", "mathematics"), "英語": ("english",), "身障": ("english",)}
    for name in given:
        special = {"has_disability": True} if name == "身障" else {}
        stage.exempted(name, 4, **special)
    stage.at("2025-03-20T09:00")
    for name, subjects in given.items():
        stage.registered(name, [row(one, 5) for one in subjects])
    stage.at("2025-04-08T09:00")
    tickets = {
        name: {"ticket_no": f"1140{number}", "room_no": "03"} for number, name in enumerate(given)
    }
    assert {*stage.batch("second-ticket-issued", tickets).values()} == {"recorded"}
    stage.at("2025-04-14T09:00")
    sheet = stage.sheet("subject-score-imported")
    subjects = {one["student"]["name"]: tuple(one["subjects"]) for one in sheet["rows"]}
    assert subjects == given
    absent = [{"subject": "mathematics", "attendance": "absent"}]
    assert stage.batch("second-attendance-recorded", {"國數": {"attendance": absent}}) == {
        "國數": "recorded"
    }
    scores = {"國數": scored({"chinese": 66}), "英語": scored({"english": 65.5})}
    wrong = scores | {"身障": scored({"chinese": 62})}
    assert stage.batch("subject-score-imported", wrong)["身障"] == "not-valid"
    scores["身障"] = scored({"english": 62})
    assert stage.batch("subject-score-imported", scores)["國數"] == "unchanged"
    assert stage.batch("subject-score-imported", {"英語": scored({"english": 64})}) == {
        "英語": "reason-required"
    }

    council = county.council
    rows = stage.sheet("subject-decision-made", council)["rows"]
    assert {one["student"]["name"]: one["scores"] for one in rows} == {
        "國數": {"chinese": "66"},
        "英語": {"english": "65.5"},
        "身障": {"english": "62"},
    }
    by_score: dict[str, Any] = {name: {} for name in given}
    assert stage.batch("subject-decision-made", by_score, council) == {
        "國數": "recorded",
        "英語": "recorded",
        "身障": "council-decision-needed",
    }
    interval = {
        "subject": "english",
        "passed": True,
        "decision_basis": "interval_estimation",
        "decision_reason": "優勢才能佐證",
    }
    assert stage.batch("subject-decision-made", {"身障": {"decisions": [interval]}}, council) == {
        "身障": "recorded"
    }
    stage.at("2025-04-18T15:00")
    assert stage.publish_second().status_code == 201
    assert stage.state("身障") == "placement_eligible"
