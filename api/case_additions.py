"""Which subjects were filled in after the bodies judged their case, and what each waits for."""

from uuid import UUID

from fastapi import APIRouter

from api.audit import record_list
from api.case_listing import Listing
from api.case_roster_items import AdditionList, AdditionPlacement, AdditionPupil
from api.house import House
from api.paging import Cursor, Limit, Place, paged
from api.process_items import rules_of
from api.processes import EVOLVE
from api.viewer import SignedIn, TheHouse
from domain import placement_case
from domain.placement import Placement, Status
from domain.placement_addition import waits_for
from domain.process import STEPS
from domain.programme_rules import Programme
from projections import placed

router = APIRouter(prefix="/programmes/{pid}", tags=["placement cases"])


@router.get("/rosters/additions")
def get_additions(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    step: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AdditionList:
    """審議後才填寫而待審議的安置，與各自等待的步驟；順序固定。"""
    rules = rules_of(house, pid)
    found: list[Place[AdditionPupil]] = []
    with viewer.looking(house) as connection:
        listing = Listing.of(house, connection, rules)
        rows = placed.in_force(connection, rules.school_year, status=Status.AWAITING)
        for case in listing.cases:
            office = listing.office(case.organisation)
            if case.student not in rows or organisation not in (None, office.code):
                continue
            added = [
                one
                for one in waiting(house, rules, case.record_id, rows[case.student])
                if step in (None, one.step)
            ]
            if added:
                pupil = AdditionPupil(
                    student=listing.person(case.student),
                    organisation=office,
                    case_id=case.record_id,
                    placements=added,
                )
                found.append(([office.code, case.recorded_at.isoformat()], case.record_id, pupil))
    wanted = {"programme": pid, "organisation": organisation, "step": step}
    page, after = paged(
        house,
        viewer,
        found,
        what="rosters/additions",
        wanted=wanted,
        limit=limit,
        cursor=cursor,
    )
    record_list(house, viewer, "rosters/additions", [one.student.id for one in page], wanted)
    return AdditionList(items=page, next_cursor=after)


def waiting(
    house: House, rules: Programme, case_id: UUID, rows: tuple[Placement, ...]
) -> list[AdditionPlacement]:
    """What each of these awaiting placements of a case waits for."""
    case = house.ledger.state(EVOLVE[placement_case.PROCESS], case_id)
    assert case is not None
    steps = [waits_for(rules, case, one) for one in rows]
    return [
        AdditionPlacement(
            placement_id=one.placement_id,
            area=one.area,
            category=one.category,
            placement_grade=one.placement_grade,
            step=step,
            step_name=STEPS[placement_case.PROCESS, step].name,
        )
        for one, step in zip(rows, steps, strict=True)
    ]
