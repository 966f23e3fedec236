"""`/healthz` and `/readyz`: for whoever keeps the program running. They speak of no notes (D7)."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.house import House
from api.problems import Unavailable, problem
from api.viewer import TheHouse

router = APIRouter(include_in_schema=False)


class Health(BaseModel):
    status: str = "ok"


@router.get("/healthz")
def get_health() -> Health:
    """Whether the program answers at all."""
    return Health()


@router.get("/readyz", response_model=Health)
def get_ready(house: TheHouse) -> Health | Response:
    """Whether the shared views have caught up with the books, as they stand at this moment."""
    shared = {name: book for name, book in house.views.items() if book != "notes"}
    access = _head_of_access(house) if "access" in shared.values() else 0
    with house.reader.connection() as connection:
        row = connection.execute(
            "SELECT count(*) = %(count)s AND bool_and(c.poison IS NULL AND c.position >="
            " CASE WHEN c.view = ANY (%(records)s) THEN h.records ELSE %(access)s END)"
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
    return Health(status="ready") if row is not None and row[0] else problem(Unavailable())


def _head_of_access(house: House) -> int:
    """Where the book of access ends, which the reader may not know."""
    with house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT position FROM books.access ORDER BY position DESC LIMIT 1"
        ).fetchone()
    return row[0] if row is not None else 0
