"""How a database is reached: every wait for a server that is gone has an end."""

import socket
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.database import ROLES, Connection, Database, Role, _yoyo_url, migrate
from ledger.ledger import Ledger
from tests.database import Template

WAITS = ("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count")
PASSWORDS: dict[str, str] = dict.fromkeys(ROLES, "x")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_waits_for_ever_for_a_server_that_is_gone(ledger: Ledger, role: Role) -> None:
    with ledger.database.connect(role) as connection:
        used = connection.info.get_parameters()
        assert used.keys() >= {*WAITS, "tcp_user_timeout"}
        [held] = connection.execute("SELECT current_user").fetchall()
    assert held == (ledger.database.role(role),)


def test_a_wait_that_was_given_is_kept() -> None:
    given = Database("host=db.example dbname=county connect_timeout=3", PASSWORDS)
    for role in ROLES:
        parts = conninfo_to_dict(given.conninfo(role))
        assert (parts["connect_timeout"], parts["keepalives_count"]) == ("3", "3")


def test_a_server_that_takes_a_call_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(
            f"host=127.0.0.1 port={port} dbname=county connect_timeout=2", PASSWORDS
        )
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            database.connect("writer")


def test_migrations_reach_the_database_as_it_was_given() -> None:
    """TLS settings once were left out, so that migrations alone went over the wire unprotected."""
    admin = make_conninfo(
        host="db-1.example,db-2.example",
        port="5433,5434",
        dbname="county 1/2?",
        user="dba@county",
        password="a/b?c d%&e",
        sslmode="verify-full",
        sslrootcert="authority of the county.pem",
    )
    database = Database(admin, PASSWORDS)
    address = urlsplit(_yoyo_url(database))
    assert (address.netloc, address.path) == ("", "/")
    asked = dict(parse_qsl(address.query))
    assert asked.items() >= conninfo_to_dict(admin).items()
    assert asked["schema"] == "migrations"
    assert asked["options"].startswith("-c role=")


def test_a_database_with_an_awkward_name_is_migrated(
    template: Template, administrator: Connection, worker_id: str
) -> None:
    name = f"county-{worker_id} %2F?"
    administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        admin = make_conninfo(template.admin, dbname=name)
        database = Database(admin, PASSWORDS)
        assert migrate(database)
        assert migrate(database) == []
    finally:
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
