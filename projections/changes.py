"""Every change of a student's record with before and after (contract 4, Kaohsiung 6).

Computed from every event, never from a last-modified column. One row per event; the history of
a student and the change report are two questions to this one view.

What a row says (`Change.said`), with ciphertext as `Fact.ciphertext` gives it:
`{"version", "capacity", "fields": [[field, before, after], ...], "reason", "occurred_on",
"letter_number", "school_year", "row_id"}`; what was not given is left out. It is kept packed
(`projections/packing.py`), its names shortened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from domain.access import DISPUTE_SECTIONS, NOT_HANDED_OVER, audiences_of, of_school
from domain.capacity import ORIGINS, Capacity
from domain.event import ENCRYPTED, Event
from domain.placement import PlacementEnded
from domain.placement_request import NewPlacement, PlacementRequestDecided
from domain.process import StepEvent
from domain.student import StudentErased, StudentTransferred
from ledger.database import Connection
from projections import change_windows, dispute_changes, section_changes
from projections.change_programme import PROGRAMME, belonging, placement_of, year_of
from projections.change_tally import tally
from projections.packing import pack, unpack
from projections.plan_fold import is_section
from projections.schools import Schools
from projections.view import Fact, Revision, SqlView, audience_id

#: What the last word of a topic says about the record, in the kinds of contract 4.
_KINDS = {
    "recorded": "recorded",
    "registered": "recorded",
    "opened": "recorded",
    "made": "recorded",
    "assigned": "recorded",
    "linked": "recorded",
    "copy-handed-out": "recorded",
    "back-filled": "recorded",
    "row-filled": "recorded",
    "corrected": "corrected",
    "row-revised": "corrected",
    "details-corrected": "corrected",
    "class-changed": "corrected",
    "transferred": "corrected",
    "decided": "corrected",
    "withdrawn": "withdrawn",
    "ended": "withdrawn",
    "erased": "withdrawn",
}
#: What became of a placement, as the kind of change it is.
_ENDINGS = {"superseded": "re_placement", "abandoned": "abandonment"}
_ENDINGS |= dict.fromkeys(("refused", "returned"), "corrected")

#: Fields that are not content: they link records, or say again what a column says.
_LINKS = frozenset({
    "moved_from", "moved_to", "placement_id", "request_id", "final", "as_of", "made_at",
    "account_ids", "marking", "counts", "filled_from", "programme", "rules", "computed",
    "before_council", "next_school_id", "flags",
})  # fmt: skip

_PLACEMENT = tuple(NewPlacement.model_fields)

#: The names in a row that are written short; others stand as they are.
_SHORT = {
    "version": "v",
    "capacity": "c",
    "fields": "f",
    "occurred_on": "o",
    "letter_number": "l",
    "school_year": "y",
}
_LONG = {short: name for name, short in _SHORT.items()}

State = dict[str, Any]


@dataclass
class _Batch:
    """What a batch of facts writes."""

    changes: list[tuple[Any, ...]] = field(default_factory=list)
    audiences: list[tuple[UUID, int]] = field(default_factory=list)
    states: dict[UUID, State] = field(default_factory=dict)
    touched: set[UUID] = field(default_factory=set)


class ChangesView(SqlView):
    """The view `changes`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="changes",
            version=5,
            tables=(
                *("change", "change_audience", "change_state", "change_school", "change_tally"),
                "change_page",
            ),
            revisions={
                2: Revision(
                    "異動列不再重複記載相同的內容，並計數各校各項目的異動",
                    ("change", "change_audience", "change_state", "change_tally"),
                ),
                3: Revision(
                    "安置申請註明學年度，並記載安置頁面的期間以判斷逾期",
                    ("change", "change_state", "change_page"),
                ),
                4: Revision("異動列註明所屬計畫與學年度", ("change", "change_state")),
                5: Revision("安置結束的日期不再列為發生日期的異動", ("change", "change_state")),
            },
        )
        self._schools = Schools("change_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        change_windows.keep(connection, facts)
        mine = [fact for fact in facts if fact.student is not None and fact.event_class.SECTION]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        batch = _Batch()
        self._load(connection, mine, batch)
        for fact in mine:
            if fact.event_class is StudentTransferred:
                _add(batch, fact, UUID(fact.fields["from_organisation_id"]))
                self._write(connection, batch)
                batch.changes, batch.audiences = [], []
                _hand_over(connection, fact)
            else:
                _add(batch, fact, school_of(fact))
        self._write(connection, batch)
        self._keep(connection, batch)

    @staticmethod
    def _load(connection: Connection, facts: Sequence[Fact], batch: _Batch) -> None:
        wanted = {fact.stream_id for fact in facts if fact.stream_version > 1}
        wanted |= {one for fact in facts if (one := placement_of(fact)) is not None}
        if not wanted:
            return
        for record, body in connection.execute(
            "SELECT record_id, body FROM change_state WHERE record_id = ANY(%s)",
            (list(wanted),),
            binary=True,
        ):
            batch.states[record] = unpack(record, body)

    @staticmethod
    def _write(connection: Connection, batch: _Batch) -> None:
        if not batch.changes:
            return
        with connection.cursor().copy(
            "COPY change (position, recorded_at, student, organisation, record_id, author,"
            " section, kind, origin, audiences, body, programme, school_year)"
            " FROM STDIN (FORMAT binary)"
        ) as copy:
            of_row = ["int8", "timestamptz", *["uuid"] * 4, *["text"] * 3, "uuid[]", "bytea"]
            copy.set_types([*of_row, "text", "int2"])
            for row in batch.changes:
                copy.write_row(row)
        tally(connection, ((row[0], row[3], row[6]) for row in batch.changes))
        with connection.cursor().copy(
            "COPY change_audience (audience, position) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["uuid", "int8"])
            # Together by audience: what lies together is appended to the pages of the index, where
            # what comes in turns would split each in halves.
            for pair in sorted(batch.audiences):
                copy.write_row(pair)

    @staticmethod
    def _keep(connection: Connection, batch: _Batch) -> None:
        records = sorted(batch.touched)
        connection.execute(
            "INSERT INTO change_state (record_id, body)"
            " SELECT * FROM unnest(%s::uuid[], %s::bytea[])"
            " ON CONFLICT (record_id) DO UPDATE SET body = excluded.body",
            (records, [pack(record, batch.states[record]) for record in records]),
        )


def _add(batch: _Batch, fact: Fact, school: UUID | None) -> None:
    """The row of one event, the audiences that may see it, and the record's new state."""
    change, after = change_of(fact, school, batch.states)
    batch.states[fact.stream_id] = after
    batch.touched.add(fact.stream_id)
    audiences = [audience_id(name) for name in seen_by(fact, change)]
    *columns, body, programme = change
    batch.changes.append((*columns, audiences, body, programme, year_of(change.section, after)))
    batch.audiences.extend((audience, fact.position) for audience in audiences)


def seen_by(fact: Fact, change: "Change") -> tuple[str, ...]:
    """Which audiences may see a row when it is written; with a transfer goes the file, which
    disputes are no part of."""
    record = change.record_id
    if change.section in DISPUTE_SECTIONS:
        record = dispute_changes.dispute_of(fact)
    return audiences_of(change.section, change.student, change.organisation, record)


def change_of(
    fact: Fact, school: UUID | None, states: Mapping[UUID, State]
) -> tuple["Change", State]:
    """The row of one event of a section, and what its record says after it.

    `school` is the one at which it happened, `states` what the records say before it, by id.
    """
    assert fact.student is not None
    section = fact.event_class.SECTION
    assert section is not None
    kind, fields, after = _changed(fact, states.get(fact.stream_id, {}), states)
    after = belonging(fact, states, after)
    if section in DISPUTE_SECTIONS:
        school = dispute_changes.school_of(after, school)
    body: dict[str, Any] = {
        "version": fact.stream_version,
        "capacity": fact.fields["capacity"],
        "fields": fields,
    }
    day = fact.fields if fact.event_class is PlacementEnded else after
    optional = {
        "reason": fact.ciphertext("why") or fact.ciphertext("reason"),
        "occurred_on": day.get("occurred_on"),
        "letter_number": after.get("letter_number") or after.get("document_number"),
        "school_year": after.get("school_year"),
        "row_id": fact.fields.get("row_id"),
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    change = Change(
        fact.position,
        fact.recorded_at,
        fact.student,
        school,
        fact.stream_id,
        fact.by,
        section,
        kind,
        ORIGINS[Capacity(fact.fields["capacity"])],
        _packed(fact.stream_id, body),
        after.get(PROGRAMME),
    )
    return change, after


def _changed(
    fact: Fact, before: Mapping[str, Any], states: Mapping[UUID, State]
) -> tuple[str, list[list[Any]], State]:
    """The kind of change, what it changed, and the record's state after it."""
    if is_section(fact):
        return section_changes.kind_of(fact), *section_changes.change_of(fact, before)
    if fact.event_class.SECTION in DISPUTE_SECTIONS:
        return dispute_changes.kind_of(fact), *dispute_changes.change_of(fact, before)
    given = _given(fact)
    kind = _kind(fact, before)
    after = dict(before)
    if kind != "withdrawn":
        after |= given
    if "kind" in given:
        after["kind"] = given["kind"]
    if (about := placement_of(fact)) is not None:
        after["school_year"] = states.get(about, {}).get("school_year")
    return kind, _fields(fact, kind, before, given, states), after


def _given(fact: Fact) -> State:
    """The fields that the event says, in the order of its class; but for an end, whose day is no
    other day of the placement, `occurred_on` is the last."""
    given: State = {}
    for name, encrypted in _content(fact.event_class):
        if name in fact.fields:
            given[name] = fact.ciphertext(name) if encrypted else fact.fields[name]
    if "occurred_on" in fact.fields and fact.event_class is not PlacementEnded:
        given["occurred_on"] = fact.fields["occurred_on"]
    return given


@cache
def _content(event_class: type[Event]) -> list[tuple[str, bool]]:
    return [
        (name, any(mark is ENCRYPTED for mark in model.metadata))
        for name, model in event_class.model_fields.items()
        if name not in Event.model_fields and name not in _LINKS
    ]


def _kind(fact: Fact, before: Mapping[str, Any]) -> str:
    if fact.event_class is PlacementEnded:
        return _ENDINGS[fact.fields["outcome"]]
    if fact.event_class.SECTION == "placement_request":
        # A re-placement and an abandonment are kinds of their own, whoever acts on them (M7).
        return str(fact.fields.get("kind") or before["kind"])
    if issubclass(fact.event_class, StepEvent):
        # A step is a further entry, and a correction where it says so of itself.
        corrects = fact.event_class.STEP.endswith("corrected")
        return "corrected" if corrects else "recorded"
    return _KINDS[fact.event_class.TOPIC.rsplit(".", 2)[-2]]


def _fields(
    fact: Fact,
    kind: str,
    before: Mapping[str, Any],
    given: Mapping[str, Any],
    states: Mapping[UUID, State],
) -> list[list[Any]]:
    """Field, before, after. A withdrawal shows what is gone, with nothing after (M6)."""
    if (about := placement_of(fact)) is not None:
        # The placement it is about, before, and what is asked for instead (KAO-123).
        placement = states.get(about, {})
        return [
            [name, placement.get(name), given.get(f"new_{name}")]
            for name in _PLACEMENT
            if placement.get(name) is not None or given.get(f"new_{name}") is not None
        ]
    if fact.event_class in (PlacementRequestDecided, StudentErased):
        # What was decided; what an order took away is no more to be shown before it.
        return [[name, None, value] for name, value in given.items()]
    if kind == "withdrawn":
        gone = before.items()
        return [[name, value, None] for name, value in gone if value is not None and name[0] != "#"]
    if kind == "recorded":
        # Made anew in a stream that had an end, or beside what stands: nothing was there before it.
        before = {}
    return [
        [name, before.get(name), value]
        for name, value in given.items()
        if value is not None or before.get(name) is not None
    ]


def _hand_over(connection: Connection, fact: Fact) -> None:
    """The new school may see the file that was handed over, from this event on.

    A dispute with the school that was left, and results that are not published, are no part of it.
    """
    school = audience_id(of_school(UUID(fact.fields["organisation_id"])))
    kept = list(NOT_HANDED_OVER)
    connection.execute(
        "INSERT INTO change_audience (audience, position, granted)"
        " SELECT %s, position, %s FROM change WHERE student = %s AND position <= %s"
        " AND section <> ALL(%s) ON CONFLICT DO NOTHING",
        (school, fact.position, fact.student, fact.position, kept),
    )
    connection.execute(
        "UPDATE change SET audiences = audiences || %s::uuid"
        " WHERE student = %s AND position <= %s AND NOT audiences @> ARRAY[%s::uuid]"
        " AND section <> ALL(%s)",
        (school, fact.student, fact.position, school, kept),
    )


class Change(NamedTuple):
    """A row of the view, its body still as stored: see `said`."""

    position: int
    recorded_at: datetime
    student: UUID
    organisation: UUID | None
    record_id: UUID
    author: UUID
    section: str
    kind: str
    origin: str
    body: bytes
    programme: str | None

    def said(self) -> dict[str, Any]:
        """The body as the module describes it."""
        stored = unpack(self.record_id, self.body)
        said = {_LONG.get(name, name): value for name, value in stored.items()}
        # One field of each, so that a ciphertext stands under its name.
        said["fields"] = [
            [name, *values] for field in said["fields"] for name, values in field.items()
        ]
        return said


def saying(change: Change, fields: Sequence[Sequence[Any]], row_id: str | None) -> Change:
    """The change with other fields (field, before, after), of one row or of none."""
    said = {name: value for name, value in change.said().items() if name != "row_id"}
    said |= {"fields": fields} if row_id is None else {"fields": fields, "row_id": row_id}
    return change._replace(body=_packed(change.record_id, said))


def _packed(record: UUID, said: Mapping[str, Any]) -> bytes:
    fields = [{name: values} for name, *values in said["fields"]]
    stored = {**said, "fields": fields}
    return pack(record, {_SHORT.get(name, name): value for name, value in stored.items()})


COLUMNS = (
    "c.position, c.recorded_at, c.student, c.organisation, c.record_id, c.author,"
    " c.section, c.kind, c.origin, c.body, c.programme"
)
