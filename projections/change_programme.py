"""To which programme a change belongs, for a report that is narrowed to programmes.

A record belongs to the programme that its events name, and a request about a placement to that of
the placement. A placement that names none belongs to the programmes of its school year, as on the
list of what was modified on a programme's placement page (Kaohsiung 6.4).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.access import PROCESS_SECTIONS
from domain.placement_request import PlacementRequestRecorded
from projections.plan_fold import is_section
from projections.view import Fact

#: Where the state of a record keeps its programme; what begins with `#` is no field of its form.
PROGRAMME = "#programme"

State = dict[str, Any]


def placement_of(fact: Fact) -> UUID | None:
    """The placement that a new request is about."""
    if fact.event_class is PlacementRequestRecorded:
        return UUID(fact.fields["placement_id"])
    return None


def belonging(fact: Fact, states: Mapping[UUID, State], after: State) -> State:
    """The state after an event, with the programme that it or an earlier event named."""
    of = placement_of(fact) or fact.stream_id
    said = None if is_section(fact) else fact.fields.get("programme")
    named = said or states.get(of, {}).get(PROGRAMME)
    return after if named is None else {**after, PROGRAMME: named}


def year_of(section: str, after: State) -> int | None:
    """The column `school_year` of a row."""
    return after.get("school_year") if section in PROCESS_SECTIONS else None
