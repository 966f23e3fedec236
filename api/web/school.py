"""`/school`: the people of a school, who of them is a case manager, and who has none yet.

The authority looks at one school after another; it appoints the itinerant case managers.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import accounts, case_managers, passkeys, password_resets, students
from api.account_items import AccountItem, OfficeItem, one_seen
from api.acting import Reason
from api.audit import record_list, refusals_recorded
from api.house import House
from api.name_order import name_key
from api.student_items import Opened, offices
from api.students import StudentFilter
from api.viewer import Viewer
from api.web.editing import reason_form
from api.web.rendering import Page, ThePage
from api.web.typed import BLANK, Typed, data_of
from domain.account import Role
from domain.capacity import Capacity
from domain.case_manager import APPOINTED_BY, Kind
from domain.labels import CASE_MANAGER_KINDS, ROLES
from domain.refusal import NotAllowed, NotFound, Refusal
from projections import reach

router = APIRouter()


@router.get("/school")
def get_school(
    page: ThePage, organisation: Annotated[str | None, BLANK, Query()] = None
) -> Response:
    """The accounts of the school, and its students without a case manager."""
    _permit(page)
    schools = _schools(page)
    code = organisation if organisation is not None or len(schools) != 1 else schools[0].code
    people, without = None, []
    if code is not None:
        if code not in {one.code for one in schools}:
            raise NotFound
        people = [one for one in accounts.listed(page.house, page.viewer, code) if not one.closed]
        people.sort(key=lambda one: (Role.TEACHER not in one.roles, name_key(one.name), one.id))
        without = _without_case_manager(page.house, page.viewer, code)
    return page.show(
        "school.html",
        schools=schools,
        code=code,
        people=people,
        without=without,
        kinds=CASE_MANAGER_KINDS,
        roles=ROLES,
        may_import=page.viewer.holds(Capacity.SCHOOL_ADMINISTRATOR),
    )


@router.get("/school/people/{account_id}")
def get_person(page: ThePage, account_id: UUID) -> Response:
    """An account that the viewer keeps: its profile, its appointment, a code for its password."""
    return page.show("school_person.html", **_person(page, account_id))


@router.post("/school/people/{account_id}/appointment")
def post_appointment(page: ThePage, account_id: UUID, typed: Typed) -> Response:
    """An appointment as case manager, of the kind that the viewer appoints."""
    kind = _own_kind(page)
    data = {"kind": None if kind is None else kind.value}
    outcome = page.attempt(
        lambda: case_managers.appoint(page.house, page.viewer, account_id, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "school_person.html", **_person(page, account_id))
    return page.done(outcome, f"/school/people/{account_id}")


@router.post("/school/people/{account_id}/appointment/end")
def post_appointment_end(page: ThePage, account_id: UUID, typed: Typed) -> Response:
    """The end of the appointment."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: case_managers.end(page.house, page.viewer, account_id, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        context = _person(page, account_id) | {"ending": reason_form(page, data)}
        return page.refused(outcome, "school_person.html", **context)
    return page.done(outcome, f"/school/people/{account_id}")


@router.post("/school/people/{account_id}/password-reset")
def post_password_reset(page: ThePage, account_id: UUID, typed: Typed) -> Response:
    """A code with which the holder of the account sets a new password; this page alone shows it."""
    _, code = password_resets.allow(page.house, page.viewer, account_id, page.asked({}, typed))
    person = _person(page, account_id)["person"]
    return page.show("school_code.html", person=person, code=code)


@router.get("/school/people/{account_id}/passkeys")
def get_passkeys(page: ThePage, account_id: UUID) -> Response:
    """The form that ends the passkeys of somebody who lost them."""
    return page.show("school_passkeys.html", **_person(page, account_id))


@router.post("/school/people/{account_id}/passkeys")
def post_passkeys(page: ThePage, account_id: UUID, typed: Typed) -> Response:
    """They end, all of them."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: passkeys.remove_lost(page.house, page.viewer, account_id, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        context = _person(page, account_id) | {"ending": reason_form(page, data)}
        return page.refused(outcome, "school_passkeys.html", **context)
    return page.done(outcome, f"/school/people/{account_id}", "passkey-removed")


def _person(page: Page, account_id: UUID) -> dict[str, Any]:
    """An account as the page shows it; its reading recorded. Raises `NotFound`, `NotAllowed`."""
    person = one_seen(page.house, page.viewer, account_id)
    _permit(page)
    record_list(page.house, page.viewer, "account", ())
    kind = _own_kind(page)
    return {
        "person": person,
        "roles": ROLES,
        "kinds": CASE_MANAGER_KINDS,
        "kind": kind,
        "appointed": next((one for one in person.case_manager if one.kind == kind), None),
        "may_appoint": kind is not None and _appointable(person),
        "ending": reason_form(page, {}),
        "passkeys": len(passkeys.standing(page.house, account_id)),
        "key": page.new_key,
    }


def _appointable(person: AccountItem) -> bool:
    return Role.TEACHER in person.roles and not person.closed


def _own_kind(page: Page) -> Kind | None:
    """The kind of case manager that the viewer appoints."""
    held = (kind for kind, capacity in APPOINTED_BY.items() if page.viewer.holds(capacity))
    return next(held, None)


def _permit(page: Page) -> None:
    """Who keeps accounts. Raises `NotAllowed`."""
    keepers = (Capacity.SCHOOL_ADMINISTRATOR, Capacity.AUTHORITY_ADMINISTRATOR)
    with refusals_recorded(page.house, page.viewer, "accounts"):
        if not page.viewer.holds(*keepers):
            raise NotAllowed


def _schools(page: Page) -> list[OfficeItem]:
    """The organisations whose people may be looked at, by code."""
    with page.viewer.looking(page.house) as connection:
        known = offices(connection)
    own = known if page.viewer.is_authority else page.viewer.schools
    return sorted((known[one] for one in own if one in known), key=lambda one: one.code)


def _without_case_manager(house: House, viewer: Viewer, code: str) -> list[Opened]:
    """The students of the school whom nobody was given, by class and name; recorded."""
    found = students.find(house, viewer, StudentFilter(organisation=code), None)
    with viewer.looking(house) as connection:
        given = reach.targets_of(connection, Capacity.CASE_MANAGER, viewer.now + house.slack)
    left = [one for one in found if one.card.student_id not in given and not one.card.erased]
    ids = [one.card.student_id for one in left]
    record_list(house, viewer, "students", ids, {"organisation": code, "without": "case_manager"})
    return sorted(left, key=lambda one: (name_key(one.card.class_name or ""), name_key(one.name)))
