"""`/programmes/{pid}/round`: what concerns a programme's whole round, for everybody to see."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.acting import Acting, Asked, Done
from api.house import House
from api.http import PostedChange, response_of, shown, takes_one_of
from api.process_items import rules_of
from api.processes import EVOLVE, Which, take_step
from api.publication import publish
from api.viewer import SignedIn, TheHouse, Viewer
from domain import programme_round
from domain.process import STEPS, Record
from domain.publication import PUBLISHED

router = APIRouter(prefix="/programmes/{pid}/round", tags=["programmes"])

PROCESS = programme_round.PROCESS


class RoundAct(BaseModel):
    """What was done: the step, and what it says."""

    step: str
    name: str
    data: dict[str, Any]


class RoundItem(BaseModel):
    """The round of a programme; version 0 before anything was done in it."""

    version: int
    programme: str
    state: str
    acts: list[RoundAct]


@router.get("", response_model=RoundItem)
def get_round(house: TheHouse, viewer: SignedIn, pid: str) -> Response:
    """期間的變更、承辦學校的更換與結果的公告。"""
    return shown(read(house, viewer, pid))


@router.post(
    "/{step}", **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of == PROCESS))
)
def post_round_step(
    house: TheHouse, viewer: SignedIn, pid: str, step: str, asked: PostedChange
) -> Response:
    """辦理計畫全程的一個步驟（承辦學校、主管機關）。"""
    return response_of(house, viewer, take(house, viewer, pid, step, asked))


def take(house: House, viewer: Viewer, pid: str, step: str, asked: Asked) -> Done:
    """A step of the round. Raises `NotFound`."""
    if step == PUBLISHED.code:
        return publish(house, viewer, asked, pid)
    return take_step(house, viewer, asked, Which(pid, PROCESS), step)


def read(house: House, viewer: Viewer, pid: str) -> RoundItem:
    """The round of a programme. Raises `NotFound`."""
    rules_of(house, pid)
    known = Acting(house, viewer).state(EVOLVE[PROCESS], Which(pid, PROCESS).record_id)
    return _item(pid, known)


def round_version(house: House, pid: str) -> int:
    """The version of the round, for whoever takes a step of it without HTTP."""
    known = house.ledger.state(EVOLVE[PROCESS], Which(pid, PROCESS).record_id)
    return 0 if known is None else known.version


def _item(pid: str, known: Record | None) -> RoundItem:
    if known is None:
        return RoundItem(version=0, programme=pid, state="none", acts=[])
    acts = [
        RoundAct(
            step=one.STEP,
            name=STEPS[PROCESS, one.STEP].name if (PROCESS, one.STEP) in STEPS else "未受理",
            data=one.model_dump(
                mode="json", exclude_unset=True, include={*dict(one.changed())} - {"computed"}
            ),
        )
        for one in known.steps
    ]
    return RoundItem(version=known.version, programme=pid, state=known.state, acts=acts)
