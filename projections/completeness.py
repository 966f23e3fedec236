"""Until when the views are complete: an event that stopped one is told to who looks (design D8).

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


class Completeness:
    """Looks where views were stopped; once a second at most for what all share."""

    def __init__(self, database: Database, reader: Pool, books: Mapping[str, str]) -> None:
        """`books` says of each view by name which book it reads."""
        self._database = database
        self._reader = reader
        self._books = {name: book for name, book in books.items() if book != "notes"}
        self._found: tuple[float, datetime | None] | None = None

    def shared(self) -> datetime | None:
        """When the first event was recorded that a shared view lacks because it was stopped; None
        where none was."""
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
            stopped = connection.execute(
                f'SELECT view, poison FROM "{SCHEMA}".checkpoint WHERE poison IS NOT NULL'.encode(),
                prepare=True,
            ).fetchall()
        at = [(self._books[view], position) for view, position in stopped if view in self._books]
        if not at:
            return None
        with self._database.connect("projector") as connection:
            times = [
                row
                for book, position in at
                for row in connection.execute(
                    sql.SQL("SELECT recorded_at FROM books.{} WHERE position = %s").format(
                        sql.Identifier(book)
                    ),
                    (position,),
                )
            ]
        return min((recorded_at for (recorded_at,) in times), default=None)
