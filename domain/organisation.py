"""Schools, the authority, organisers and councils."""

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import UPCASTS, Event
from domain.refusal import NotFound, NotValid, Refusal
from domain.rules import LONGEST_WORD, check_text, permit_authority, require_reason
from domain.stream_ids import natural_id
from domain.versioning import Change, changes, expect


class Kind(StrEnum):
    AUTHORITY = "authority"
    SCHOOL = "school"
    ORGANISER = "organiser"
    COUNCIL = "council"


class Stage(StrEnum):
    """教育階段."""

    ELEMENTARY = "elementary"
    JUNIOR_HIGH = "junior_high"
    SENIOR_HIGH = "senior_high"


def organisation_id(code: str) -> UUID:
    """The id and stream of the organisation with this code."""
    return natural_id("organisation", code)


def same_county(one: str, other: str) -> bool:
    """Whether two names are of one county; 臺 is written 台 as often."""
    return one.replace("台", "臺") == other.replace("台", "臺")


class OrganisationRegistered(Event):
    TOPIC = "organisation.registered.v2"

    organisation_id: UUID
    code: str
    name: str
    kind: Kind
    county: str
    stage: Stage | None
    parent_id: UUID | None
    district: str | None


class OrganisationCorrected(Event):
    """The fields that were given changed. Code and kind never do."""

    TOPIC = "organisation.corrected.v2"

    name: str | None = None
    county: str | None = None
    stage: Stage | None = None
    parent_id: UUID | None = None
    district: str | None = None


def _registered_v2(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The first form had no district."""
    return {**fields, "district": None}


UPCASTS["organisation.registered.v1"] = (OrganisationRegistered.TOPIC, _registered_v2)
UPCASTS["organisation.corrected.v1"] = (OrganisationCorrected.TOPIC, dict)


class Organisation(BaseModel, frozen=True):
    organisation_id: UUID
    version: int
    code: str
    name: str
    kind: Kind
    county: str
    stage: Stage | None
    parent_id: UUID | None
    district: str | None


CORRECTABLE = ("name", "county", "stage", "parent_id", "district")


def evolve(organisation: Organisation | None, event: Event) -> Organisation:
    if isinstance(event, OrganisationRegistered):
        return Organisation(
            organisation_id=event.organisation_id,
            version=event.originator_version,
            code=event.code,
            kind=event.kind,
            **{name: getattr(event, name) for name in CORRECTABLE},
        )
    if organisation is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of an organisation")
    match event:
        case OrganisationCorrected():
            changed: dict[str, Any] = {"version": event.originator_version}
            return organisation.model_copy(update=changed | dict(event.changed()))
    raise TypeError(f"{event.TOPIC} does not belong to an organisation")


class RegisterOrganisation(Command):
    code: str
    name: str
    kind: Kind
    county: str
    stage: Stage | None = None
    parent_id: UUID | None = None
    district: str | None = None


class CorrectOrganisation(Change):
    """Fields that are left out stay as they are."""

    name: str | None = None
    county: str | None = None
    stage: Stage | None = None
    parent_id: UUID | None = None
    district: str | None = None


class OrganisationAlreadyRegistered(Refusal):
    CODE = "organisation-already-registered"
    TITLE = "這個代碼的單位已經建立"


def superiors(first: UUID | None, above: Callable[[UUID], UUID | None]) -> tuple[UUID, ...]:
    """An organisation and all those above it, the nearest first; `above` says which is the next."""
    found: dict[UUID, None] = {}
    while first is not None and first not in found:
        found[first] = None
        first = above(first)
    return tuple(found)


_CODE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def register(
    organisation: Organisation | None,
    command: RegisterOrganisation,
    above: Collection[UUID] = (),
) -> OrganisationRegistered:
    """`above` are the `superiors` that it would have.

    Raises `NotAllowed`, `NotValid`, `OrganisationAlreadyRegistered`.
    """
    permit_authority(command.actor)
    _check_code(command.code)
    check_text(command.name, "organisation", "name", LONGEST_WORD)
    check_text(command.county, "organisation", "county", LONGEST_WORD)
    if command.district is not None:
        check_text(command.district, "organisation", "district", LONGEST_WORD)
    if organisation is not None:
        raise OrganisationAlreadyRegistered
    stream = organisation_id(command.code)
    _check_parent(stream, command.parent_id, above)
    return OrganisationRegistered(
        **command.envelope(stream, version=1),
        organisation_id=stream,
        code=command.code,
        kind=command.kind,
        **{name: getattr(command, name) for name in CORRECTABLE},
    )


def correct(
    organisation: Organisation | None,
    command: CorrectOrganisation,
    above: Collection[UUID] = (),
) -> OrganisationCorrected | None:
    """None where nothing changes. `above` are the `superiors` that it would have.

    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `NotValid`, `ReasonRequired`.
    """
    if organisation is None:
        raise NotFound
    permit_authority(command.actor)
    expect(organisation, command.expected_version)
    changed = changes(command, organisation, CORRECTABLE)
    for field in ("name", "county", "district"):
        if field in changed and (field != "district" or changed[field] is not None):
            check_text(changed[field], "organisation", field, LONGEST_WORD)
    if not changed:
        return None
    _check_parent(organisation.organisation_id, changed.get("parent_id"), above)
    require_reason(command)
    return OrganisationCorrected(
        **command.envelope(organisation.organisation_id, organisation.version + 1), **changed
    )


def _check_parent(own: UUID, parent: UUID | None, above: Collection[UUID]) -> None:
    if parent == own:
        raise NotValid("上級單位不能是自己。", "parent")
    if parent is not None and own in above:
        raise NotValid("上級單位不能是自己的下級單位。", "parent")


def _check_code(code: str) -> None:
    if not 1 <= len(code) <= 40 or not _CODE_CHARACTERS.issuperset(code):
        raise NotValid("單位代碼請用 1 到 40 個英文字母、數字、「-」、「_」或「.」。", "code")
