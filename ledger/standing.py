"""What a decision stood on, looked at once more in the transaction of its events.

The versions of the streams that are appended to are compared by the append itself. A decision that
rests on other streams too, such as the stage in the register, gives them here: `record(after=...)`
runs when the append holds the lock of its book, so that nothing can come between.
"""

from collections.abc import Mapping
from uuid import UUID

from domain.refusal import StaleVersion
from ledger.database import Connection, as_array
from ledger.recorder import Beside

_MOVED = """
SELECT w.version FROM unnest(%s::uuid[], %s::bigint[]) AS w(stream, version)
WHERE EXISTS (SELECT FROM books.stream_records(NULL, w.stream, w.version)) LIMIT 1
"""


def unmoved(versions: Mapping[UUID, int]) -> Beside:
    """For `after`: raises `StaleVersion` where a stream of `records` has moved on from the version
    it was read at (0 for a stream that was not there), so that the deed is decided again."""

    def look(connection: Connection) -> None:
        asked = (as_array(versions), as_array(versions.values()))
        row = connection.execute(_MOVED, asked).fetchone()
        if row is not None:
            raise StaleVersion(row[0] + 1)

    return look


def together(*looks: Beside) -> Beside:
    """Several of these, one after another."""

    def look(connection: Connection) -> None:
        for one in looks:
            one(connection)

    return look
