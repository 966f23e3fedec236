"""Whether the schools filled in their plans: counts per school, school year and main item.

What the authority reads (`fill_status`) names no student and counts no note (IGP manual 3.18,
2.1 rule 4). The records behind the counts are kept in `fill_record`, which nobody reads but this
view. A school year counts where its record was written last.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from domain.basic_family import BASIC_FAMILY
from domain.section import SectionEvent
from domain.sections import SECTIONS
from ledger.database import Connection
from projections.plan_fold import is_section
from projections.schools import MOVES, Schools
from projections.view import Fact, SqlView
from projections.writing import columns, replace_rows

#: The sections of the main items 1 to 7 (IGP manual 0.3); item 8, the notes, is in no count.
ITEMS: Mapping[int, tuple[str, ...]] = {
    1: ("basic_family", "transition"),
    2: ("identification", "career_interest", "interest_analysis", "awards"),
    3: ("strengths_weaknesses",),
    4: ("needs_assessment",),
    5: ("annual_goal", "course_goal"),
    6: ("meeting",),
    7: ("replacement",),
}
_ITEM_OF = {section: item for item, sections in ITEMS.items() for section in sections}

_COLUMNS = columns(
    "record_id uuid, student uuid, section text, school_year int2, stage text, organisation uuid,"
    " live bool"
)


@dataclass(frozen=True)
class _Filled:
    """A record as far as it counts."""

    record_id: UUID
    student: UUID
    section: str
    school_year: int | None
    stage: str | None
    organisation: UUID | None
    live: bool


#: A school, a school year and a main item.
_Cell = tuple[UUID, int, int]


class FillStatusView(SqlView):
    """The view `fill_status`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="fill_status",
            version=1,
            tables=("fill_status", "fill_record", "fill_school"),
        )
        self._schools = Schools("fill_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if is_section(fact) or fact.event_class in MOVES]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        changed = [fact for fact in mine if is_section(fact)]
        records = _of_students(connection, [fact.student for fact in changed])
        before = _counted(records.values())
        after = dict(records)
        for fact in changed:
            after[fact.stream_id] = _after(after.get(fact.stream_id), fact, school_of(fact))
        touched = [one for one in after if after[one] != records.get(one)]
        if not touched:
            return
        replace_rows(
            connection,
            "fill_record",
            _COLUMNS,
            [tuple(vars(after[one]).values()) for one in touched],
            old=[one for one in touched if one in records],
        )
        _count(connection, before, _counted(after.values()))


def _of_students(connection: Connection, students: Sequence[UUID | None]) -> dict[UUID, _Filled]:
    if not students:
        return {}
    rows = connection.execute(
        "SELECT record_id, student, section, school_year, stage, organisation, live"
        " FROM fill_record WHERE student = ANY(%s)",
        (list({*students}),),
        binary=True,
    )
    return {row[0]: _Filled(*row) for row in rows}


def _after(record: _Filled | None, fact: Fact, school: UUID | None) -> _Filled:
    event = fact.event_class
    assert issubclass(event, SectionEvent)
    assert fact.student is not None
    assert event.SECTION is not None
    if record is None:
        if event.HAPPENING not in ("opened", "recorded"):
            raise LookupError(f"{event.TOPIC} of {fact.stream_id}, which nobody recorded")
        record = _Filled(
            fact.stream_id,
            fact.student,
            event.SECTION,
            fact.fields.get("school_year"),
            fact.fields.get("education_stage"),
            school,
            live=True,
        )
    return replace(record, live=event.HAPPENING != "withdrawn", organisation=school)


def _counted(records: Iterable[_Filled]) -> Counter[_Cell]:
    """How many students have filled what: each counts once in a cell."""
    of_student: defaultdict[UUID, list[_Filled]] = defaultdict(list)
    for record in records:
        if record.live:
            of_student[record.student].append(record)
    counted: Counter[_Cell] = Counter()
    for mine in of_student.values():
        years = [one for one in mine if one.section == BASIC_FAMILY.code]
        for year in years:
            if year.organisation is None or year.school_year is None:
                continue
            items = {_ITEM_OF[one.section] for one in mine if _belongs(one, year)}
            counted.update((year.organisation, year.school_year, item) for item in items)
    return counted


def _belongs(record: _Filled, year: _Filled) -> bool:
    """Whether a record counts for a school year: one of a stage counts in each of its years."""
    if SECTIONS[record.section].per == "stage":
        return record.stage == year.stage
    return record.school_year == year.school_year


def _count(connection: Connection, before: Counter[_Cell], after: Counter[_Cell]) -> None:
    cells = [cell for cell in before | after if before[cell] != after[cell]]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO fill_status AS s (organisation, school_year, item, students)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (organisation, school_year, item)"
            " DO UPDATE SET students = s.students + excluded.students",
            [(*cell, after[cell] - before[cell]) for cell in sorted(cells)],
        )
    connection.execute("DELETE FROM fill_status WHERE students = 0")


class Filled(NamedTuple):
    """How many students of a school have filled in a main item for a school year."""

    organisation: UUID
    item: int
    students: int


def filled(connection: Connection, school_year: int) -> list[Filled]:
    """The counts of a school year that the viewer may see."""
    rows = connection.execute(
        "SELECT organisation, item, students FROM fill_status WHERE school_year = %s"
        " ORDER BY organisation, item",
        (school_year,),
        binary=True,
    )
    return [Filled(*row) for row in rows]
