"""What every view promises. A view's test module has a class that inherits from `ViewCase`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from domain.ledger_life import SYSTEM
from ledger.database import Connection
from ledger.encryption import canonical
from ledger.ledger import Ledger
from ledger.mapper import Stored
from ledger.recorder import BookRecorder
from projections.all_views import all_views
from projections.notes_book import Stand
from projections.runner import Runner
from projections.view import Fact, View
from tests.story import Story

SCHEMA = "views"


def rows(ledger: Ledger, view: View, schema: str = SCHEMA) -> dict[str, list[str]]:
    """Everything that stands in the tables of a view, each row as text, in order."""
    with ledger.database.connect("projector") as connection:
        return {
            table: [
                text
                for (text,) in connection.execute(
                    f'SELECT t::text FROM "{schema}".{table} t ORDER BY 1'.encode()
                )
            ]
            for table in view.tables
        }


def rebuilt(ledger: Ledger, view: View, *, batch: int) -> dict[str, list[str]]:
    """The rows of the view built from the start in tables of its own, in batches of a size."""
    schema = f"again_{batch}"
    runner = Runner(ledger.database, [view], ledger.mapper, schema=schema, batch=batch)
    runner.prepare()
    runner.catch_up()
    runner.close()
    return rows(ledger, view, schema)


def stopped(runner_of: Ledger, view: View) -> list[tuple[int, int, str]]:
    """Where a view stands, the event that stopped it, and why: of `records` or of authors."""
    table = "owner_checkpoint" if view.book == "notes" else "checkpoint"
    with runner_of.database.connect("projector") as connection:
        return connection.execute(
            f"SELECT position, poison, poison_reason FROM {SCHEMA}.{table}"
            " WHERE view = %s AND poison IS NOT NULL".encode(),
            (view.name,),
        ).fetchall()


class Delayed(Runner):
    """A runner that, after it read its first batch, lets something else happen."""

    meanwhile: Callable[[], object] | None = None

    def _facts(self, connection: Connection, book: str, after: int) -> list[Fact]:
        return self._late(super()._facts(connection, book, after))

    def _note_facts(self, connection: Connection, stands: Sequence[Stand]) -> list[Fact]:
        return self._late(super()._note_facts(connection, stands))

    def _late(self, facts: list[Fact]) -> list[Fact]:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return facts


class ViewCase(ABC):
    """Two runners, a rebuild and a broken event: no view is hurt by them."""

    @abstractmethod
    def view(self, ledger: Ledger) -> View:
        """The view itself."""

    @abstractmethod
    def tell(self, story: Story) -> Iterator[object]:
        """Records events that fill every table; yields where a living view may catch up."""

    @abstractmethod
    def broken(self, story: Story) -> Stored:
        """An event that the view cannot read, as a faulty program might have recorded it."""

    def test_what_is_delivered_twice_has_no_double_effect(
        self, ledger: Ledger, runner: Runner
    ) -> None:
        view = self.view(ledger)
        for _ in self.tell(Story(ledger)):
            pass
        # Both read the same batch; the first one's work stands when the second writes its own.
        second = Delayed(ledger.database, [view], ledger.mapper)
        second.meanwhile = runner.catch_up
        second.catch_up()
        second.close()
        assert stopped(ledger, view) == []
        assert rows(ledger, view) == rebuilt(ledger, view, batch=2000)

    def test_a_rebuilt_view_equals_the_living_one(self, ledger: Ledger, runner: Runner) -> None:
        view = self.view(ledger)
        for _ in self.tell(Story(ledger)):
            runner.catch_up()
        runner.catch_up()
        living = rows(ledger, view)
        assert all(living.values()), "the story leaves a table empty and so proves little"
        assert stopped(ledger, view) == []
        assert rebuilt(ledger, view, batch=2000) == living
        assert rebuilt(ledger, view, batch=3) == living

    def test_a_poison_event_stops_it_and_is_named_while_others_go_on(
        self, ledger: Ledger, runner: Runner
    ) -> None:
        view = self.view(ledger)
        for _ in self.tell(Story(ledger)):
            pass
        runner.catch_up()
        before = rows(ledger, view)
        event = self.broken(Story(ledger))
        [position] = BookRecorder(ledger.pool, view.book).insert_events([event])
        story = Story(ledger)
        story.organisation("later")
        runner.catch_up()
        [(at, poison, reason)] = stopped(ledger, view)
        assert (at, poison) == (position - 1, position)
        # The name of an error and never its text, which may hold what the event says.
        assert reason.isidentifier()
        assert rows(ledger, view) == before
        assert story.last is not None
        going_on = [
            other.name
            for other in all_views(ledger.keyring)
            if other.book == "records" and not stopped(ledger, other)
        ]
        assert going_on
        with ledger.database.connect("projector") as connection:
            for (head,) in connection.execute(
                f"SELECT position FROM {SCHEMA}.checkpoint WHERE view = ANY(%s)", (going_on,)
            ):
                assert head == story.last.position


def record_of(topic: str, student: UUID | None = None, **fields: Any) -> Stored:
    """An event of `records` with this topic and these fields, whatever its class asks for."""
    stream, event_id = UUID(int=7), UUID(int=8)
    envelope = {"event_id": event_id, "by": SYSTEM, "capacity": "SYS", "policy": 1}
    return Stored(
        originator_id=stream,
        originator_version=1,
        topic=topic,
        state=canonical(envelope | fields),
        book="records",
        event_id=event_id,
        subject=student,
    )
