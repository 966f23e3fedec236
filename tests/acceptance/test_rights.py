"""The rights beside the sections, tried through the API by everybody (IGP manual 2.5).

Y: it is done. 403: the thing is seen and the deed refused; 404: the thing is not there for this
one; 409: theirs to do, but not before the appointment that is also theirs; `.`: nothing to try.
Whatever is refused leaves no event, and a line about the refusal. The authority registers
accounts of every role, as it founds schools; for a teacher of its own it is tried here.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from ledger.database import Connection
from tests.acceptance.trying import Trying, national_id, trying
from tests.county import PASSWORD
from tests.database import Template, copied

ACTORS = {
    "SA": "a-office",
    "other": "b-office",
    "AA": "eb",
    "CM": "a-cm",
    "GH": "a-gh",
    "ST": "a-math",
    "HR": "a-hr",
    "OR": "org",
    "CO": "council",
    "none": "a-cm2",
}

TABLE = """
right                     self  SA   other  AA   CM   GH   ST   HR   OR   CO   none
register_teacher          .     Y    403    .    403  403  403  403  403  403  403
register_own_teacher      .     403  403    Y    403  403  403  403  403  403  403
register_student          403   Y    403    403  403  403  403  403  403  403  403
fill_profile              Y     Y    404    403  404  404  404  404  404  404  404
set_homeroom              403   Y    404    403  404  404  404  404  404  404  404
set_establishment         403   Y    404    403  404  404  404  404  404  404  404
appoint_resource_class    403   Y    404    403  404  404  404  404  404  404  404
appoint_itinerant         403   403  404    Y    404  404  404  404  404  404  404
dispatch_unappointed      404   409  404    409  403  403  403  403  403  403  404
dispatch_resource_class   404   Y    404    409  403  403  403  403  403  403  404
dispatch_itinerant        404   409  404    Y    403  403  403  403  403  403  404
assign_teaching           404   Y    404    403  403  403  403  403  403  403  404
single_add                404   403  404    403  Y    Y    403  403  404  404  404
"""

TOPICS = {
    "register_teacher": "account.registered.v1",
    "register_own_teacher": "account.registered.v1",
    "register_student": "student.registered.v1",
    "fill_profile": "account.profile-changed.v1",
    "set_homeroom": "account.homeroom-activated.v1",
    "set_establishment": "account.staff-establishment-set.v1",
    "appoint_resource_class": "case-manager.appointed.v1",
    "appoint_itinerant": "case-manager.appointed.v1",
    "dispatch_resource_class": "dispatch.made.v1",
    "dispatch_itinerant": "dispatch.made.v1",
    "assign_teaching": "teaching.assigned.v1",
    "single_add": "basic-family.opened.v1",
}


#: What the acceptance list says of a right and a role.
_TEACHERS = ("self", "CM", "GH", "ST", "HR", "none")
STATEMENTS = {
    ("set_homeroom", ("self",)): "IGP-4",
    ("set_establishment", ("self",)): "IGP-5",
    ("set_homeroom", ("SA", "other")): "IGP-6",
    ("set_establishment", ("SA", "other")): "IGP-6",
    ("dispatch_unappointed", ("SA",)): "IGP-9",
    ("appoint_itinerant", ("SA", "AA")): "IGP-12",
    ("dispatch_itinerant", ("SA", "AA")): "IGP-12",
    ("appoint_resource_class", ("AA",)): "IGP-13",
    ("dispatch_resource_class", ("AA",)): "IGP-13",
    ("appoint_resource_class", ("other",)): "IGP-14",
    ("dispatch_resource_class", ("other",)): "IGP-14",
    ("appoint_resource_class", _TEACHERS): "IGP-15",
    ("appoint_itinerant", _TEACHERS): "IGP-15",
    ("dispatch_resource_class", _TEACHERS): "IGP-15",
    ("dispatch_itinerant", _TEACHERS): "IGP-15",
    ("single_add", ("ST",)): "IGP-84",
}


class Cell(NamedTuple):
    right: str
    role: str
    value: str


def cells() -> list[Any]:
    header, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return [
        pytest.param(
            Cell(right, role, value),
            id=f"{right}-{role}",
            marks=[
                pytest.mark.accepts(said)
                for (of, roles), said in STATEMENTS.items()
                if of == right and role in roles
            ],
        )
        for right, *values in lines
        for role, value in zip(header[1:], values, strict=True)
        if value != "."
    ]


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trying]:
    with (
        copied(template, administrator) as database,
        trying(template, database, tmp_path_factory.mktemp("rights") / "keys") as county,
    ):
        yield county


@pytest.mark.parametrize("cell", cells())
def test_a_right_is_had_by_whom_the_manual_names(county: Trying, cell: Cell) -> None:
    teacher = f"t-{next(county.serials)}"
    county.enrol(teacher, "teacher")
    who = teacher if cell.role == "self" else ACTORS[cell.role]
    attempt = prepared(county, cell, teacher)
    before = county.books()
    answer = attempt(who)
    after = county.books()
    assert after.notes == before.notes
    if cell.value == "Y":
        assert answer.status_code in (200, 201), answer.text
        # A single add opens the plan and the record of its first school year.
        assert after.records == before.records + (2 if cell.right == "single_add" else 1)
        topic, by, capacity = county.newest()
        assert (topic, by) == (TOPICS[cell.right], str(county.account(who)))
        # Whoever teaches acts as a teacher on the own profile.
        assert capacity == ("ST" if cell.role == "self" else cell.role)
        return
    assert answer.status_code == int(cell.value), answer.text
    code = {"403": "not-allowed", "404": "not-found", "409": "not-case-manager"}[cell.value]
    if cell.role == "self" and cell.right in ("set_homeroom", "set_establishment"):
        code = "school-only-field"
    assert answer.json()["code"] == code
    assert after.records == before.records
    assert after.refusals == before.refusals + 1


def prepared(county: Trying, cell: Cell, teacher: str) -> Callable[[str], Any]:
    """The deed, all that must come before it done; it takes who tries it."""
    account, serial = county.account(teacher), next(county.serials)
    method, path, version = "POST", "", 0
    match cell.right.partition("_"):
        case ("register", _, "student"):
            path, body = "/directory/students", pupil(serial, "五年三班") | {"organisation": "ks-a"}
        case ("register", _, kind):
            school = "ks-a" if kind == "teacher" else "ks-eb"
            path, body = "/accounts", entry(f"new-{serial}", school)
        case ("fill" | "set", _, what):
            method, path, version = "PATCH", f"/accounts/{account}", 1
            body = {
                "profile": {"duties": ["行政"], "teaching_category": "普通", "subjects": ["自然"]},
                "homeroom": {"is_homeroom_teacher": True, "homeroom_class": f"六年{serial}班"},
                "establishment": {"is_on_staff_establishment": True},
            }[what]
        case ("appoint", _, kind):
            path, body = f"/accounts/{account}/case-manager-appointments", {"kind": kind}
        case ("dispatch", _, kind):
            if kind != "unappointed":
                by = "a-office" if kind == "resource_class" else "eb"
                appointments = f"/accounts/{account}/case-manager-appointments"
                county.made(by, appointments, {"kind": kind})
            path, body = f"/students/{seen_by(county, cell)}/dispatches", {"account": str(account)}
        case ("assign", _, _):
            path = f"/students/{seen_by(county, cell)}/teaching-assignments"
            body = {"account": str(account), "subject": "英語", "school_year": 112}
        case _:
            new_pupil(county, serial, "五年二班" if cell.role == "HR" else "資優五")
            path, body = "/students", {"national_id": national_id(serial), "school_year": 112}
    return lambda who: county.call(who, method, path, body, version)


def seen_by(county: Trying, cell: Cell) -> str:
    """A student in a relation to whoever has one in this role."""
    return county.student("a2" if cell.role == "HR" else "a1")


def new_pupil(county: Trying, serial: int, class_name: str) -> str:
    """A student without a plan, of the case manager and a subject teacher of the school."""
    student = county.made("a-office", "/directory/students", pupil(serial, class_name))
    dispatched = {"account": str(county.account("a-cm"))}
    county.made("a-office", f"/students/{student}/dispatches", dispatched)
    taught = {"account": str(county.account("a-math")), "subject": "數學", "school_year": 112}
    county.made("a-office", f"/students/{student}/teaching-assignments", taught)
    return student


def pupil(serial: int, class_name: str) -> dict[str, Any]:
    return {
        "national_id": national_id(serial),
        "name": "陳小明",
        "sex": "female",
        "birth_date": "102.5.1",
        "grade": 5,
        "class_name": class_name,
    }


def entry(username: str, school: str) -> dict[str, Any]:
    return {
        "username": username,
        "name": "新老師",
        "organisation": school,
        "roles": ["teacher"],
        "password": PASSWORD,
    }
