"""The change report: terms that bind, pages that repeat byte for byte, a digest of the whole.

`as_of` binds the position, the viewer, the viewer's audiences, the filter and the format version
(contract 4). While these stand, the same request gives the same bytes; where one no longer
holds, the answer is `report-terms-changed`, never other bytes in silence.
"""

import hashlib
import heapq
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.change_items import FORMAT_VERSION, Item, Row, items
from api.tokens import SealedTokens, TokenNotValid
from domain.access import COUNTY
from domain.calendar import local_range
from domain.event import POLICY
from domain.refusal import NotValid, Refusal
from ledger.database import Connection, Pool
from ledger.encryption import canonical
from ledger.ledger import Ledger
from projections import note_changes
from projections.erasures import erased_since
from projections.report import Bounds, ChangeFilter, bounds, closed, page, projected
from projections.view import audience_ids
from projections.viewer import viewing

#: How long a first request waits for the view to reach its heartbeat, in seconds.
PATIENCE_SECONDS = 2.0
_STEP = 1000

NOTES = "counselling_note"


class ReportTermsChanged(Refusal):
    CODE = "report-terms-changed"
    TITLE = "這份報表的條件已經改變，請重新查詢"


class CursorNotValid(Refusal):
    CODE = "cursor-not-valid"
    STATUS = 422
    TITLE = "分頁代碼不正確，請從第一頁重新查詢"


@dataclass(frozen=True)
class Asker:
    """For whom a report is made: the account and the audiences it holds now."""

    account_id: UUID
    audiences: frozenset[str]
    #: As in `api.viewer.Viewer`.
    own_after: int | None = None

    @property
    def ids(self) -> list[UUID]:
        """The audiences of a report: the county's bodies see the process alone (contract 4)."""
        return audience_ids(self.audiences - {COUNTY})

    @property
    def digest(self) -> str:
        joined = b"".join(audience.bytes for audience in self.ids)
        if self.own_after is not None:
            joined += b"%d" % self.own_after
        return hashlib.sha256(joined).hexdigest()

    def looking(self, reader: Pool) -> AbstractContextManager[Connection]:
        """A transaction that sees what a report may show."""
        return viewing(reader, self.account_id, self.ids, own_after=self.own_after)


@dataclass(frozen=True)
class Terms:
    """What a report is: its filter, its positions, and the token that binds them."""

    wanted: ChangeFilter
    start: datetime
    end: datetime
    span: Bounds
    notes_upto: int
    closed: bool
    made_at: datetime
    as_of: str

    def as_dict(self, rows: int | None, digest: str | None) -> dict[str, Any]:
        return {
            "from": self.wanted.from_date,
            "to": self.wanted.to_date,
            "zone": "Asia/Taipei",
            "from_instant": _utc(self.start),
            "before_instant": _utc(self.end),
            "as_of": self.as_of,
            "closed": self.closed,
            "policy_version": str(POLICY),
            "format_version": FORMAT_VERSION,
            "rows": rows,
            "digest": digest,
        }

    def first_digest(self) -> bytes:
        """d₀: SHA-256 of the canonical terms without `rows` and `digest`."""
        terms = self.as_dict(None, None)
        del terms["rows"], terms["digest"]
        return hashlib.sha256(canonical(terms)).digest()


@dataclass(frozen=True)
class Page:
    """Items of a page; `rows` and `digest` on the last one, `next_cursor` on the others."""

    terms: Terms
    items: list[Item]
    next_cursor: str | None
    rows: int | None
    digest: str | None


class ChangeReports:
    """Makes change reports for viewers out of the views and, for an author, the own notes."""

    def __init__(self, ledger: Ledger, reader: Pool, tokens: SealedTokens) -> None:
        self._ledger = ledger
        self._reader = reader
        self._tokens = tokens

    def terms(self, asker: Asker, wanted: ChangeFilter, as_of: str | None) -> Terms:
        """The terms of a new report, or those that `as_of` stands for, checked against today."""
        start, end = local_range(wanted.from_date, wanted.to_date)
        if as_of is not None:
            return self._kept(asker, wanted, as_of, start, end)
        with asker.looking(self._reader) as connection:
            position = projected(connection)
            notes_upto = note_changes.head(connection, asker.account_id)
            is_closed = closed(connection, end, position)
        now = self._ledger.now()
        if end > now:
            # Whatever stands in the books: a day is not over before the clock says so.
            is_closed = False
        elif not is_closed:
            position, is_closed = self._close(asker, end, position)
        with asker.looking(self._reader) as connection:
            span = bounds(connection, start, end, position)
        payload = {
            "p": position,
            "n": notes_upto,
            "a": asker.digest,
            "f": _filter_hash(wanted),
            "k": FORMAT_VERSION,
            "r": POLICY,
            "c": is_closed,
            "t": now.isoformat(),
        }
        token = self._tokens.seal("as-of", payload, asker.account_id)
        return Terms(wanted, start, end, span, notes_upto, is_closed, now, token)

    def _close(self, asker: Asker, end: datetime, position: int) -> tuple[int, bool]:
        """Draws a heartbeat and waits until the view has reached it."""
        beat, at = self._ledger.heartbeat()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while position < beat and time.monotonic() < deadline:
            time.sleep(0.002)
            with asker.looking(self._reader) as connection:
                position = projected(connection)
        return position, position >= beat and at >= end

    def _kept(
        self, asker: Asker, wanted: ChangeFilter, as_of: str, start: datetime, end: datetime
    ) -> Terms:
        try:
            kept = self._tokens.open("as-of", as_of, asker.account_id)
        except TokenNotValid:
            raise NotValid("as_of 不是本系統發給您的代碼。", field="as_of") from None
        for name, present, told in (
            ("f", _filter_hash(wanted), "查詢條件與當時不同。"),
            ("a", asker.digest, "您的權限範圍在這之後已經改變。"),
            ("k", FORMAT_VERSION, "報表格式已經更新。"),
            ("r", POLICY, "權限規則已經更新。"),
        ):
            if kept[name] != present:
                raise ReportTermsChanged(told)
        with asker.looking(self._reader) as connection:
            span = bounds(connection, start, end, kept["p"])
            made_at = datetime.fromisoformat(kept["t"])
            terms = Terms(wanted, start, end, span, kept["n"], kept["c"], made_at, as_of)
            if self._erased(connection, asker, terms):
                raise ReportTermsChanged("報表中有學生的資料在這之後已依法刪除。")
        return terms

    def _erased(self, connection: Connection, asker: Asker, terms: Terms) -> bool:
        """Whether somebody whom the report lists was erased after it was made."""
        gone = erased_since(connection, terms.span.as_of)
        if terms.wanted.students:
            gone &= frozenset(terms.wanted.students)
        if not gone:
            return False
        narrowed = replace(terms, wanted=replace(terms.wanted, students=tuple(sorted(gone))))
        return any(True for _ in self._merged(connection, asker, narrowed, 0, 0, 1))

    def page(self, asker: Asker, terms: Terms, cursor: str | None, limit: int) -> Page:
        """At most `limit` items after the cursor."""
        after, notes_after, count, digest = self._resume(asker, terms, cursor)
        with asker.looking(self._reader) as connection:
            merged = list(self._merged(connection, asker, terms, after, notes_after, limit + 1))
            more = len(merged) > limit
            rows = merged[:limit]
            shown = items(connection, self._ledger, rows, asker.account_id, terms.span.as_of)
        for item in shown:
            digest = hashlib.sha256(digest + item.row_hash).digest()
        count += len(shown)
        if not more:
            return Page(terms, shown, None, count, digest.hex())
        after, notes_after = _ends(rows, after, notes_after)
        token = self._tokens.seal(
            "changes",
            {
                "w": terms.as_of,
                "p": after,
                "n": notes_after,
                "r": count,
                "d": digest.hex(),
            },
            asker.account_id,
        )
        return Page(terms, shown, token, None, None)

    def whole(self, asker: Asker, terms: Terms) -> "Whole":
        """The whole report, for a file or a count."""
        return Whole(self._everything(asker, terms), terms.first_digest())

    def _everything(self, asker: Asker, terms: Terms) -> Iterator[list[Item]]:
        after = notes_after = 0
        while True:
            with asker.looking(self._reader) as connection:
                rows = list(self._merged(connection, asker, terms, after, notes_after, _STEP))
                shown = items(connection, self._ledger, rows, asker.account_id, terms.span.as_of)
            yield shown
            if len(rows) < _STEP:
                return
            after, notes_after = _ends(rows, after, notes_after)

    def _resume(
        self, asker: Asker, terms: Terms, cursor: str | None
    ) -> tuple[int, int, int, bytes]:
        if cursor is None:
            return 0, 0, 0, terms.first_digest()
        try:
            kept = self._tokens.open("changes", cursor, asker.account_id)
        except TokenNotValid:
            raise CursorNotValid from None
        if kept["w"] != terms.as_of:
            raise CursorNotValid
        return kept["p"], kept["n"], kept["r"], bytes.fromhex(kept["d"])

    def as_of_of(self, asker: Asker, cursor: str, kind: str = "changes") -> str:
        """The `as_of` that a cursor belongs to, so that a next page needs the cursor alone."""
        try:
            return str(self._tokens.open(kind, cursor, asker.account_id)["w"])
        except TokenNotValid:
            raise CursorNotValid from None

    def _merged(
        self,
        connection: Connection,
        asker: Asker,
        terms: Terms,
        after: int,
        notes_after: int,
        limit: int,
    ) -> Iterator[Row]:
        """Shared changes and, for an author, own notes', in the order they were recorded."""
        shared: Sequence[Row] = page(connection, asker.ids, terms.wanted, terms.span, after, limit)
        own = self.own(connection, asker, terms, notes_after)
        both = heapq.merge(shared, own, key=_order)
        for _, row in zip(range(limit), both, strict=False):
            yield row

    def own(
        self, connection: Connection, asker: Asker, terms: Terms, after: int
    ) -> Iterator[note_changes.NoteChange]:
        """The asker's own notes' changes after a position of the own ledger."""
        wanted = terms.wanted
        if (
            terms.notes_upto == 0
            or (wanted.sections and NOTES not in wanted.sections)
            or (wanted.authors and asker.account_id not in wanted.authors)
            or (wanted.origins and "school" not in wanted.origins)
            or wanted.programmes
            # A note belongs to its author, not to a school.
            or wanted.organisations
        ):
            return
        for change in note_changes.changes(
            connection,
            self._ledger.mapper,
            asker.account_id,
            terms.start,
            terms.end,
            after=after,
            as_of=terms.notes_upto,
        ):
            if (not wanted.students or change.student in wanted.students) and (
                not wanted.kinds or change.kind in wanted.kinds
            ):
                yield change


class Whole:
    """The whole of a report while it is being written: its items, then what they came to."""

    def __init__(self, steps: Iterator[list[Item]], first_digest: bytes) -> None:
        self._steps = steps
        self._digest = first_digest
        self._rows = 0
        self._organisations: set[str | None] = set()
        self._students: set[UUID | None] = set()
        #: The students of shared rows: those whose record was read.
        self.shared_students: set[UUID] = set()
        self.includes_notes = False

    def items(self) -> Iterator[dict[str, Any]]:
        """Every item in order, as shown; may be taken once."""
        return (item.data for item in self.rows())

    def rows(self) -> Iterator[Item]:
        """Every item in order; may be taken once."""
        for step in self._steps:
            for item in step:
                self._digest = hashlib.sha256(self._digest + item.row_hash).digest()
                self._rows += 1
                student = item.data["student"]["id"]
                self._students.add(student)
                self._organisations.add(item.data["organisation"]["code"])
                if item.data["section"] == NOTES:
                    self.includes_notes = True
                else:
                    self.shared_students.add(student)
                yield item

    @property
    def digest(self) -> str:
        return self._digest.hex()

    def closing(self) -> dict[str, Any]:
        """Counts and digest, once the last item was taken."""
        return {
            "rows": self._rows,
            "students": len(self._students),
            "organisations": len(self._organisations),
            "digest": self.digest,
        }


def _order(row: Row) -> tuple[datetime, int, int]:
    return row.recorded_at, int(isinstance(row, note_changes.NoteChange)), row.position


def _ends(rows: Sequence[Row], after: int, notes_after: int) -> tuple[int, int]:
    for row in rows:
        if isinstance(row, note_changes.NoteChange):
            notes_after = row.position
        else:
            after = row.position
    return after, notes_after


def _filter_hash(wanted: ChangeFilter) -> str:
    parts = {
        name: sorted(map(str, value)) if isinstance(value, tuple) else value
        for name, value in vars(wanted).items()
    }
    return hashlib.sha256(canonical(parts)).hexdigest()


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
