"""The events of a row on a programme's placement page: filled and revised, with how it was judged.

They stand in the stream of the placement, in place of those of a placement entered as history
(docs/decisions/placement-rules.md).
"""

from typing import Any

from domain.event import Encrypted
from domain.placement import (
    AFTER_DECISION,
    CONTENT,
    OF_PAGE,
    CorrectPlacement,
    Placement,
    PlacementCorrected,
    PlacementRecorded,
    correction,
    evolve,
)
from domain.placement_judging import Judged, LessonsAt, Page, Row
from domain.process import Computed
from domain.refusal import ReasonRequired
from domain.rules import says_nothing


class PlacementRowFilled(PlacementRecorded):
    """A row was filled in on a programme's page. `rules` is the version of the programme that it
    was judged by, `flags` what the council should look at."""

    TOPIC = "placement.row-filled.v1"

    programme: str
    rules: int
    lessons_at: str | None = None
    free_time: str | None = None
    flags: tuple[str, ...] = ()
    computed: Encrypted[tuple[Computed, ...]]


class PlacementRowRevised(PlacementCorrected):
    """A row was corrected; it was judged anew as it is after the correction."""

    TOPIC = "placement.row-revised.v1"

    programme: str
    rules: int
    lessons_at: str | None = None
    free_time: str | None = None
    flags: tuple[str, ...] = ()
    computed: Encrypted[tuple[Computed, ...]]


def fill(
    recorded: PlacementRecorded,
    page: Page,
    *,
    lessons_at: LessonsAt | None = None,
    free_time: str | None = None,
    reason: str | None = None,
    again: bool = False,
) -> PlacementRowFilled:
    """What was recorded, as a row of a page. Raises what `Page.judge` raises."""
    stands = evolve(None, recorded)
    row = Row.of(stands.model_copy(update={"lessons_at": lessons_at, "free_time": free_time}))
    judged = page.judge(row, reason=reason, again=again)
    optional = {"lessons_at": lessons_at, "free_time": free_time}
    return PlacementRowFilled(
        **{name: getattr(recorded, name) for name in recorded.model_fields_set},
        **{name: value for name, value in optional.items() if value is not None},
        **_judged(page, judged),
    )


def added(
    recorded: PlacementRecorded, programme: str, rules: int, reason: str | None
) -> PlacementRowFilled:
    """What was recorded after the case was judged, of a student without a page: it awaits its own
    bodies. Raises `ReasonRequired`."""
    if says_nothing(reason or ""):
        raise ReasonRequired
    told = Computed(
        rule="placement.row",
        inputs={"area": recorded.area, "category": recorded.category.value},
        branch=AFTER_DECISION,
        outcome="flagged",
    )
    return PlacementRowFilled(
        **{name: getattr(recorded, name) for name in recorded.model_fields_set},
        programme=programme,
        rules=rules,
        flags=(AFTER_DECISION,),
        computed=(told,),
    )


def revise(
    placement: Placement | None, command: CorrectPlacement, page: Page
) -> PlacementRowRevised | None:
    """None where nothing changes. Raises as `domain.placement.correct`, and what `Page.judge`
    raises."""
    said = correction(placement, command, (*CONTENT, *OF_PAGE))
    if said is None:
        return None
    assert placement is not None
    changed = {name: value for name, value in said.items() if name in Placement.model_fields}
    after = placement.model_copy(update=changed)
    judged = page.judge(Row.of(after), reason=command.reason, before=placement.flags)
    return PlacementRowRevised(**said, **_judged(page, judged))


def _judged(page: Page, judged: Judged) -> dict[str, Any]:
    return {
        "programme": page.programme,
        "rules": page.rules,
        "flags": judged.flags,
        "computed": judged.computed,
    }
