"""On whose behalf the views are read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg

from ledger.database import Connection, Pool

SCHEMA = "views"


@contextmanager
def viewing(
    pool: Pool, viewer: UUID, audiences: Sequence[UUID], *, schema: str = SCHEMA
) -> Iterator[Connection]:
    """One read-only transaction of the reader role that sees what this viewer may see.

    `audiences` are ids from `projections.view.audience_ids`. All statements see the views as
    they stood at the first one. Outside of this nobody is the viewer and the row-level security
    of every table shows nothing.
    """
    with pool.connection() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            connection.execute(
                "SELECT set_config('search_path', %s, true), set_config('igp.viewer', %s, true),"
                " set_config('igp.audiences', %s, true)",
                (
                    f'"{schema}"',
                    str(viewer),
                    "{" + ",".join(map(str, audiences)) + "}",
                ),
            )
            yield connection
