"""Many ready events at once, against COPY into a table with the same keys and indexes."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from bench.deciding import placement_of
from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place, opened
from bench.result import Result
from bench.workload import Workload
from ledger.database import Connection
from ledger.mapper import LedgerMapper, Stored
from ledger.recorder import BookRecorder

_EVENTS = 100_000
#: Events of one stream, one after another.
_LENGTH = 5
_WHEN = datetime(2026, 2, 11, tzinfo=UTC)

_SAME = """
CREATE TABLE same (
    subject uuid,
    stream_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    position bigint PRIMARY KEY WITH (fillfactor = 100),
    stream_version integer NOT NULL,
    body bytea NOT NULL,
    topic text NOT NULL,
    UNIQUE (stream_id, stream_version)
);
CREATE INDEX ON same (subject) WHERE subject IS NOT NULL;
ALTER TABLE same ALTER body SET STORAGE EXTERNAL;
ALTER TABLE same SET (toast_tuple_target = 8160);
"""


def run(place: Place, scale: Scale) -> list[Result]:
    count = scale.events(_EVENTS)
    with (
        place.ledger("bulk") as reached,
        place.plain("bulk_copy") as peer,
        opened(reached) as ledger,
    ):
        recorder = BookRecorder(ledger.pool, "records")
        workload = Workload(students=200)
        workload.make_keys(ledger)
        with psycopg.connect(peer, autocommit=True) as other:
            other.execute(_SAME)
            position = 0

            def ours() -> float:
                events = _events(workload, ledger.mapper, count)
                return count / timed(lambda: recorder.insert_events(events))

            def copied() -> float:
                nonlocal position
                events = _events(workload, ledger.mapper, count)
                took = timed(lambda: _copy(other, position, events))
                position += count
                return count / took

            found = in_turns({"ours": ours, "copy": copied}, scale.rounds)
    against = ratio(found["ours"], found["copy"])
    return [
        Result(
            name="bulk",
            what=f"整批寫入 {count:,} 筆",
            against="COPY 到鍵與索引相同的資料表",
            ratio=against.median,
            bar=0.45,
            figures={
                "rounds": str(against),
                "ours_per_second": median(found["ours"]),
                "copy_per_second": median(found["copy"]),
            },
        )
    ]


def _events(workload: Workload, mapper: LedgerMapper, count: int) -> list[Stored]:
    """Ready events in streams that do not exist yet."""
    bodies = [mapper.to_stored_event(placement_of(one)) for one in workload.everybody]
    events = []
    for number in range(count // _LENGTH):
        stream, body = uuid4(), bodies[number % len(bodies)]
        for version in range(1, _LENGTH + 1):
            events.append(replace(body, originator_id=stream, originator_version=version))
    return events


def _copy(connection: Connection, after: int, events: list[Stored]) -> None:
    with connection.cursor().copy(
        "COPY same (position, recorded_at, stream_version, stream_id, subject, topic, body)"
        " FROM STDIN (FORMAT binary)"
    ) as copy:
        copy.set_types(["int8", "timestamptz", "int4", "uuid", "uuid", "text", "bytea"])
        for number, event in enumerate(events, start=after + 1):
            copy.write_row(
                (
                    number,
                    _WHEN,
                    event.originator_version,
                    event.originator_id,
                    event.subject,
                    event.topic,
                    event.state,
                )
            )
