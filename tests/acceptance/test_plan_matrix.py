"""Every row of the machine-form matrix of the IGP manual (2.4), tried over HTTP (IGP-16).

The rows are the block of the specification, copied into `plan_matrix.csv`. For each a student is
made to whom somebody of the role stands in the relation it asks for; then each deed is tried.
Y: it is done, in the capacity of the role. N: it is refused, with 403 where the section may be
seen and 404 where not; the books stay as they were, the note of the refusal apart.

Of counselling notes `test_matrix` tries every cell but the export; that the two tables agree is
tested here.
"""

import csv
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from domain.labels import SECTIONS
from ledger.database import Connection
from tests.acceptance.planning import ENTRIES, FIRST, ROWS, YEAR, Planning, entry, planning
from tests.acceptance.test_matrix import rows as note_rows
from tests.acceptance.trying import NOBODY, NOTE
from tests.database import Template
from tests.documents.pdf_text import pages_of
from tests.plugins.acceptance import SPECIFICATION_DIR

MATRIX = Path(__file__).parent / "plan_matrix.csv"
NOTES = "counselling_note"

#: Who acts for a role. A case manager is one in either kind of service.
ACTORS = {
    "CM": ["a-cm", "itinerant"],
    "GH": ["a-gh"],
    "ST": ["a-math"],
    "ST_OWNER": ["a-math"],
    "ST_SHARED": ["a-eng"],
    "ST_OTHER": ["a-sci"],
    "HR": ["a-hr"],
    "SA": ["a-office"],
    "AA": ["eb"],
    "SU": ["a-pupil"],
}
#: The capacity that the event of a deed names.
CAPACITIES = {role: role.partition("_")[0] for role in ACTORS}

#: Refusals that another thing decides than whether the section may be seen: the authority sees the
#: student in the register, to whom something would be added; a student's account sees its own
#: course goals, and no register.
STATUS = {
    ("basic_family", "AA", "create"): 403,
    ("course_goal", "SU", "create"): 404,
}


#: What the acceptance list says of a section and a role beyond the table: of who writes, of the
#: subject teacher, of the others.
_WRITERS = ("CM", "GH")
STATEMENTS = {
    ("basic_family", ("CM",)): ["IGP-18"],
    ("basic_family", ("GH",)): ["IGP-19"],
    ("basic_family", ("ST",)): ["IGP-20"],
    ("transition", _WRITERS): ["IGP-21"],
    ("transition", ("ST",)): ["IGP-22"],
    ("identification", _WRITERS): ["IGP-23"],
    ("identification", ("ST",)): ["IGP-24"],
    ("career_interest", _WRITERS): ["IGP-25"],
    ("career_interest", ("ST",)): ["IGP-26"],
    ("interest_analysis", _WRITERS): ["IGP-27"],
    ("interest_analysis", ("ST",)): ["IGP-28"],
    ("awards", _WRITERS): ["IGP-29"],
    ("awards", ("ST",)): ["IGP-30"],
    ("strengths_weaknesses", _WRITERS): ["IGP-31"],
    ("strengths_weaknesses", ("ST",)): ["IGP-32", "IGP-33"],
    ("needs_assessment", _WRITERS): ["IGP-34"],
    ("needs_assessment", ("ST",)): ["IGP-35"],
    (None, ("HR",)): ["IGP-64"],
    (None, ("SA",)): ["IGP-65", "IGP-66"],
    (None, ("AA",)): ["IGP-68"],
    (None, ("SU",)): ["IGP-73"],
}


class Row(NamedTuple):
    section: str
    role: str
    cells: dict[str, str]
    who: str = ""


def rows() -> list[Row]:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return [
            Row(line.pop("section"), line.pop("role"), dict(line)) for line in csv.DictReader(file)
        ]


def statements(row: Row) -> list[str]:
    """The acceptance ids that a row's cells prove."""
    return ["IGP-16"] + [
        one
        for (section, roles), ids in STATEMENTS.items()
        if section in (row.section, None) and row.role in roles
        for one in ids
        # 課程目標 is the one sub-item that its student may view.
        if (row.section, one) != ("course_goal", "IGP-73")
    ]


def tried(*sections: str) -> list[Any]:
    return [
        pytest.param(
            row._replace(who=who),
            id=f"{row.section}-{row.role}-{who}",
            marks=pytest.mark.accepts(*statements(row)),
        )
        for row in rows()
        if row.section in sections
        for who in ACTORS[row.role]
    ]


@pytest.fixture(scope="module")
def plans(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    keys = tmp_path_factory.mktemp("plan_matrix") / "keys"
    with planning(template, administrator, keys) as plans:
        yield plans


def test_the_matrix_is_that_of_the_specification() -> None:
    """Where the specification lies beside the checkout."""
    folder = os.environ.get(SPECIFICATION_DIR)
    if folder:
        text = (Path(folder) / "igp-plan.md").read_text(encoding="utf-8")
        [block] = re.findall(r"```csv\n(section,role,.*?)```", text, re.DOTALL)
        assert MATRIX.read_text(encoding="utf-8") == block
    assert len(rows()) == 93
    assert {row.role for row in rows()} == ACTORS.keys()


@pytest.mark.parametrize(
    "row",
    tried(
        "basic_family",
        "transition",
        "identification",
        "career_interest",
        "interest_analysis",
        "awards",
        "strengths_weaknesses",
        "needs_assessment",
        "annual_goal",
    ),
)
def test_a_row_of_a_section(plans: Planning, row: Row) -> None:
    class_name = "五年二班" if row.role == "HR" else "資優五"
    student = plans.student(class_name, year=row.section != "basic_family")
    section, who = row.section, row.who
    keeper = "a-math" if section == "annual_goal" else "a-cm"

    def shown() -> Any:
        answer = plans.view(keeper, student, section)
        assert answer.status_code == 200, answer.text
        return answer.json()

    judge(plans, row, "create", lambda: plans.begin(who, student, section))
    if row.cells["create"] == "N":
        assert plans.begin(keeper, student, section).status_code in (200, 201)
    before = shown()
    assert before["version"] > 0
    judge(plans, row, "view", lambda: plans.view(who, student, section))
    judge(plans, row, "edit", lambda: plans.edit(who, student, section, before))
    last = shown()
    if section in ROWS and row.cells["delete"] == "Y":
        # A row is removed; the record as a whole stays.
        refuse(plans, lambda: plans.withdraw(who, student, section, last["version"]), 403)
    judge(plans, row, "delete", lambda: plans.remove(who, student, section, last))
    if row.cells["delete"] == "Y":
        left = plans.view(who, student, section).json()["data"]
        assert not any(left.values()), left
    else:
        assert shown() == last


@pytest.mark.parametrize("row", tried("course_goal", "meeting", "replacement"))
def test_a_row_of_a_section_of_entries(plans: Planning, row: Row) -> None:
    student = plans.student("五年二班" if row.role == "HR" else "資優五")
    section, who = row.section, row.who
    keeper = "a-math" if section == "course_goal" else "a-cm"
    if section == "course_goal":
        assert plans.begin("a-math", student, "annual_goal").status_code == 200
    if row.role in ("ST_SHARED", "ST_OTHER"):
        # Whoever teaches may add a course of their own, and owns it; into a colleague's course,
        # shared or not, nobody else brings anything.
        colleagues = course_of(plans, student, row)
        judge(plans, row, "create", lambda: plans.county.call(who, "POST", *colleagues))
    else:
        judge(plans, row, "create", lambda: plans.enter(who, student, section))
        if row.cells["create"] == "N":
            assert plans.enter(keeper, student, section).status_code == 201
    [made] = plans.listed(keeper, student, section)

    def shown() -> Any:
        answer = plans.look(keeper, student, section, {"id": made})
        assert answer.status_code == 200, answer.text
        return answer.json()

    judge(plans, row, "view", lambda: plans.look(who, student, section, {"id": made}))
    assert plans.listed(who, student, section) == ([made] if row.cells["view"] == "Y" else [])
    before = shown()
    judge(plans, row, "edit", lambda: plans.change(who, student, section, before))
    last = shown()
    judge(plans, row, "delete", lambda: plans.strike(who, student, section, last))
    if row.cells["delete"] == "Y":
        assert plans.listed(keeper, student, section) == []
    else:
        assert shown() == last


def course_of(plans: Planning, student: str, row: Row) -> tuple[str, Any]:
    """A colleague's course, opened to the row's teacher where they share it; and how a template
    would be brought into it."""
    made = plans.enter("a-math", student, row.section)
    assert made.status_code == 201, made.text
    path = entry(student, row.section, made.json())
    if row.role == "ST_SHARED":
        share = {"account": row.who, "relation": "same_field"}
        shared = plans.county.call("a-math", "POST", f"{path}/shares", share)
        assert shared.status_code == 201, shared.text
    return f"{path}/template-imports", {"template_id": NOBODY}


@pytest.mark.parametrize(
    "role",
    [
        pytest.param("CM", marks=pytest.mark.accepts("IGP-16", "IGP-18")),
        pytest.param("GH", marks=pytest.mark.accepts("IGP-16", "IGP-19")),
        pytest.param("ST", marks=pytest.mark.accepts("IGP-16", "IGP-74")),
        pytest.param("HR", marks=pytest.mark.accepts("IGP-16", "IGP-64", "IGP-74")),
        pytest.param("SA", marks=pytest.mark.accepts("IGP-16", "IGP-74")),
        pytest.param("AA", marks=pytest.mark.accepts("IGP-16", "IGP-68")),
        pytest.param("SU", marks=pytest.mark.accepts("IGP-16", "IGP-73")),
    ],
)
def test_the_plan_is_taken_out_by_whom_the_matrix_names_and_holds_what_it_names(
    plans: Planning, role: str
) -> None:
    county = plans.county
    student = plans.student("五年二班" if role == "HR" else "資優五")
    for section in FIRST:
        keeper = "a-math" if section == "annual_goal" else "a-cm"
        assert plans.begin(keeper, student, section).status_code == 200
    for section in ENTRIES:
        keeper = "a-math" if section == "course_goal" else "a-cm"
        assert plans.enter(keeper, student, section).status_code == 201
    leader = "a-hr" if role == "HR" else "a-gh"
    writers = {"a-cm": "談課程", "a-math": "談作業", leader: "談班級"}
    for who, words in writers.items():
        county.made(
            who, f"/students/{student}/notes", NOTE | {"held_on": "112.8.1"} | {"content": words}
        )
    cells = {row.section: row.cells for row in rows() if role in (row.role, row.role[:2])}
    exported = {section for section, one in cells.items() if one["export"] == "Y"}
    path = f"/students/{student}/plan?school_year={YEAR}&format=pdf"
    [who] = ACTORS[role][:1]
    if not exported:
        assert {one["export"] for one in cells.values()} == {"N"}
        status = 403 if cells["awards"]["view"] == "Y" else 404
        refuse(plans, lambda: county.call(who, "GET", path), status)
        # What was asked of own notes is said in the own ledger alone (design D7).
        before = county.books()
        answer = county.call(who, "GET", f"{path}&own_notes=true")
        after = county.books()
        assert answer.status_code == status
        assert (after.records, after.access) == (before.records, before.access)
        asker = county.account(who)
        assert after.notes.pop(asker) == before.notes.pop(asker, 0) + 1
        assert after.notes == before.notes
        return
    assert exported == {*FIRST, *ENTRIES, "basic_family"}
    assert cells["counselling_note"]["export"] == "OWN"
    for own in ("", "&own_notes=true"):
        answer = county.call(who, "GET", path + own)
        assert answer.status_code == 200, answer.text
        text = "".join(pages_of(answer.content))
        assert {section for section in exported if SECTIONS[section] not in text} == set()
        notes = {one for one, words in writers.items() if words in text}
        assert notes == ({who} if own else set())


def test_the_rows_of_notes_are_those_that_are_tried_one_by_one() -> None:
    """See `test_matrix`: there OWN means that of the own entries, and of nobody else's."""
    tried_there = {role: values for section, role, values in note_rows() if section == NOTES}
    for row in rows():
        if row.section != NOTES:
            continue
        there = dict(tried_there[row.role])
        view = there.pop("view")
        assert (row.cells["view"], row.cells["view_own"]) == ("N", "Y" if view == "OWN" else "N")
        there["delete"] = there.pop("withdraw")
        for deed, value in there.items():
            assert row.cells[deed] == value.replace("-", "N"), (row.role, deed)


def judge(plans: Planning, row: Row, deed: str, call: Callable[[], Any]) -> None:
    """The deed answers and leaves what its cell says."""
    county = plans.county
    if row.cells[deed] == "N":
        status = 404 if row.cells["view"] == "N" else 403
        refuse(plans, call, STATUS.get((row.section, row.role, deed), status))
        return
    before = county.books()
    answer = call()
    assert answer.status_code in (200, 201), answer.text
    after = county.books()
    assert after.refusals == before.refusals
    if deed == "view":
        assert answer.json()["version"] > 0
        assert after.records == before.records
        assert after.access > before.access
        return
    assert after.records > before.records
    topic, by, capacity = county.newest()
    assert topic.startswith(row.section.replace("_", "-") + ".")
    assert (by, capacity) == (str(county.account(row.who)), CAPACITIES[row.role])


def refuse(plans: Planning, call: Callable[[], Any], status: int) -> None:
    before = plans.county.books()
    answer = call()
    after = plans.county.books()
    assert (answer.status_code, answer.json()["code"]) == (
        status,
        "not-found" if status == 404 else "not-allowed",
    ), answer.text
    assert after.records == before.records
    assert after.refusals == before.refusals + 1
    assert after.notes == before.notes
    if status == 404:
        assert answer.content == plans.county.call("eb", "GET", f"/students/{NOBODY}").content
