"""The placement roster, one for each school (鑑定安置名冊 學校版, Kaohsiung F27).

Tests are listed where they were passed, placements of earlier years as they were; what is asked for
is this year's rows. Where the placement lies in the next stage the row says where lessons are.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain import placement_path as path
from domain.application import PROCESS
from domain.application_facts import value
from domain.labels import CATEGORIES
from domain.placement import Placement, Status
from domain.placement_known import passes, past_passes
from domain.process import Record
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, register
from domain.roster_initial import grade_words
from domain.selection_rules import Selection

CASE = "placement_case"

COLUMNS = (
    RosterColumn("seq", "學生序號", "integer", 10),
    RosterColumn("school", "學校", "text", 18),
    RosterColumn("pupil_name", "姓名", "text", 14),
    RosterColumn("target_year_grade", "就讀年級", "text", 10),
    RosterColumn("past_passes", "歷年鑑定紀錄", "text", 30),
    RosterColumn("past_placements", "歷年安置經歷", "text", 30),
    RosterColumn("this_year_passes", "本學年度測驗結果", "text", 30),
    RosterColumn("requested", "申請安置類型", "text", 22),
    RosterColumn("placement_note", "安置情形", "text", 28),
    RosterColumn("placement_outcome", "安置結果", "text", 18, signed=False),
    RosterColumn("remark", "備註", "text", 12),
)


def _made(programme: Programme, entries: Sequence[Entry]) -> Made:
    rules = programme.selection
    if isinstance(rules, str):
        return Made()
    year = programme.school_year
    placed = [one for one in entries if any(row.school_year == year for row in one.placements)]
    rows = [{"seq": number, **_row(rules, year, one)} for number, one in enumerate(placed, start=1)]
    units = sum(len(_of_year(one.placements, year)) for one in placed)
    return Made(
        rows=tuple(rows),
        totals={"students": len(rows), "units": units},
        lines=(("總計人數", f"{len(rows)} 人"),),
        about=tuple((one.student_id,) for one in placed),
    )


def _row(rules: Selection, year: int, entry: Entry) -> dict[str, Any]:
    record = entry.record(PROCESS)
    asked = _of_year(entry.placements, year)
    notes = dict.fromkeys(str(one.arrangement) for one in asked if one.arrangement is not None)
    return {
        "school": entry.school_name,
        "pupil_name": entry.name,
        "target_year_grade": grade_words(asked[0].target_year_grade),
        "past_passes": "、".join(_past_passes(rules, year, record)),
        "past_placements": "、".join(_past_placements(rules, year, record, entry.placements)),
        "this_year_passes": "、".join(_this_year(rules, record)),
        "requested": "、".join(
            f"{_area(rules, one.area)}{CATEGORIES[one.category]}{grade_words(one.placement_grade)}"
            for one in asked
        ),
        "placement_note": "；".join(notes) or None,
        "placement_outcome": _outcome(entry, asked),
        "remark": _remark(entry),
    }


def _outcome(entry: Entry, asked: Iterable[Placement]) -> str | None:
    """What the bodies decided; the school leaves it blank, and it is blank before they did."""
    case = entry.records.get(CASE)
    if case is None or case.state not in path.DECIDED | path.OVER | {"returned_to_grade"}:
        return None
    refused = dict.fromkeys(
        area for one in case.all("placement-deliberated") for area in one.refused_areas or ()
    )
    awaiting = [one.area for one in asked if one.status is Status.AWAITING]
    told = [*(f"{one}未通過" for one in refused), *(f"{one}待審議" for one in awaiting)]
    return "、".join(["通過", *told])


def _remark(entry: Entry) -> str | None:
    """What the school remarks with the review of the case, if there is one already."""
    reviewed = entry.last(CASE, "committee-reviewed")
    return None if reviewed is None or reviewed.remark is None else str(reviewed.remark)


def _of_year(placements: Iterable[Placement], year: int) -> list[Placement]:
    return [one for one in placements if one.school_year == year]


def _past_passes(rules: Selection, year: int, record: Record) -> Iterator[str]:
    for when, subject, grade in sorted({*past_passes(rules, record)}):
        if when < year:
            yield f"{when}{_test(rules, subject, grade)}"


def _this_year(rules: Selection, record: Record) -> Iterator[str]:
    for one in passes(rules, record).values():
        yield _test(rules, one.subject, one.grade)


def _past_placements(
    rules: Selection, year: int, record: Record, placements: Iterable[Placement]
) -> list[str]:
    """As recorded and as the application says, each once."""
    recorded = [
        (one.school_year, one.target_year_grade, one.area, one.category, one.placement_grade)
        for one in placements
    ]
    said = [
        (one.school_year, one.grade_that_year, one.area, one.category, one.placement_grade)
        for one in value(record, "past_placements") or ()
    ]
    lines = {
        (when, f"{when}{grade_words(own)}{_area(rules, area)}{CATEGORIES[of]}{grade_words(to)}")
        for when, own, area, of, to in (*recorded, *said)
        if when < year
    }
    return [line for _, line in sorted(lines)]


def _area(rules: Selection, area: str) -> str:
    """A subject by one name, whatever it is called in a grade."""
    known = rules.subject_called(area)
    return area if known is None else known.name


def _test(rules: Selection, subject: str, grade: int) -> str:
    known = rules.subject(subject)
    name = subject if known is None else known.name
    return f"{name}成就測驗({grade_words(grade)})通過"


PLACEMENT = register(
    RosterKind(
        code="placement",
        title="鑑定安置名冊",
        processes=(PROCESS, CASE),
        columns=COLUMNS,
        rows=_made,
        signatures=("承辦人", "處室主任", "校長"),
        placements=True,
        stages=("placement",),
    )
)
