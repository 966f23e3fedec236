"""Whatever is saved into a plan, the domain, the view, a rebuilt view and a replay say the same.

Sequences of saves over every section of the plan and everybody who writes: rows are added,
corrected and removed, records withdrawn and begun anew, entries made, changed and struck, versions
are wrong and reasons missing. The notes are no part of the plan. A plain dictionary says what each
save should leave; everybody else must agree with it.
"""

import os
from collections.abc import Iterator
from functools import reduce
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pydantic_core import to_jsonable_python

from api.section_items import opened
from domain.access import of_school
from domain.section_record import Record, evolve
from ledger.database import Connection
from projections.plan_records import PlanRecordsView, records_of
from projections.runner import Runner
from projections.view import audience_ids
from projections.viewer import viewing
from replay.plan_at import newest, plan_at
from tests.acceptance.entries_meant import Entries
from tests.acceptance.plan_acts import (
    EACH_ENTRY,
    GROUPS,
    OF_YEAR,
    WRITERS,
    Act,
    Begin,
    Change,
    Enter,
    Save,
    Strike,
    Withdraw,
    acts,
)
from tests.acceptance.planning import Planning, page, planning
from tests.database import Template
from tests.projections.view_case import rows

LONG = bool(os.environ.get("IGP_LONG"))
serials = count(1)


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("fold_alike") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


@pytest.mark.timeout(3600 if LONG else 300)
@settings(
    max_examples=100 if LONG else 10,
    deadline=None,
    # A shorter sequence of requests is looked for by hand.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@example(several=EACH_ENTRY, batch=2)
@given(several=st.lists(acts, min_size=2, max_size=12), batch=st.integers(1, 5))
def test_a_plan_is_the_same_to_the_domain_the_view_and_a_replay(
    plans: Planning, several: list[Act], batch: int
) -> None:
    student = plans.student()
    model = Model(plans, student)
    for act in several:
        model.does(act)
    for section in WRITERS:
        assert meant(model.shown(section)["data"]) == meant(model.data[section]), section
    _compare_entries(model.entries)
    _compare(plans, student)
    _compare_rebuilt(plans, batch)


class Model:
    """What the plan of a student should say, by section; None where there is no record."""

    def __init__(self, plans: Planning, student: str) -> None:
        self._plans, self._student = plans, student
        self.data: dict[str, dict[str, Any] | None] = dict.fromkeys(WRITERS)
        self.entries = Entries(plans, student)
        self._reported = self.shown("basic_family")["data"]
        self.data["basic_family"] = self._reported

    def shown(self, section: str) -> Any:
        answer = self._plans.view("a-cm", self._student, section)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, act: Act) -> None:
        match act:
            case Save():
                self._saves(act)
            case Withdraw(section, who):
                self._withdraws(section, who)
            case Enter(section):
                under = "annual_goal" if section == "course_goal" else "basic_family"
                self.entries.enters(act, may=self.data[under] is not None)
            case Change():
                self.entries.changes(act)
            case Strike():
                self.entries.strikes(act)
            case Begin(who):
                answer = self._plans.begin(who, self._student, "basic_family")
                stands = self.data["basic_family"] is not None
                assert answer.status_code == (409 if stands else 201), answer.text
                if not stands:
                    self.data["basic_family"] = self.shown("basic_family")["data"]

    def _saves(self, act: Save) -> None:
        shown, known = self.shown(act.section), self.data[act.section]
        # The whole form is sent; what the directory reported is in it.
        form = known or self._reported if act.section == "basic_family" else {}
        data = form | act.fields
        group = GROUPS.get(act.section)
        before = shown["data"][group] if group else []
        if group:
            data[group] = self._rows(before, act.rows)
        body = {"data": data} | ({"reason": "更正"} if act.reason else {})
        path, version = page(self._student, act.section), shown["version"] + act.behind
        answer = self._plans.county.call(act.who, "PUT", path, body, version)
        status = self._expected(act, known, data)
        assert answer.status_code == status, (act, answer.text)
        if status != 200:
            return
        after = self.shown(act.section)["data"]
        if group:
            # A new row has its id from the house, the others keep theirs.
            new = [one for one in after[group] if one["row_id"] not in _ids(before)]
            for row in data[group]:
                if "row_id" not in row:
                    match = next(one for one in new if _same(one, row))
                    new.remove(match)
                    row["row_id"] = match["row_id"]
            assert new == []
        # A save that says nothing begins nothing.
        begins = known is not None or bool(meant(data))
        self.data[act.section] = data if begins else None

    def _rows(
        self, before: list[dict[str, Any]], given: list[tuple[int, dict[str, Any] | None]]
    ) -> list[dict[str, Any]]:
        """The rows as they shall stand: those named are changed or gone, or new."""
        made = [dict(one) for one in before]
        gone = []
        for number, said in given:
            if number >= len(before):
                made += [] if said is None else [dict(said)]
            elif said is None:
                gone.append(made[number])
            else:
                made[number] |= said
        return [one for one in made if one not in gone]

    def _expected(self, act: Save, known: dict[str, Any] | None, data: dict[str, Any]) -> int:
        """The status of a save, in the order of the checks."""
        if known is None and act.section == "strengths_weaknesses" and act.who == "a-math":
            return 403
        if act.section == "basic_family" and known is None:
            return self._without_year(act)
        if act.behind:
            return 412
        before = meant(known)
        corrects = any(meant(data).get(name) != value for name, value in before.items())
        if act.section in GROUPS and known is not None:
            corrects = self._corrects_rows(known, data, GROUPS[act.section]) or any(
                meant(data).get(name) != value
                for name, value in before.items()
                if name != GROUPS[act.section]
            )
        if corrects and not act.reason:
            return 422
        if act.section in OF_YEAR and self.data["basic_family"] is None:
            return 409
        return 200

    def _without_year(self, act: Save) -> int:
        return 412 if act.behind else 409

    @staticmethod
    def _corrects_rows(known: dict[str, Any], data: dict[str, Any], group: str) -> bool:
        after = {one["row_id"]: one for one in data[group] if "row_id" in one}
        return any(
            one["row_id"] not in after
            or any(
                meant(after[one["row_id"]]).get(name) != said for name, said in meant(one).items()
            )
            for one in known.get(group, ())
        )

    def _withdraws(self, section: str, who: str) -> None:
        version = self.shown(section)["version"]
        answer = self._plans.withdraw(who, self._student, section, version)
        if answer.status_code == 200:
            assert self.data[section] is not None
            self.data[section] = None
            if section == "annual_goal":
                self.entries.courses_go()


def _ids(rows: list[dict[str, Any]]) -> set[str]:
    return {one["row_id"] for one in rows}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = meant(one), meant(other)
    first.pop("row_id", None)
    second.pop("row_id", None)
    return first == second


def meant(data: dict[str, Any] | None) -> dict[str, Any]:
    """Without what is empty; rows in the order of their ids."""
    found = {}
    for name, value in (data or {}).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = sorted((meant(one) for one in value), key=lambda one: str(one.get("row_id")))
        if value not in (None, "", [], {}, ()):
            found[name] = value
    return found


def _compare_entries(entries: Entries) -> None:
    assert entries.listed() == set(entries.standing)
    for one, known in entries.standing.items():
        shown = entries.shown(one)
        said = {name: shown[name] for name in known.data}
        for row in said.get("rows", ()):
            row.pop("row_id")
        assert _ordered(said) == _ordered(known.data), known.section


def _ordered(data: dict[str, Any]) -> dict[str, Any]:
    rows = sorted(str(sorted(meant(row).items())) for row in data.get("rows", ()))
    return meant({name: one for name, one in data.items() if name != "rows"}) | {"rows": rows}


def _compare(plans: Planning, student: str) -> None:
    """The fold of the domain, the living view and a replay, of every record of the student."""
    county, known = plans.county, UUID(student)
    ledger, house = county.office.ledger, county.office.house
    school = of_school(county.county.schools["ks-a"])
    with viewing(house.reader, known, audience_ids([school])) as connection:
        living = records_of(connection, known)
    assert living
    with ledger.database.connect("projector") as connection:
        replayed = plan_at(connection, known, newest(connection), [school])
    assert replayed is not None
    assert list(replayed.records) == living
    for one in living:
        folded = reduce(evolve, ledger.events(one.record_id), None)
        assert isinstance(folded, Record)
        assert (folded.version, folded.withdrawn) == (one.version, one.status == "withdrawn")
        assert (folded.section, folded.student_id) == (one.section, one.student)
        plain = opened(house, known, one.row["data"])
        assert meant(to_jsonable_python(folded.data)) == meant(plain)
        assert dict(folded.sources) == one.row.get("sources", {})


def _compare_rebuilt(plans: Planning, batch: int) -> None:
    ledger, view = plans.county.office.ledger, PlanRecordsView()
    plans.county.settle()
    living = rows(ledger, view)
    schema = f"again_{next(serials)}"
    runner = Runner(ledger.database, [view], ledger.mapper, schema=schema, batch=batch)
    runner.prepare()
    runner.catch_up()
    runner.close()
    assert rows(ledger, view, schema) == living
