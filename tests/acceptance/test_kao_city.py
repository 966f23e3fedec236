"""A whole city registers and is placed: every total of its rosters equals SQL over the books.

The long suite has the city of the handbook's size, 80 schools and 2,000 applicants.
"""

import os
import random
from typing import Any, LiteralString

import pytest

from tests.acceptance.initial_stage import DUAL_SCHOOL, VETTED, done
from tests.acceptance.school_batches import Batches
from tests.acceptance.second_stage import SUBMITTED, rows, scored
from tests.api.serving import COUNTY, PASSWORD, County

SCHOOLS, PUPILS = (80, 25) if os.environ.get("IGP_LONG") else (4, 6)
LOW = {"income_proof_valid_until": "114.12.31", "initial_fee_paid": False}
DUAL = {
    "dual_exam": True,
    "dual_exam_school_id": DUAL_SCHOOL,
    "initial_fee_paid": False,
}
#: The newest event of each application that says what is due, and what the school passes on of it
#: (Kaohsiung 4.1).
INITIAL: LiteralString = """
    WITH said AS (
        SELECT DISTINCT ON (stream_id) stream_id, convert_from(body, 'UTF8')::jsonb AS body
        FROM books.records
        WHERE topic LIKE 'application.%' AND convert_from(body, 'UTF8')::jsonb ? 'fee_due'
        ORDER BY stream_id, position DESC
    )
    SELECT count(*), count(*) FILTER (WHERE (body->>'fee_due')::int > 0),
           sum((body->>'fee_due')::int),
           sum(CASE WHEN (body->>'fee_due')::int > 0 THEN 770 ELSE 0 END)
    FROM said
"""
SECOND: LiteralString = """
    WITH said AS (
        SELECT DISTINCT ON (stream_id) convert_from(body, 'UTF8')::jsonb AS body
        FROM books.records
        WHERE topic = 'application.second-stage-application-submitted.v2'
        ORDER BY stream_id, position DESC
    )
    SELECT count(*), sum((body->>'subject_count')::int), sum((body->>'second_fee')::int),
           sum((body->>'remit_amount')::int)
    FROM said
"""
PLACED: LiteralString = """
    SELECT count(DISTINCT subject), count(*)
    FROM books.records
    WHERE topic = 'placement.row-filled.v1'
      AND (convert_from(body, 'UTF8')::jsonb->>'school_year')::int = 114
"""


class City(Batches):
    """Many schools, each with a few applicants of every kind."""

    def __init__(self, county: County) -> None:
        super().__init__(county)
        self.chance = random.Random(114)
        self.at_school: dict[str, str] = {}
        self.kept: dict[str, bool] = {}
        self.grades: dict[str, int] = {}
        self.schools = ["ks-a", "ks-b"]
        for number in range(2, SCHOOLS):
            code = f"ks-s{number:02}"
            school = {"code": code, "name": f"示範{number}國小", "kind": "school"}
            county.eb.made("/organisations", school | {"county": COUNTY, "stage": "elementary"})
            office = {"username": f"s{number:02}-office", "name": f"承辦{number}"}
            office |= {"organisation": code, "password": PASSWORD}
            county.eb.made("/accounts", office | {"roles": ["school_administrator"]})
            self.schools.append(code)

    def act_for(self, name: str) -> None:
        self.school = self.at_school[name]

    def registers_somebody(self, name: str) -> None:
        """An applicant of a kind that chance chose."""
        grade = self.grades[name] = self.chance.randint(1, 6)
        given: dict[str, Any] = {}
        kind = self.chance.random()
        self.kept[name] = kind < 0.25
        if kind < 0.25:
            given |= {"initial_exempt_claim": True, "initial_fee_paid": False}
        elif kind < 0.4 and grade in (2, 4):
            given |= DUAL
        if self.chance.random() < 0.2:
            status = self.chance.choice(("low_income", "mid_low_income"))
            given |= LOW | {"economic_status": status}
        if self.chance.random() < 0.1:
            given["has_disability"] = True
        self.registers(name, grade, **given)
        if self.kept[name]:
            self.verified(name)
        done(self.take(name, "vetted", VETTED))
        dual = "dual_exam" in given
        done(self.take(name, "initial-entry-confirmed", {"dual_registered": dual}))

    def registers_subjects(self, name: str) -> None:
        """One to all of the subjects of the next grade."""
        grade = self.grades[name] + 1
        offered = (
            ("chinese", "mathematics") if grade == 2 else ("chinese", "mathematics", "science")
        )
        chosen = self.chance.sample(offered, self.chance.randint(1, len(offered)))
        self.registered(name, rows(grade, "skip_part", tuple(chosen)))

    def sits(self, name: str, number: int) -> None:
        """The test of the subjects; chance says which are passed."""
        self.second_ticket(name, f"114{number:04}")
        said = self.last(name, SUBMITTED, self.county.org)
        scores = {one["subject"]: self.chance.randint(60, 72) for one in said["rows"]}
        done(self.examine(name, "subject-score-imported", scored(scores)))

    def places(self, name: str) -> int:
        """A row for every subject that a skip is offered for; how many."""
        answer = self.office.get(f"{self.path(name)}/placement-options").json()
        offered = [one for one in answer["items"] if one["category"] == "skip"]
        for one in offered:
            row = {"school_year": 114, "target_year_grade": answer["target_year_grade"]}
            row |= {each: one[each] for each in ("area", "category", "placement_grade")}
            if one["placement_grade"] >= 7:
                row["arrangement"] = "至三民示範國中上課"
            self.office.made(f"/students/{self.students[name]}/placements", row)
        return len(offered)


def asked(county: County, statement: LiteralString) -> tuple[int, ...]:
    with county.house.ledger.database.connect("projector") as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return tuple(int(one) for one in row)


@pytest.fixture
def city(county: County) -> City:
    made = City(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    return made


@pytest.mark.timeout(7200)
def test_every_total_of_a_citys_rosters_equals_the_books(city: City) -> None:
    org = city.county.org
    for number, code in enumerate(city.schools):
        city.school = code
        for pupil in range(PUPILS):
            name = f"學生{number}之{pupil}"
            city.at_school[name] = code
            city.registers_somebody(name)
    totals = city.roster("initial", org)["totals"]
    found = (totals["students"], totals["paying_students"], totals["collected"])
    assert (*found, totals["passed_on"]) == asked(city.county, INITIAL)
    assert totals["students"] == SCHOOLS * PUPILS
    assert totals["collected"] - totals["passed_on"] == totals["kept"]

    city.at("2025-03-20T09:00")
    registered = 0
    for name in (one for one, kept in city.kept.items() if kept):
        city.act_for(name)
        city.registers_subjects(name)
        registered += 1
    totals = city.roster("second", org)["totals"]
    count, subjects, charged, passed_on = asked(city.county, SECOND)
    assert (totals["students"], totals["units"]) == (count, subjects) == (registered, subjects)
    assert (totals["collected"], totals["passed_on"]) == (charged, passed_on)

    # What the schools see of it comes to the same.
    for stage in ("initial", "second"):
        of_schools = {"collected": 0, "passed_on": 0, "students": 0}
        for code in city.schools:
            city.school = code
            own = city.roster(stage)["totals"]
            for sum_ in of_schools:
                of_schools[sum_] += own[sum_]
        whole = city.roster(stage, org)["totals"]
        assert of_schools == {sum_: whole[sum_] for sum_ in of_schools}

    _placed(city)


def _placed(city: City) -> None:
    """The second test, its results, and the placement page of every school."""
    org, council = city.county.org, city.county.council
    registered = [one for one, kept in city.kept.items() if kept]
    city.at("2025-04-14T09:00")
    for number, name in enumerate(registered):
        city.act_for(name)
        city.sits(name, number)
    city.at("2025-04-15T10:00")
    for name in registered:
        done(city.examine(name, "subject-decision-made", who=council))
    city.at("2025-04-18T15:00")
    done(city.publish_second())
    city.at("2025-04-18T17:00")
    filled = 0
    for name in registered:
        city.act_for(name)
        filled += city.places(name)
    totals = city.roster("placement", org)["totals"]
    assert (totals["students"], totals["units"]) == asked(city.county, PLACED)
    assert totals["units"] == filled > 0
    of_schools = 0
    for code in city.schools:
        city.school = code
        of_schools += city.roster("placement")["totals"]["units"]
    assert of_schools == filled
