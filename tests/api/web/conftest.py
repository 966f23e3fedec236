"""A school of the county in which a plan has begun."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.database import Connection
from tests.api.serving import County, serving
from tests.county import open_office
from tests.database import Template, copied, opened
from tests.visiting import Visitor


@dataclass
class School:
    """Two case managers with one student, whose plan of 112 has begun, and the school's office."""

    county: County
    student: str

    def visitor(self, username: str) -> Visitor:
        """Somebody who is signed in."""
        return Visitor.holding(self.county.client, self.county.tokens[username])

    @property
    def teacher(self) -> Visitor:
        return self.visitor("a-cm")

    @property
    def colleague(self) -> Visitor:
        return self.visitor("a-cm2")

    def path(self, rest: str = "") -> str:
        """A page about the student."""
        return f"/students/{self.student}{rest}"


@pytest.fixture(scope="module")
def begun(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, str, dict[str, str]]]:
    """The school once, which every test of a module has a copy of."""
    keys = tmp_path_factory.mktemp("school") / "keys"
    with copied(template, administrator) as database:
        with opened(template, database, keys) as ledger, serving(ledger) as county:
            student = county.student()
            for name in ("a-cm", "a-cm2"):
                county.case_manager(name, student)
                county.caller(name)
            county.caller("eb")
            body = {"national_id": "A123456789", "school_year": 112}
            assert county.a_cm.post("/students", body).status_code == 201
            tokens = county.tokens
        # Seeded anew, or the same accounts would draw the same ids once more.
        yield Template(database, keys, seed=b"pages"), student, tokens


@pytest.fixture
def school(
    begun: tuple[Template, str, dict[str, str]], administrator: Connection, tmp_path: Path
) -> Iterator[School]:
    template, student, tokens = begun
    with (
        copied(template, administrator) as database,
        open_office(template, database, tmp_path / "keys") as office,
    ):
        yield School(County(office.house, office.client, tokens), student)
