"""What tests of papers of a plan look at."""

from typing import Any

import orjson

from tests.api.serving import County
from tests.documents.pdf_text import pages_of

YEAR = 112


def text_of(pdf: bytes) -> str:
    """The text of all pages, without spaces."""
    return "".join(pages_of(pdf)).replace(" ", "")


def access_events(county: County, topic: str) -> list[dict[str, Any]]:
    """The bodies of the events of a topic in the book of access, in their order."""
    with county.house.ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT body FROM books.access WHERE topic = %s ORDER BY position", (topic,)
        ).fetchall()
    return [orjson.loads(row[0]) for row in rows]
