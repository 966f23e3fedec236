"""`/programmes`: the counties' programmes as data, each rule with its source (design D12)."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.http import Posted, response_of, shown, writes
from api.paging import Cursor, Limit, sorted_page
from api.student_items import Instant, Person, person
from api.viewer import SignedIn, TheHouse, Viewer
from domain import programme
from domain.capacity import Capacity
from domain.command import Actor
from domain.programme import PublishProgramme, programme_id
from domain.programme_rules import Programme, lint, read
from domain.refusal import NotFound
from projections import programmes as view

router = APIRouter(prefix="/programmes", tags=["programmes"])

_CODE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


class ProgrammeText(Body):
    """The TOML text of a programme; the same text again changes nothing."""

    text: str


class ProgrammeLine(BaseModel):
    """A published programme; `id` is its code."""

    id: str
    name: str
    school_year: int
    version: int
    digest: str
    published_at: Instant
    published_by: Person


class Programmes(BaseModel):
    items: list[ProgrammeLine]
    next_cursor: str | None


class FindingItem(BaseModel):
    """What in the plan contradicts itself; `ruling` is what a person decided about it, if so."""

    finding: str
    message: str
    ruling: str | None


class EditionItem(BaseModel):
    """A text that was in force. `digest` is the SHA-256 of its UTF-8."""

    version: int
    digest: str


class ProgrammeItem(BaseModel):
    """The rules of one version, each with its source, and the text they were read from."""

    id: str
    version: int
    digest: str
    rules: Programme
    findings: list[FindingItem]
    versions: list[EditionItem]
    text: str


Sort = Literal["id", "-id", "name", "-name", "school_year", "-school_year",
               "published_at", "-published_at"]  # fmt: skip


@router.get("")
def list_programmes(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "id",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Programmes:
    """已公布的計畫。"""
    page, after = sorted_page(
        house,
        viewer,
        listed(house, viewer),
        sort,
        what="programmes",
        wanted={},
        limit=limit,
        cursor=cursor,
    )
    return Programmes(items=page, next_cursor=after)


@router.get("/{pid}", response_model=ProgrammeItem)
def get_programme(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    version: Annotated[int | None, Query(ge=1, description="版次；未指定時為現行版")] = None,
) -> Response:
    """一個計畫的規定與出處；可指定當時的版次。"""
    return shown(item(house, viewer, pid, version))


@router.post("", **writes(ProgrammeText))
def post_programme(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """公布一個計畫，或其修正後的內容。"""
    return response_of(house, viewer, publish(house, viewer, asked))


def listed(house: House, viewer: Viewer) -> list[ProgrammeLine]:
    """The programmes that were published."""
    with viewer.looking(house) as connection:
        return [
            ProgrammeLine(
                id=one.code,
                name=one.name,
                school_year=one.school_year,
                version=one.version,
                digest=one.digest,
                published_at=one.published_at,
                published_by=person(house, connection, one.published_by),
            )
            for one in view.programmes(connection)
        ]


def item(house: House, viewer: Viewer, code: str, version: int | None = None) -> ProgrammeItem:
    """A programme's rules, of one version or those in force. Raises `NotFound`."""
    if _CODE.fullmatch(code) is None:
        raise NotFound
    known = Acting(house, viewer).known(programme.evolve, programme_id(code))
    edition = known.newest if version is None else known.edition(version)
    rules = edition.programme
    return ProgrammeItem(
        id=code,
        version=edition.version,
        digest=edition.digest,
        rules=rules,
        findings=[FindingItem(**one._asdict()) for one in lint(rules)],
        versions=[EditionItem(version=one.version, digest=one.digest) for one in known.editions],
        text=edition.text,
    )


def publish(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A publication from a `ProgrammeText`."""
    deed: Deed[Any, ProgrammeText] = Deed(
        what="programme.publish",
        body=ProgrammeText,
        see=lambda _: None,
        permit=office(Capacity.AUTHORITY_ADMINISTRATOR),
        decide=_decide,
    )
    return perform(house, viewer, asked, deed)


def _decide(acting: Acting, _: Any, actor: Actor, given: ProgrammeText) -> Decided:
    stream: UUID = programme_id(read(given.text).code)
    known = acting.state(programme.evolve, stream)
    event = programme.publish(known, PublishProgramme(actor=actor, text=given.text))
    if event is None:
        assert known is not None
        return Decided((), stream, known.version)
    return Decided((event,), stream, event.originator_version)
