"""The record as of an instant is what the API showed at that instant, whatever came afterwards.

Random deeds about one student; after each, everything that the itinerant case manager is shown is
kept with the instant of the newest event. At the end the record is asked for as of each of these
instants. The itinerant teacher stays with a student who is moved to another school.
"""

import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ledger.database import Connection
from tests.acceptance.planning import FIRST, YEAR, Planning, page, planning
from tests.database import Template

LONG = bool(os.environ.get("IGP_LONG"))
WHO = "itinerant"
SECTIONS = ("basic_family", "awards", "needs_assessment", "strengths_weaknesses", "annual_goal")
ENTRIES = {"meetings": "meeting", "replacements": "replacement", "courses": "course_goal"}
PLACEMENT = {
    "school_year": YEAR,
    "area": "英語",
    "category": "acceleration",
    "target_year_grade": 5,
    "placement_grade": 6,
}
#: Of a record as it stood, what the page of the section says too.
HEADER = ("version", "education_stage", "field_sources", "updated_at", "updated_by")

DEEDS = [
    *(f"begin {section}" for section in SECTIONS),
    *(f"edit {section}" for section in SECTIONS),
    *(f"remove {section}" for section in SECTIONS),
    *(f"enter {section}" for section in ENTRIES.values()),
    *(f"change {section}" for section in ENTRIES.values()),
    *(f"strike {section}" for section in ENTRIES.values()),
    *("place", "correct", "withdraw", "ask", "decide", "decide", "share"),
    *("details", "class", "homeroom", "transfer", "recall", "assign", "unassign", "rename"),
]
deeds = st.sampled_from(DEEDS)
#: Each deed at a time at which it is allowed.
EVERYTHING = [
    *("share", "begin awards", "edit awards", "begin needs_assessment", "edit needs_assessment"),
    *("begin strengths_weaknesses", "edit strengths_weaknesses", "edit annual_goal"),
    *("edit basic_family", "enter meeting", "enter replacement", "rename", "change meeting"),
    *("change replacement", "change course_goal", "correct", "ask", "class", "decide", "decide"),
    *("homeroom", "place", "withdraw", "details", "assign", "strike course_goal"),
    *("remove annual_goal", "unassign", "remove awards", "strike meeting", "recall", "transfer"),
    *("edit basic_family", "transfer"),
]


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("as_shown") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


@pytest.mark.timeout(3600 if LONG else 300)
@settings(
    max_examples=100 if LONG else 5,
    deadline=None,
    # A shorter sequence of requests is looked for by hand.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(several=st.lists(deeds, min_size=6, max_size=18))
@example(several=EVERYTHING)
@example(several=["ask", "withdraw", "decide"])
def test_the_record_as_of_an_instant_is_what_was_shown_then(
    plans: Planning, several: list[str]
) -> None:
    pupil = Pupil(plans)
    kept = [(pupil.newest(), pupil.shown())]
    for deed in several:
        pupil.does(deed)
        kept.append((pupil.newest(), pupil.shown()))
    for instant, shown in kept:
        stood = pupil.as_of(instant)
        for part, what in shown.items():
            assert stood[part] == what, (instant, part)


class Pupil:
    """A student to whom things happen, some of which are refused: that is no matter here."""

    def __init__(self, plans: Planning) -> None:
        self.plans, self.county, self.story = plans, plans.county, plans.story
        self.student = plans.student()
        self._moved, self._recalled = 0, False
        # What other deeds need is there from the beginning.
        self._begin("annual_goal")
        self._enter("course_goal")
        self._place()

    def call(self, who: str, method: str, path: str, body: Any = None, version: Any = None) -> Any:
        return self.county.call(who, method, f"/students/{self.student}{path}", body, version)

    def newest(self) -> str:
        self.county.settle()
        [(at,)] = self.county.rows(
            "SELECT recorded_at FROM books.records ORDER BY position DESC LIMIT 1"
        )
        return str(at.isoformat())

    # -- what the API shows

    def shown(self) -> dict[str, Any]:
        """What the itinerant case manager is shown now, in the form of `as_of`."""
        itself = self.call(WHO, "GET", "").json()
        found: dict[str, Any] = {
            "student": {name: itself[name] for name in _STUDENT},
            "relations": [{name: one[name] for name in _RELATION} for one in itself["relations"]],
            "placements": self.call(WHO, "GET", "/placements").json()["items"],
            "requests": self.call(WHO, "GET", "/placement-requests").json()["items"],
        }
        for section in SECTIONS:
            record = self.plans.view(WHO, self.student, section).json()
            live = record["updated_at"] is not None and _says(record["data"])
            header = {name: record[name] for name in HEADER}
            found[section] = [header | {"data": record["data"]}] if live else []
        for plural, section in ENTRIES.items():
            items = self.call(WHO, "GET", f"/{plural}").json()["items"]
            found[section] = [_of_entry(one) for one in _by_age(items)]
        found["relations"].sort(key=str)
        return found

    def as_of(self, instant: str) -> dict[str, Any]:
        answer = self.call(WHO, "GET", f"/as-of?at={instant.replace('+', '%2B')}")
        assert answer.status_code == 200, answer.text
        said = answer.json()
        found: dict[str, Any] = {
            "student": {name: said["student"][name] for name in _STUDENT},
            "relations": [{name: one[name] for name in _RELATION} for one in said["relations"]],
            "placements": [_seen(one) for one in said["placements"]],
            "requests": [_seen(one) for one in said["placement_requests"]],
        }
        records = {one["section"]: one["records"] for one in said["sections"]}
        for section in SECTIONS:
            found[section] = [
                {name: one[name] for name in (*HEADER, "data")}
                for one in records[section]
                # The page does not tell a record that is empty from none.
                if _says(one["data"])
            ]
        for section in ENTRIES.values():
            found[section] = [_of_record(one) for one in _by_age(records[section])]
        found["relations"].sort(key=str)
        return found

    # -- what happens

    def does(self, deed: str) -> None:
        what, _, section = deed.partition(" ")
        act: Callable[..., Any] = getattr(self, f"_{what}")
        act(*([section] if section else []))

    def _begin(self, section: str) -> None:
        who = "a-math" if section == "annual_goal" else "a-cm"
        if section == "basic_family":
            self.plans.begin("a-cm", self.student, section)
            return
        version = self.plans.view(WHO, self.student, section).json()["version"]
        body = {"data": FIRST[section], "confirmed": True, "reason": "更正"}
        self.county.call(who, "PUT", page(self.student, section), body, version)

    def _edit(self, section: str) -> None:
        who = "a-math" if section == "annual_goal" else "itinerant"
        shown = self.plans.view(WHO, self.student, section).json()
        if section != "awards" or shown["data"]["awards"]:
            self.plans.edit(who, self.student, section, shown)

    def _remove(self, section: str) -> None:
        shown = self.plans.view(WHO, self.student, section).json()
        who = "a-math" if section == "annual_goal" else "a-cm"
        self.plans.remove(who, self.student, section, shown)

    def _enter(self, section: str) -> None:
        self.plans.enter(_writer(section), self.student, section)

    def _change(self, section: str) -> None:
        for shown in self._entries(section)[:1]:
            self.plans.change(_writer(section), self.student, section, shown)

    def _strike(self, section: str) -> None:
        for shown in self._entries(section)[-1:]:
            self.plans.strike(_writer(section), self.student, section, shown)

    def _share(self) -> None:
        for shown in self._entries("course_goal")[:1]:
            body = {"account": "a-cm2", "relation": "cross_field"}
            self.call("a-math", "POST", f"/courses/{shown['id']}/shares", body)

    def _entries(self, section: str) -> list[Any]:
        plural = next(name for name, code in ENTRIES.items() if code == section)
        items: list[Any] = self.call(WHO, "GET", f"/{plural}").json()["items"]
        return items

    def _place(self) -> None:
        self.call("a-cm", "POST", "/placements", PLACEMENT | {"occurred_on": "112.7.1"})

    def _placements(self) -> list[Any]:
        items: list[Any] = self.call(WHO, "GET", "/placements?status=in_force").json()["items"]
        return items

    def _correct(self) -> None:
        for one in self._placements()[:1]:
            body = {"placement_grade": one["placement_grade"] % 9 + 1, "reason": "更正"}
            self.call("a-cm", "PUT", f"/placements/{one['id']}", body, one["version"])

    def _withdraw(self) -> None:
        for one in self._placements()[-1:]:
            path = f"/placements/{one['id']}/withdrawal"
            self.call("a-cm", "POST", path, {"reason": "誤植"}, one["version"])

    def _ask(self) -> None:
        for one in self._placements()[:1]:
            new = {**PLACEMENT, "area": "數學"}
            del new["school_year"]
            body = {"kind": "re_placement", "placement_id": one["id"], "letter_number": "字第1號"}
            body |= {"reason": "家長提出", "new_placement": new}
            self.call("a-cm", "POST", "/placement-requests", body)

    def _decide(self) -> None:
        for one in self.call(WHO, "GET", "/placement-requests").json()["items"]:
            if one["waiting_for"] is None:
                continue
            committee = one["waiting_for"] == "school_committee"
            outcome = "passed" if committee else "consented"
            body = {"body": one["waiting_for"], "outcome": outcome, "decided_on": "112.7.31"}
            who, path = "a-office" if committee else "eb", f"/placement-requests/{one['id']}"
            self.county.call(who, "POST", f"{path}/decisions", body, one["version"])

    def _details(self) -> None:
        self.plans.story.details(UUID(self.student), birth_date=date(2013, 5, 7))

    def _class(self) -> None:
        self.plans.story.class_of(UUID(self.student), class_name="五年二班")

    def _homeroom(self) -> None:
        """The teacher of the gifted class leaves it, or takes it on again."""
        path = f"/accounts/{self.county.account('a-gh')}"
        known = self.county.call("eb", "GET", path).json()
        body = {"is_homeroom_teacher": False, "reason": "調整"}
        if not known["is_homeroom_teacher"]:
            body = {"is_homeroom_teacher": True, "homeroom_class": "資優五", "gifted_class": True}
        self.county.call("a-office", "PATCH", path, body, known["version"])

    def _transfer(self) -> None:
        schools = self.county.county.schools
        ends = [schools["ks-a"], schools["ks-b"]]
        old, new = ends[self._moved % 2], ends[(self._moved + 1) % 2]
        self._moved += 1
        self.story.transfer(UUID(self.student), old, new, "五年一班", grade=5)

    def _recall(self) -> None:
        if not self._recalled:
            self.story.recall(UUID(self.student), self.county.account("a-cm"))
        self._recalled = True

    def _assign(self) -> None:
        to = self.county.account("a-math")
        self.story.assign(UUID(self.student), to, "自然", YEAR + 1)

    def _unassign(self) -> None:
        self.story.unassign(UUID(self.student), self.county.account("a-math"))

    def _rename(self) -> None:
        path = f"/accounts/{self.county.account('a-cm')}"
        known = self.county.call("eb", "GET", path).json()
        name = "林大安" if known["name"] != "林大安" else "林個管"
        body = {"name": name, "reason": "更名"}
        self.county.call("a-office", "PATCH", path, body, known["version"])


_STUDENT = (
    *("id", "national_id", "name", "sex", "birth_date", "organisation", "stage", "grade"),
    *("class_name", "school_years"),
)
_RELATION = ("account", "capacity", "kind", "since", "until")
#: What an entry says beside the fields of its section.
_BESIDE = (
    *("id", "version", "student_id", "school_year", "education_stage", "locked", "created_at"),
    *("created_by", "updated_at", "updated_by", "taught_by", "components"),
    *("imported_template_id", "shares"),
)
_SAME = (
    *("version", "school_year", "education_stage", "created_at", "created_by", "updated_at"),
    *("updated_by", "shares"),
)


def _of_entry(one: dict[str, Any]) -> dict[str, Any]:
    header = {name: one.get(name, []) for name in _SAME}
    data = {name: value for name, value in one.items() if name not in _BESIDE}
    return header | {"record_id": one["id"], "data": data}


def _of_record(one: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in one["data"].items() if name not in _BESIDE}
    return {name: one[name] for name in (*_SAME, "record_id")} | {"data": data}


def _by_age(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda one: str(one["created_at"]))


def _seen(one: dict[str, Any]) -> dict[str, Any]:
    assert one["could_see_then"] is True
    return {name: value for name, value in one.items() if name != "could_see_then"}


def _says(data: dict[str, Any]) -> bool:
    return any(value not in (None, "", [], {}) for value in data.values())


def _writer(section: str) -> str:
    return "a-math" if section == "course_goal" else "itinerant"
