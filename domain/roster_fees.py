"""Fees by school: what the rosters come to, what was remitted, the receipt (Kaohsiung 4, 10.3)."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.application import PROCESS
from domain.fees import RosterFees
from domain.formal_amount import in_words
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, School, by_school, register
from domain.roster_initial import applicants as initial_applicants
from domain.roster_initial import fees as initial_fees
from domain.roster_second import applicants as second_applicants
from domain.roster_second import fees as second_fees
from domain.school_batch import INITIAL, SECOND, remitted

COLUMNS = (
    RosterColumn("seq", "編號", "integer", 6),
    RosterColumn("school", "學校", "text", 20),
    RosterColumn("stage", "階段", "text", 8),
    RosterColumn("students", "人數", "integer", 8),
    RosterColumn("paying_students", "繳費人數", "integer", 9),
    RosterColumn("units", "科數", "integer", 8),
    RosterColumn("collected", "收取費用", "integer", 11),
    RosterColumn("kept", "學校留用", "integer", 11),
    RosterColumn("remit_amount", "應繳交費用", "integer", 11),
    RosterColumn("remitted", "已匯款", "integer", 11),
    RosterColumn("difference", "差額", "integer", 9),
    RosterColumn("receipt_number", "統一收據號碼", "text", 16),
)
_MONEY = ("collected", "kept", "remit_amount", "remitted", "difference")


def _rows(programme: Programme, entries: Sequence[Entry]) -> Made:
    rows: list[dict[str, Any]] = []
    for school, listed in by_school(entries):
        for line in _of_school(programme, school, listed):
            rows.append({"seq": len(rows) + 1, "school": school.name} | line)
    totals = {name: sum(row[name] for row in rows) for name in _MONEY}
    lines = (
        ("收取費用合計", f"{totals['collected']:,} 元"),
        ("應繳交費用合計", _words(totals["remit_amount"])),
        ("已匯款合計", _words(totals["remitted"])),
    )
    return Made(tuple(rows), totals, lines)


def _of_school(
    programme: Programme, school: School, listed: list[Entry]
) -> Iterator[dict[str, Any]]:
    """A line for each stage in which the school has somebody, or has remitted something."""
    for stage, name, process, applicants, fees in (
        ("initial", "初選", INITIAL, initial_applicants, initial_fees),
        ("second", "複選", SECOND, second_applicants, second_fees),
    ):
        of_stage = [one for one in listed if one.stages is None or stage in one.stages]
        owed = fees(programme, [one.record(PROCESS) for one in applicants(of_stage)])
        batch = school.batches.get(process)
        paid = 0 if batch is None else remitted(batch)
        receipt = None if batch is None else batch.last("receipt-issued")
        if owed is not None and (owed.rows or paid):
            number = "" if receipt is None else receipt.receipt_number
            yield {"stage": name} | _line(owed, paid) | {"receipt_number": number}


def _line(owed: RosterFees, paid: int) -> dict[str, Any]:
    totals = owed.totals
    return {
        "students": totals.students,
        "paying_students": totals.paying_students,
        "units": totals.units,
        "collected": totals.collected,
        "kept": totals.kept,
        "remit_amount": totals.passed_on,
        "remitted": paid,
        "difference": paid - totals.passed_on,
    }


def _words(amount: int) -> str:
    return f"{in_words(amount)}（{amount:,} 元）"


FEES = register(
    RosterKind(
        code="fees",
        title="報名費收繳一覽表",
        processes=(PROCESS,),
        columns=COLUMNS,
        rows=_rows,
        handed_in=True,
        stages=("initial", "second"),
    )
)
