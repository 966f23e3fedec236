"""Lists of placement cases as papers: who owes attendance, whom letters are about, what is to be
done (Kaohsiung 2.5, 2.6, W37). The same are shown by school over HTTP (`api/case_rosters.py`)."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain import placement_path as path
from domain.labels import CATEGORIES
from domain.placement import Placement
from domain.placement_attendance import duties
from domain.placement_care import aims_of
from domain.placement_case import PROCESS
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, register

_WHO = (
    RosterColumn("school", "學校", "text", 18),
    RosterColumn("pupil_name", "姓名", "text", 14),
    RosterColumn("requested", "安置", "text", 30),
)


def _who(entry: Entry, rows: Sequence[Placement]) -> dict[str, Any]:
    asked = (f"{one.area}{CATEGORIES[one.category]}{one.placement_grade}年級" for one in rows)
    return {
        "school": entry.school_name,
        "pupil_name": entry.name,
        "requested": "、".join(asked),
    }


def _cases(
    programme: Programme, entries: Sequence[Entry]
) -> Iterator[tuple[Entry, tuple[Placement, ...]]]:
    """The entries that have a placement of the programme's year and were not given up."""
    for entry in entries:
        rows = path.of_year(entry.placements, programme.school_year)
        if rows and entry.record(PROCESS).state not in path.GIVEN_UP:
            yield entry, rows


def _made(found: list[tuple[Entry, dict[str, Any]]]) -> Made:
    rows = [row for _, row in found]
    return Made(
        rows=tuple(rows),
        about=tuple((entry.student_id,) for entry, _ in found),
        totals={"students": len(rows), "units": len(rows)},
        lines=(("總計列數", f"{len(rows)} 列"),),
    )


def _attendance(programme: Programme, entries: Sequence[Entry]) -> Made:
    return _made(
        [
            (entry, _who(entry, rows) | {"reasons": "、".join(reasons)})
            for entry, rows in _cases(programme, entries)
            if (reasons := duties(programme, rows, (), papers=False))
        ]
    )


def _letters(programme: Programme, entries: Sequence[Entry]) -> Made:
    found = []
    for entry, rows in _cases(programme, entries):
        if entry.record(PROCESS).state not in path.DECIDED | path.OVER:
            continue
        letter = entry.last(PROCESS, "notified")
        row = _who(entry, rows) | {
            "crossing": "、".join(one.area for one in path.crossing(programme, rows)),
            "letter_number": None if letter is None else letter.letter_number,
            "letter_date": None if letter is None else letter.letter_date.isoformat(),
        }
        found.append((entry, row))
    return _made(found)


def _tasks(programme: Programme, entries: Sequence[Entry]) -> Made:
    found = []
    for entry, rows in _cases(programme, entries):
        record = entry.record(PROCESS)
        if record.state not in path.DECIDED:
            continue
        aims = aims_of(entry.records.get("application"))
        for one in path.tasks_of(programme, rows, path.done_of(record), **aims):
            row = _who(entry, rows) | {
                "task": one.name,
                "due_on": None if one.due_on is None else one.due_on.isoformat(),
                "done_on": None if one.done_on is None else one.done_on.isoformat(),
            }
            found.append((entry, row))
    return _made(found)


register(
    RosterKind(
        "attendance",
        "安置會議應出席名單",
        (PROCESS,),
        (*_WHO, RosterColumn("reasons", "應出席的規定", "text", 34)),
        _attendance,
        placements=True,
    )
)
register(
    RosterKind(
        "letters",
        "函知名單",
        (PROCESS,),
        (
            *_WHO,
            RosterColumn("crossing", "跨階段的科目", "text", 18),
            RosterColumn("letter_number", "文號", "text", 26),
            RosterColumn("letter_date", "發文日期", "date", 12),
        ),
        _letters,
        placements=True,
    )
)
register(
    RosterKind(
        "tasks",
        "轉銜工作清單",
        (PROCESS, "application"),
        (
            *_WHO,
            RosterColumn("task", "工作項目", "text", 40),
            RosterColumn("due_on", "期限", "date", 12),
            RosterColumn("done_on", "完成日期", "date", 12),
        ),
        _tasks,
        placements=True,
    )
)
