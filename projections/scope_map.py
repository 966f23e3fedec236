"""The view `scope_map`: chains of scopes, the map over them, and proofs as of every map root.

A root counts the events up to its `covers` and is recorded later, so what happens to scopes waits
in `scope_step` until the event of a root says up to where it counts. So every row is a function of
the book alone, whoever builds it in whatever batches, and the map as of an older root stays there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from uuid import UUID

import orjson

from domain.sealing import MapRootRecorded
from ledger.database import Connection
from ledger.keys import Keyring
from ledger.scopes import (
    NOTHING,
    Entry,
    MapProof,
    Path,
    Trie,
    chained,
    noun_of,
    scope_key,
    student_key,
)
from projections.tree import leaf_hash_of
from projections.view import Fact, SqlView
from projections.writing import columns, copy_rows, put_rows

NAME = "scope_map"

#: So many keys are remembered.
_KEYS = 100_000
_SCOPE_COLUMNS = "key bytea, student uuid, noun text, count int8, last_hash bytea"
#: A row of `scope_step` in PostgreSQL's binary form: written for every event of a student.
_STEP = Struct(">hiqi32siqi32s")
_COPY_BEGIN, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_NODE_COLUMNS = columns("path bytea, covers int8, node bytea")
_ROOT_COLUMNS = columns("covers int8, position int8, version int8, scopes int8, root bytea")


@dataclass(frozen=True)
class MapRoot:
    """A recorded root. `position` and `version` are those of its event; `scopes` counts entries."""

    covers: int
    position: int
    version: int
    scopes: int
    root: bytes


@dataclass(frozen=True)
class NextRoot:
    """What the next root would say, counting the events up to where the view is."""

    covers: int
    scopes: int
    root: bytes
    #: The last recorded one that the view has seen.
    last: MapRoot | None


#: (position, the entry after the event)
_Step = tuple[int, Entry]


class ScopeKeys:
    """The keys of scopes, for who holds the keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._students: dict[UUID, bytes] = {}
        self._keys: dict[tuple[UUID, str], bytes] = {}

    def of(self, student: UUID, noun: str) -> bytes:
        """The key of a scope in the map, 32 bytes."""
        key = self._keys.get((student, noun))
        if key is None:
            if len(self._keys) >= _KEYS:
                self._keys.clear()
            key = self._keys[student, noun] = scope_key(self.of_student(student), noun)
        return key

    def of_student(self, student: UUID) -> bytes:
        """The scope key of a student, which opens where its scopes stand and nothing else."""
        key = self._students.get(student)
        if key is None:
            if len(self._students) >= _KEYS:
                self._students.clear()
            key = student_key(self._keyring.house("scope"), student)
            self._students[student] = key
        return key


class ScopeMapView(SqlView):
    """The view `scope_map`: see the module."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__(
            name=NAME, version=1, tables=("scope", "scope_step", "scope_node", "scope_root")
        )
        self._keys = ScopeKeys(keyring)

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        steps = self._steps(connection, [fact for fact in facts if fact.student is not None])
        roots = [fact for fact in facts if fact.topic == MapRootRecorded.TOPIC]
        if roots:
            steps = _keep_roots(connection, roots, steps)
        if steps:
            _wait(connection, steps)

    def _steps(self, connection: Connection, facts: Sequence[Fact]) -> list[_Step]:
        """What each event does to its scope; writes the scopes as they are then."""
        if not facts:
            return []
        named: dict[bytes, tuple[UUID, str]] = {}
        of_facts = []
        for fact in facts:
            assert fact.student is not None
            scope = fact.student, noun_of(fact.topic)
            key = self._keys.of(*scope)
            named[key] = scope
            of_facts.append(key)
        now = {
            key: Entry(key, count, last)
            for key, count, last in connection.execute(
                "SELECT key, count, last_hash FROM scope WHERE key = ANY(%s)",
                (list(named),),
                binary=True,
            )
        }
        steps = []
        for fact, key in zip(facts, of_facts, strict=True):
            old = now.get(key) or Entry(key, 0, NOTHING)
            last = chained(old.last, leaf_hash_of("records", fact))
            now[key] = Entry(key, old.count + 1, last)
            steps.append((fact.position, now[key]))
        put_rows(
            connection,
            "scope",
            _SCOPE_COLUMNS,
            1,
            [(key, *named[key], one.count, one.last) for key, one in now.items()],
        )
        return steps


def _keep_roots(
    connection: Connection, facts: Sequence[Fact], more: Sequence[_Step]
) -> list[_Step]:
    """Writes the map as of each root; returns the steps that none of them counts.

    Raises `LookupError` where an event says another root than the book has.
    """
    last = last_root(connection)
    steps = [*_waiting(connection), *more]
    trie = Trie(_newest(connection))
    nodes, rows = [], []
    for fact in facts:
        said = orjson.loads(fact.body)
        covers = int(said["covers"])
        if not (last.covers if last else 0) < covers < fact.position:
            raise LookupError(f"the root at {fact.position} cannot count up to {covers}")
        counted = [step for step in steps if step[0] <= covers]
        steps = steps[len(counted) :]
        nodes += [(path, covers, node) for path, node in trie.set(_last_entries(counted)).items()]
        last = MapRoot(
            covers,
            fact.position,
            fact.stream_version,
            (last.scopes if last else 0) + _begun(counted),
            trie.root(),
        )
        if (last.root.hex(), last.scopes) != (said["root"], said["scopes"]):
            raise LookupError(f"the root at {fact.position} is not that of the book")
        rows.append((last.covers, last.position, last.version, last.scopes, last.root))
    copy_rows(connection, "scope_node", _NODE_COLUMNS, nodes)
    copy_rows(connection, "scope_root", _ROOT_COLUMNS, rows)
    # All of them: those that still wait are written again, beside those of this batch.
    connection.execute("DELETE FROM scope_step")
    return steps


def _wait(connection: Connection, steps: Iterable[_Step]) -> None:
    rows = [
        _STEP.pack(4, 8, position, 32, one.key, 8, one.count, 32, one.last)
        for position, one in steps
    ]
    statement = b"COPY scope_step (position, key, count, last_hash) FROM STDIN (FORMAT binary)"
    with connection.cursor().copy(statement) as copy:
        copy.write(b"".join([_COPY_BEGIN, *rows, _COPY_END]))


def _waiting(connection: Connection) -> list[_Step]:
    rows = connection.execute(
        "SELECT position, key, count, last_hash FROM scope_step ORDER BY position", binary=True
    )
    return [(position, Entry(key, count, last)) for position, key, count, last in rows]


def _last_entries(steps: Iterable[_Step]) -> list[Entry]:
    return list({entry.key: entry for _, entry in steps}.values())


def _begun(steps: Iterable[_Step]) -> int:
    """How many scopes have their first event among these."""
    return sum(entry.count == 1 for _, entry in steps)


# -- reading


def last_root(connection: Connection, *, at_most: int | None = None) -> MapRoot | None:
    """The newest recorded root that the view has seen, or the newest up to a position."""
    row = connection.execute(
        "SELECT covers, position, version, scopes, root FROM scope_root"
        " WHERE %(at_most)s::bigint IS NULL OR position <= %(at_most)s"
        " ORDER BY position DESC LIMIT 1",
        {"at_most": at_most},
        binary=True,
    ).fetchone()
    return None if row is None else MapRoot(*row)


def next_root(connection: Connection, covers: int) -> NextRoot:
    """What a root would say now. `covers` is where the view is, in the caller's snapshot."""
    last = last_root(connection)
    newest = connection.execute(
        "SELECT DISTINCT ON (key) key, count, last_hash FROM scope_step ORDER BY key, count DESC",
        binary=True,
    ).fetchall()
    row = connection.execute("SELECT count(*) FROM scope_step WHERE count = 1").fetchone()
    begun = int(row[0]) if row else 0
    trie = Trie(_newest(connection))
    trie.set(Entry(*one) for one in newest)
    return NextRoot(covers, (last.scopes if last else 0) + begun, trie.root(), last)


def map_proofs(connection: Connection, covers: int, keys: Iterable[bytes]) -> dict[bytes, MapProof]:
    """A proof of presence or absence for each key, in the map of the recorded root that counts
    up to `covers`."""
    return Trie(_newest(connection, covers)).prove(keys)


def _newest(
    connection: Connection, covers: int | None = None
) -> Callable[[Sequence[Path]], Mapping[Path, bytes]]:
    """Reads the nodes of some paths as of a recorded root, the last one where none is named."""

    def load(paths: Sequence[Path]) -> Mapping[Path, bytes]:
        rows = connection.execute(
            "SELECT w.path, n.node FROM unnest(%(paths)s::bytea[]) AS w (path)"
            " CROSS JOIN LATERAL ("
            "  SELECT s.node FROM scope_node s WHERE s.path = w.path"
            "  AND (%(covers)s::bigint IS NULL OR s.covers <= %(covers)s)"
            "  ORDER BY s.covers DESC LIMIT 1) n",
            {"paths": list(paths), "covers": covers},
            binary=True,
        )
        return dict(rows.fetchall())

    return load
