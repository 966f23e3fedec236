"""Placement cases in any order of steps: nothing breaks, and each refusal says what to do instead.

Chance takes whatever the case offers, at times what it does not, as one body or another would, and
at times mistypes a field.
"""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from domain.programme import shipped_text
from domain.programme_rules import read
from tests.acceptance.placing import ADAPTATION, COMMITTEE, IGP, LETTER, SIGNS, Cases
from tests.api.serving import County
from tests.api.twins import LONG
from tests.api.wrong_bodies import TYPED, wrong_bodies

WHO = {"SA": "a-office", "OR": "org", "CO": "council", "AA": "eb"}
WALKS = 24 if LONG else 4
DAYS = ("2025-04-21", "2025-04-29", "2025-05-06", "2025-08-02", "2026-02-03", "2026-08-01")
#: The state in which nothing is left to be done, as the programme marks it.
FINAL = {
    one.code
    for machine in read(shipped_text("kaohsiung-114")).machines
    if machine.code == "placement_case"
    for one in machine.states
    if one.final
}
FILES = ["applications", "assessment_tables", "igps"]
VERDICT = {"meeting_on": "114.4.21"}
#: What a step says, as often passed as the number of times that it stands here.
BODIES: dict[str, tuple[dict[str, Any], ...]] = {
    "learning-performance-entered": (ADAPTATION,),
    "committee-reviewed": tuple(
        {"committee_result": one, "committee_met_on": "114.4.21"}
        for one in ("passed", "passed", "failed")
    ),
    "desk-review-returned": ({"comments": "請補正"},),
    "placement-deliberated": tuple(
        VERDICT | {"result": one} for one in ("passed", "passed", "passed", "refused")
    ),
    "placement-approved": ({"decided_on": "114.4.21"},),
    "placement-noted": ({"decided_on": "114.4.21"},),
    "placement-refused": ({"decided_on": "114.4.21"},),
    "notified": (LETTER,),
    "difficulty-found": ({"difficulty": "跟不上"},),
    "guardian-notified": ({"guardian_notified_on": "114.4.21"},),
    "case-meeting-held": (VERDICT | {"meeting_result": "調整課表"},),
    "return-proposed": tuple(
        {"committee_met_on": "114.4.21", "return_areas": [area]}
        | {"return_school_year": 114, "return_semester": semester}
        for area in ("英語", "數學")
        for semester in (1, 2)
    ),
    "return-deliberated": (VERDICT | {"result": "passed"}, VERDICT | {"result": "refused"}),
    "abandoned-before-decision": ({"abandon_reason": "家庭因素"},),
    "files-handed-over": ({"on_paper": FILES, "electronic": FILES, "handed_over_on": "114.4.21"},),
    "transfer-received": ({"received_on": "114.4.21"},),
    "new-committee-passed": ({"committee_met_on": "114.4.21"},),
    "council-replaced": (VERDICT | {"result": "passed"}, VERDICT | {"result": "refused"}),
    "addition-reviewed": tuple(
        {"added_areas": ["社會"], "committee_result": one, "committee_met_on": "114.4.21"}
        for one in ("passed", "passed", "failed")
    ),
    "addition-deliberated": tuple(
        VERDICT | {"added_areas": ["社會"], "result": one} for one in ("passed", "refused")
    ),
    "addition-decided": tuple(
        LETTER | {"added_areas": ["社會"], "result": one} for one in ("passed", "refused")
    ),
    "igp/drafted": (IGP,),
    "igp/revised": ({"goals": "降低份量"},),
    "igp/committee-reviewed": ({"committee_result": "passed", "committee_met_on": "114.4.21"},),
    "igp/pre-reviewed": ({"pre_review": "passed"}, {"pre_review": "passed_with_changes"}),
    "igp/council-reviewed": (VERDICT | {"result": "passed"}, VERDICT | {"result": "refused"}),
    "igp/approved": (LETTER,),
}
#: A step that ends a case, or leads away from its way, is taken seldom: or no walk came far.
SELDOM = {
    "abandoned-before-decision",
    "placement-refused",
    "desk-review-returned",
    "transfer-notified",
}


class Walk:
    """One pupil's case, wherever chance leads it."""

    def __init__(self, cases: Cases, seed: int) -> None:
        self.cases, self.chance = cases, random.Random(seed)
        #: Of what is typed into the wrong field.
        self.errors = random.Random(f"wrong {seed}")
        self.name = f"漫步{seed}"
        cases.pupil(self.name, 4)
        # Of the school's committee alone, of the council, of both.
        for area in (("數學",), ("英語",), ("英語", "數學"))[seed % 3]:
            if area == "英語":
                cases.row(self.name, area, "skip", 6)
            else:
                cases.row(self.name, area, "exemption", 5)
        cases.opened(self.name)
        self.states = {"opened"}

    def told(self, part: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.cases.told(self.name, part=part)
        return found

    def offered(self) -> dict[str, list[str]]:
        """The steps of the case with who takes them, but for those that follow by themselves."""
        steps = {one["step"]: one["by"] for one in self.told()["open"]}
        return {step: by for step, by in steps.items() if by != ["SYS"]}

    def body(self, step: str) -> dict[str, Any]:
        if step == "transfer-notified":
            return {
                "to_school_id": self.cases.schools["ks-b"],
                "committee_signs": COMMITTEE,
                "transfer_notice_document": self.cases.paper("transfer_notice", self.name),
                "authority_letter_number": "示範國小字第1號",
                "new_school_letter_number": "示範國小字第2號",
                "transfer_letters_on": "114.4.21",
                "organiser_copied_on": "114.4.21",
            }
        if step == "igp/final-uploaded":
            paper = self.cases.paper("igp", self.name)
            minutes = self.cases.paper("committee_minutes", self.name)
            return {"igp_document": paper, "minutes_document": minutes, "signs": SIGNS}
        return self.chance.choice(BODIES.get(step, ({},)))

    def adds(self) -> None:
        """One more subject is filled in, whatever became of the case."""
        category, grade = self.chance.choice((("skip", 6), ("exemption", 5)))
        told = self.cases.office(self.name).post(
            f"/students/{self.cases.pupils[self.name]}/placements",
            {"school_year": 114, "area": "社會", "category": category, "reason": "漏填"}
            | {"target_year_grade": 5, "placement_grade": grade},
        )
        check(told)

    def steps(self) -> Iterator[str]:
        """What chance tries in the course of a day."""
        for _ in range(10):
            state = self.told()["state"]
            self.states.add(state)
            offered = self.offered()
            assert offered or state in FINAL, f"{state}: no way on"
            if not offered:
                return
            draw = self.chance.random()
            if draw < 0.2:
                yield self.chance.choice(
                    [one for one in BODIES if one.startswith("igp/")] + ["igp/final-uploaded"]
                )
            elif draw < 0.3:
                yield self.chance.choice([one for one in BODIES if not one.startswith("igp/")])
            else:
                names = [one for one in offered if one not in SELDOM or self.chance.random() < 0.1]
                yield self.chance.choice(names or [*offered])

    def tried(self, step: str) -> None:
        """One body tries, most often one that may."""
        by = self.offered().get(step, [])
        mine = [WHO[one] for one in by if one in WHO]
        who = mine if mine and self.chance.random() < 0.9 else [*WHO.values()]
        caller = self.chance.choice(who)
        office = self.cases.office(self.name)
        taker = office if caller == "a-office" else caller
        body = self.body(step)
        if self.errors.random() < 0.3 and (wrong := [*wrong_bodies(body)]):
            answer = self.cases.tries(taker, self.name, step, self.errors.choice(wrong))
            check(answer)
            assert TYPED not in answer.text
            if answer.status_code == 201:
                return
        answer = self.cases.tries(taker, self.name, step, body)
        check(answer)
        if answer.status_code == 201 and step == "files-handed-over":
            self.moves()

    def moves(self) -> None:
        student = self.cases.pupils[self.name]
        office = self.cases.office(self.name)
        version = office.get(f"/students/{student}").json()["version"]
        body = {"organisation": "ks-b", "grade": 5}
        office.post(f"/directory/students/{student}/transfers", body, version=version)


def check(answer: Any) -> None:
    """It was done, or the refusal says in words what is wrong."""
    assert answer.status_code in (201, 403, 404, 409, 422), answer.text
    if answer.status_code != 201:
        problem = answer.json()
        for words in (problem["title"], problem["detail"]):
            assert re.search("[一-鿿]{4}", words), problem
            assert not re.search(r"\b(None|Error|[a-z]+_[a-z_]+)\b", words), problem


@pytest.mark.timeout(3600 if LONG else 900)
def test_a_case_goes_wherever_its_steps_lead_and_stops_at_an_end_alone(county: County) -> None:
    cases = Cases(county)
    cases.at(f"{DAYS[0]}T08:00")
    walks = [Walk(cases, seed) for seed in range(WALKS)]
    for day in DAYS:
        cases.at(f"{day}T09:00")
        for walk in walks:
            if walk.chance.random() < 0.3:
                walk.adds()
            for step in walk.steps():
                walk.tried(step)
            walk.states.add(walk.told()["state"])
    reached = {state for walk in walks for state in walk.states}
    # Chance is the same in every run: these were reached, or the walks say little.
    assert reached >= {"before_council", "before_committee", "decided", "in_force", "refused"}
