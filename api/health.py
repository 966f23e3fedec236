"""`/healthz` and `/readyz`: for whoever keeps the program running. They speak of no notes (D7)."""

import time

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.house import House
from api.problems import Unavailable, problem
from api.viewer import TheHouse

router = APIRouter(include_in_schema=False)

#: How long the views of the book of access are waited for, and how often looked at, in seconds.
PATIENCE_SECONDS = 1.0
_LOOK_SECONDS = 0.02


class Health(BaseModel):
    status: str = "ok"


@router.get("/healthz")
def get_health() -> Health:
    """Whether the program answers at all."""
    return Health()


@router.get("/readyz", response_model=Health)
def get_ready(house: TheHouse) -> Health | Response:
    """Whether the shared views have caught up with the books, as they stand at this moment.

    Whoever reads is recorded, and nobody waits for the views of that: they may come to where the
    book of access stood when this was asked for a second.
    """
    shared = {name: book for name, book in house.views.items() if book != "notes"}
    access = _head_of_access(house) if "access" in shared.values() else 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with house.reader.connection() as connection:
            row = connection.execute(
                "SELECT count(*) = %(count)s AND bool_and(c.poison IS NULL),"
                " coalesce(bool_and(c.position >= h.records)"
                " FILTER (WHERE c.view = ANY (%(records)s)), true),"
                " coalesce(bool_and(c.position >= %(access)s)"
                " FILTER (WHERE NOT c.view = ANY (%(records)s)), true)"
                " FROM views.checkpoint c,"
                " (SELECT books.position_before('infinity') AS records) h"
                " WHERE c.view = ANY (%(shared)s)",
                {
                    "count": len(shared),
                    "shared": list(shared),
                    "records": [name for name, book in shared.items() if book == "records"],
                    "access": access,
                },
            ).fetchone()
        if row is not None and all(row):
            return Health(status="ready")
        if row is None or not (row[0] and row[1]) or time.monotonic() > deadline:
            return problem(Unavailable())
        time.sleep(_LOOK_SECONDS)


def _head_of_access(house: House) -> int:
    """Where the book of access ends, which the reader may not know."""
    with house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT position FROM books.access ORDER BY position DESC LIMIT 1"
        ).fetchone()
    return row[0] if row is not None else 0
