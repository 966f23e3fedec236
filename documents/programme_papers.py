"""A programme's papers in print: tickets, result notices, receipts (Kaohsiung F10, F11, F21, F22).

What a sheet says comes from the pupil's record and the programme's data;
nobody who sets, watches or marks a test is named on any of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from documents.paper_sheet import Notes, Rows, Sheet
from documents.table import Line
from domain import window
from domain.application_facts import Stage, selection_of, ticket_of, value
from domain.calendar import roc_short, weekday
from domain.event import Erased
from domain.formal_amount import in_words
from domain.labels import GRADES
from domain.machine_rules import Machine
from domain.process import Record
from domain.programme_data import Window
from domain.programme_rules import Programme
from domain.second_eligible import Verdict, registered, verdicts
from domain.sitting import Session, day_of_test, window_of_test
from domain.window import Postponed

STAGES: tuple[Stage, ...] = ("initial", "second")

#: By stage: the step that publishes a result; the one that asks for a recheck.
PUBLISHED: Mapping[Stage, str] = {
    "initial": "initial-result-published",
    "second": "second-stage-result-published",
}
_RECHECK: Mapping[Stage, str] = {
    "initial": "recheck-requested",
    "second": "second-recheck-requested",
}
_REVISED_INITIAL = "decision-revised-by-recheck"
_REGISTERS_NEXT = "second-stage-application-submitted"
#: The charge of a stage's test.
CHARGE: Mapping[Stage, str] = {"initial": "initial_test", "second": "second_test"}

_SCORES = (
    ("t_sub1", "測驗一"),
    ("t_sub2", "測驗二"),
    ("t_sub3", "測驗三"),
    ("t_full", "全測驗"),
)
OUTCOMES = {
    "passed": "通過",
    "failed": "不通過",
    "absent": "缺考",
    "school_decides": "待學校認定",
}
#: Where a list of subjects ends, so that nothing is added to it by hand.
_END = "以下空白"
_PHOTO = "貼照片處"
_STAMP = "輔導室章"
_SCHOOL_UNIT = "列印單位（輔導室章）"
_SIGNED_BY = ("承辦人", "出納", "會計", "校長")


@dataclass(frozen=True)
class Pupil:
    """Whom a sheet is about, and the application."""

    name: str = field(repr=False)
    school: str
    record: Record = field(repr=False)


# -- tickets


def ticket(programme: Programme, stage: Stage, pupil: Pupil, postponed: Postponed) -> Sheet | None:
    """The ticket of a stage with a box for each session's invigilator; None before one is issued.

    Times are those that were granted when it was issued; the newest issue counts.
    """
    issued = ticket_of(pupil.record, stage)
    if issued is None:
        return None
    sessions: tuple[Session, ...] = issued.sessions
    blocks: list[Rows | Notes] = [_sessions(sessions, subjects=stage == "second")]
    if stage == "second":
        blocks.append(_sat(programme, pupil.record, issued))
    blocks.append(Notes("注意事項", [*_arrival(programme, stage)]))
    day = window_of_test(programme, stage)
    return Sheet(
        title=f"{_stage_name(programme, stage)}鑑定證",
        programme=programme.name,
        pairs=[
            ("就讀學校", pupil.school),
            ("姓名", pupil.name),
            ("年級", _grade(value(pupil.record, "current_grade"))),
            ("鑑定證編號", _text(issued.ticket_no)),
            *_rooms(issued, _by_computer(pupil.record, stage)),
            ("測驗日期", "" if day is None else _day(window.days_of(day, postponed)[0])),
        ],
        blocks=blocks,
        stamps=(_STAMP,),
        photo=_PHOTO,
    )


def _rooms(said: Any, computer: bool) -> Iterable[Line]:
    yield "試場", _text(said.room_no)
    if (seat := getattr(said, "seat_no", None)) is not None:
        yield "座位", _text(seat)
    if computer and said.computer_room_no is not None:
        yield "電腦測驗試場", _text(said.computer_room_no)


def _by_computer(record: Record, stage: Stage) -> bool:
    """Whether the pupil sits a subject at a computer, in a room of its own."""
    rows = registered(record) if stage == "second" else ()
    return any(one.test == "joint" and one.medium == "computer" for one in rows)


def _sessions(sessions: Iterable[Session], *, subjects: bool) -> Rows:
    rows = []
    for one in sessions:
        head = [
            f"第{GRADES.get(one.number, one.number)}節",
            one.bell_at or "—",
            f"{one.starts_at}–{one.ends_at}",
        ]
        rows.append([*head, *([""] if subjects else []), ""])
    if subjects:
        columns = ("節次", "預備鈴", "測驗時間", "應考科目年級", "主試人員簽章")
        return Rows(columns, (3, 3, 5, 6, 7), rows, 13)
    return Rows(("節次", "預備鈴", "測驗時間", "主試人員簽章"), (3, 3, 5, 8), rows, 13)


def _sat(programme: Programme, record: Record, issued: Any) -> Rows:
    """The subjects that the pupil sits, each in its room."""
    rows = []
    for one in registered(record):
        if one.test != "joint":
            continue
        computer = one.medium == "computer"
        room = (issued.computer_room_no if computer else None) or issued.room_no
        rows.append(
            [
                _subject(programme, one.subject, one.exam_grade),
                _grade(one.exam_grade),
                "電腦測驗" if computer else "紙筆測驗",
                _text(room),
            ]
        )
    columns = ("應考科目", "報考年級", "測驗方式", "試場")
    return Rows(columns, (5, 4, 4, 5), [*rows, [_END, "", "", ""]])


def _arrival(programme: Programme, stage: Stage) -> Iterable[str]:
    day = day_of_test(programme, stage)
    if isinstance(day.report_by, time):
        yield f"請於 {day.report_by:%H:%M} 前完成報到。"
    yield f"每節測驗開始後遲到 {day.no_entry_after_minutes} 分鐘以上者，不得入場。"
    yield from day.conduct


# -- result notices


def notice(programme: Programme, stage: Stage, pupil: Pupil, postponed: Postponed) -> Sheet | None:
    """The notice of a stage's result as it was published; None before that.

    What a recheck or the school's committee changed since stands below it.
    """
    published = pupil.record.last(PUBLISHED[stage])
    if published is None:
        return None
    table = _initial if stage == "initial" else _second
    return Sheet(
        title=f"{_stage_name(programme, stage)}測驗結果通知單",
        programme=programme.name,
        pairs=[
            ("考生姓名", pupil.name),
            ("就讀學校", pupil.school),
            ("鑑定證編號", _text(published.ticket_no)),
            *_rooms(published, _by_computer(pupil.record, stage)),
            ("公告日期", _day(published.published_on)),
        ],
        blocks=[
            *table(programme, pupil.record, published),
            Notes("說明", [*_explained(programme, stage, postponed)]),
        ],
        stamps=(_SCHOOL_UNIT,),
    )


def _initial(programme: Programme, record: Record, published: Any) -> Iterable[Rows]:
    absent = bool(published.absent)
    scores = ["缺考" if absent else _score(getattr(published, name)) for name, _ in _SCORES]
    line = _score(selection_of(programme).initial.pass_line_t)
    columns = [*(f"{label} T 分數" for _, label in _SCORES), "通過標準", "初選是否通過"]
    outcome = OUTCOMES.get(published.outcome, "")
    yield Rows(columns, (4, 4, 4, 4, 4, 5), [[*scores, line, outcome]])
    revised = record.last(_REVISED_INITIAL)
    if revised is not None and record.steps.index(revised) > record.steps.index(published):
        rows = [["初選是否通過", OUTCOMES.get(revised.outcome, "")]]
        yield Rows(("公告後依複查更正", "結果"), (4, 4), rows)


def _second(programme: Programme, record: Record, published: Any) -> Iterable[Rows]:
    columns = ("應考科目", "報考年級", "T 分數", "通過標準", "鑑定結果")
    results = published.results
    if isinstance(results, Erased):
        yield Rows(columns, (5, 4, 4, 4, 5), [[str(results), "", "", "", ""]])
        return
    shown: tuple[Verdict, ...] = results or ()
    yield Rows(
        columns,
        (5, 4, 4, 4, 5),
        [*(_verdict(programme, one) for one in shown), [_END, "", "", "", ""]],
    )
    before = {one.subject: one for one in shown}
    later = [one for one in verdicts(record).values() if one != before.get(one.subject)]
    if later:
        yield Rows(
            ("學校認定或公告後更正的科目", *columns[1:]),
            (5, 4, 4, 4, 5),
            [_verdict(programme, one) for one in later],
        )


def _verdict(programme: Programme, one: Verdict) -> list[str]:
    return [
        _subject(programme, one.subject, one.exam_grade),
        _grade(one.exam_grade),
        "缺考" if one.outcome == "absent" else _score(one.t_score),
        _score(one.pass_line),
        OUTCOMES[one.outcome],
    ]


def _explained(programme: Programme, stage: Stage, postponed: Postponed) -> Iterable[str]:
    """The line, and until when what can follow; days as postponed."""
    rules = selection_of(programme)
    machine = programme.machine("application")
    assert machine is not None
    if stage == "initial":
        line = rules.initial
        yield (
            f"通過標準：{line.decides}達 {line.pass_line_t}（平均數正 {line.pass_line_sd:g} 個"
            f"標準差以上，或百分等級 {line.pass_line_pr} 以上），由鑑輔會綜合研判。"
        )
        yield from _until(
            programme,
            postponed,
            _after(machine, PUBLISHED[stage], "passed"),
            "初選通過者，請於{}前向就讀學校報名複選，逾期{}。",
        )
    else:
        line_t, pr = rules.second.pass_line_t, rules.second.pass_line_pr
        yield (
            f"通過標準：各科 T 分數達 {line_t}（百分等級 {pr} 以上）；由學校自訂通過標準的科目，"
            "依學校特殊教育推行委員會的認定。"
        )
    recheck = next((one.received_in for one in machine.rules(_RECHECK[stage])), None)
    yield from _until(
        programme, postponed, recheck, "對測驗結果有疑義者，得於{}前申請複查，以郵戳為憑，逾期{}。"
    )
    if stage == "initial":
        yield from _until(
            programme,
            postponed,
            _after(machine, _REVISED_INITIAL, "passed"),
            "複查後達通過標準者，請於{}前向原報名學校報名複選。",
        )


def _after(machine: Machine, step: str, outcome: str) -> str | None:
    """The window in which who has this outcome registers for the second stage."""
    for rule in machine.rules(step):
        state = None if isinstance(rule.to, str) else rule.to.get(outcome)
        following = None if state is None else machine.rule(_REGISTERS_NEXT, state)
        if following is not None and following.received_in is not None:
            return following.received_in
    return None


def _until(
    programme: Programme, postponed: Postponed, code: str | None, words: str
) -> Iterable[str]:
    if code is None:
        return
    known = programme.window(code)
    closes = window.days_of(known, postponed)[1]
    if closes is not None:
        late = "不予受理" if isinstance(known.late, str) else known.late.words.removeprefix("逾期")
        yield words.format(f" {_moment(known, closes)}", late)


def _moment(known: Window, day: date) -> str:
    at = "" if known.closes_at is None else f" {known.closes_at:%H:%M} "
    return f"{_day(day)}{at}"


# -- the receipt of a school


def receipt(programme: Programme, stage: Stage, school: str, batch: Record | None) -> Sheet | None:
    """The one receipt for all that a school remitted for a stage; None before it is issued."""
    issued = None if batch is None else batch.last("receipt-issued")
    if batch is None or issued is None or isinstance(programme.fees, str):
        return None
    charge = programme.fees.charge(CHARGE[stage])
    roster = batch.last("roster-exported")
    account = next((one for one in programme.fees.accounts if charge.code in one.of), None)
    rows = [
        [charge.name, _count(roster, "students"), _count(roster, "units"), _money(issued.amount)]
    ]
    return Sheet(
        title="統一收據",
        programme=programme.name,
        pairs=[
            ("收據號碼", issued.receipt_number),
            ("開立日期", _day(issued.issued_on)),
            ("繳款單位", school),
            ("收款專戶", "" if account is None else account.holder),
            ("金額", f"新臺幣{in_words(issued.amount)}"),
        ],
        blocks=[
            Rows(("事由", "學生人數", "計費數", "金額"), (8, 3, 3, 4), rows),
            Rows(_SIGNED_BY, (1,) * len(_SIGNED_BY), [[""] * len(_SIGNED_BY)], 18),
        ],
        stamps=("承辦學校關防",),
    )


def _count(roster: Any, name: str) -> str:
    return "" if roster is None else _text(getattr(roster, name))


def _money(amount: int) -> str:
    return f"{amount:,} 元"


# -- words


def _stage_name(programme: Programme, stage: Stage) -> str:
    return next((one.name for one in programme.stages if one.code == stage), "")


def _subject(programme: Programme, code: str, grade: int) -> str:
    known = selection_of(programme).subject(code)
    return code if known is None else known.named(grade)


def _grade(grade: Any) -> str:
    return f"{GRADES[grade]}年級" if grade in GRADES else ""


def _score(score: Any) -> str:
    if isinstance(score, Decimal):
        return f"{score.normalize():f}"
    return _text(score)


def _text(said: Any) -> str:
    return "" if said is None else str(said)


def _day(day: date | None) -> str:
    return "" if day is None else f"{roc_short(day)}（{weekday(day)}）"
