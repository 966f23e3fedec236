"""Nobody but its author can tell that a counselling note exists (design D7).

Two histories start from one county and differ only in what one author does with notes, drafts and
own exports. Then the other accounts make the same calls over every route of `/openapi.json`,
reads and writes, in step; each answer must be the same to the byte, headers and problems included,
`Date` apart. The routes are read from the app, so a new one without an entry fails here.

A second test does the same across the daily commitment to the notes ledgers.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from igp.metrics import LedgerCollector
from igp.sealing import seal_now
from ledger import notes_commitment
from ledger.database import Connection
from projections.all_views import all_views, sealing_views
from tests.api.twins import ACTS, LONG, Author, Twins, every_route, headers_of, twin_county
from tests.county import County, Office, open_office
from tests.database import Template, copied

EXAMPLES = 200 if LONG else 10

#: Routes that are not in the documentation.
HIDDEN = ("/healthz", "/readyz", "/openapi.json", "/api/v1/nothing-here")

histories = st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["a1", "a2"])), max_size=8)


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, County]]:
    yield from twin_county(template, administrator, tmp_path_factory)


@pytest.mark.timeout(14_400 if LONG else 900)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A difference is told by its call; to look for a shorter history takes minutes.
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=histories, other=histories, turn=st.integers(0, 10**6))
def test_whatever_an_author_does_with_notes_nobody_else_is_answered_otherwise(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    one: list[tuple[str, str]],
    other: list[tuple[str, str]],
    turn: int,
) -> None:
    template, made = county
    with ExitStack() as stack:
        offices = []
        # Of the author's own: names of the list of participants first, then notes.
        notes: list[UUID] = []
        for history in ([*one, ("write", "a1")], other):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("twin") / "keys"
            office = stack.enter_context(open_office(template, database, keys))
            author = Author(office, made)
            for act, which in history:
                author.does(act, which)
            notes[:0] = author.options
            notes.extend(note for _, note, _ in author.notes)
            seal_now(office.ledger)
            author.looks()
            offices.append(office)
        twins = Twins(offices[0], offices[1], made)
        _compare_hidden(twins)
        _a_plan_is_kept(twins)
        every_route(twins, notes, turn)
        _compare_hidden(twins)
    assert twins.calls > 100


@pytest.mark.timeout(900)
def test_across_the_daily_commitment_nobody_else_is_answered_otherwise(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One author writes on both sides of midnight, or not at all. The 64 digits themselves, which
    tell nothing without the salt (tests/ledger/test_notes_commitment.py), are the same here, for
    every root of the shared book hangs on them."""
    days: list[str] = []

    def digits(scope: bytes, day: object, ledgers: object) -> str:
        days.append(str(day))
        return "0" * 64

    monkeypatch.setattr(notes_commitment, "commitment", digits)
    template, made = county
    with ExitStack() as stack:
        offices = []
        for _ in range(2):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("midnight") / "keys"
            offices.append(stack.enter_context(open_office(template, database, keys)))
        twins, author = Twins(offices[0], offices[1], made), Author(offices[0], made)
        # The second move makes up for the midnight that the first one passed.
        for now in ("2023-08-02T09:00:00+08:00", "2023-08-02T10:00:00+08:00"):
            for act in ("option", "write", "correct", "read", "draft", "export", "write"):
                author.does(act, "a1")
            moved = twins.step("eb", "POST", "/simulation/clock", json={"now": now})
            assert moved.status_code == 200, moved.text
        assert days == ["2023-08-02"] * 2
        notes = [*author.options, *(note for _, note, _ in author.notes)]
        _compare_hidden(twins)
        _a_plan_is_kept(twins)
        every_route(twins, notes, 0)
        _compare_hidden(twins)
        assert _sizes(offices[0]) == _sizes(offices[1])
    assert twins.calls > 100


def _sizes(office: Office) -> list[Any]:
    """What the shared books hold, but for the bytes of the bodies."""
    rows: list[Any] = []
    with office.ledger.database.connect("projector") as connection:
        for book in ("records", "access"):
            rows += connection.execute(
                "SELECT position, stream_id, stream_version, topic, subject, length(body)"
                f" FROM books.{book} ORDER BY position".encode()
            ).fetchall()
    return rows


def _a_plan_is_kept(twins: Twins) -> None:
    """Two sections are saved by who may, while others are refused: whoever else calls later."""
    student = twins.county.students["a1"]
    for section, data in (
        ("awards", {"awards": [{"event_name": "科學展覽", "prize": "特優"}]}),
        ("interest_analysis", {"interests": ["reading"]}),
    ):
        path = f"/students/{student}/sections/{section}"
        for who, status in (("a-math", 403), ("b-office", 404), ("a-gh", 200), ("itinerant", 412)):
            first = {"json": {"data": data}, "headers": {"If-Match": '"0"'}}
            assert twins.step(who, "PUT", path, **first).status_code == status
        assert twins.step("a-office", "GET", path).status_code == 200


def _compare_hidden(twins: Twins) -> None:
    """Health, readiness, the documentation, an unknown address, and what Prometheus is told."""
    for path in HIDDEN:
        first, second = twins.one.client.get(path), twins.other.client.get(path)
        assert (first.status_code, first.content) == (second.status_code, second.content), path
        assert headers_of(first) == headers_of(second), path
    assert _metrics(twins.one) == _metrics(twins.other)


def _metrics(office: Office) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    keyring = office.ledger.keyring
    views = [*all_views(keyring), *sealing_views(keyring)]
    registry.register(LedgerCollector(office.ledger.database, views))
    return generate_latest(registry)
