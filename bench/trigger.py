"""The peer to beat: tables of today's state, and a trigger that keeps who changed what.

A generic audit table with the old and the new row as jsonb; actor and reason come by
`set_config`; each change is one transaction that reads the current state first.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from bench.workload import FIRST, Change, Edit, NewNote, NoteEdit, Student
from ledger.database import Connection

_TABLES = """
CREATE TABLE student (id uuid PRIMARY KEY, name text NOT NULL, school uuid NOT NULL);
CREATE TABLE placement (
    id uuid PRIMARY KEY,
    student uuid NOT NULL REFERENCES student,
    school_year int NOT NULL,
    area text NOT NULL,
    category text NOT NULL,
    target_year_grade int NOT NULL,
    placement_grade int NOT NULL,
    arrangement text,
    occurred_on date,
    status text NOT NULL DEFAULT 'in_force',
    letter_number text,
    teacher uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON placement (student);
CREATE TABLE note (
    id uuid PRIMARY KEY,
    student uuid NOT NULL REFERENCES student,
    author uuid NOT NULL,
    held_on date NOT NULL,
    purpose text NOT NULL,
    participants text NOT NULL,
    recorder text NOT NULL,
    content text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON note (student);
CREATE TABLE request (
    id uuid PRIMARY KEY,
    placement uuid NOT NULL REFERENCES placement,
    placement_grade int NOT NULL,
    why text NOT NULL,
    status text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON request (placement);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor uuid,
    reason text,
    table_name text NOT NULL,
    op text NOT NULL,
    row_id uuid NOT NULL,
    old_row jsonb,
    new_row jsonb
);
CREATE INDEX ON audit (table_name, row_id, id);
CREATE INDEX ON audit (at);

CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (actor, reason, table_name, op, row_id, old_row, new_row)
    VALUES (
        nullif(current_setting('app.actor', true), '')::uuid,
        current_setting('app.reason', true),
        TG_TABLE_NAME, TG_OP, coalesce(NEW.id, OLD.id),
        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,
        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END
    );
    RETURN NULL;
END $$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON placement
    FOR EACH ROW EXECUTE FUNCTION audited();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON note
    FOR EACH ROW EXECUTE FUNCTION audited();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON request
    FOR EACH ROW EXECUTE FUNCTION audited();
"""

_PLACEMENT = (
    "INSERT INTO placement (id, student, school_year, area, category, target_year_grade,"
    " placement_grade, arrangement, occurred_on, teacher)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_NOTE = (
    "INSERT INTO note (id, student, author, held_on, purpose, participants, recorder, content)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
_ACT = "SELECT set_config('app.actor', %s, true), set_config('app.reason', %s, true)"


def create(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(_TABLES)


def fill(conninfo: str, students: Sequence[Student]) -> None:
    """Each student with the one placement."""
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO student (id, name, school) VALUES (%s, %s, %s)",
            [(one.student, "林小安", one.school) for one in students],
        )
        cursor.executemany(
            _PLACEMENT,
            [(one.placement, one.student, *FIRST.values(), one.teacher) for one in students],
        )


def change(connection: Connection, what: Change) -> None:
    """One change in one transaction."""
    reason = getattr(what, "reason", "")
    with connection.transaction():
        connection.execute(_ACT, (str(what.of.teacher), reason), prepare=True)
        if isinstance(what, Edit):
            _current(connection, "placement", what.of.placement)
            names = ", ".join(f"{name} = %s" for name in what.values)
            connection.execute(
                f"UPDATE placement SET {names}, updated_at = clock_timestamp()"
                " WHERE id = %s".encode(),
                (*what.values.values(), what.of.placement),
                prepare=True,
            )
        elif isinstance(what, NewNote):
            connection.execute(
                _NOTE,
                (
                    what.note,
                    what.of.student,
                    what.of.teacher,
                    "2026-02-11",
                    "生涯輔導",
                    "學生、家長",
                    "王小明",
                    what.content,
                ),
                prepare=True,
            )
        elif isinstance(what, NoteEdit):
            _current(connection, "note", what.note)
            connection.execute(
                "UPDATE note SET content = %s, updated_at = clock_timestamp() WHERE id = %s",
                (what.content, what.note),
                prepare=True,
            )
        else:
            _current(connection, "placement", what.of.placement)
            connection.execute(
                "INSERT INTO request (id, placement, placement_grade, why) VALUES (%s, %s, %s, %s)",
                (what.request, what.of.placement, what.grade, what.why),
                prepare=True,
            )


def _current(connection: Connection, table: str, record: UUID) -> Any:
    """Reads the row that the change is decided on."""
    row = connection.execute(
        f"SELECT * FROM {table} WHERE id = %s".encode(), (record,), prepare=True
    ).fetchone()
    if row is None:
        raise LookupError(f"no such {table}")
    return row
