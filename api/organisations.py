"""`/organisations`: schools, the authority, organisers and councils. Their names are public."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.http import Changed, Posted, response_of, writes
from api.paging import Cursor, Limit, sorted_page
from api.viewer import SignedIn, TheHouse, Viewer
from domain import organisation
from domain.capacity import Capacity
from domain.command import Actor
from domain.organisation import Kind, Organisation, Stage, organisation_id
from domain.refusal import NotValid
from domain.section import Line
from ledger.ledger import Ledger
from ledger.standing import unmoved
from projections import directory

router = APIRouter(prefix="/organisations", tags=["organisations"])

_by_authority = office(Capacity.AUTHORITY_ADMINISTRATOR)


class UnknownOrganisation(NotValid):
    """A code in a body or a filter that no organisation has."""

    CODE = "unknown-organisation"
    TITLE = "沒有這個單位代碼，請檢查後再試"


class OrganisationEntry(Body):
    """A new organisation; `parent` is the code of the one above it."""

    code: str
    name: Line
    kind: Kind
    county: Line
    stage: Stage | None = None
    parent: str | None = None
    district: Line | None = None


class OrganisationChange(Body):
    """Fields that are left out stay as they are."""

    name: Line | None = None
    county: Line | None = None
    stage: Stage | None = None
    parent: str | None = None
    district: Line | None = None
    reason: str | None = None


class OrganisationItem(BaseModel):
    id: UUID
    version: int
    code: str
    name: str
    kind: Kind
    county: str
    stage: Stage | None
    parent: str | None
    district: str | None


class Organisations(BaseModel):
    items: list[OrganisationItem]
    next_cursor: str | None = None


Sort = Literal["code", "-code", "name", "-name", "kind", "-kind"]


@router.get("")
def list_organisations(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "code",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Organisations:
    """所有單位。"""
    with viewer.looking(house) as connection:
        cards = directory.organisations(connection)
    codes = {one.organisation_id: one.code for one in cards}
    items = [
        OrganisationItem(
            id=one.organisation_id,
            version=one.version,
            code=one.code,
            name=one.name,
            kind=Kind(one.kind),
            county=one.county,
            stage=Stage(one.stage) if one.stage else None,
            parent=codes.get(one.parent) if one.parent else None,
            district=one.district,
        )
        for one in cards
    ]
    page, after = sorted_page(
        house,
        viewer,
        items,
        sort,
        what="organisations",
        wanted={},
        limit=limit,
        cursor=cursor,
    )
    return Organisations(items=page, next_cursor=after)


@router.post("", **writes(OrganisationEntry))
def post_organisation(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """建立單位（主管機關學務）。"""
    return response_of(house, viewer, register(house, viewer, asked))


@router.patch("/{code}", **writes(OrganisationChange, 200))
def patch_organisation(house: TheHouse, viewer: SignedIn, code: str, asked: Changed) -> Response:
    """修改單位資料（主管機關學務）。"""
    return response_of(house, viewer, correct(house, viewer, code, asked))


def register(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A new organisation from an `OrganisationEntry`."""
    return perform(
        house,
        viewer,
        asked,
        Deed(
            what="organisation.register",
            body=OrganisationEntry,
            see=lambda _: None,
            permit=_by_authority,
            decide=_register,
        ),
    )


def correct(house: House, viewer: Viewer, code: str, asked: Asked) -> Done:
    """A change of an organisation from an `OrganisationChange`."""

    def see(acting: Acting) -> Organisation:
        return acting.known(organisation.evolve, organisation_id(code))

    return perform(
        house,
        viewer,
        asked,
        Deed(
            what="organisation.correct",
            body=OrganisationChange,
            see=see,
            permit=_by_authority,
            version=lambda acting, _: see(acting).version,
            decide=_correct,
            status=200,
        ),
    )


def by_id(ledger: Ledger, known: UUID) -> Organisation | None:
    """The organisation of an id, as the books say."""
    return ledger.state(organisation.evolve, known)


def by_code(ledger: Ledger, code: str, field: str = "organisation") -> Organisation:
    """The organisation of a code that somebody wrote. Raises `UnknownOrganisation`."""
    known = by_id(ledger, organisation_id(code))
    if known is None:
        raise UnknownOrganisation(field=field)
    return known


def _register(acting: Acting, _: None, actor: Actor, given: OrganisationEntry) -> Decided:
    parent_id, above = _above(acting, given.parent)
    fields = given.model_dump(exclude={"parent"})
    command = organisation.RegisterOrganisation(actor=actor, parent_id=parent_id, **fields)
    known = acting.state(organisation.evolve, organisation_id(given.code))
    event = organisation.register(known, command, above)
    return Decided((event,), event.organisation_id, event.originator_version, after=unmoved(above))


def _correct(
    acting: Acting, seen: Organisation, actor: Actor, given: OrganisationChange
) -> Decided:
    fields = given.model_dump(exclude_unset=True, exclude={"parent"})
    above: dict[UUID, int] = {}
    if "parent" in given.model_fields_set:
        fields["parent_id"], above = _above(acting, given.parent)
    command = organisation.CorrectOrganisation(actor=actor, **fields)
    known = acting.state(organisation.evolve, seen.organisation_id)
    event = organisation.correct(known, command, above)
    if event is None:
        return Decided((), seen.organisation_id, seen.version)
    return Decided((event,), seen.organisation_id, event.originator_version, after=unmoved(above))


def _above(acting: Acting, code: str | None) -> tuple[UUID | None, dict[UUID, int]]:
    """The parent of a code, and the versions of all the superiors that come with it. Raises
    `UnknownOrganisation`."""
    if not code:
        return None, {}
    parent = by_code(acting.house.ledger, code, "parent").organisation_id
    met: dict[UUID, Organisation] = {}

    def above(one: UUID) -> UUID | None:
        met[one] = acting.known(organisation.evolve, one)
        return met[one].parent_id

    # Each is read once: its version must be that of the parent that was followed.
    organisation.superiors(parent, above)
    return parent, {one: known.version for one, known in met.items()}
