"""The sections of a plan in blocks: pairs, texts and tables, worded from the sections' models.

Labels are the titles of the models, so that forms, papers and differences have one source.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from documents.table import Line, legible
from domain.calendar import roc_instant, roc_short
from domain.dispute_words import DISPUTE_KINDS, DISPUTE_SIDES
from domain.labels import MARKS, STAGES, label, written
from domain.plan_file_content import FORMS
from domain.reference import table, words
from domain.section import HEADER, Section, choice_of, row_model
from domain.section_words import in_order
from domain.sections import SECTIONS
from domain.strengths_weaknesses import STRENGTHS_WEAKNESSES

NOTHING = "（尚無資料）"
_UNFILLED = "—"

#: Longer texts, and those of several lines, stand over the whole width.
_LONG = 24

#: What a person has no use for on paper: ids, and what only a program compares.
_ASIDE = frozenset({"row_id", "file_id", "sha256", "stored_sha256", *HEADER})

#: Half-width characters that a column of a table takes at least and at most, what its edges take of
#: them, and how many of them a table on A4 has in all.
_NARROW, _WIDE, _EDGES = 8, 40, 2
A4_CHARACTERS = 112

#: What stands in a table only where some row says it: without a teaching model that divides courses
#: there is no such column (IGP manual 3.11).
_WHERE_SAID = frozenset({"component"})

#: What is not broken into lines, unless it is longer than a table gives one.
_RUN = re.compile(r"(?<![!-~])[!-~]{1,17}(?![!-~])")

#: Files as people call them.
_FORMS = {form.media_type: form.endings[0][1:].upper() for form in FORMS}

_AREAS = {
    name: STRENGTHS_WEAKNESSES.data.model_fields[name].title or name
    for name in ("cognitive", "affective", "academic")
}


@dataclass(frozen=True)
class Heading:
    """A heading within a section, such as a course."""

    text: str


@dataclass(frozen=True)
class Pairs:
    """Labels with short values, two beside each other."""

    pairs: Sequence[Line] = field(repr=False)


@dataclass(frozen=True)
class Prose:
    """A label with a text of any length; a line break is kept."""

    label: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Grid:
    """A table with a header that repeats; `widths` weigh its columns. `whole` stays on one page."""

    columns: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[str]] = field(repr=False)
    whole: bool = False


@dataclass(frozen=True)
class Nothing:
    """There is nothing here."""

    text: str = NOTHING


Block = Heading | Pairs | Prose | Grid | Nothing
Record = Mapping[str, Any]


def words_of_year(year: int) -> str:
    return f"{year} 學年度"


def blocks_of(code: str, records: Sequence[Record], content: Mapping[str, Any]) -> list[Block]:
    """The records of a section, one after another."""
    section = SECTIONS[code]
    worded = _Worded(section, content)
    blocks: list[Block] = []
    for number, record in enumerate(records, start=1):
        blocks += worded.head(record, number, len(records))
        blocks += worded.body(record["data"])
    return blocks or [Nothing()]


def note_blocks(notes: Sequence[Record]) -> list[Block]:
    """The exporter's own notes, in the form of contract 3."""
    blocks: list[Block] = []
    for note in notes:
        blocks.append(Heading(f"{day(note['held_on'])}　{legible(note['purpose'])}"))
        people = "、".join(map(legible, note["participants"]))
        blocks.append(Pairs([("參與人員", people), ("記錄人員", legible(note["recorder"]))]))
        blocks.append(Prose(label("counselling_note", "content"), legible(note["content"])))
    return blocks or [Nothing()]


def statement_blocks(statements: Sequence[Record]) -> list[Block]:
    """What the sides said in each dispute, the oldest first."""
    blocks: list[Block] = []
    told = None
    for one in statements:
        if one["dispute"] != told:
            told = one["dispute"]
            kind = DISPUTE_KINDS[one["kind"]]
            blocks.append(Heading(f"{kind}（{day(one['filed_on'])}提出）"))
        side = DISPUTE_SIDES[one["side"]]
        blocks.append(Prose(f"{side}　{day(one['given_on'])}", legible(one["text"])))
    return blocks


class _Worded:
    """The values of one section's records in words."""

    def __init__(self, section: Section, content: Mapping[str, Any]) -> None:
        self._section = section
        self._people = {one["id"]: one["name"] for one in content["people"]}
        self._content = content

    def head(self, record: Record, number: int, count: int) -> Iterator[Block]:
        """What tells the record from its neighbours."""
        data = record["data"]
        match self._section.per:
            case "stage":
                yield Heading(STAGES.get(record["education_stage"] or "", _UNFILLED))
            case "record":
                title = self._title(data)
                yield Heading(f"{number}．{title}" if count > 1 and title else title or str(number))

    def _title(self, data: Record) -> str:
        if "subject" in data:
            subject = words("subjects").get(data["subject"], data["subject"] or "")
            return legible("　".join(filter(None, (subject, data.get("course_name")))))
        if "topic" in data:
            return legible("　".join(filter(None, (_moment(data["held_at"]), data["topic"]))))
        return day(data.get("decided_on"))

    def body(self, data: Record) -> Iterator[Block]:
        """The fields, then the groups of rows."""
        ticked = _TICKED.get(self._section.code)
        told = () if ticked is None else ticked.fields
        ticks = None if ticked is None else ticked.grid(data)
        pairs: list[Line] = []
        long: list[Block] = []
        empty = None
        for name in self._section.content:
            info = self._section.data.model_fields[name]
            if name in told:
                empty = empty or info.title
                continue
            title, text = info.title or name, self.text(name, info, data.get(name))
            if len(text) > _LONG or "\n" in text:
                long.append(Prose(title, text))
            elif name not in _ASIDE:
                pairs.append((title, text or _UNFILLED))
        if isinstance(ticks, Nothing) and (pairs or long):
            # Among fields that say something, the list that says nothing is named.
            pairs.insert(0, (empty or "", _UNFILLED))
            ticks = None
        if pairs:
            yield Pairs(pairs)
        if ticks is not None:
            yield ticks
        yield from long
        for group in self._section.groups:
            model = row_model(self._section.data, group.field)
            title = self._section.data.model_fields[group.field].title or group.field
            if len(self._section.groups) > 1 or pairs:
                yield Heading(title)
            yield self._rows(model, data.get(group.field) or ())

    def _rows(self, model: type[BaseModel], rows: Sequence[Record]) -> Block:
        if not rows:
            return Nothing()
        fields = {
            name: info
            for name, info in model.model_fields.items()
            if name not in _ASIDE
            and (name not in _WHERE_SAID or any(row.get(name) for row in rows))
        }
        cells = [
            [self.text(name, info, row.get(name)) for name, info in fields.items()] for row in rows
        ]
        return grid([info.title or name for name, info in fields.items()], cells)

    def text(self, name: str, info: FieldInfo, value: Any) -> str:
        """A value as people read it; empty for none."""
        if value is None or value in ((), [], {}):
            return ""
        if name == "size" and isinstance(value, int):
            return f"{-(-value // 1024):,} KB"
        if name == "media_type":
            return _FORMS.get(value, legible(value))
        if isinstance(value, list | tuple):
            return "、".join(self.text(name, info, one) for one in value)
        choice = choice_of(info)
        if choice is not None and isinstance(value, str):
            return legible(words(choice.table).get(value, value))
        kinds = set(_types(info.annotation))
        if isinstance(value, str):
            if UUID in kinds:
                return self._reference(value)
            if AwareDatetime in kinds:
                return _moment(value)
            if date in kinds:
                return day(value)
            if any(issubclass(kind, Enum) for kind in kinds):
                return legible(written(self._section.code, name, value))
            return legible(value)
        return written(self._section.code, name, value)

    def _reference(self, value: str) -> str:
        """An account by its name, a meeting by its day and topic."""
        if value in self._people:
            return legible(self._people[value])
        for section in self._content["sections"]:
            for record in section["records"] if section["section"] == "meeting" else ():
                if record["record_id"] == value:
                    return self._title(record["data"])
        return "（不在本計畫內）"


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    """A table whose columns are as wide as what stands in them asks for.

    Where that is more than the page has, what may be broken into lines gives way: a number keeps
    its room.
    """
    widths, whole = [], []
    for number, title in enumerate(columns):
        lines = [line for row in rows for line in row[number].split("\n")]
        longest = max(map(_width, lines), default=0)
        wanted = min(max(longest, _width(title), _NARROW - _EDGES), _WIDE) + _EDGES
        runs = [len(run) for line in lines for run in _RUN.findall(line)]
        widths.append(wanted)
        whole.append(min(max([*runs, _NARROW - _EDGES]) + _EDGES, wanted))
    over, gives = sum(widths) - A4_CHARACTERS, sum(widths) - sum(whole)
    if over > 0 and gives > 0:
        kept = max(0, gives - over)
        widths = [
            least + (wanted - least) * kept // gives
            for wanted, least in zip(widths, whole, strict=True)
        ]
    return Grid(columns, widths, rows)


# -- what is ticked


@dataclass(frozen=True)
class _Ticks:
    """A tick-list as a table: the fields that it tells, and how."""

    fields: frozenset[str]
    columns: Sequence[str]
    rows: Any

    def grid(self, data: Record) -> Block:
        rows = list(self.rows(data))
        widths = [_NARROW, *[_WIDE // len(self.columns[1:])] * len(self.columns[1:])]
        return Grid(self.columns, widths, rows) if rows else Nothing()


def _interests(data: Record) -> Iterator[list[str]]:
    """By field of interest what is ticked, and in words what is of interest besides."""
    yield from _by_group(
        "interests", data.get("interests"), _mapping(data.get("interests_other_note"))
    )


def _needs(data: Record) -> Iterator[list[str]]:
    needs = data.get("needs")
    codes = (
        [one for of_area in needs.values() for one in of_area]
        if isinstance(needs, Mapping)
        else needs
    )
    yield from _by_group("needs", codes, {})


def _by_group(name: str, codes: Any, others: Mapping[str, str]) -> Iterator[list[str]]:
    if isinstance(codes, str):
        # An erased list is words.
        yield ["", legible(codes)]
        return
    known = table(name)
    of: dict[str | None, list[str]] = {}
    for code in codes or ():
        value = known.values.get(code)
        group = None if value is None else value.group
        of.setdefault(group, []).append(code if value is None else value.label)
    fields = words("interest_fields") if others else {}
    unknown = {one: fields.get(one, one) for one in others if one not in known.groups}
    groups: list[tuple[str | None, str]] = [*known.groups.items(), *unknown.items()]
    for group, title in [*groups, (None, "其他")]:
        said = of.get(group, [])
        if group is not None and group in others:
            said = [*said, f"其他：{legible(others[group])}"]
        if said:
            yield [title, "、".join(said)]


def _strengths(data: Record) -> Iterator[list[str]]:
    notes = _mapping(data.get("other_note"))
    for area, title in _AREAS.items():
        marks = data.get(area)
        if isinstance(marks, str):
            yield [title, legible(marks), legible(marks)]
            continue
        known = "subjects" if area == "academic" else "traits"
        labels = words(known)
        cells = []
        for mark in MARKS:
            ticked = in_order(known, [code for code, one in (marks or {}).items() if one == mark])
            said = [labels.get(code, code) for code in ticked]
            if f"{area}:{mark}" in notes:
                said.append(f"其他：{legible(notes[f'{area}:{mark}'])}")
            cells.append("、".join(said))
        if any(cells):
            yield [title, *cells]


_TICKED = {
    "interest_analysis": _Ticks(
        frozenset({"interests", "interests_other", "interests_other_note"}),
        ("領域", "有興趣的項目"),
        _interests,
    ),
    "strengths_weaknesses": _Ticks(
        frozenset({*_AREAS, "other_ticked", "other_note"}),
        ("面向", *MARKS.values()),
        _strengths,
    ),
    "needs_assessment": _Ticks(frozenset({"needs"}), ("面向", "教育需求"), _needs),
}


# -- single values


def _mapping(value: Any) -> Mapping[str, str]:
    return value if isinstance(value, Mapping) else {}


def _types(annotation: Any) -> Iterable[type]:
    """The plain types in an annotation, in whatever it wraps them."""
    inner = get_args(annotation)
    if not inner:
        return (annotation,) if isinstance(annotation, type) else ()
    return [kind for one in inner for kind in _types(one)]


def day(value: Any) -> str:
    try:
        return roc_short(date.fromisoformat(value)) if value else ""
    except ValueError:
        return legible(value)


def _moment(value: str) -> str:
    try:
        return roc_instant(datetime.fromisoformat(value)).removeprefix("民國")
    except ValueError:
        return legible(value)


def _width(text: str) -> int:
    return sum(1 if character < "\u0370" else 2 for character in text)
