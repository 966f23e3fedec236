"""The tree over a book, and its proofs from few rows."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from domain.ledger_life import SYSTEM
from domain.reading import RecordRead
from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.merkle import EMPTY, Leaves, ProofError, check_consistency, check_inclusion
from ledger.recorder import BookRecorder
from projections import tree
from projections.all_views import all_views, sealing_views
from projections.runner import Runner, enter
from projections.tree import NotInTree, TreeView
from projections.view import View
from tests.projections.view_case import ViewCase, record_of, rows, stopped
from tests.sealing import leaf_hashes
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


def tell(story: Story, events: int) -> None:
    school = story.organisation("ks-a")
    student = story.student(school)
    for _ in range(events - 2):
        story.placement(student)


def read(ledger: Ledger, times: int) -> None:
    """Events of the book of access."""
    for _ in range(times):
        ledger.record(
            RecordRead(
                originator_id=uuid4(),
                originator_version=1,
                by=SYSTEM,
                capacity="SYS",
                what="placement",
                subjects=(uuid4(),),
            )
        )


class TreeCase(ViewCase):
    """An event is a leaf whatever it says, so that none stops a tree."""

    def broken(self, story: Story) -> Stored:
        return record_of("nobody.knows-this.v1")

    def test_a_poison_event_stops_it_and_is_named_while_others_go_on(
        self, ledger: Ledger, runner: Runner
    ) -> None:
        view = self.view(ledger)
        for _ in self.tell(Story(ledger)):
            pass
        BookRecorder(ledger.pool, "records").insert_events([self.broken(Story(ledger))])
        read(ledger, 1)
        own = Runner(
            ledger.database,
            [view],
            ledger.mapper,
            read=tree.leaf_fact_of,
            columns=tree.leaf_columns,
        )
        own.catch_up()
        own.close()
        assert stopped(ledger, view) == []
        hashes = leaf_hashes(ledger, view.book)
        with ledger.database.connect("projector") as connection:
            enter(connection, "views")
            assert tree.root(connection, view.book, len(hashes)) == Leaves(hashes).root()


class TestRecordsTree(TreeCase):
    def view(self, ledger: Ledger) -> View:
        return TreeView("records")

    def tell(self, story: Story) -> Iterator[object]:
        for size in (2, 3, 40):
            yield tell(story, size)


class TestAccessTree(TreeCase):
    def view(self, ledger: Ledger) -> View:
        return TreeView("access")

    def tell(self, story: Story) -> Iterator[object]:
        for size in (1, 15, 20):
            yield read(story.ledger, size)

    def broken(self, story: Story) -> Stored:
        return record_of("nobody.knows-this.v1")


def test_every_root_and_path_is_that_of_the_whole_tree(
    ledger: Ledger, runner: Runner, looking: Connection
) -> None:
    tell(Story(ledger), 300)
    runner.catch_up()
    whole = Leaves(leaf_hashes(ledger))
    size = len(whole)
    for small in (*range(40), 255, 256, 257, size - 1, size):
        root = tree.root(looking, "records", small)
        assert root == whole.root(small)
        path = tree.consistency(looking, "records", small, size)
        assert path == whole.consistency(small, size)
        check_consistency(small, root, size, whole.root(), path)
    for index in (*range(20), 255, 256, 271, size - 1):
        path = tree.inclusion(looking, "records", index, size)
        assert path == whole.inclusion(index, size)
        check_inclusion(whole.node((0, index)), index, size, path, whole.root())
    some = [0, 17, 280]
    assert tree.leaves(looking, "records", some) == [whole.node((0, index)) for index in some]
    assert tree.inclusions(looking, "records", some, 290) == {
        index: whole.inclusion(index, 290) for index in some
    }
    assert tree.root(looking, "records", 0) == EMPTY


def test_a_path_is_read_by_one_statement(
    ledger: Ledger, runner: Runner, looking: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(Story(ledger), 40)
    runner.catch_up()
    asked = []
    real = tree._tiles
    monkeypatch.setattr(tree, "_tiles", lambda *of: asked.append(of) or real(*of))  # type: ignore[func-returns-value]
    tree.inclusion(looking, "records", 3, 40)
    tree.consistency(looking, "records", 7, 40)
    tree.inclusions(looking, "records", range(40), 40)
    assert len(asked) == 3


def test_what_the_tree_does_not_have_is_asked_for_in_vain(
    ledger: Ledger, runner: Runner, looking: Connection
) -> None:
    tell(Story(ledger), 40)
    runner.catch_up()
    size = len(leaf_hashes(ledger))
    for asked in (
        lambda: tree.root(looking, "records", size + 1),
        lambda: tree.root(looking, "access", 1),
        lambda: tree.inclusion(looking, "records", 3, size + 1),
        lambda: tree.consistency(looking, "records", 0, size + 1),
        lambda: tree.consistency(looking, "records", size + 1, size + 1),
    ):
        with pytest.raises(NotInTree):
            asked()
    with pytest.raises(ProofError):
        tree.inclusion(looking, "records", size, size)
    with pytest.raises(ProofError):
        tree.consistency(looking, "records", size, size - 1)


def test_a_tree_that_lost_a_row_does_not_go_on(ledger: Ledger, runner: Runner) -> None:
    tell(Story(ledger), 40)
    runner.catch_up()
    with ledger.database.connect("projector") as connection:
        connection.execute("DELETE FROM views.records_tile WHERE tile >= 1::bigint << 48")
    before = rows(ledger, TreeView("records"))
    Story(ledger).organisation("later")
    runner.catch_up()
    [(_, _, reason)] = stopped(ledger, TreeView("records"))
    assert reason == "NotInTree"
    assert rows(ledger, TreeView("records")) == before


def test_a_tree_costs_less_than_fifty_bytes_an_event(
    ledger: Ledger, runner: Runner, looking: Connection
) -> None:
    tell(Story(ledger), 600)
    runner.catch_up()
    row = looking.execute("SELECT sum(length(hashes)), count(*) FROM records_tile").fetchone()
    assert row is not None
    events = len(leaf_hashes(ledger))
    assert row[0] / events < 44
    assert row[1] / events < 1 / 14
