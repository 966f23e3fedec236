"""`GET /access-reviews`: reads that somebody should look at, by rules that are data.

For the administration of a school over the reads of its students, and for the authority over all.
The program lists and says which rule with which numbers; a person decides.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access_items import Coded, ListedStudent, capacity_of, people, students
from api.access_log import Backwards
from api.audit import record_list, refusals_recorded
from api.house import House
from api.paging import Cursor, Limit, paged
from api.student_items import Instant, Person
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import COUNTY
from domain.access_review import RULES, Act, Finding, Rule, findings
from domain.calendar import WrittenDate, local_range
from domain.reading import REVIEW_READS
from domain.refusal import NotAllowed, NotValid
from domain.stream_ids import NAMESPACE
from projections import access_log, directory
from projections.view import audience_ids
from projections.viewer import viewing

router = APIRouter(tags=["access"])

WHAT = "access-reviews"
#: How many days are looked at where none are named, and at most at once.
DAYS, MOST_DAYS = 7, 31
#: So many students of a finding are named; the others are counted.
NAMED = 20


class RuleItem(BaseModel):
    """A rule with its numbers."""

    code: str
    label: str
    numbers: dict[str, int]


class ReviewItem(BaseModel):
    """Acts of one reader that a rule lists. `capacities` are those they were done in."""

    rule: Coded
    reader: Person
    capacities: list[Coded]
    first_at: Instant
    last_at: Instant
    acts: int
    students: list[ListedStudent]
    student_count: int


class Reviews(BaseModel):
    """A rule that cannot be asked of what the viewer sees is not in `rules`."""

    from_date: date
    to_date: date
    rules: list[RuleItem]
    items: list[ReviewItem]
    next_cursor: str | None


#: By when the last or the first of the acts was, by how many acts or how many students.
Sort = Literal[
    "last_at", "-last_at", "first_at", "-first_at", "acts", "-acts",
    "student_count", "-student_count",
]  # fmt: skip


class TooManyDays(NotValid):
    """More days than are looked at in one go."""

    CODE = "too-many-days"

    def __init__(self) -> None:
        super().__init__(f"一次最多檢視 {MOST_DAYS} 日，請縮短期間。", field="to")


@router.get("/access-reviews")
def list_access_reviews(
    house: TheHouse,
    viewer: SignedIn,
    from_date: Annotated[
        WrittenDate | None, Query(alias="from", description="起日（含）；不填為近 7 日。")
    ] = None,
    to_date: Annotated[
        WrittenDate | None, Query(alias="to", description="迄日（含）；不填為今天。")
    ] = None,
    sort: Annotated[Sort, Query()] = "-last_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Reviews:
    """待檢視的查閱：依規則列出不尋常的查閱與其數字，由人判斷。"""
    return read(house, viewer, from_date, to_date, sort, limit, cursor)


def read(
    house: House,
    viewer: Viewer,
    from_date: date | None,
    to_date: date | None,
    sort: Sort,
    limit: int,
    cursor: str | None,
) -> Reviews:
    """A page of findings, its reading recorded. Raises `NotAllowed`, `NotValid`."""
    with refusals_recorded(house, viewer, WHAT):
        if not viewer.holds(*REVIEW_READS):
            raise NotAllowed
        last = to_date or viewer.today
        first = from_date or last - timedelta(days=DAYS - 1)
        if first > last:
            raise Backwards
        if (last - first).days >= MOST_DAYS:
            raise TooManyDays
    found = _findings(house, viewer, *local_range(first, last))
    page, after = paged(
        house,
        viewer,
        [(_key(sort.removeprefix("-"), one), _id(one), one) for one in found],
        what=WHAT,
        wanted={"from": first, "to": last, "sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    with viewer.looking(house) as connection:
        readers = people(house, connection, {one.reader for one in page})
        shown = dict.fromkeys(student for one in page for student in one.students[:NAMED])
        names = students(house, connection, shown)
    record_list(house, viewer, WHAT, list(shown), {"from": first, "to": last})
    return Reviews(
        from_date=first,
        to_date=last,
        rules=[_rule(rule) for rule in RULES if rule.measure != "work" or not viewer.is_authority],
        items=[_item(one, readers, names) for one in page],
        next_cursor=after,
    )


def _findings(house: House, viewer: Viewer, since: datetime, until: datetime) -> list[Finding]:
    """What the rules list of the acts that the viewer may review."""
    if viewer.is_authority:
        with viewing(house.reader, viewer.account_id, audience_ids([COUNTY])) as connection:
            acts = [_act(*one) for one in access_log.within(connection, None, since, until)]
        # The authority sees no plan, and so cannot see who works with one.
        return findings(acts, None)
    with viewer.looking(house) as connection:
        reach = [
            card.student_id
            for school in viewer.schools
            for card in directory.students(connection, organisation=school)
        ]
    with viewing(house.reader, viewer.account_id, reach) as connection:
        acts = [_act(*one) for one in access_log.within(connection, reach, since, until)]
    often = Counter(
        (act.reader, student) for act in acts if act.kind == "read" for student in act.students
    )
    pairs = [pair for pair, times in often.items() if times >= _WORK.numbers["fewest"]]
    with viewer.looking(house) as connection:
        begin = since - timedelta(days=_WORK.numbers["days"])
        worked = access_log.last_changes(connection, pairs, begin)
    return findings(acts, worked)


_WORK = next(rule for rule in RULES if rule.measure == "work")


def _act(entry: access_log.Entry, subjects: list[UUID]) -> Act:
    return Act(
        entry.position,
        entry.at,
        entry.actor,
        entry.kind,
        entry.capacity,
        entry.detail if entry.kind == "refused" else None,
        tuple(subjects),
    )


def _id(one: Finding) -> UUID:
    """The same finding has the same id, which says nothing of positions."""
    acts = f"{one.acts[0].position}/{one.acts[-1].position}/{one.students[0]}"
    return uuid5(NAMESPACE, f"{one.rule.code}/{one.reader}/{acts}")


def _key(by: str, one: Finding) -> str | int:
    match by:
        case "acts":
            return len(one.acts)
        case "student_count":
            return len(one.students)
    return (one.first_at if by == "first_at" else one.last_at).isoformat()


def _rule(rule: Rule) -> RuleItem:
    return RuleItem(code=rule.code, label=rule.label, numbers=dict(rule.numbers))


def _item(one: Finding, readers: Mapping[UUID, Person], names: Mapping[UUID, str]) -> ReviewItem:
    return ReviewItem(
        rule=Coded(code=one.rule.code, label=one.rule.label),
        reader=readers[one.reader],
        capacities=[capacity_of(code) for code in sorted({act.capacity for act in one.acts})],
        first_at=one.first_at,
        last_at=one.last_at,
        acts=len(one.acts),
        students=[ListedStudent(id=id, name=names.get(id)) for id in one.students[:NAMED]],
        student_count=len(one.students),
    )
