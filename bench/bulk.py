"""Many ready events at once, against COPY into a table with the same keys and indexes."""

import psycopg

from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place, opened
from bench.result import Result
from bench.workload import Workload
from ledger.database import Connection
from ledger.mapper import Stored
from ledger.recorder import BookRecorder

_EVENTS = 100_000

_SAME = """
CREATE TABLE same (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    stream_id uuid NOT NULL,
    subject uuid,
    topic text NOT NULL,
    body bytea NOT NULL,
    UNIQUE (stream_id, stream_version)
);
CREATE INDEX ON same (subject, position) WHERE subject IS NOT NULL;
ALTER TABLE same ALTER body SET STORAGE EXTERNAL;
ALTER TABLE same SET (toast_tuple_target = 8160);
"""


def run(place: Place, scale: Scale) -> list[Result]:
    count = scale.events(_EVENTS)
    with place.ledger("bulk") as reached, place.plain("bulk_copy") as peer, opened(reached) as ledger:
        recorder = BookRecorder(ledger.pool, "records")
        workload = Workload(students=200)
        workload.make_keys(ledger)
        with psycopg.connect(peer, autocommit=True) as other:
            other.execute(_SAME)
            position = 0

            def ours() -> float:
                events = workload.placements(ledger.mapper, count)
                return count / timed(lambda: recorder.insert_events(events))

            def copied() -> float:
                nonlocal position
                events = workload.placements(ledger.mapper, count)
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


def _copy(connection: Connection, after: int, events: list[Stored]) -> None:
    with connection.cursor().copy("COPY same FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "timestamptz", "int8", "uuid", "uuid", "text", "bytea"])
        for number, event in enumerate(events, start=after + 1):
            copy.write_row(
                (
                    number,
                    "2026-01-01T00:00:00+08:00",
                    event.originator_version,
                    event.originator_id,
                    event.subject,
                    event.topic,
                    event.state,
                )
            )
