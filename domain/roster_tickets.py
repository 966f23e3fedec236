"""Lists of tickets and of rooms: no assessor, invigilator or tester stands on them (1.1, 10.3)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.application import PROCESS
from domain.application_facts import value
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, register
from domain.roster_initial import grade_words

#: By stage: its name, and the steps that issue a ticket, the newest act first.
_STAGES = {
    "initial": ("初選", ("ticket-reissued", "ticket-issued")),
    "second": ("複選", ("second-ticket-reissued", "second-ticket-issued")),
}
TICKETS_COLUMNS = (
    RosterColumn("seq", "編號", "integer", 6),
    RosterColumn("ticket_no", "鑑定證編號", "text", 14),
    RosterColumn("school", "學校", "text", 20),
    RosterColumn("pupil_name", "姓名", "text", 14),
    RosterColumn("current_grade", "年級", "text", 10),
    RosterColumn("room_no", "試場", "text", 10),
    RosterColumn("seat_no", "座位", "text", 8),
    RosterColumn("computer_room_no", "電腦測驗試場", "text", 12),
)
ROOMS_COLUMNS = (
    RosterColumn("room_no", "試場", "text", 12),
    RosterColumn("tickets", "鑑定證編號", "text", 60),
    RosterColumn("students", "人數", "integer", 8),
)


def _tickets(stage: str, entries: Sequence[Entry]) -> list[tuple[UUID, dict[str, Any]]]:
    """Who has a ticket of the stage, by its number."""
    _, steps = _STAGES[stage]
    found = []
    for one in entries:
        issued = [step for code in steps if (step := one.last(PROCESS, code)) is not None]
        if issued:
            row = {
                "ticket_no": str(_newest(issued, "ticket_no") or ""),
                "school": one.school_name,
                "pupil_name": one.name,
                "current_grade": grade_words(value(one.record(PROCESS), "current_grade")),
                "room_no": str(_newest(issued, "room_no") or ""),
                "seat_no": str(_newest(issued, "seat_no") or ""),
                "computer_room_no": str(_newest(issued, "computer_room_no") or ""),
            }
            found.append((one.student_id, row))
    return sorted(found, key=lambda one: one[1]["ticket_no"])


def _newest(issued: Sequence[Any], name: str) -> Any:
    return next((said for one in issued if (said := getattr(one, name, None)) is not None), None)


def _register(stage: str) -> tuple[RosterKind, RosterKind]:
    name, _ = _STAGES[stage]

    def tickets(programme: Programme, entries: Sequence[Entry]) -> Made:
        found = _tickets(stage, entries)
        rows = tuple({"seq": seq} | row for seq, (_, row) in enumerate(found, start=1))
        about = tuple((one,) for one, _ in found)
        return Made(rows, {"students": len(rows)}, (("應考人數", f"{len(rows)} 人"),), about)

    def rooms(programme: Programme, entries: Sequence[Entry]) -> Made:
        of: dict[str, dict[UUID, str]] = {}
        for student, row in _tickets(stage, entries):
            for room in (row["room_no"], row["computer_room_no"]):
                if room:
                    of.setdefault(room, {})[student] = row["ticket_no"]
        rows = tuple(
            {"room_no": room, "tickets": "、".join(sat.values()), "students": len(sat)}
            for room, sat in sorted(of.items())
        )
        about = tuple(tuple(sat) for _, sat in sorted(of.items()))
        return Made(rows, {"rooms": len(rows)}, (("試場數", f"{len(rows)} 間"),), about)

    return (
        register(
            RosterKind(
                code=f"tickets-{stage}",
                title=f"{name}鑑定證清冊",
                processes=(PROCESS,),
                columns=TICKETS_COLUMNS,
                rows=tickets,
                stages=(stage,),
            )
        ),
        register(
            RosterKind(
                code=f"rooms-{stage}",
                title=f"{name}試場分配表",
                processes=(PROCESS,),
                columns=ROOMS_COLUMNS,
                rows=rooms,
                stages=(stage,),
                of_schools=False,
            )
        ),
    )


TICKETS = tuple(one for stage in _STAGES for one in _register(stage))
