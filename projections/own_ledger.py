"""One author's views brought up to date right after a write, by the process that wrote.

A batch moves the checkpoint by compare-and-set, so it is exactly once whoever runs it (design
D8): the runner of the house may come first, come second or not come at all. Whatever fails here
is left to that runner, which tries again and names the event.
"""

import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from psycopg import Rollback

from domain.event import Event
from ledger.database import Connection, Database
from ledger.ledger import Recorded
from ledger.mapper import NOTE_TOPIC, LedgerMapper
from ledger.recorder import Position
from projections.facts import note_fact_of, readable
from projections.runner import BATCH, SCHEMA, enter
from projections.view import Fact, View

#: How long it waits for a connection, or for another process at the same author's views.
_PATIENCE_SECONDS = 1.0
#: How often it looks again after another process did a part of the work.
_TURNS = 3

log = logging.getLogger("igp.projections")


class OwnLedger:
    """The views of `notes`, for the one author who just wrote."""

    def __init__(
        self,
        database: Database,
        views: Sequence[View],
        mapper: LedgerMapper,
        *,
        schema: str = SCHEMA,
        size: int = 4,
    ) -> None:
        """`size` is how many authors are served at once; each takes a connection."""
        self._views = [view for view in views if view.book == "notes"]
        # Written into the statements, for arrays of names would be most of their cost.
        living = ", ".join(f"('{view.name}', {view.version}::bigint)" for view in self._views)
        self._ahead, self._first, self._next = (
            text.format(living=living).encode() for text in (_AHEAD, _FIRST, _NEXT)
        )
        self._mapper = mapper
        self._pool = database.pool("projector", size, entered=partial(_enter, schema=schema))

    def show(self, recorded: Recorded) -> bool:
        """Brings the author's views up to what was recorded here; whether all of them show it.

        False where that could not be done, whatever the reason.
        """
        facts = [_fact(event, position) for event, position in recorded.events]
        assert recorded.owner is not None
        try:
            with self._pool.connection(timeout=_PATIENCE_SECONDS) as connection:
                # As a rule the views stand right before it, and nothing needs to be read.
                if self._apply(connection, recorded.owner, facts[0].position - 1, facts):
                    return True
                for _ in range(_TURNS):
                    if self._step(connection, recorded.owner) >= recorded.position:
                        return True
        except Exception as error:
            # The class alone: the text of an error may hold what the event says.
            log.warning("projections.left-to-the-runner reason=%s", type(error).__name__)
        return False

    def close(self) -> None:
        self._pool.close()

    def _step(self, connection: Connection, owner: UUID) -> int:
        """One batch of the author's ledger; the position at which all its views stand then."""
        values = (owner, owner, BATCH, len(self._views))
        rows = connection.execute(self._ahead, values, prepare=True, binary=True).fetchall()
        if not rows:
            return 0
        stand: int = rows[0][0]
        ahead = [row[1:] for row in rows if row[1] is not None]
        if not ahead:
            return stand
        facts = readable(ahead, partial(note_fact_of, self._mapper, owner))
        if self._apply(connection, owner, stand, facts):
            return facts[-1].position
        return 0

    def _apply(
        self, connection: Connection, owner: UUID, stand: int, facts: Sequence[Fact]
    ) -> bool:
        """Whether the views stood there, all of them, and have these facts now."""
        with connection.transaction():
            move = self._next if stand else self._first
            values = (facts[-1].position, owner, stand)
            if connection.execute(move, values, prepare=True).rowcount != len(self._views):
                raise Rollback
            for view in self._views:
                view.apply(connection, facts)
            return True
        return False


def _enter(connection: Connection, schema: str) -> None:
    enter(connection, schema)
    connection.execute(f"SET lock_timeout = '{_PATIENCE_SECONDS}s'".encode())


def _fact(event: Event, position: Position) -> Fact:
    """What `note_fact_of` reads of an event that this process itself has just recorded."""
    return Fact(
        int(position),
        position.recorded_at,
        event.originator_id,
        event.originator_version,
        NOTE_TOPIC,
        type(event),
        event.student_id,
        {},
        event.by,
        event,
    )


# The views of this version of the program, as they stand for one author.
_LIVING = """
FROM (VALUES {living}) AS w (view, version)
JOIN checkpoint v ON v.view = w.view AND v.version = w.version
"""

# Where the views stand and what is beyond that, in one journey; nothing unless they stand alike.
_AHEAD = f"""
SELECT stand.low, n.* FROM (
    SELECT min(coalesce(c.position, 0)) AS low, max(coalesce(c.position, 0)) AS high,
           count(*) AS views
    {_LIVING} LEFT JOIN owner_checkpoint c ON c.view = v.view AND c.owner = %s
    WHERE c.poison IS NULL
) stand
LEFT JOIN LATERAL (
    SELECT b.position, recorded_at, stream_id, stream_version, topic, body FROM books.notes b
    WHERE b.owner = %s AND b.position > stand.low ORDER BY b.position LIMIT %s
) n ON true
WHERE stand.low = stand.high AND stand.views = %s ORDER BY n.position
"""

_FIRST = f"""
INSERT INTO owner_checkpoint (position, owner, view) SELECT m.position, m.owner, v.view
{_LIVING} CROSS JOIN (SELECT %s::bigint AS position, %s::uuid AS owner, %s::bigint) m
ORDER BY v.view ON CONFLICT DO NOTHING
"""

_NEXT = f"""
UPDATE owner_checkpoint c SET position = %s {_LIVING}
WHERE c.view = v.view AND c.owner = %s AND c.position = %s AND c.poison IS NULL
"""
