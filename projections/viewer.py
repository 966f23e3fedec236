"""On whose behalf the views are read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from ledger.database import Connection, Pool

SCHEMA = "views"


@contextmanager
def viewing(
    pool: Pool,
    viewer: UUID,
    audiences: Sequence[UUID],
    *,
    schema: str = SCHEMA,
    own_after: int | None = None,
) -> Iterator[Connection]:
    """One read-only transaction of the reader role that sees what this viewer may see.

    `audiences` are ids from `projections.view.audience_ids`. All statements see the views as
    they stood at the first one. Of the viewer's own ledger only what came after a position is seen,
    where one is given. Outside of this nobody is the viewer and the row-level security
    of every table shows nothing.
    """
    # One message to the server, for in a page of a few milliseconds every journey counts. The text
    # of an id is digits and dashes, so that nothing needs quoting.
    begin = (
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
        f" SET LOCAL search_path = \"{schema}\"; SET LOCAL igp.viewer = '{viewer}';"
        f" SET LOCAL igp.audiences = '{{{','.join(map(str, audiences))}}}'"
    )
    if own_after:
        begin += f"; SET LOCAL igp.own_after = '{own_after:d}'"
    with pool.connection() as connection:
        connection.execute(begin.encode(), prepare=False)
        # The pool commits when the block ends, and rolls back when it raises.
        yield connection
