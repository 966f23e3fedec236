"""What the books say of their trees and their map, computed the plain way, and events of it."""

from uuid import UUID

from domain.capacity import Capacity
from domain.ledger_life import SYSTEM
from domain.sealing import MAP_STREAM, MapRootRecorded
from ledger.leaf import leaf_hash, leaf_of
from ledger.ledger import Ledger, Recorded
from ledger.scopes import Entry, map_root, noun_of, scope_key, student_key
from tests.proofs import chain_of


def leaf_hashes(ledger: Ledger, book: str = "records") -> list[bytes]:
    """The leaf hash of every event of a book, in order."""
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT position, stream_id, stream_version, topic, subject, recorded_at, body"
            f" FROM books.{book} ORDER BY position".encode()
        ).fetchall()
    return [leaf_hash(leaf_of(book, None, *row)) for row in rows]


def map_entries(ledger: Ledger, covers: int) -> dict[tuple[UUID, str], Entry]:
    """The entries of the map as of a position, by student and noun."""
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT subject, topic, position FROM books.records"
            " WHERE subject IS NOT NULL AND position <= %s ORDER BY position",
            (covers,),
        ).fetchall()
    hashes = leaf_hashes(ledger)
    scopes: dict[tuple[UUID, str], list[bytes]] = {}
    for student, topic, position in rows:
        scopes.setdefault((student, noun_of(topic)), []).append(hashes[position - 1])
    house = ledger.keyring.house("scope")
    return {
        (student, noun): Entry(scope_key(student_key(house, student), noun), len(of), chain_of(of))
        for (student, noun), of in scopes.items()
    }


class Sealed:
    """Records roots of the map as the sealer would, without any view."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._version = 0

    def root(self, covers: int | None = None) -> Recorded:
        """A true root that counts up to `covers`, up to the last event where none is given."""
        covers = covers or len(leaf_hashes(self._ledger))
        entries = map_entries(self._ledger, covers)
        return self.say(covers, len(entries), map_root(entries.values()))

    def say(self, covers: int, scopes: int, root: bytes) -> Recorded:
        """A root that says what it is told to say."""
        self._version += 1
        return self._ledger.record(
            MapRootRecorded(
                originator_id=MAP_STREAM,
                originator_version=self._version,
                by=SYSTEM,
                capacity=Capacity.SYSTEM,
                covers=covers,
                scopes=scopes,
                root=root.hex(),
            )
        )
