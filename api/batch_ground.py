"""What the steps of a school's batch are judged on: its school, and the roster as it is now."""

from typing import TypedDict
from uuid import UUID

from api.acting import Acting
from api.roster_entries import is_hidden, looking_for_school, made_of
from domain import organisation, rosters
from domain.programme_rules import Programme
from domain.roster import digested
from domain.roster_digest import Digested
from domain.school_batch import STAGES


class OfBatch(TypedDict, total=False):
    """Fields of `domain.process.Ground`; none where there is no batch."""

    organisation: UUID
    school_name: str
    roster: Digested | None


def batch_ground(
    acting: Acting, programme: Programme, process: str, school: UUID | None
) -> OfBatch:
    """Of a batch of this school. The views may be late by a moment: then what was exported is
    found to be out of date at the next look, never the other way."""
    stage = next((one for one, code in STAGES.items() if code == process), None)
    if stage is None or school is None:
        return {}
    known = acting.known(organisation.evolve, school)
    return {
        "organisation": school,
        "school_name": known.name,
        "roster": roster_now(acting, programme, stage, school),
    }


def roster_now(acting: Acting, programme: Programme, stage: str, school: UUID) -> Digested | None:
    """The roster of a school's stage now; None where the house has no such roster."""
    kind = rosters.ROSTERS.get(stage)
    if kind is None or is_hidden(kind):
        return None
    with looking_for_school(acting.house, acting.viewer.account_id) as connection:
        made = made_of(acting.house, connection, programme, kind, school)
    return digested(kind, made)
