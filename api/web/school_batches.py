"""`/programmes/{pid}/batches/{organisation}/{stage}`: what a school hands in at a stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response

from api import programme_papers, school_batches, school_scans
from api.acting import Done
from api.batch_items import BatchItem
from api.process_items import rules_of
from api.web.programmes import ROSTER_STATES
from api.web.rendering import Page, ThePage
from api.web.scans import Owner
from api.web.step_pages import Turn, names_of, sent, step_form, taken
from api.web.typed import Typed
from domain.access_words import what_label
from domain.capacity import LABELS as CAPACITIES
from domain.programme_rules import Programme
from domain.refusal import Refusal
from domain.rosters import ROSTERS
from domain.school_batch import STAGES
from projections import directory

router = APIRouter()

_PATH = "/programmes/{pid}/batches/{organisation}/{stage}"


@dataclass(frozen=True)
class _Shown:
    rules: Programme
    item: BatchItem
    turn: Turn

    @property
    def name(self) -> str:
        machine = self.rules.machine(STAGES[self.item.stage])
        return self.item.stage if machine is None else machine.name

    @property
    def path(self) -> str:
        code = self.item.organisation.code
        return f"/programmes/{self.rules.code}/batches/{code}/{self.item.stage}"


@router.get(_PATH)
def get_batch(page: ThePage, pid: str, organisation: str, stage: str) -> Response:
    """A school's batch: where it stands, what is missing, its money, papers and steps."""
    shown = _read(page, pid, organisation, stage)
    process = STAGES[stage]
    machine = shown.rules.machine(process)
    steps = shown.item.steps
    paying = machine is not None and any(one.step == "remittance-recorded" for one in machine.steps)
    papers = programme_papers.offered_to_school(
        page.house, page.viewer, shown.rules, stage, organisation
    )
    return page.show(
        "programme_batch.html",
        rules=shown.rules,
        item=shown.item,
        name=shown.name,
        turns=[shown.turn],
        taken=taken(shown.rules, [(process, steps)], names_of(page)),
        receipt=next((one.data for one in reversed(steps) if one.step == "receipt-issued"), None),
        paying=paying,
        roster=ROSTERS.get(stage),
        rosters=ROSTER_STATES,
        uploads=ROSTERS.get(f"uploads-{stage}"),
        papers=[(what_label(f"papers/{one}"), f"/programmes/{pid}/papers/{one}") for one in papers],
        capacities=CAPACITIES,
        windows={one.code: one.name for one in shown.rules.windows},
        scans=school_scans.listed(page.house, page.viewer, pid, organisation).items,
    )


@router.get(_PATH + "/{step}")
def get_batch_step(page: ThePage, pid: str, organisation: str, stage: str, step: str) -> Response:
    """The form of a step that is open to the viewer."""
    shown = _read(page, pid, organisation, stage)
    return _form(page, shown, step, None)


@router.post(_PATH + "/{step}")
def post_batch_step(
    page: ThePage, pid: str, organisation: str, stage: str, step: str, typed: Typed
) -> Response:
    """A step of a batch."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return school_batches.take(page.house, page.viewer, pid, organisation, stage, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        return _form(page, _read(page, pid, organisation, stage), step, data, refusal)

    path = f"/programmes/{pid}/batches/{organisation}/{stage}"
    return sent(page, (STAGES.get(stage, ""), step), typed, deed, again, path)


def _form(
    page: Page,
    shown: _Shown,
    step: str,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
) -> Response:
    above = f"{shown.item.organisation.name}　{shown.name}"
    return step_form(page, shown.rules, shown.turn, step, data, refusal, above=above)


def _read(page: Page, pid: str, organisation: str, stage: str) -> _Shown:
    """A batch that the viewer may see; recorded. Raises `NotFound`."""
    item = school_batches.read(page.house, page.viewer, pid, organisation, stage)
    with page.viewer.looking(page.house) as connection:
        school = directory.organisation_by_code(connection, organisation)
    held = page.viewer.held_at(None if school is None else school.organisation_id)
    owner = Owner(None, organisation)
    turn = Turn(STAGES[stage], item.version, item.open, held, owner=owner)
    return _Shown(rules_of(page.house, pid), item, turn)
