"""Who must come to the placement meeting, of all that is asked for a pupil (2.5, KAO-113)."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, cast

from domain.application_facts import selection_of
from domain.placement import Category, Placement
from domain.placement_duties import attendance_required
from domain.programme_rules import Programme


class Asked(NamedTuple):
    """A request about a placement: its kind, and the category asked for instead."""

    about: Placement
    kind: str
    to: Category | None


def duties(
    programme: Programme, rows: Sequence[Placement], asked: Iterable[Asked], *, papers: bool
) -> list[str]:
    """The names of the rules by which somebody must come; empty where nobody must.

    `papers`: whether what a re-placement or an abandonment needs was uploaded.
    """
    selection = selection_of(programme)
    answers = [attendance_required(selection, one.category, one.placement_grade) for one in rows]
    answers += [
        attendance_required(
            selection,
            one.about.category,
            one.about.placement_grade,
            request=cast("Literal['re_placement', 'abandonment']", one.kind),
            to=one.to,
            uploads_complete=papers,
        )
        for one in asked
    ]
    owed = [one.computed.branch for one in answers if one.value]
    return [one.name for one in selection.attendance if one.code in owed]
