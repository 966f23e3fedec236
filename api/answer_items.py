"""The forms of answers that are written as canonical bytes: change reports, histories, timelines.

Their routes build them field by field; these models are what is documented, and what tests hold
the answers against (contract 4).
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Exact(BaseModel):
    """Says every field of an answer, and that there are no others."""

    model_config = ConfigDict(extra="forbid")


class ChangedStudent(_Exact):
    """Of a change that is about no student everything is null; an erased name reads 已依法刪除."""

    id: UUID | None
    name: str | None
    grade: int | None


class ChangedAt(_Exact):
    """The organisation at the time of the change."""

    code: str | None
    name: str | None


class ChangeAuthor(_Exact):
    id: UUID
    name: str | None
    capacity: str


class ChangedField(_Exact):
    """What a field said before and after; null where it said nothing."""

    field: str
    label: str
    before: Any
    after: Any


class ChangeAnswer(_Exact):
    """A change. `row_hash` is of the row as stored, so that it survives an erasure."""

    change_id: UUID
    recorded_at: datetime
    occurred_on: date | str | None
    student: ChangedStudent
    organisation: ChangedAt
    section: str
    record_id: UUID
    row_id: UUID | None = Field(None, description="重複欄位中的一列；其他異動沒有這個欄位。")
    kind: Literal["recorded", "corrected", "withdrawn", "re_placement", "abandonment"]
    origin: Literal["school", "organiser", "authority", "council"]
    late: bool | None
    letter_number: str | None
    author: ChangeAuthor
    reason: str | None
    fields: list[ChangedField]
    names: dict[str, Any] = Field({}, description="代碼在計畫中的名稱；沒有時無這個欄位。")
    row_hash: str


class ReportTerms(_Exact):
    """What a report is bound to. `rows` and `digest` stand on the last page, else null."""

    from_: date = Field(alias="from")
    to: date
    zone: str
    from_instant: datetime
    before_instant: datetime
    as_of: str
    closed: bool
    policy_version: str
    format_version: int
    rows: int | None
    digest: str | None


class ChangeCount(_Exact):
    """Changes of the plans of a school, by section; from three up."""

    organisation: str
    section: str
    changes: int


class ChangesAnswer(_Exact):
    """A page of the change report."""

    terms: ReportTerms
    items: list[ChangeAnswer]
    counts: list[ChangeCount]
    next_cursor: str | None


class ChangedStudentLine(_Exact):
    """A student whose record changed."""

    student: ChangedStudent
    organisation: ChangedAt
    first_changed_at: datetime
    last_changed_at: datetime
    changes: int
    sections: list[str]


class ChangedStudentsAnswer(_Exact):
    """A page of those whose records changed."""

    terms: ReportTerms
    items: list[ChangedStudentLine]
    next_cursor: str | None


class HistoryAnswer(_Exact):
    """A page of what happened to a student's record, the oldest first."""

    items: list[ChangeAnswer]
    next_cursor: str | None


class ReportAnswer(_Exact):
    """A stored report: what it was, what it came to, who pulled it, signed (Ed25519 over the
    canonical JSON of all but the last two fields)."""

    id: UUID
    kind: Literal["changes"]
    filters: dict[str, Any]
    terms: ReportTerms
    students: int
    organisations: int
    pulled_at: datetime
    pulled_by: UUID
    signature: str
    public_key: str


class ReportsAnswer(_Exact):
    items: list[ReportAnswer]
    next_cursor: str | None


class TimelineAuthor(_Exact):
    id: UUID
    name: str | None
    capacity: str
    capacity_label: str


class TimelineWitness(_Exact):
    """Somebody who could see an event when it was recorded, and in which capacity."""

    id: UUID
    name: str
    capacity: str


class TimelineItem(_Exact):
    """An event as its reader may see it."""

    recorded_at: datetime
    occurred_on: date | None
    section: str | None
    section_label: str
    event: str
    record_id: UUID
    version: int
    author: TimelineAuthor
    reason: str | None
    fields: list[ChangedField]
    names: dict[str, Any]
    computed: dict[str, Any] | None = Field(description="計算所用的規則版本、輸入與結果。")
    could_see: list[TimelineWitness]
    offices: list[str]
    taken_back: bool


class TimelineAnswer(_Exact):
    """A page of the timeline of a dispute, the oldest first."""

    items: list[TimelineItem]
    next_cursor: str | None


class ReleaseAuthor(_Exact):
    id: UUID
    name: str | None


class ReleasedNote(_Exact):
    """A note that its author released; `note` is null where it was taken back, or is not shown."""

    release_id: UUID
    author: ReleaseAuthor
    released_at: datetime
    taken_back: bool
    note: dict[str, Any] | None


class ReleasesAnswer(_Exact):
    items: list[ReleasedNote]
    next_cursor: str | None


class ReleasePreview(_Exact):
    """What a dispute would be shown of an own note, and whether it is; `note` is null of one that
    was deleted after its release."""

    dispute_id: UUID
    status: Literal["not_released", "released", "withdrawn"]
    version: int
    note: dict[str, Any] | None
