"""What the ledger says of its own proofs (design D10, docs/formats/sealing.md).

Both kinds of event are the program's, each a stream of its own with the next version every time.
"""

from datetime import date

from domain.event import Event
from domain.stream_ids import natural_id

#: The streams of the two kinds of event.
MAP_STREAM = natural_id("ledger", "map-root")
COMMITMENT_STREAM = natural_id("ledger", "notes-commitment")


class MapRootRecorded(Event):
    """The root of the map of scopes, which counts the events up to position `covers`.

    `scopes` is how many entries the map has, `root` its hash in lower-case hex.
    """

    TOPIC = "ledger.map-root.v1"

    covers: int
    scopes: int
    root: str


class NotesCommitted(Event):
    """One salted commitment to all notes ledgers, when `day` began in Asia/Taipei."""

    TOPIC = "ledger.notes-commitment.v1"

    day: date
    commitment: str
