"""Who decides the same thing about one student at one moment takes turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

import psycopg

from api.house import House
from api.problems import Unavailable
from domain.event import Event

#: What is decided, and the space of its locks.
_SPACES = {"placement-requests": 12, "courses": 13, "disputes": 14}


@contextmanager
def one_at_a_time(
    house: House, what: Literal["placement-requests", "courses", "disputes"], student_id: UUID
) -> Iterator[None]:
    """Until the end of the block nobody else decides this about the student.

    Raises `Unavailable` for who waited as long as a writer waits for a lock; of courses those go
    on without a turn, since the books decide anyway what may be added.
    """
    with house.ledger.database.connect("writer") as connection:
        try:
            # Not in a transaction, which would be ended while the views are waited for.
            connection.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, %s))",
                (str(student_id), _SPACES[what]),
            )
        except psycopg.errors.LockNotAvailable:
            if what != "courses":
                raise Unavailable from None
        yield


def begun_about(house: House, student_id: UUID, *beginnings: type[Event]) -> list[UUID]:
    """The streams that begin with one of these events about the student, the oldest first, as the
    books say: a view may be late."""
    with house.ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT stream_id FROM books.records WHERE subject = %s AND topic = ANY(%s)"
            " ORDER BY position",
            (student_id, [one.TOPIC for one in beginnings]),
        ).fetchall()
    return [stream for (stream,) in rows]
