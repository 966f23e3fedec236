"""The map of scopes, as of every root that was recorded."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.scopes import NOTHING, map_root
from projections.all_views import all_views, sealing_views
from projections.runner import Runner, enter
from projections.scope_map import ScopeKeys, ScopeMapView, last_root, map_proofs, next_root
from projections.view import View
from tests.projections.view_case import ViewCase, record_of, stopped
from tests.proofs import check_map_proof
from tests.sealing import Sealed, leaf_hashes, map_entries
from tests.story import Story


@pytest.fixture
def runner(ledger: Ledger) -> Iterator[Runner]:
    """As everywhere, with the views of the sealer."""
    views = [*all_views(ledger.keyring), *sealing_views(ledger.keyring)]
    runner = Runner(ledger.database, views, ledger.mapper)
    runner.prepare()
    yield runner
    runner.close()


@pytest.fixture
def looking(ledger: Ledger) -> Iterator[Connection]:
    with ledger.database.connect("projector") as connection:
        enter(connection, "views")
        yield connection


def tell(story: Story) -> Iterator[object]:
    """Students, some of whom write more; roots that count up to their own place and to less."""
    sealed = Sealed(story.ledger)
    school = story.organisation("ks-a")
    students = [story.student(school) for _ in range(5)]
    yield sealed.root()
    for student in students[:3]:
        story.placement(student)
    covers = len(leaf_hashes(story.ledger))
    yield story.placement(students[0])
    story.plan(students[4], 113)
    # Others wrote between the position that it counts and the event.
    yield sealed.root(covers)
    story.organisation("ks-b")
    yield sealed.root()
    students += [story.student(school) for _ in range(40)]
    yield sealed.root()
    yield story.placement(students[1])


class TestScopeMapView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return ScopeMapView(ledger.keyring)

    def tell(self, story: Story) -> Iterator[object]:
        return tell(story)

    def broken(self, story: Story) -> Stored:
        return record_of("ledger.map-root.v1", covers=45, scopes=3, root="00" * 32)


def test_every_scope_is_proved_as_of_every_root(
    ledger: Ledger, runner: Runner, looking: Connection
) -> None:
    for _ in tell(Story(ledger)):
        runner.catch_up()
    keys = ScopeKeys(ledger.keyring)
    roots = looking.execute("SELECT covers, scopes, root FROM scope_root ORDER BY covers")
    every = map_entries(ledger, len(leaf_hashes(ledger)))
    strangers = {(uuid4(), "placement"), *((student, "dispute") for student, _ in every)}
    wanted = {scope: keys.of(*scope) for scope in (*every, *strangers)}
    seen = 0
    for covers, scopes, root in roots.fetchall():
        entries = map_entries(ledger, covers)
        assert (scopes, root) == (len(entries), map_root(entries.values()))
        proofs = map_proofs(looking, covers, wanted.values())
        for scope, key in wanted.items():
            assert check_map_proof(proofs[key], root) == entries.get(scope)
        seen += 1
    assert seen == 4


def test_the_next_root_counts_up_to_where_the_view_is(
    ledger: Ledger, runner: Runner, looking: Connection
) -> None:
    nothing = next_root(looking, 0)
    assert (nothing.scopes, nothing.root, nothing.last) == (0, NOTHING, None)
    for _ in tell(Story(ledger)):
        runner.catch_up()
        size = len(leaf_hashes(ledger))
        entries = map_entries(ledger, size)
        found = next_root(looking, size)
        assert (found.scopes, found.root) == (len(entries), map_root(entries.values()))
        assert found.last == last_root(looking)


@pytest.mark.parametrize("wrong", ["root", "scopes", "covers"])
def test_a_root_that_is_not_that_of_the_book_stops_the_map(
    ledger: Ledger, runner: Runner, wrong: str
) -> None:
    story = Story(ledger)
    story.placement(story.student(story.organisation("ks-a")))
    size = len(leaf_hashes(ledger))
    entries = map_entries(ledger, size)
    said = {"covers": size, "scopes": len(entries), "root": map_root(entries.values())}
    said[wrong] = {"covers": size + 1, "scopes": 9, "root": bytes(32)}[wrong]
    at = Sealed(ledger).say(**said).position  # type: ignore[arg-type]
    runner.catch_up()
    [(position, poison, reason)] = stopped(ledger, ScopeMapView(ledger.keyring))
    assert (position, poison, reason) == (at - 1, at, "LookupError")


def test_who_reads_views_sees_nodes_and_roots_but_no_scope(ledger: Ledger, runner: Runner) -> None:
    for _ in tell(Story(ledger)):
        pass
    runner.catch_up()
    with ledger.database.connect("reader") as connection:
        connection.execute("SET search_path = views")
        for table in ("scope_node", "scope_root"):
            connection.execute(f"SELECT * FROM {table}".encode())
        for table in ("scope", "scope_step"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}".encode())


def test_the_key_of_a_scope_needs_the_house_key_and_survives_the_students(
    ledger: Ledger,
) -> None:
    student = UUID(int=5)
    keys = ScopeKeys(ledger.keyring)
    assert keys.of(student, "placement") == keys.of(student, "placement")
    assert keys.of(student, "placement") != keys.of(student, "plan")
    assert keys.of_student(student) != keys.of_student(UUID(int=6))
