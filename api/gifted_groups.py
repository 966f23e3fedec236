"""`/programmes/{pid}/gifted-groups/{code}`: a school's gifted group, and the seats nobody takes."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Done
from api.house import House
from api.http import PostedChange, response_of, shown, takes_one_of
from api.process_items import rules_of
from api.processes import EVOLVE, Which, see, take_step
from api.viewer import SignedIn, TheHouse, Viewer
from domain import gifted_group
from domain.application_facts import selection_of
from domain.gifted_group import COMMITTEE, PROCESS
from domain.organisation import organisation_id
from domain.process import STEPS
from domain.programme_data import Source
from domain.refusal import NotFound

router = APIRouter(prefix="/programmes/{pid}/gifted-groups/{code}", tags=["programmes"])


class GiftedGroupItem(BaseModel):
    """The group as it was last composed; version 0 before. `missing` are warnings, with the rule
    they follow from."""

    version: int
    state: str
    convenor: str | None
    members: list[str]
    missing: list[str]
    source: Source | None


@router.get("", response_model=GiftedGroupItem)
def get_gifted_group(house: TheHouse, viewer: SignedIn, pid: str, code: str) -> Response:
    """一所學校的資優小組：成員職稱，與依規定尚缺的成員。"""
    return shown(read(house, viewer, pid, code))


@router.post(
    "/{step}", **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of == PROCESS))
)
def post_gifted_group_step(
    house: TheHouse, viewer: SignedIn, pid: str, code: str, step: str, asked: PostedChange
) -> Response:
    """登記學校資優小組的成員；缺少規定的成員時提出提醒，不予退回。"""
    return response_of(house, viewer, take(house, viewer, pid, code, step, asked))


def read(house: House, viewer: Viewer, pid: str, code: str) -> GiftedGroupItem:
    """Raises `NotFound` for whom the school's papers are none of their business, and where the
    programme has no such group."""
    rules = rules_of(house, pid)
    if not gifted_group.is_kept(rules):
        raise NotFound
    which = Which(pid, PROCESS, organisation=organisation_id(code))
    acting = Acting(house, viewer)
    see(acting, which)
    known = acting.state(EVOLVE[PROCESS], which.record_id)
    last = None if known is None else known.last(gifted_group.STEP)
    committee = selection_of(rules).committee(COMMITTEE)
    return GiftedGroupItem(
        version=0 if known is None else known.version,
        state="none" if known is None else known.state,
        convenor=None if last is None else last.convenor,
        members=[] if last is None else list(last.members),
        missing=[] if last is None else list(last.missing),
        source=None if committee is None else committee.source,
    )


def take(house: House, viewer: Viewer, pid: str, code: str, step: str, asked: Asked) -> Done:
    """A step of a school's group. Raises `NotFound`."""
    which = Which(pid, PROCESS, organisation=organisation_id(code))
    return take_step(house, viewer, asked, which, step)
