from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.ledger_life import LEDGER_STREAM, LedgerStarted
from domain.organisation import (
    CorrectOrganisation,
    Kind,
    Organisation,
    OrganisationAlreadyRegistered,
    OrganisationCorrected,
    OrganisationRegistered,
    RegisterOrganisation,
    Stage,
    correct,
    evolve,
    organisation_id,
    register,
    same_county,
)
from domain.refusal import NotAllowed, NotFound, NotValid, ReasonRequired, StaleVersion

OFFICER, BUREAU = UUID(int=81), UUID(int=82)
AUTHORITY = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
SAID: dict[str, Any] = {
    "code": "ks-a",
    "name": "苓雅示範國小",
    "kind": Kind.SCHOOL,
    "county": "高雄市",
    "stage": Stage.ELEMENTARY,
    "parent_id": BUREAU,
    "district": "苓雅區",
}
REGISTER = RegisterOrganisation(actor=AUTHORITY, **SAID)
ENVELOPE: dict[str, Any] = {
    "originator_id": organisation_id("ks-a"),
    "by": OFFICER,
    "capacity": Capacity.AUTHORITY_ADMINISTRATOR,
}
REGISTERED = OrganisationRegistered(
    **ENVELOPE, originator_version=1, organisation_id=organisation_id("ks-a"), **SAID
)


def given(*events: Event) -> Organisation | None:
    return reduce(evolve, events, None)


def correcting(**fields: Any) -> CorrectOrganisation:
    return CorrectOrganisation(**{"actor": AUTHORITY, "reason": "更名"} | fields)


def test_the_authority_registers_a_school() -> None:
    assert register(given(), REGISTER) == REGISTERED
    school = given(REGISTERED)
    assert school is not None
    assert {name: getattr(school, name) for name in SAID} == SAID


def test_the_id_of_an_organisation_follows_from_its_code() -> None:
    # A stored id: it can never change.
    assert organisation_id("ks-a") == UUID("548a44fe-63b1-549f-8a01-009a89ceb48d")
    with pytest.raises(OrganisationAlreadyRegistered):
        register(given(REGISTERED), REGISTER)


@pytest.mark.parametrize("capacity", [c for c in Capacity if c.value not in {"AA", "SYS"}])
def test_nobody_else_registers_or_corrects_organisations(capacity: Capacity) -> None:
    actor = Actor(account_id=OFFICER, capacity=capacity)
    with pytest.raises(NotAllowed):
        register(given(), REGISTER.model_copy(update={"actor": actor}))
    with pytest.raises(NotAllowed):
        correct(given(REGISTERED), correcting(actor=actor, name="新名"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""),
        ("code", "苓雅"),
        ("code", "a b"),
        ("code", "a" * 41),
        ("name", " "),
        ("county", ""),
        ("district", " "),
    ],
)
def test_an_organisation_that_cannot_be_names_its_field(field: str, value: str) -> None:
    with pytest.raises(NotValid) as refused:
        register(given(), REGISTER.model_copy(update={field: value}))
    assert refused.value.field == field


def test_a_correction_of_an_organisation_says_the_changed_fields_only() -> None:
    fields = {"name": "苓雅國小", "parent_id": None, "district": None}
    event = correct(given(REGISTERED), correcting(county="高雄市", **fields))
    assert event == OrganisationCorrected(**ENVELOPE, originator_version=2, reason="更名", **fields)
    assert event is not None
    assert dict(event.changed()) == fields
    school = given(REGISTERED, event)
    assert school is not None
    assert {name: getattr(school, name) for name in fields} == fields
    assert school.version == 2


def test_an_organisation_that_stays_the_same_makes_no_event() -> None:
    assert correct(given(REGISTERED), correcting(name="苓雅示範國小", reason=None)) is None


def test_a_correction_of_an_organisation_needs_reason_version_and_a_value() -> None:
    with pytest.raises(ReasonRequired):
        correct(given(REGISTERED), correcting(name="新名", reason=None))
    with pytest.raises(StaleVersion):
        correct(given(REGISTERED), correcting(name="新名", expected_version=0))
    with pytest.raises(NotValid):
        correct(given(REGISTERED), correcting(name=None))
    with pytest.raises(NotFound):
        correct(given(), correcting(name="新名"))


def test_an_event_of_another_record_is_no_part_of_an_organisation() -> None:
    foreign = LedgerStarted(
        originator_id=LEDGER_STREAM, originator_version=2, by=OFFICER, capacity="SYS", version="1"
    )
    with pytest.raises(TypeError):
        given(REGISTERED, foreign)
    with pytest.raises(TypeError):
        given(foreign)


def test_a_county_is_the_same_in_both_ways_of_writing_it() -> None:
    assert same_county("台南市", "臺南市")
    assert not same_county("臺南市", "臺中市")
