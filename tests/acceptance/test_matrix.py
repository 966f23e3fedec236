"""Every cell of the sections served today, tried through the API by somebody of that role.

Y: it is done, in the capacity of the role. OWN: with an own record it is done, and somebody
else's answers as one that does not exist. N: the student is seen and the deed refused (403).
`-`: to this role there is no such student (404). Whatever is refused leaves the books as they
were, the note of the refusal apart. Source: IGP manual 2.4 and contract 3.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from domain.access import MATRIX, allows
from domain.access import Deed as Letter
from domain.capacity import Capacity
from domain.placement_request import RECORDERS, Body
from ledger.database import Connection
from tests.acceptance.trying import NOBODY, NOTE, PLACEMENT, Trying, trying
from tests.database import Template, copied

DEEDS: tuple[Letter, ...] = ("create", "edit", "withdraw", "view")

TABLE = """
section            role  create  edit  withdraw  view
counselling_note   CM    Y       OWN   OWN       OWN
counselling_note   GH    Y       OWN   OWN       OWN
counselling_note   ST    Y       OWN   OWN       OWN
counselling_note   HR    Y       OWN   OWN       OWN
counselling_note   SA    N       N     N         N
counselling_note   AA    N       N     N         N
counselling_note   OR    N       N     N         N
counselling_note   CO    N       N     N         N
counselling_note   SU    -       -     -         -
counselling_note   none  -       -     -         -
placement          CM    Y       Y     Y         Y
placement          GH    Y       Y     Y         Y
placement          SA    Y       Y     Y         Y
placement          ST    N       N     N         Y
placement          HR    N       N     N         Y
placement          AA    N       N     N         Y
placement          OR    N       N     N         Y
placement          CO    N       N     N         Y
placement          SU    -       -     -         -
placement          none  -       -     -         -
placement_request  CM    Y       Y     Y         Y
placement_request  GH    Y       Y     Y         Y
placement_request  SA    Y       Y     Y         Y
placement_request  ST    N       N     N         Y
placement_request  HR    N       N     N         Y
placement_request  AA    N       N     N         Y
placement_request  OR    N       N     N         Y
placement_request  CO    N       N     N         Y
placement_request  SU    -       -     -         -
placement_request  none  -       -     -         -
"""

#: Who acts for a role, and on which student. A case manager is one in either kind of service;
#: nobody is related to a student in more ways than one here.
ACTORS = {
    "CM": [("a-cm", "a1"), ("itinerant", "a1")],
    "GH": [("a-gh", "a1")],
    "ST": [("a-math", "a1")],
    "HR": [("a-hr", "a2")],
    "SA": [("a-office", "a1")],
    "AA": [("eb", "a1")],
    "OR": [("org", "a1")],
    "CO": [("council", "a1")],
    "SU": [("a-pupil", "a1")],
    "none": [("b-office", "a1"), ("b-cm", "a1"), ("a-cm2", "a1"), ("a-hr", "a1")],
}
#: What the acceptance list says of the notes of a role, as of every sub-item of the plan; the
#: other twelve are tried in `test_plan_matrix`.
STATEMENTS = {
    ("counselling_note", role): ("IGP-16", *more)
    for role, more in {
        "CM": (),
        "GH": (),
        "ST": (),
        "HR": (),
        "SA": ("IGP-66",),
        "AA": ("IGP-68",),
        "SU": ("IGP-73",),
    }.items()
}
CAPACITIES = {"none": None} | {one.value: one for one in Capacity}


class Cell(NamedTuple):
    section: str
    role: str
    deed: Letter
    value: str
    who: str
    which: str


def rows() -> list[tuple[str, str, dict[Letter, str]]]:
    lines = [line.split() for line in TABLE.strip().splitlines()[1:]]
    return [
        (section, role, dict(zip(DEEDS, values, strict=True))) for section, role, *values in lines
    ]


def cells(*sections: str) -> list[Any]:
    """The cells of these sections, one for each actor of the role."""
    return [
        pytest.param(
            Cell(section, role, deed, value, who, which),
            id=_id(section, role, deed, who),
            marks=[pytest.mark.accepts(*ids)] if (ids := STATEMENTS.get((section, role))) else [],
        )
        for section, role, values in rows()
        if section in sections
        for deed, value in values.items()
        for who, which in ACTORS[role]
        # A request is withdrawn and made anew: nothing edits one.
        if (section, deed) != ("placement_request", "edit")
    ]


def _id(section: str, role: str, deed: str, who: str) -> str:
    return f"{section}-{role}-{deed}-{who}"


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trying]:
    with (
        copied(template, administrator) as database,
        trying(template, database, tmp_path_factory.mktemp("matrix") / "keys") as county,
    ):
        county.enrol("a-pupil")
        # The student's own account, which sees what the matrix gives a student and nothing else.
        county.made(
            "a-office", f"/students/{county.student('a1')}/student-account", {"account": "a-pupil"}
        )
        yield county


def test_the_table_says_what_the_domain_says() -> None:
    for section, role, values in rows():
        capacity = CAPACITIES[role]
        for deed, value in values.items():
            allowed = capacity is not None and allows(section, capacity, deed)
            assert allowed == (value in ("Y", "OWN")), (section, role, deed)
    told = {(section, CAPACITIES[role]) for section, role, _ in rows()}
    for section in {section for section, _, _ in rows()}:
        assert {(section, one) for one, letters in MATRIX[section].items() if letters} <= told


@pytest.mark.parametrize("cell", cells("placement", "placement_request"))
def test_a_cell_of_the_placement_pages(county: Trying, cell: Cell) -> None:
    record = placement(county, cell.which)
    if cell.section == "placement_request" and cell.deed != "create":
        record = request(county, cell.which, record)
    before = county.books()
    answer = attempt(county, cell, county.student(cell.which), record)
    after = county.books()
    if cell.value == "Y" and cell.deed == "view":
        assert (answer.status_code, answer.json()["id"]) == (200, record)
        listed = county.call(cell.who, "GET", records(cell, county.student(cell.which)))
        assert record in [one["id"] for one in listed.json()["items"]]
    elif cell.value == "Y":
        assert answer.status_code == (201 if cell.deed == "create" else 200), answer.text
        topic, by, capacity = county.newest()
        assert topic.startswith(cell.section.replace("_", "-"))
        assert (by, capacity) == (str(county.account(cell.who)), cell.role)
        assert after.records == before.records + 1
    else:
        expect_refused(county, cell, answer, record)
        assert after.refusals == before.refusals + 1
    if cell.value != "Y" or cell.deed == "view":
        assert after.records == before.records
    assert after.notes == before.notes


@pytest.mark.parametrize("cell", cells("counselling_note"))
def test_a_cell_of_the_notes(county: Trying, cell: Cell) -> None:
    student = county.student(cell.which)
    foreign = county.made(author_for(cell), f"/students/{student}/notes", NOTE)
    own = ""
    if cell.value == "OWN":
        own = county.made(cell.who, f"/students/{student}/notes", NOTE)
    before = county.books()
    if cell.value in ("Y", "OWN"):
        answer = attempt(county, cell, student, own)
        assert answer.status_code == (201 if cell.deed == "create" else 200), answer.text
        own = own or answer.json()["id"]
        listed = county.call(cell.who, "GET", f"/students/{student}/notes").json()["items"]
        assert (own in [one["id"] for one in listed]) == (cell.deed != "withdraw")
        assert foreign not in [one["id"] for one in listed]
    if cell.value != "Y":
        answer = attempt(county, cell, student, foreign)
        if cell.deed in ("edit", "withdraw") or cell.value == "OWN":
            # Nobody but its author is told of a note, whatever is done with it.
            nothing = attempt(county, cell, student, NOBODY)
            assert (answer.status_code, answer.content) == (404, nothing.content)
        else:
            expect_refused(county, cell, answer, foreign)
    after = county.books()
    # Not a word in what others read, and not one in another author's own ledger.
    assert (after.records, after.access) == (before.records, before.access)
    asker = county.account(cell.who)
    assert after.notes.pop(asker) > before.notes.pop(asker, 0)
    assert after.notes == before.notes
    kept = county.call(author_for(cell), "GET", f"/students/{student}/notes/{foreign}").json()
    assert (kept["content"], kept["version"]) == (NOTE["content"], 1)


@pytest.mark.parametrize("role", [role for role in ACTORS if role != "none"])
@pytest.mark.parametrize("body", list(Body))
def test_a_decision_is_recorded_by_the_body_named_and_by_nobody_else(
    county: Trying, body: Body, role: str
) -> None:
    who, which = ACTORS[role][0]
    asked = request(county, which, placement(county, which))
    path, version = f"/placement-requests/{asked}/decisions", 1
    for by, name, outcome in (
        ("a-office", Body.SCHOOL_COMMITTEE, "passed"),
        ("eb", Body.BUREAU, "consented"),
        ("council", Body.COUNCIL, "passed"),
    ):
        decision = {"body": name, "outcome": outcome, "decided_on": "112.7.31"}
        if name is body:
            break
        assert county.call(by, "POST", path, decision, version).status_code == 201
        version += 1
    before = county.books()
    answer = county.call(who, "POST", path, decision, version)
    if CAPACITIES[role] in RECORDERS[body]:
        assert answer.status_code == 201, answer.text
        # The last act of all changes the placement as well.
        assert county.books().records > before.records
        return
    hidden = role == "SU"
    assert answer.status_code == (404 if hidden else 403)
    assert answer.json()["code"] == ("not-found" if hidden else "not-allowed")
    assert county.books().records == before.records


def test_nothing_edits_a_request(county: Trying) -> None:
    asked = request(county, "a1", placement(county, "a1"))
    for method in ("PUT", "PATCH"):
        answer = county.call("a-cm", method, f"/placement-requests/{asked}", {"reason": "x"}, 1)
        assert answer.status_code == 405


def placement(county: Trying, which: str) -> str:
    return county.made("a-office", f"/students/{county.student(which)}/placements", PLACEMENT)


def request(county: Trying, which: str, about: str) -> str:
    """One for another placement, which goes through all three bodies."""
    path = f"/students/{county.student(which)}/placement-requests"
    new = {name: value for name, value in PLACEMENT.items() if name != "school_year"}
    body = {
        "kind": "re_placement",
        "placement_id": about,
        "letter_number": "高市教特字第11200001號",
        "reason": "家長提出",
        "new_placement": new | {"placement_grade": 5},
    }
    return county.made("a-office", path, body)


def records(cell: Cell, student: str) -> str:
    pages = {
        "placement": "placements",
        "placement_request": "placement-requests",
        "counselling_note": "notes",
    }
    return f"/students/{student}/{pages[cell.section]}"


def attempt(county: Trying, cell: Cell, student: str, record: str) -> Any:
    """The deed of a cell on a record in its first version; a creation needs none."""
    path = records(cell, student)
    one = f"{path}/{record}"
    if cell.section == "placement_request":
        one = f"/placement-requests/{record}"
    match cell.deed:
        case "create":
            return county.call(cell.who, "POST", path, entry(cell, record))
        case "edit":
            field = "content" if cell.section == "counselling_note" else "arrangement"
            return county.call(cell.who, "PUT", one, {field: "改寫", "reason": "更正"}, 1)
        case "withdraw":
            return county.call(cell.who, "POST", f"{one}/withdrawal", {"reason": "誤植"}, 1)
    if cell.section == "counselling_note" and cell.value in ("N", "-"):
        # Who may write none has no list of them.
        return county.call(cell.who, "GET", path)
    return county.call(cell.who, "GET", one)


def entry(cell: Cell, about: str) -> dict[str, Any]:
    match cell.section:
        case "placement":
            return PLACEMENT
        case "placement_request":
            return {"kind": "abandonment", "placement_id": about, "reason": "家長提出"}
    return NOTE


def expect_refused(county: Trying, cell: Cell, answer: Any, record: str) -> None:
    """403 on what may be seen; what may not be seen is answered as what does not exist."""
    if cell.value == "N":
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
        return
    assert answer.status_code == 404
    assert answer.content == attempt(county, cell, NOBODY, record).content
    assert answer.content == attempt(county, cell, county.student(cell.which), NOBODY).content


def author_for(cell: Cell) -> str:
    """Somebody else who writes notes about the student of a cell."""
    return "a-cm" if cell.who != "a-cm" else "a-gh"


def test_actors_are_who_they_stand_for(county: Trying) -> None:
    """Else a refusal would prove nothing about the role."""
    for role, actors in ACTORS.items():
        for who, which in actors:
            if role in ("CM", "GH", "ST", "HR"):
                relations = county.call(who, "GET", f"/students/{county.student(which)}").json()
                held = {
                    one["capacity"]
                    for one in relations["relations"]
                    if UUID(one["account"]["id"]) == county.account(who)
                }
                assert held == {role}
