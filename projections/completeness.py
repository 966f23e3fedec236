"""Until when the views are complete: where one was stopped or is late, who looks is told (D8).

Who looks at shared views is told of those alone; that a view of notes stands is for their author
(design D7).
"""

import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from psycopg import sql

from ledger.database import Database, Pool
from projections.runner import SCHEMA
from projections.viewer import viewing

#: For so long an answer is given again without looking, in seconds.
_FRESH_SECONDS = 1.0
#: A view that lacks after so long what was in its book already is late, in seconds.
LATE_SECONDS = 5.0


class Completeness:
    """Looks where views were stopped or are late; once a second at most for what all share."""

    def __init__(self, database: Database, reader: Pool, books: Mapping[str, str]) -> None:
        """`books` says of each view by name which book it reads."""
        self._database = database
        self._reader = reader
        self._books = {name: book for name, book in books.items() if book != "notes"}
        self._found: tuple[float, datetime | None] | None = None
        #: Where the book of records ended when it was looked at, and which end is due in the views.
        self._ended: tuple[float, int] | None = None
        self._due = 0

    def shared(self) -> datetime | None:
        """When the first event was recorded that a shared view lacks, since it was stopped or is
        late; None where none is."""
        found = self._found
        if found is None or time.monotonic() - found[0] > _FRESH_SECONDS:
            found = self._found = (time.monotonic(), self._look())
        return found[1]

    def own(self, author: UUID) -> datetime | None:
        """The same of the views of the author's own notes."""
        with viewing(self._reader, author, []) as connection:
            row = connection.execute(
                "SELECT min(n.recorded_at) FROM owner_checkpoint c JOIN books.notes n"
                " ON n.owner = c.owner AND n.position = c.poison"
                " WHERE c.owner = %s AND c.poison IS NOT NULL",
                (author,),
                prepare=True,
            ).fetchone()
        return None if row is None else row[0]

    def _look(self) -> datetime | None:
        with self._reader.connection() as connection:
            views = connection.execute(
                "SELECT c.view, c.position, c.poison, h.ended"
                f' FROM "{SCHEMA}".checkpoint c,'
                " (SELECT books.position_before('infinity') AS ended) h".encode(),
                prepare=True,
            ).fetchall()
        if views:
            self._count(views[0][3])
        lacked = [
            (self._books[view], poison or position + 1)
            for view, position, poison, _ in views
            if view in self._books
            and (poison is not None or (self._books[view] == "records" and position < self._due))
        ]
        if not lacked:
            return None
        with self._database.connect("projector") as connection:
            times = [
                row
                for book, position in lacked
                for row in connection.execute(
                    sql.SQL("SELECT recorded_at FROM books.{} WHERE position = %s").format(
                        sql.Identifier(book)
                    ),
                    (position,),
                )
            ]
        return min((recorded_at for (recorded_at,) in times), default=None)

    def _count(self, ended: int) -> None:
        """Makes due what the book held a while ago. By the machine's clock, for a simulated one
        jumps."""
        now = time.monotonic()
        if self._ended is None or now - self._ended[0] > LATE_SECONDS:
            self._due = 0 if self._ended is None else self._ended[1]
            self._ended = (now, ended)
