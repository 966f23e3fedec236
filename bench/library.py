"""The library as it comes, on the same server: what most of the ratios are taken against."""

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict


def environment(conninfo: str, **more: str) -> dict[str, str]:
    """The library's own settings for a database, everything else by default."""
    parts = conninfo_to_dict(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts["password"]),
        **more,
    }


def factory(conninfo: str, name: str = "library", *, create: bool = True) -> PostgresFactory:
    """With `create` the tables are made; several at once would trip over each other."""
    settings = environment(conninfo, CREATE_TABLE="y" if create else "n")
    return PostgresFactory(Environment(name=name, env=settings))


def recorder(made_by: PostgresFactory) -> PostgresApplicationRecorder:
    """The library's default recorder with its table."""
    made = made_by.application_recorder()
    assert isinstance(made, PostgresApplicationRecorder)
    return made
