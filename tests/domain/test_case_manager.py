from functools import reduce
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.case_manager import (
    AlreadyAppointed,
    AppointCaseManager,
    Appointment,
    AppointmentAlreadyEnded,
    CaseManagerAppointed,
    CaseManagerAppointmentEnded,
    EndAppointment,
    Kind,
    appoint,
    appointment_id,
    end,
    evolve,
    kind_appointed_by,
)
from domain.command import Actor
from domain.event import Event
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, ReasonRequired, StaleVersion
from domain.rules import NotATeacher

TEACHER, OFFICER, SCHOOL, OTHER_SCHOOL = (UUID(int=n) for n in range(41, 45))
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
BUREAU = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
IMPORT = Actor(account_id=OFFICER, capacity=Capacity.SYSTEM)


def appointing(kind: Kind, actor: Actor, school: UUID | None = SCHOOL) -> AppointCaseManager:
    return AppointCaseManager(
        actor=actor,
        account_id=TEACHER,
        kind=kind,
        account_is_teacher=True,
        account_organisation_id=SCHOOL,
        actor_organisation_id=school,
    )


def ending(actor: Actor, school: UUID | None = SCHOOL) -> EndAppointment:
    return EndAppointment(
        actor=actor,
        reason="調校",
        account_organisation_id=SCHOOL,
        actor_organisation_id=school,
    )


APPOINTED = CaseManagerAppointed(
    originator_id=appointment_id(TEACHER, Kind.RESOURCE_CLASS),
    originator_version=1,
    by=OFFICER,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    account_id=TEACHER,
    kind=Kind.RESOURCE_CLASS,
)
ENDED = CaseManagerAppointmentEnded(
    originator_id=appointment_id(TEACHER, Kind.RESOURCE_CLASS),
    originator_version=2,
    by=OFFICER,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    reason="調校",
    account_id=TEACHER,
    kind=Kind.RESOURCE_CLASS,
)


def given(*events: Event) -> Appointment | None:
    return reduce(evolve, events, None)


def test_the_school_appoints_its_resource_class_teacher() -> None:
    assert appoint(given(), appointing(Kind.RESOURCE_CLASS, OFFICE)) == APPOINTED


def test_an_itinerant_teacher_is_appointed_by_the_authority_only() -> None:
    assert appoint(given(), appointing(Kind.ITINERANT, BUREAU)).kind is Kind.ITINERANT
    with pytest.raises(NotAllowed):
        appoint(given(), appointing(Kind.ITINERANT, OFFICE))


def test_a_resource_class_teacher_is_not_appointed_by_the_authority() -> None:
    with pytest.raises(NotAllowed):
        appoint(given(), appointing(Kind.RESOURCE_CLASS, BUREAU))


def test_a_school_does_not_appoint_for_another_school() -> None:
    for school in (OTHER_SCHOOL, None):
        with pytest.raises(NotAllowed):
            appoint(given(), appointing(Kind.RESOURCE_CLASS, OFFICE, school))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("capacity", ["CM", "GH", "ST", "HR", "OR", "CO", "RV", "SU"])
def test_a_teacher_appoints_nobody_themselves_included(kind: Kind, capacity: str) -> None:
    actor = Actor(account_id=TEACHER, capacity=Capacity(capacity))
    with pytest.raises(NotAllowed):
        appoint(given(), appointing(kind, actor))


def test_only_a_teacher_becomes_case_manager() -> None:
    command = appointing(Kind.RESOURCE_CLASS, OFFICE).model_copy(
        update={"account_is_teacher": False}
    )
    with pytest.raises(NotATeacher):
        appoint(given(), command)


def test_nobody_is_appointed_twice_but_again_after_the_end() -> None:
    with pytest.raises(AlreadyAppointed):
        appoint(given(APPOINTED), appointing(Kind.RESOURCE_CLASS, OFFICE))
    again = appoint(given(APPOINTED, ENDED), appointing(Kind.RESOURCE_CLASS, OFFICE))
    assert again.originator_version == 3


def test_an_appointment_ends_with_a_reason_by_who_may_make_it() -> None:
    assert end(given(APPOINTED), ending(OFFICE)) == ENDED
    with pytest.raises(ReasonRequired):
        end(given(APPOINTED), ending(OFFICE).model_copy(update={"reason": None}))
    for command in (ending(BUREAU), ending(OFFICE, OTHER_SCHOOL)):
        with pytest.raises(NotAllowed):
            end(given(APPOINTED), command)


def test_an_appointment_that_is_unknown_ended_or_stale_is_not_ended() -> None:
    with pytest.raises(NotFound):
        end(given(), ending(OFFICE))
    with pytest.raises(AppointmentAlreadyEnded):
        end(given(APPOINTED, ENDED), ending(OFFICE))
    with pytest.raises(StaleVersion):
        end(given(APPOINTED), ending(OFFICE).model_copy(update={"expected_version": 7}))


def test_an_import_brings_appointments_of_both_kinds() -> None:
    for kind in Kind:
        assert appoint(given(), appointing(kind, IMPORT, None)).kind is kind


def test_what_a_capacity_appoints_follows_from_it() -> None:
    assert kind_appointed_by(Capacity.SCHOOL_ADMINISTRATOR) is Kind.RESOURCE_CLASS
    assert kind_appointed_by(Capacity.AUTHORITY_ADMINISTRATOR) is Kind.ITINERANT
    assert kind_appointed_by(Capacity.CASE_MANAGER) is None


def test_an_event_of_another_record_is_no_part_of_an_appointment() -> None:
    with pytest.raises(TypeError):
        given(
            PlanOpened(
                originator_id=TEACHER,
                originator_version=1,
                by=OFFICER,
                capacity="CM",
                student_id=TEACHER,
                school_year=113,
            )
        )
