"""The roster of the second stage with its remittance, one for each school (Kaohsiung F20)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from domain.application import PROCESS
from domain.application_facts import fees_of, ticket_no, value
from domain.fees import Candidate, RosterFees, roster
from domain.process import Record
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, register
from domain.roster_initial import (
    SIGNATURES,
    SLIP,
    economic_words,
    grade_words,
    left,
    lines_of,
    said_yes,
    totals_of,
)

SUBMITTED = "second-stage-application-submitted"
CHARGE = "second_test"
#: How a subject is tested of a type that need not sit the joint test.
MODES = {"school": "學校自辦", "joint": "參加聯合評量", "award": "以競賽獲獎認定"}

COLUMNS = (
    RosterColumn("seq", "編號", "integer", 6),
    RosterColumn("school", "學校", "text", 18),
    RosterColumn("ticket_no", "鑑定證編號", "text", 12),
    RosterColumn("pupil_name", "姓名", "text", 14),
    RosterColumn("national_id", "身分證字號", "text", 13),
    RosterColumn("current_grade", "目前年級", "text", 10),
    RosterColumn("subjects", "報考學科、年級及類型", "text", 32),
    RosterColumn("subject_count", "報考科數", "integer", 10),
    RosterColumn("needs_accommodation", "服務需求", "text", 10),
    RosterColumn("has_disability", "身心障礙", "text", 10),
    RosterColumn("economic_status", "經濟文化殊異", "text", 14),
    RosterColumn("remit_amount", "應繳報名費", "integer", 12),
    RosterColumn("remark", "備註", "text", 14),
)


def applicants(entries: Iterable[Entry]) -> list[Entry]:
    """Who registered for the second stage and stayed."""
    return [
        one
        for one in entries
        if one.last(PROCESS, SUBMITTED) is not None and not left(one.record(PROCESS), "second")
    ]


def own_types(programme: Programme) -> frozenset[str]:
    """The types that a school may test by its own means, of which an entrustment letter speaks."""
    rules = programme.selection
    if isinstance(rules, str):
        return frozenset()
    return frozenset(one.code for one in rules.types if not one.joint_test_only)


def joint(record: Record) -> list[Any]:
    """The subjects that are tested jointly, which alone are charged (Q-14)."""
    return [one for one in record.last(SUBMITTED).rows if one.test == "joint"]


def standings(record: Record) -> frozenset[str]:
    """By which proven standings the fee is waived, as computed when it was registered."""
    computed = record.last(SUBMITTED).computed
    for one in computed if isinstance(computed, tuple) else ():
        if one.rule == f"fees.{CHARGE}" and one.branch:
            return frozenset(one.branch.split(","))
    return frozenset()


def fees(programme: Programme, records: Sequence[Record]) -> RosterFees | None:
    """What these applicants owe; None where the programme charges nothing."""
    table = fees_of(programme)
    if table is None:
        return None
    candidates = [Candidate(units=len(joint(one)), statuses=standings(one)) for one in records]
    return roster(table, CHARGE, candidates)


def subject_words(programme: Programme, rows: Iterable[Any]) -> str:
    """數學：四年級（部分學科跳級）, one after another."""
    subjects, types = _names(programme)
    return "、".join(
        f"{one.subject_name or subjects.get(one.subject)}：{grade_words(one.exam_grade)}"
        f"（{types.get(one.registration_type, one.registration_type)}）"
        for one in rows
    )


def _names(programme: Programme) -> tuple[dict[str, str], dict[str, str]]:
    rules = programme.selection
    if isinstance(rules, str):
        return {}, {}
    return (
        {one.code: one.name for one in rules.subjects},
        {one.code: one.page_name or one.name for one in rules.types},
    )


def _remark(record: Record) -> str:
    said = record.last(SUBMITTED).remark
    return "" if said is None else str(said)


def _own_words(records: Sequence[Record], types: frozenset[str], own: int) -> str:
    """How many apply for types that the school may test itself, and how those are tested."""
    modes: Counter[str] = Counter()
    for record in records:
        rows = record.last(SUBMITTED).rows
        modes.update({one.test for one in rows if one.registration_type in types})
    told = "、".join(f"{name} {modes[code]} 人" for code, name in MODES.items() if modes[code])
    return f"{own} 人（{told}）" if told else f"{own} 人"


def _rows(programme: Programme, entries: Sequence[Entry]) -> Made:
    listed = applicants(entries)
    records = [one.record(PROCESS) for one in listed]
    owed = fees(programme, records)
    rows = []
    for seq, (one, record) in enumerate(zip(listed, records, strict=True), start=1):
        rows.append(
            {
                "seq": seq,
                "school": one.school_name,
                "ticket_no": ticket_no(record, "second") or "",
                "pupil_name": one.name,
                "national_id": one.national_id,
                "current_grade": grade_words(value(record, "current_grade")),
                "subjects": subject_words(programme, record.last(SUBMITTED).rows),
                "subject_count": len(joint(record)),
                "needs_accommodation": said_yes(value(record, "needs_accommodation")),
                "has_disability": said_yes(value(record, "has_disability")),
                "economic_status": economic_words(value(record, "economic_status")),
                "remit_amount": None if owed is None else owed.rows[seq - 1].passed_on,
                "remark": _remark(record),
            }
        )
    types = own_types(programme)
    own = sum(
        any(row.registration_type in types for row in one.last(SUBMITTED).rows) for one in records
    )
    more: dict[str, Any] = {"own_type_pupils": own}
    about = tuple((one.student_id,) for one in listed)
    if owed is None:
        counted = {"students": len(rows), "units": len(rows), **more}
        return Made(tuple(rows), counted, about=about)
    totals = owed.totals
    lines = (
        ("申請免修課程或學科加速", _own_words(records, types, own)),
        ("報考科目總計", f"{totals.units} 科"),
        *lines_of(programme, totals, "每科"),
    )
    return Made(tuple(rows), totals_of(totals) | more, lines, about)


SECOND = register(
    RosterKind(
        code="second",
        title="複選報考名冊暨匯款證明",
        processes=(PROCESS,),
        columns=COLUMNS,
        rows=_rows,
        signatures=SIGNATURES,
        stages=("second",),
        pasted=SLIP,
    )
)
