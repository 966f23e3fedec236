"""The roster of the initial stage with its remittance, one for each school (Kaohsiung F09)."""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.application import PROCESS
from domain.application_facts import endings, fees_of, is_exempt, values
from domain.application_initial import CHARGE
from domain.application_words import ECONOMIC
from domain.event import Erased
from domain.fees import Candidate, RosterFees, RosterTotals, roster
from domain.labels import GRADES
from domain.process import Record
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterColumn, RosterKind, register

SUBMITTED = "initial-application-submitted"

COLUMNS = (
    RosterColumn("seq", "編號", "integer", 6),
    RosterColumn("school", "學校", "text", 18),
    RosterColumn("current_grade", "就讀年級", "text", 10),
    RosterColumn("pupil_name", "姓名", "text", 14),
    RosterColumn("national_id", "身分證字號", "text", 13),
    RosterColumn("dual_exam", "同時報名一般智能資優班鑑定", "text", 14),
    RosterColumn("needs_accommodation", "服務需求申請", "text", 10),
    RosterColumn("initial_exempt", "是否符合免初選資格", "text", 12),
    RosterColumn("has_disability", "身心障礙學生", "text", 10),
    RosterColumn("economic_status", "經濟文化殊異學生", "text", 14),
    RosterColumn("remit_amount", "應繳報名費", "integer", 10),
)
#: What a row shows of the application, in the order of the columns.
_SHOWN = (
    "current_grade",
    "dual_exam",
    "needs_accommodation",
    "has_disability",
    "economic_status",
)
#: What is pasted on the paper, as proof of the remittance.
SLIP = "匯款存單正本黏貼處（匯款人為學校名稱）"
SIGNATURES = ("承辦人", "輔導主任", "會計", "校長")


def said_yes(value: Any) -> str:
    """是 or 否 as a roster prints it; an erased value by what it reads."""
    if isinstance(value, Erased):
        return str(value)
    return "是" if value else "否"


def grade_words(grade: Any) -> str:
    """四年級; empty where it was never said."""
    return f"{GRADES[grade]}年級" if grade in GRADES else ""


def economic_words(value: Any) -> str:
    return str(value) if isinstance(value, Erased) else ECONOMIC.get(value, "")


def left(record: Record, stage: str) -> bool:
    """Whether the pupil gave up, was out of time or was refused at this stage. Who did so later
    was on its roster."""
    return any(
        stage == ("initial" if one.STEP == "vetted" else getattr(one, "stage", None) or "second")
        for one in endings(record)
    )


def applicants(entries: Iterable[Entry]) -> list[Entry]:
    """Who registered for the initial stage and stayed."""
    return [
        one
        for one in entries
        if one.last(PROCESS, SUBMITTED) is not None and not left(one.record(PROCESS), "initial")
    ]


def standings(record: Record) -> frozenset[str]:
    """By which proven standings the initial fee is waived, as found when it was registered."""
    found = record.last(SUBMITTED).fee_statuses
    # Of a pupil who was erased nothing of it is known any more.
    held = {*(() if isinstance(found, Erased) else found or ())} - {"initial_exempt"}
    if is_exempt(record):
        held.add("initial_exempt")
    return frozenset(held)


def fees(programme: Programme, records: Sequence[Record]) -> RosterFees | None:
    """What these applicants owe; None where the programme charges nothing."""
    table = fees_of(programme)
    if table is None:
        return None
    candidates = [Candidate(units=1, statuses=standings(one)) for one in records]
    return roster(table, CHARGE, candidates)


def _rows(programme: Programme, entries: Sequence[Entry]) -> Made:
    listed = applicants(entries)
    records = [one.record(PROCESS) for one in listed]
    owed = fees(programme, records)
    rows = []
    for seq, (one, record) in enumerate(zip(listed, records, strict=True), start=1):
        grade, dual, accommodation, disability, economic = values(record, _SHOWN)
        rows.append(
            {
                "seq": seq,
                "school": one.school.name,
                "current_grade": grade_words(grade),
                "pupil_name": one.name,
                "national_id": one.national_id,
                "dual_exam": said_yes(dual),
                "needs_accommodation": said_yes(accommodation),
                "initial_exempt": said_yes(is_exempt(record)),
                "has_disability": said_yes(disability),
                "economic_status": economic_words(economic),
                "remit_amount": None if owed is None else owed.rows[seq - 1].passed_on,
            }
        )
    about = tuple((one.student_id,) for one in listed)
    if owed is None:
        return Made(tuple(rows), {"students": len(rows), "units": len(rows)}, about=about)
    return Made(tuple(rows), totals_of(owed.totals), lines_of(programme, owed.totals), about)


def totals_of(totals: RosterTotals) -> dict[str, Any]:
    """The totals as a batch and the answer of a roster know them."""
    return totals.model_dump(mode="json", exclude={"rule"})


def lines_of(
    programme: Programme, totals: RosterTotals, unit: str = "每生"
) -> tuple[tuple[str, str], ...]:
    """The lines of the totals: the overlapping counts, and the money in figures and in words."""
    table = fees_of(programme)
    assert table is not None
    counts = "、".join(
        f"{table.status(code).name} {count} 人" for code, count in totals.of_status.items()
    )
    return (
        ("總計人數", f"{totals.students} 人（含{counts}；同時具二種身分者只扣除一次）"),
        (
            f"總計收取費用（{unit} {totals.unit_charged} 元）",
            f"{totals.collected_words}（{totals.collected:,} 元）",
        ),
        (
            f"總計繳交費用（{unit} {totals.unit_passed_on} 元）",
            f"{totals.passed_on_words}（{totals.passed_on:,} 元）",
        ),
    )


INITIAL = register(
    RosterKind(
        code="initial",
        title="初選報考名冊暨匯款證明",
        processes=(PROCESS,),
        columns=COLUMNS,
        rows=_rows,
        signatures=SIGNATURES,
        stages=("initial",),
        pasted=SLIP,
    )
)
