"""The paper in an evidence bundle: whom and what the dispute is about, what happened, and what the
bundle holds and leaves out. All as of the bundle's position, so that the same one is made again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.case_file import CaseFile, name_of, shown_value
from api.dispute_items import counting
from api.house import House
from documents.table import Line
from documents.timeline import Timeline, day, timeline_pdf
from domain import programme
from domain.dispute_events import DisputeDecided, DisputeWithdrawn
from domain.dispute_words import DISPUTE_KINDS, DISPUTE_OUTCOMES, DISPUTE_STATUSES
from domain.event import Event
from domain.labels import written
from domain.programme import programme_id
from replay.evidence import CLOSED, Sealed
from replay.how_to_check import declared, fingerprint, simulated_note
from replay.steps import Step


@dataclass(frozen=True)
class Contents:
    """What a bundle holds: of every declared noun how many events, by position why one is closed,
    and what was left out, by rule and text."""

    sealed: Sealed
    counts: Mapping[str, int]
    closed: Mapping[int, str]
    left_out: Sequence[tuple[str, str]]


def paper(
    house: House,
    case: CaseFile,
    opened: Step,
    contents: Contents,
    items: Sequence[Mapping[str, Any]],
) -> bytes:
    """The PDF. `opened` is the opening of the dispute, `items` those of `timeline.json`."""
    sealed = contents.sealed
    terms = [
        *_about(house, case, opened),
        ("紀錄簿", sealed.origin),
        ("資料截至", f"{day(sealed.recorded_at)}，紀錄簿第 {sealed.covers} 筆"),
        ("件數", f"{len(items)} 件，依紀錄的先後排列"),
    ]
    if note := simulated_note(sealed):
        terms.append(("注意", note))
    footer = f"爭議案件 {str(opened.entry.stream_id)[:8]}"
    closing = list(_closing(contents))
    return timeline_pdf(
        Timeline(items, contents.closed, terms, closing, footer, sealed.recorded_at)
    )


def _about(house: House, case: CaseFile, opened: Step) -> Iterator[Line]:
    """Whom and what the dispute is about, how its last day was counted, and where it stands."""
    body = opened.body
    yield "學生", f"{_student_name(house, case)}（{case.book.student}）"
    yield "學校", name_of(house, case, UUID(body["organisation_id"])) or ""
    counted = counting(house, body)
    kind = DISPUTE_KINDS[body["kind"]]
    yield "救濟種類", kind
    yield "爭議事項", str(shown_value(house, opened, "matter"))
    yield "期限", counted.text
    if (source := counted.source) is not None:
        rules = f"{_programme_name(house, body)}，第 {counted.programme_version} 版"
        yield "依據", f"{source.document}　{source.section}（{rules}）"
    yield "狀態", _status(case, opened)
    yield "案件編號", str(opened.entry.stream_id)


def _programme_name(house: House, body: Mapping[str, Any]) -> str:
    """What the programme was called by the version that counted; its text never changes."""
    known = house.ledger.state(programme.evolve, programme_id(body["programme"]))
    if known is None:
        return str(body["programme"])
    return known.edition(body["programme_version"]).programme.name


def _student_name(house: House, case: CaseFile) -> str:
    """The name in the register at the position; whoever may see a dispute reads it there."""
    told = [step for step in _of(case, case.book.student) if "name" in step.body]
    return str(shown_value(house, told[-1], "name"))


def _status(case: CaseFile, opened: Step) -> str:
    for step in reversed(_of(case, opened.entry.stream_id)):
        event: type[Event] = step.fact.event_class
        if event is DisputeWithdrawn:
            return DISPUTE_STATUSES["withdrawn"]
        if event is DisputeDecided:
            outcome = DISPUTE_OUTCOMES[step.body["outcome"]]
            decided_on = written("dispute", "decided_on", step.body["decided_on"])
            return f"{DISPUTE_STATUSES['decided']}：{outcome}（{decided_on}）"
    return DISPUTE_STATUSES["open"]


def _of(case: CaseFile, stream: UUID) -> list[Step]:
    return [step for step in case.steps if step.entry.stream_id == stream]


def _closing(contents: Contents) -> Iterator[Line]:
    """What the bundle holds, what it leaves out and why, and how to check it."""
    sealed = contents.sealed
    yield "列入項目", f"{'、'.join(declared(contents.counts))}。其中沒有缺少任何一筆。"
    for _, text in contents.left_out:
        yield "未列入", text
    for position, rule in sorted(contents.closed.items()):
        yield "未開啟", f"第 {position} 筆：{CLOSED[rule]}"
    yield "金鑰指紋", fingerprint(sealed)
    yield "查驗方式", "請依 how-to-check.txt 查驗；本頁與其他檔案同受簽章保護。"
