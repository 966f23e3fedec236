"""What a roster is: rows about students, totals, and a digest of both, made by a pure function.

A roster is asked for by its code (`register`). The one that a school exports, signs and uploads is
known again by its digest: when a row changes, the paper that was signed is out of date
(Kaohsiung 6.2, M17).
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from domain.placement import Placement
from domain.process import Record
from domain.programme_rules import Programme
from domain.roster_digest import Digested


@dataclass(frozen=True)
class Requested:
    """A request about a placement of a school year that was not refused or withdrawn."""

    kind: str
    letter_number: str | None
    placement_id: UUID
    school_year: int


@dataclass(frozen=True)
class School:
    """A school of a roster: its batches by process, and the kinds of the scans that they name."""

    code: str
    name: str
    batches: Mapping[str, Record] = field(default_factory=dict)
    documents: Mapping[UUID, str] = field(default_factory=dict)


class Entry(NamedTuple):
    """A student on a roster. The national ID is masked; `records` are by process.

    A student who changed schools between two stages of a roster stands on it for each school.

    `placements` are those in force, of any year, and `requests` those about them, for a roster
    that asks for them; `documents` the kinds of the student's scans, each as often as there is one.
    """

    student_id: UUID
    name: str
    national_id: str
    class_name: str | None
    school: School
    records: Mapping[str, Record]
    placements: tuple[Placement, ...] = ()
    requests: tuple[Requested, ...] = ()
    documents: tuple[str, ...] = ()
    #: At which stages the student was at this school; None where a roster asks for no stage.
    stages: tuple[str, ...] | None = None

    @property
    def school_code(self) -> str:
        return self.school.code

    @property
    def school_name(self) -> str:
        return self.school.name

    def record(self, process: str) -> Record:
        """The record of a process that every student of the roster has."""
        return self.records[process]

    def last(self, process: str, step: str) -> Any:
        """The newest event of a step, or None."""
        known = self.records.get(process)
        return None if known is None else known.last(step)


@dataclass(frozen=True)
class RosterColumn:
    """A column. `width` counts half-width characters; dates are ISO text."""

    key: str
    label: str
    kind: Literal["text", "integer", "date"]
    width: int
    #: Whether the school answers for it by its signatures; what others write later changes nothing
    #: of what was signed.
    signed: bool = True


@dataclass(frozen=True)
class Made:
    """Rows by the keys of the columns, totals, and the lines below the table as people read them.

    Totals that a batch asks about are `students`, `units`, `collected` and `passed_on`.
    """

    rows: tuple[Mapping[str, Any], ...] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[tuple[str, str], ...] = ()
    #: Of which students each row tells, for the log of access; empty where rows count only.
    about: tuple[tuple[UUID, ...], ...] = ()

    @property
    def students(self) -> tuple[UUID, ...]:
        """Of whom the roster tells, each once."""
        return tuple(dict.fromkeys(one for row in self.about for one in row))


@dataclass(frozen=True)
class RosterKind:
    """A roster: of which processes it is made, how, and who signs the paper of a school.

    Asked about are the students that have a record of the first process; `rows` leaves out whom it
    does not concern. A school has its own rows alone.
    """

    code: str
    title: str
    processes: tuple[str, ...]
    columns: tuple[RosterColumn, ...]
    rows: Callable[[Programme, Sequence[Entry]], Made]
    signatures: tuple[str, ...] = ()
    #: What is pasted in a box below them.
    pasted: str | None = None
    #: Whether schools may have it; what only who runs the programme works with is not for them.
    of_schools: bool = True
    #: Whether it is made of the students' placements, too.
    placements: bool = False
    #: Whether it is made of what was handed in: batches and scans.
    handed_in: bool = False
    #: The stages that it tells of: a student stands with the school that entered the student at a
    #: stage (`ENTERED`). Without any it is the school at which the first record began.
    stages: tuple[str, ...] = ()


#: By stage the process and the step by which a school enters a student; before it is taken, and at
#: a stage that is not named, it is the school of now.
ENTERED: Mapping[str, tuple[str, str]] = {
    "initial": ("application", "initial-application-submitted"),
    "second": ("application", "second-stage-application-submitted"),
    "placement": ("placement_case", "submitted"),
}
ROSTERS: dict[str, RosterKind] = {}


def register(kind: RosterKind) -> RosterKind:
    """Makes a roster known by its code."""
    if kind.code in ROSTERS:
        raise ValueError(f"two rosters are called {kind.code}")
    ROSTERS[kind.code] = kind
    return kind


def digest(kind: RosterKind, made: Made) -> str:
    """SHA-256 in hex over the code, the rows in their order as they are signed, and the totals."""
    said = [kind.code, _signed(kind, made), made.totals]
    text = json.dumps(
        said, sort_keys=True, ensure_ascii=False, check_circular=False, default=_written
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _signed(kind: RosterKind, made: Made) -> Sequence[Mapping[str, Any]]:
    blank = dict.fromkeys(one.key for one in kind.columns if not one.signed)
    return [{**one, **blank} for one in made.rows] if blank else made.rows


def digested(kind: RosterKind, made: Made) -> Digested:
    """What a batch keeps of a roster."""
    totals = made.totals
    return Digested(
        digest=digest(kind, made),
        students=totals.get("students", len(made.rows)),
        units=totals.get("units", len(made.rows)),
        collected=totals.get("collected", 0),
        passed_on=totals.get("passed_on", 0),
    )


def by_school(entries: Sequence[Entry]) -> list[tuple[School, list[Entry]]]:
    """The entries of each school, the schools in the order in which they come."""
    found: dict[str, tuple[School, list[Entry]]] = {}
    for one in entries:
        found.setdefault(one.school.code, (one.school, []))[1].append(one)
    return list(found.values())


def mark(roster_digest: str) -> str:
    """What is printed of a digest, so that a signed paper can be told from a newer one."""
    return roster_digest[:12].upper()


def _written(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)
