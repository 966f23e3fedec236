from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.account import (
    Account,
    AccountAlreadyRegistered,
    AccountClosed,
    AccountIsClosed,
    AccountProfileChanged,
    AccountRegistered,
    ActivateHomeroom,
    ChangeAccountProfile,
    ClearHomeroom,
    CloseAccount,
    Homeroom,
    HomeroomActivated,
    HomeroomCleared,
    HomeroomNeedsClass,
    RegisterAccount,
    Role,
    SchoolOnlyField,
    SetStaffEstablishment,
    StaffEstablishmentSet,
    activate_homeroom,
    change_profile,
    clear_homeroom,
    close,
    evolve,
    missing_profile_fields,
    register,
    set_staff_establishment,
)
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import ERASED, Event
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, NotValid, StaleVersion
from domain.rules import NotATeacher

TEACHER, OFFICER, SCHOOL, OTHER_SCHOOL = (UUID(int=n) for n in range(71, 75))
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
AUTHORITY = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
IMPORT = Actor(account_id=OFFICER, capacity=Capacity.SYSTEM)
THEMSELVES = Actor(account_id=TEACHER, capacity=Capacity.SUBJECT_TEACHER)
COLLEAGUE = Actor(account_id=OFFICER, capacity=Capacity.SUBJECT_TEACHER)

PROFILE: dict[str, Any] = {
    "name": "陳老師",
    "duties": ("專任教師",),
    "teaching_category": "國小資優",
    "subjects": ("數學",),
}
REGISTER = RegisterAccount(
    actor=OFFICE,
    account_id=TEACHER,
    username="a-math",
    organisation_id=SCHOOL,
    roles=(Role.TEACHER,),
    actor_organisation_id=SCHOOL,
    **PROFILE,
)
ENVELOPE: dict[str, Any] = {
    "originator_id": TEACHER,
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "account_id": TEACHER,
}
REGISTERED = AccountRegistered(
    **ENVELOPE,
    originator_version=1,
    username="a-math",
    organisation_id=SCHOOL,
    roles=(Role.TEACHER,),
    **PROFILE,
)
ACTIVATED = HomeroomActivated(
    **ENVELOPE, originator_version=2, organisation_id=SCHOOL, class_name="五年二班", gifted=True
)
CLOSED = AccountClosed(**ENVELOPE, originator_version=2)
ORGANISER = REGISTERED.model_copy(update={"roles": (Role.ORGANISER,)})


def given(*events: Event) -> Account | None:
    return reduce(evolve, events, None)


def at_school(**fields: Any) -> dict[str, Any]:
    return {"actor": OFFICE, "actor_organisation_id": SCHOOL} | fields


def activating(**fields: Any) -> ActivateHomeroom:
    return ActivateHomeroom(**{"class_name": "五年二班", "gifted": True} | at_school(**fields))


def changing(**fields: Any) -> ChangeAccountProfile:
    return ChangeAccountProfile(**at_school(**fields))


def establishing(**fields: Any) -> SetStaffEstablishment:
    return SetStaffEstablishment(**{"on_establishment": True} | at_school(**fields))


def test_a_school_registers_its_teacher() -> None:
    assert register(given(), REGISTER) == REGISTERED
    account = given(REGISTERED)
    assert account is not None
    assert {name: getattr(account, name) for name in PROFILE} == PROFILE
    assert (account.roles, account.closed, account.homeroom) == ((Role.TEACHER,), False, None)


def test_a_school_registers_nobody_for_another_school() -> None:
    for school in (OTHER_SCHOOL, None):
        with pytest.raises(NotAllowed):
            register(given(), REGISTER.model_copy(update={"actor_organisation_id": school}))


@pytest.mark.parametrize("role", list(Role))
def test_a_school_gives_accounts_to_teachers_and_students_only(role: Role) -> None:
    command = REGISTER.model_copy(update={"roles": (Role.TEACHER, role)})
    if role in (Role.TEACHER, Role.STUDENT):
        assert register(given(), command).roles == (Role.TEACHER, role)
    else:
        with pytest.raises(NotAllowed):
            register(given(), command)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("actor", [AUTHORITY, IMPORT])
def test_the_authority_and_an_import_register_accounts_of_every_role(
    role: Role, actor: Actor
) -> None:
    command = REGISTER.model_copy(
        update={"actor": actor, "roles": (role,), "actor_organisation_id": None}
    )
    assert register(given(), command).roles == (role,)


@pytest.mark.parametrize("capacity", ["CM", "GH", "ST", "HR", "OR", "CO", "RV", "SU"])
def test_nobody_else_registers_or_closes_accounts(capacity: str) -> None:
    actor = Actor(account_id=TEACHER, capacity=Capacity(capacity))
    with pytest.raises(NotAllowed):
        register(given(), REGISTER.model_copy(update={"actor": actor}))
    with pytest.raises(NotAllowed):
        close(given(REGISTERED), CloseAccount(**at_school(actor=actor)))


@pytest.mark.parametrize(
    ("field", "value"), [("username", " "), ("name", ""), ("roles", ()), ("subjects", ("",))]
)
def test_an_account_that_cannot_be_names_its_field(field: str, value: object) -> None:
    with pytest.raises(NotValid) as refused:
        register(given(), REGISTER.model_copy(update={field: value}))
    assert refused.value.field == field


def test_an_account_is_registered_once() -> None:
    with pytest.raises(AccountAlreadyRegistered):
        register(given(REGISTERED), REGISTER)


def test_a_teacher_with_empty_fields_is_told_each_of_them() -> None:
    empty = {"duties": (), "teaching_category": None, "subjects": ()}
    account = given(REGISTERED.model_copy(update=empty))
    assert account is not None
    assert missing_profile_fields(account) == ["職務內容", "任教類別", "授課科目"]
    complete = given(REGISTERED)
    assert complete is not None
    assert missing_profile_fields(complete) == []


def test_an_account_that_is_no_teachers_needs_no_profile() -> None:
    account = given(
        ORGANISER.model_copy(update={"duties": (), "teaching_category": "", "subjects": ()})
    )
    assert account is not None
    assert missing_profile_fields(account) == []


@pytest.mark.parametrize("actor", [OFFICE, THEMSELVES])
def test_school_and_teacher_fill_the_empty_fields_in_their_own_name(actor: Actor) -> None:
    registered = REGISTERED.model_copy(update={"subjects": ()})
    event = change_profile(
        given(registered), changing(actor=actor, subjects=("數學",), duties=("專任教師",))
    )
    assert event == AccountProfileChanged(
        **ENVELOPE | {"by": actor.account_id, "capacity": actor.capacity, "originator_version": 2},
        subjects=("數學",),
    )
    assert event is not None
    account = given(registered, event)
    assert account is not None
    assert missing_profile_fields(account) == []
    assert account.duties == ("專任教師",)


def test_a_teacher_does_not_change_the_own_name_or_a_colleague() -> None:
    with pytest.raises(NotAllowed):
        change_profile(given(REGISTERED), changing(actor=THEMSELVES, name="林老師"))
    with pytest.raises(NotAllowed):
        change_profile(given(REGISTERED), changing(actor=COLLEAGUE, subjects=("英語",)))


def test_another_school_and_the_authority_change_no_teachers_profile() -> None:
    with pytest.raises(NotAllowed):
        change_profile(
            given(REGISTERED), changing(subjects=("英語",), actor_organisation_id=OTHER_SCHOOL)
        )
    with pytest.raises(NotAllowed):
        change_profile(given(REGISTERED), changing(actor=AUTHORITY, subjects=("英語",)))
    assert change_profile(given(ORGANISER), changing(actor=AUTHORITY, name="林先生")) is not None


def test_a_profile_that_stays_the_same_makes_no_event() -> None:
    assert change_profile(given(REGISTERED), changing(**PROFILE)) is None


def test_a_profile_can_be_emptied_but_not_of_its_name() -> None:
    event = change_profile(given(REGISTERED), changing(teaching_category=None))
    assert event is not None
    assert dict(event.changed()) == {"account_id": TEACHER, "teaching_category": None}
    with pytest.raises(NotValid):
        change_profile(given(REGISTERED), changing(name=None))
    with pytest.raises(NotValid):
        change_profile(given(REGISTERED), changing(duties=None))


def test_a_stale_version_of_an_account_is_refused() -> None:
    with pytest.raises(StaleVersion):
        change_profile(given(REGISTERED, ACTIVATED), changing(name="林", expected_version=1))


def test_a_school_activates_the_homeroom_account_with_its_class() -> None:
    assert activate_homeroom(given(REGISTERED), activating()) == ACTIVATED
    account = given(REGISTERED, ACTIVATED)
    assert account is not None
    assert account.homeroom == Homeroom(organisation_id=SCHOOL, class_name="五年二班", gifted=True)


@pytest.mark.parametrize("class_name", [None, "", "  "])
def test_a_homeroom_account_is_not_activated_without_a_class(class_name: str | None) -> None:
    with pytest.raises(HomeroomNeedsClass) as refused:
        activate_homeroom(given(REGISTERED), activating(class_name=class_name))
    assert (refused.value.STATUS, refused.value.field) == (422, "class_name")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.TEACHER])
def test_only_a_teacher_leads_a_class(role: Role) -> None:
    registered = REGISTERED.model_copy(update={"roles": (role,)})
    with pytest.raises(NotATeacher):
        activate_homeroom(given(registered), activating())


def test_a_teacher_sets_no_school_only_field_of_the_own_profile() -> None:
    account = given(REGISTERED, ACTIVATED)
    for refused_deed in (
        lambda: activate_homeroom(account, activating(actor=THEMSELVES)),
        lambda: clear_homeroom(account, ClearHomeroom(**at_school(actor=THEMSELVES))),
        lambda: set_staff_establishment(account, establishing(actor=THEMSELVES)),
    ):
        with pytest.raises(SchoolOnlyField) as refused:
            refused_deed()
        assert (refused.value.STATUS, refused.value.CODE) == (403, "school-only-field")


@pytest.mark.parametrize(
    "fields",
    [{"actor": COLLEAGUE}, {"actor": AUTHORITY}, {"actor_organisation_id": OTHER_SCHOOL}],
)
def test_nobody_but_the_own_school_sets_a_school_only_field(fields: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        activate_homeroom(given(REGISTERED), activating(**fields))
    with pytest.raises(NotAllowed):
        clear_homeroom(given(REGISTERED), ClearHomeroom(**at_school(**fields)))
    with pytest.raises(NotAllowed):
        set_staff_establishment(given(REGISTERED), establishing(**fields))


def test_a_homeroom_is_cleared_and_what_is_so_already_makes_no_event() -> None:
    assert activate_homeroom(given(REGISTERED, ACTIVATED), activating()) is None
    clear = ClearHomeroom(**at_school())
    assert clear_homeroom(given(REGISTERED), clear) is None
    event = clear_homeroom(given(REGISTERED, ACTIVATED), clear)
    assert event == HomeroomCleared(**ENVELOPE, originator_version=3)
    assert event is not None
    account = given(REGISTERED, ACTIVATED, event)
    assert account is not None
    assert account.homeroom is None


def test_the_staff_establishment_is_set_by_the_school() -> None:
    event = set_staff_establishment(given(REGISTERED), establishing())
    assert event == StaffEstablishmentSet(**ENVELOPE, originator_version=2, on_establishment=True)
    assert event is not None
    assert set_staff_establishment(given(REGISTERED, event), establishing()) is None
    said_no = set_staff_establishment(given(REGISTERED), establishing(on_establishment=False))
    assert said_no is not None


def test_a_closed_account_does_not_change_any_more() -> None:
    assert close(given(REGISTERED), CloseAccount(**at_school())) == CLOSED
    closed = given(REGISTERED, CLOSED)
    assert closed is not None
    assert closed.closed
    for refused_deed in (
        lambda: close(closed, CloseAccount(**at_school())),
        lambda: change_profile(closed, changing(name="林老師")),
        lambda: activate_homeroom(closed, activating()),
        lambda: clear_homeroom(closed, ClearHomeroom(**at_school())),
        lambda: set_staff_establishment(closed, establishing()),
    ):
        with pytest.raises(AccountIsClosed):
            refused_deed()


def test_a_school_does_not_close_an_account_of_the_authority() -> None:
    with pytest.raises(NotAllowed):
        close(given(ORGANISER), CloseAccount(**at_school()))
    assert close(given(ORGANISER), CloseAccount(**at_school(actor=AUTHORITY))).by == OFFICER


def test_an_account_never_registered_is_not_found() -> None:
    for refused_deed in (
        lambda: close(given(), CloseAccount(**at_school())),
        lambda: change_profile(given(), changing(name="林老師")),
        lambda: activate_homeroom(given(), activating()),
    ):
        with pytest.raises(NotFound):
            refused_deed()


def test_an_erased_account_is_still_an_account() -> None:
    account = given(REGISTERED.model_copy(update={"username": ERASED, "name": ERASED}))
    assert account is not None
    assert (account.name, account.roles) == (ERASED, (Role.TEACHER,))


def test_an_event_of_another_record_is_no_part_of_an_account() -> None:
    foreign = PlanOpened(
        originator_id=TEACHER,
        originator_version=2,
        by=OFFICER,
        capacity="CM",
        student_id=TEACHER,
        school_year=113,
    )
    with pytest.raises(TypeError):
        given(REGISTERED, foreign)
    with pytest.raises(TypeError):
        given(foreign)


def test_every_event_of_an_account_is_encrypted_under_its_own_key() -> None:
    for event in (REGISTERED, ACTIVATED, CLOSED):
        # The key of the account that a body names, not of whoever wrote it.
        assert event.account_id != event.by
