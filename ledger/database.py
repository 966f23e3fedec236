"""The database: its roles, its migrations, its connections (design D1, D3)."""

import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool
from yoyo import get_backend, read_migrations

Role = Literal["owner", "writer", "projector", "reader"]
ROLES: tuple[Role, ...] = ("owner", "writer", "projector", "reader")

MIGRATIONS = Path(__file__).parent / "migrations"

#: How long a server may be silent, unless the conninfo says otherwise: for an answer to a new
#: connection (seconds), between probes of a quiet one, and for what was sent (milliseconds).
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]


def as_array(values: Iterable[object]) -> str:
    """Ids or numbers as one text to be cast to an array: a list of them is written value by value,
    which takes four times as long."""
    return f"{{{','.join(map(str, values))}}}"


class DatabaseError(Exception):
    """The database cannot be used as it is; the message says what to do."""


@dataclass(frozen=True)
class Database:
    """How to reach one county's database in each role.

    `admin` is the conninfo of the owner of the server or the database, `passwords` those of its
    roles. These are named after the database; a copy of another database keeps that one's roles
    and names it in `roles_of`.
    """

    admin: str
    passwords: dict[str, str]
    roles_of: str | None = None

    @property
    def name(self) -> str:
        return str(conninfo_to_dict(self.admin)["dbname"])

    @property
    def patient(self) -> str:
        """The conninfo `admin`, with an end to every wait for a server that is gone."""
        given = conninfo_to_dict(self.admin)
        missing = {name: value for name, value in _PATIENCE.items() if name not in given}
        return make_conninfo(self.admin, **missing)

    def role(self, role: Role) -> str:
        return f"igp_{self.roles_of or self.name}_{role}"

    def conninfo(self, role: Role) -> str:
        """Conninfo of a role. A writer waits at most 5 s for a lock and never idles in one."""
        if role == "owner":
            named = re.sub(r"([\\\s])", r"\\\1", self.role("owner"))
            return make_conninfo(self.patient, options=f"-c role={named}")
        options = {
            "writer": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=10s",
            "projector": "-c idle_in_transaction_session_timeout=60s",
            # A generic plan for a page was measured 21 times slower than the plan for its values.
            "reader": "-c plan_cache_mode=force_custom_plan -c default_transaction_read_only=on",
        }[role]
        return make_conninfo(
            self.patient, user=self.role(role), password=self.passwords[role], options=options
        )

    def connect(self, role: Role, *, autocommit: bool = True) -> Connection:
        return psycopg.connect(self.conninfo(role), autocommit=autocommit)

    def pool(
        self, role: Role, size: int, entered: Callable[[Connection], None] | None = None
    ) -> Pool:
        """An open pool of at most `size` autocommit connections; `entered` is told of each."""
        return ConnectionPool(
            self.conninfo(role),
            kwargs={"autocommit": True, "prepare_threshold": 2},
            configure=entered,
            min_size=1,
            max_size=size,
            timeout=10.0,
            # Attempts come ever more slowly, and nobody is served meanwhile: after a long outage
            # the database would be back for minutes and not be used. The next request tries anew.
            reconnect_timeout=5.0,
            open=True,
        )


def passwords_in(file: Path) -> dict[str, str]:
    """The roles' passwords, kept in a file of mode 0600; made on first use."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = {role: secrets.token_urlsafe(24) for role in ROLES if role != "owner"}
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(made, stream)
    stored: dict[str, str] = json.loads(file.read_text())
    return stored


def role_statements(connection: Connection, database: Database) -> list[sql.Composed]:
    """The SQL that makes the roles, for us to run or for a DBA to read.

    It names the login of this connection, which is not the DBA's.
    """
    statements = [
        sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(database.role("owner"))),
        sql.SQL("GRANT {} TO {}").format(
            sql.Identifier(database.role("owner")), sql.Identifier(connection.info.user)
        ),
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
            sql.Identifier(database.name), sql.Identifier(database.role("owner"))
        ),
    ]
    for role in ROLES[1:]:
        statements.append(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(database.role(role)), _verifier(connection, database, role)
            )
        )
        statements.append(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(database.name), sql.Identifier(database.role(role))
            )
        )
    statements.append(
        sql.SQL("CREATE SCHEMA migrations AUTHORIZATION {}").format(
            sql.Identifier(database.role("owner"))
        )
    )
    # The projector builds a view again in a schema beside the living one.
    statements.append(
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
            sql.Identifier(database.name), sql.Identifier(database.role("projector"))
        )
    )
    # The owner gives the schema of the views to the projector.
    statements.append(
        sql.SQL("GRANT {} TO {}").format(
            sql.Identifier(database.role("projector")), sql.Identifier(database.role("owner"))
        )
    )
    return statements


def _verifier(connection: Connection, database: Database, role: Role) -> sql.Literal:
    """The SCRAM verifier of a role's password, so that no server log can hold the password."""
    made = connection.pgconn.encrypt_password(
        database.passwords[role].encode(), database.role(role).encode(), b"scram-sha-256"
    )
    return sql.Literal(made.decode())


def ensure_roles(database: Database) -> None:
    """Makes the roles, or gives existing ones the passwords at hand.

    Raises `DatabaseError` with the SQL for a DBA where this login may not create roles.
    """
    with psycopg.connect(database.patient, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) = %s AND to_regnamespace('migrations') IS NOT NULL"
            " FROM pg_roles WHERE rolname = ANY(%s)",
            (len(ROLES), [database.role(role) for role in ROLES]),
        ).fetchone()
        if row is not None and row[0]:
            _refresh_passwords(connection, database)
            return
        try:
            for statement in role_statements(connection, database):
                try:
                    connection.execute(statement)
                except (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateSchema):
                    continue
            _refresh_passwords(connection, database)
        except psycopg.errors.InsufficientPrivilege:
            script = ";\n".join(
                s.as_string(connection) for s in role_statements(connection, database)
            )
            raise DatabaseError(
                f"這個資料庫帳號不能建立角色，請資料庫管理員先執行：\n{script};"
            ) from None


def _refresh_passwords(connection: Connection, database: Database) -> None:
    for role in ROLES[1:]:
        try:
            with database.connect(role):
                continue
        except psycopg.OperationalError:
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(database.role(role)), _verifier(connection, database, role)
                )
            )


def migrate(database: Database, only: Collection[str] | None = None) -> list[str]:
    """Brings the tables up to date as the owner role; returns the names of what was applied.

    With `only` no other migrations than these are applied, for tables as they once were.
    """
    ensure_roles(database)
    backend = get_backend(_yoyo_url(database))
    try:
        with backend.lock():
            todo = backend.to_apply(read_migrations(str(MIGRATIONS)))
            if only is not None:
                todo = todo.filter(lambda migration: migration.id in only)
            names = [migration.id for migration in todo]
            backend.apply_migrations(todo)
    finally:
        backend.connection.close()
    return names


def _yoyo_url(database: Database) -> str:
    """The conninfo of the owner as the address of a database: all of it stands in the query, which
    alone leaves names, hosts and TLS as they were given."""
    parts = conninfo_to_dict(database.conninfo("owner"))
    parts["options"] = f"{parts['options']} -c search_path=migrations"
    query = urlencode(parts | {"schema": "migrations"}, quote_via=quote)
    return f"postgresql+psycopg:///?{query}"


@contextmanager
def transaction(pool: Pool) -> Iterator[Connection]:
    """One transaction on a connection of the pool."""
    with pool.connection() as connection, connection.transaction():
        yield connection
