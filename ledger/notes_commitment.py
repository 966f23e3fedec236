"""The daily commitment to the notes ledgers (design D10, docs/formats/sealing.md).

Once for every day the shared book says one hash that binds every author's ledger as it stands,
written or not. Its salt is secret, so that nobody can tell from it whether anything was written.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.calendar import TAIPEI, local_date
from domain.capacity import Capacity
from domain.event import Event
from domain.ledger_life import LEDGER_STREAM, SYSTEM, ClockMoved
from domain.refusal import StaleVersion
from domain.sealing import COMMITMENT_STREAM, NotesCommitted
from ledger.encryption import expand
from ledger.errors import LedgerError
from ledger.growing import Growing
from ledger.leaf import leaf_hash, leaf_of
from ledger.ledger import Ledger, Recorded
from ledger.standing import unmoved

#: How many rows are fetched at a time.
ROWS = 2000

#: How long before its event the ledgers are read for the last time; a verifier allows for ten times
#: as long.
_LEAD = timedelta(seconds=1)

#: The events of every author after those that are known already, the authors in the order of ids.
_AFTER = """
SELECT n.owner, n.position, n.stream_id, n.stream_version, n.topic, n.subject, n.recorded_at, n.body
FROM books.notes_head h
LEFT JOIN unnest(%s::uuid[], %s::bigint[]) AS k (owner, position) ON k.owner = h.owner
JOIN books.notes n ON n.owner = h.owner AND n.position > coalesce(k.position, 0)
WHERE h.position > coalesce(k.position, 0)
ORDER BY n.owner, n.position
"""


class NotesBroken(LedgerError):
    """An author's ledger has a gap. Stop writing, run `igp replay verify` and keep its output."""


def commitment(scope: bytes, day: date, ledgers: Mapping[UUID, tuple[int, bytes]]) -> str:
    """The commitment of a day in lower-case hex.

    `scope` is the extracted house key `scope`; `ledgers` gives each author's size and root.
    """
    salt = expand(scope, b"igp-notes-salt/1" + day.isoformat().encode())
    hashing = hashlib.sha256(b"igp-notes-commitment/1" + salt)
    for owner, (size, root) in sorted(ledgers.items(), key=lambda one: str(one[0])):
        hashing.update(f"{owner} {size} {root.hex()}\n".encode())
    return hashing.hexdigest()


class Rhythm(NamedTuple):
    """A commitment is recorded at a full `mark` of the ledger's clock: whoever sees when the
    book grew would else see how long all notes took to read.

    `reached` waits for an instant of that clock; False where nobody may wait any more.
    """

    mark: timedelta
    reached: Callable[[datetime], bool]


def make_up(
    ledger: Ledger, rhythm: Rhythm | None = None, *, before_a_move: bool = False
) -> Recorded | None:
    """Appends the commitment of the last day that began without one; None where none is due.

    Without a rhythm it is recorded when all is read. The event after a move of the clock carries
    the new instant and is somebody's act, so this one waits for it, but for a further move. Of
    several processes one records it. The time is linear in the events of all notes. Raises
    `NotesBroken` and other `LedgerError`s.
    """
    while (missing := _missing(ledger)) is not None:
        day, version = missing
        if not before_a_move and _moves(ledger).newest:
            return None
        trees: dict[UUID, Growing] = {}
        _read(ledger, trees)
        if rhythm is None:
            _read(ledger, trees)
        elif not _at_a_mark(ledger, trees, rhythm):
            return None
        # Asked again, for somebody may have moved the clock meanwhile, or been quicker.
        moves = None if before_a_move else _moves(ledger)
        if _missing(ledger) != missing or (moves is not None and moves.newest):
            continue
        ledgers = {owner: (tree.size, tree.root()) for owner, tree in trees.items()}
        event = NotesCommitted(
            originator_id=COMMITMENT_STREAM,
            originator_version=version,
            by=SYSTEM,
            capacity=Capacity.SYSTEM,
            day=day,
            commitment=commitment(ledger.keyring.house("scope"), day, ledgers),
        )
        try:
            return ledger.record(event, after=moves and unmoved({LEDGER_STREAM: moves.version}))
        except StaleVersion:
            # Another process was quicker, or the clock was moved meanwhile.
            continue
    return None


def until_next(ledger: Ledger) -> timedelta:
    """How long the ledger's clock has to run to the next moment of a commitment."""
    now = ledger.now()
    tomorrow = local_date(now) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=TAIPEI) - now


def _missing(ledger: Ledger) -> tuple[date, int] | None:
    """The day that is due, and the version of its event. The day of the birth began before it."""
    last = ledger.state(_newest, COMMITMENT_STREAM)
    today = local_date(ledger.now())
    began = _born(ledger) if last is None else last.day
    if today <= began:
        return None
    return today, 1 if last is None else last.originator_version + 1


def _newest(before: NotesCommitted | None, event: Event) -> NotesCommitted:
    if not isinstance(event, NotesCommitted):
        raise TypeError(f"{event.TOPIC} is no commitment")
    return event


class _Moves(NamedTuple):
    """The version of the stream in which moves of the clock stand, and whether the newest event
    of the book is one."""

    version: int
    newest: bool


def _moves(ledger: Ledger) -> _Moves:
    with ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT (SELECT max(stream_version) FROM books.records WHERE stream_id = %s),"
            " (SELECT topic FROM books.records ORDER BY position DESC LIMIT 1)",
            (LEDGER_STREAM,),
        ).fetchone()
    assert row is not None
    return _Moves(row[0] or 0, row[1] == ClockMoved.TOPIC)


def _born(ledger: Ledger) -> date:
    with ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT recorded_at FROM books.records WHERE position = 1"
        ).fetchone()
    return local_date(row[0] if row else ledger.now())


def _at_a_mark(ledger: Ledger, trees: dict[UUID, Growing], rhythm: Rhythm) -> bool:
    """Waits for the mark; shortly before it what was recorded meanwhile is read, too."""
    since = datetime(1970, 1, 1, tzinfo=UTC)
    marks = (ledger.now() + _LEAD - since) // rhythm.mark + 1
    mark = since + marks * rhythm.mark
    if not rhythm.reached(mark - _LEAD):
        return False
    _read(ledger, trees)
    return rhythm.reached(mark)


def _read(ledger: Ledger, trees: dict[UUID, Growing]) -> None:
    """Every author's ledger, from what is in its tree on; once more is what came meanwhile."""
    known = [(owner, tree.size) for owner, tree in trees.items()]
    with (
        ledger.database.connect("projector", autocommit=False) as connection,
        connection.cursor("notes", binary=True) as cursor,
    ):
        cursor.itersize = ROWS
        cursor.execute(_AFTER, ([owner for owner, _ in known], [size for _, size in known]))
        for owner, position, *row in cursor:
            tree = trees.setdefault(owner, Growing())
            if position != tree.size + 1:
                raise NotesBroken(NotesBroken.__doc__)
            tree.add(leaf_hash(leaf_of("notes", owner, position, *row)))
