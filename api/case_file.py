"""A dispute's case as its reader may see it: the events of the student's record, in words.

The evidence bundle is made of it. Ciphertext is opened at the edge; nothing here depends on a note
that its author did not release.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from api.change_items import ACCOUNTS, ORGANISATIONS
from api.house import House
from api.programme_names import ProgrammeNames
from domain import counselling_note, note_release
from domain.access import COUNTY, DISPUTES, ORGANISED, PROCESS, audiences_of
from domain.calendar import local_date, roc_written
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.event import Erased, Event
from domain.labels import SECTIONS, label
from domain.national_id import masked
from domain.note_release import NoteReleaseWithdrawn
from domain.process import STEPS, StepEvent, asked_as
from domain.refusal import NotFound
from domain.section import SectionEvent
from ledger.database import Connection
from projections import disputes
from projections.disputes import Dispute
from projections.viewer import SCHEMA
from replay.evidence import value_of
from replay.plan_at import newest
from replay.rights_at import Rights, rights
from replay.steps import Step, has_ciphertext, steps
from replay.student_book import StudentBook, named, student_book
from replay.timeline import Entry, entries, seen_today, witnesses

#: What an event is called, by its topic, the last word of that, or its end.
EVENTS = {
    "registered": "建檔",
    "opened": "開啟",
    "made": "建立",
    "assigned": "指派",
    "linked": "連結",
    "recorded": "填寫",
    "corrected": "修正",
    "class-changed": "異動",
    "transferred": "轉學",
    "decided": "決定",
    "withdrawn": "撤回",
    "ended": "結束",
    "shared": "分享",
    "imported": "匯入",
    "copy-handed-out": "交付副本",
    "added": "新增",
    "removed": "刪除",
    "erased": "依法刪除",
    "placed": "保全",
    "lifted": "解除",
    "appointed": "指派",
    "closed": "終結",
    "row-filled": "填寫",
    "row-revised": "修正",
    "back-filled": "補登",
    "reviewer-appointed": "聘派審議人員",
    "reviewer-ended": "結束審議人員的聘派",
    "statement-added": "陳述",
    "hearing-closed": "審理終結",
    "note-release.made": "釋出",
    "note-release.withdrawn": "收回釋出",
}
_OFFICES = {
    PROCESS: (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.ORGANISER, Capacity.COUNCIL),
    ORGANISED: (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.ORGANISER),
    COUNTY: (Capacity.AUTHORITY_ADMINISTRATOR,),
    DISPUTES: (Capacity.AUTHORITY_ADMINISTRATOR,),
}


@dataclass(frozen=True)
class CaseFile:
    """The events about a student at a position, who is who in them, and who may see what."""

    book: StudentBook
    steps: Sequence[Step]
    #: Of the events of sections, by their position.
    told: Mapping[int, Entry]
    #: Whom a step is shown to today, by its position; nobody where it is no event of a section.
    shown_to: Mapping[int, frozenset[str]]
    #: Why the content of a step is not shown, by its position: see `replay.evidence.CLOSED`.
    closed: Mapping[int, str]
    names: Mapping[UUID, Mapping[str, Any]]
    rights: Rights
    #: What the records that their reader may see are called, by their ids.
    records: Mapping[str, str]
    words: ProgrammeNames
    #: The steps by their positions.
    at: Mapping[int, Step]

    def visible(self, step: Step, held: frozenset[str]) -> bool:
        return not held.isdisjoint(self.shown_to.get(step.entry.position, frozenset()))


def dispute_shown(connection: Connection, dispute_id: UUID) -> Dispute:
    """A dispute that the viewer of the connection may see. Raises `NotFound`."""
    known = disputes.dispute(connection, dispute_id)
    if known is None:
        raise NotFound
    return known


def read_case(house: House, student: UUID, position: int, held: Iterable[str]) -> CaseFile:
    """The case as of a position of `records`, for whoever belongs to these audiences today."""
    audiences = frozenset(held)
    with house.ledger.database.connect("projector") as connection:
        connection.execute(f'SET search_path = "{SCHEMA}"'.encode())
        book = student_book(connection, student, position)
        known = rights(connection, student, position)
        taken_back = _taken_back(connection, student)
        made = steps(book)
        names = named(connection, _named(made, known), position)
        words = ProgrammeNames(house.ledger, connection, position)
    told = {entry.position: entry for entry in entries(book)}
    shown_to = {one: seen_today(book, entry) for one, entry in told.items()}
    shown_to |= {step.entry.position: _heard_by(step) for step in made if "dispute_id" in step.body}
    erased = house.ledger.keyring.key("student.record", student) is None
    closed = {}
    for step in made:
        at = step.entry.position
        if not has_ciphertext(step.body):
            continue
        if audiences.isdisjoint(shown_to.get(at, frozenset())):
            closed[at] = "not-visible"
        elif erased:
            closed[at] = "erased"
        elif (step.entry.stream_id, step.entry.stream_version) in taken_back:
            closed[at] = "release-withdrawn"
        elif "national_id" in step.body:
            closed[at] = "national-id"
    by_position = {step.entry.position: step for step in made}
    seen = [one for one in made if not audiences.isdisjoint(shown_to.get(one.entry.position, ()))]
    records = _records(seen)
    return CaseFile(book, made, told, shown_to, closed, names, known, records, words, by_position)


def _heard_by(step: Step) -> frozenset[str]:
    """Who hears the dispute of a released note."""
    assert step.fact.student is not None
    dispute = UUID(step.body["dispute_id"])
    return frozenset(audiences_of(note_release.SECTION, step.fact.student, None, dispute))


def stated(house: House, case: CaseFile, step: Step) -> dict[str, Any]:
    """What is said of a step in words, beside what the event itself says."""
    code = section_of(step)
    rows = rows_of(step)
    entry = case.told.get(step.entry.position)
    return {
        "code": code,
        "section": SECTIONS.get(code, code),
        "event": event_word(step.fact.event_class),
        "rows": rows,
        "author": name_of(house, case, step.fact.by) or CAPACITIES[Capacity.SYSTEM],
        "capacity": CAPACITIES[Capacity(step.body["capacity"])],
        "labels": _labels(step, code, rows),
        "names": _names(house, case, step),
        "computed": None if entry is None else dict(entry.computed) or None,
        "could_see": _could_see(house, case, step),
        "offices": _offices(case, step),
    }


def _labels(step: Step, code: str, rows: str | None) -> dict[str, str]:
    """What the fields of a step are called: as its own form does, where a process asks for it."""
    event = step.fact.event_class
    own = asked_as(event) if issubclass(event, StepEvent) else {}
    return {
        one.name: own.get(one.name) or label(code, qualified(rows, one.name)) for one in step.said
    }


def section_of(step: Step) -> str:
    """The section whose words name the fields of a step, empty where none does."""
    if "dispute_id" in step.body:
        return counselling_note.SECTION
    return step.fact.event_class.SECTION or ""


def rows_of(step: Step) -> str | None:
    """The group of rows that a step is about, where it is about one."""
    event = step.fact.event_class
    return event.ROWS if issubclass(event, SectionEvent) else None


def qualified(rows: str | None, name: str) -> str:
    """The name under which the labels know a field."""
    return name if rows is None else f"{rows}.{name}"


def event_word(event: type[Event]) -> str:
    """What an event is called (zh-TW)."""
    if issubclass(event, StepEvent):
        step = STEPS.get((event.PROCESS, event.STEP))
        return "未受理" if step is None else step.name
    named = event.TOPIC.rsplit(".", 1)[0]
    verb = named.rsplit(".", 1)[-1]
    return EVENTS.get(named) or EVENTS.get(verb) or EVENTS.get(verb.rsplit("-", 1)[-1], verb)


def shown_value(house: House, step: Step, name: str) -> Any:
    """What a page shows of a member of a body: a national ID in part, `已依法刪除` of a student who
    was erased. Whether its reader may see it is for the caller to know."""
    key = house.ledger.mapper.opening_key(step.entry.subject, dict(step.body))
    found = value_of(step, name, key)
    if isinstance(found, Erased):
        return str(found)
    return masked(found) if name == "national_id" and isinstance(found, str) else found


def newest_of(house: House) -> int:
    """Where the book of records ends now."""
    with house.ledger.database.connect("projector") as connection:
        return newest(connection)


def name_of(house: House, case: CaseFile, one: UUID) -> str | None:
    """The name that an account, or an organisation, had at the position."""
    said = case.names.get(one, {})
    name = house.opener.of_account(one, said.get("name"))
    return str(name) if isinstance(name, Erased) else name


def _names(house: House, case: CaseFile, step: Step) -> dict[str, str]:
    """Of the ids and codes that a step says: accounts and organisations, records that its reader
    may see, and the words of its programme as `field=code`."""
    sides = [
        (one.name, case.at[position])
        for one in step.said
        for position in (one.before_from, step.entry.position)
        if position is not None
    ]
    plain = (side.body.get(name) for name, side in sides)
    found = {
        one: case.records[one] for one in plain if isinstance(one, str) and one in case.records
    }
    entry = case.told.get(step.entry.position)
    if entry is not None and entry.change.programme is not None:
        change = entry.change
        said = (
            (name, shown_value(house, side, name))
            for name, side in sides
            if side.entry.position not in case.closed
        )
        found |= case.words.of_fields(
            change.programme, change.section, change.student, change.record_id, said
        )
    accounts = (one for one in _ids(step.body) if one in case.names)
    return found | {str(one): name_of(house, case, one) or "" for one in accounts}


def _records(seen: Iterable[Step]) -> dict[str, str]:
    """What the records and statements of these steps are called: a noun, and the day of it."""
    found: dict[str, str] = {}
    for step in seen:
        noun = SECTIONS.get(step.fact.event_class.SECTION or "")
        if noun is not None:
            day = roc_written(local_date(step.entry.recorded_at))
            found.setdefault(str(step.entry.stream_id), f"{noun}（{day}）")
        if "statement_id" in step.body:
            day = roc_written(date.fromisoformat(step.body["given_on"]))
            found[step.body["statement_id"]] = f"陳述（{day}）"
    return found


def _could_see(house: House, case: CaseFile, step: Step) -> list[dict[str, str]]:
    """Who stood in a relation that let them see it when it was recorded."""
    entry = case.told.get(step.entry.position)
    if entry is None:
        return []
    found = {
        (one.relation.account_id, one.relation.capacity): None
        for one in witnesses(entry, case.rights)
    }
    return [
        {
            "id": str(account),
            "name": name_of(house, case, account) or "",
            "capacity": CAPACITIES[capacity],
        }
        for account, capacity in found
    ]


def _offices(case: CaseFile, step: Step) -> list[str]:
    """The county's offices that could see it when it was recorded."""
    entry = case.told.get(step.entry.position)
    then = frozenset[str]() if entry is None else entry.audiences
    found = {
        CAPACITIES[capacity]: None
        for audience, capacities in _OFFICES.items()
        if audience in then
        for capacity in capacities
    }
    return list(found)


def _taken_back(connection: Connection, student: UUID) -> set[tuple[UUID, int]]:
    """The releases, by stream and version, that their authors took back: up to now, and not to
    the position alone."""
    rows = connection.execute(
        b"SELECT stream_id, stream_version - 1 FROM books.records"
        b" WHERE subject = %s AND topic = %s",
        (student, NoteReleaseWithdrawn.TOPIC),
        binary=True,
    )
    return set(rows.fetchall())


def _named(made: Sequence[Step], known: Rights) -> set[UUID]:
    found = {one.relation.account_id for one in (*known.relations, *known.offices)}
    for step in made:
        found.add(step.fact.by)
        found.update(_ids(step.body))
    return found


def _ids(body: Mapping[str, Any]) -> Iterable[UUID]:
    """The accounts and organisations that a body names in plain."""
    for name in sorted(ACCOUNTS | ORGANISATIONS):
        if body.get(name) is not None:
            yield UUID(body[name])
    # Of a course; the teachers of a programme's plan are names, and encrypted.
    if isinstance(teachers := body.get("teachers"), list | tuple):
        yield from map(UUID, teachers)
