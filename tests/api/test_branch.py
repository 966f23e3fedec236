"""What one look at the address passes by, and what it does not."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Match
from starlette.types import Scope

from api.branch import Branch


def _router(name: str, compared: list[str], *paths: str) -> APIRouter:
    """A router that answers with its name, and tells when its routes are compared."""

    class Telling(APIRoute):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            compared.append(name)
            return super().matches(scope)

    router = APIRouter(route_class=Telling)
    for path in paths:
        router.get(path)(lambda: {"name": name})
    return router


@pytest.fixture
def compared() -> list[str]:
    return []


@pytest.fixture
def client(compared: list[str]) -> TestClient:
    app = FastAPI()
    students = _router("students", compared, "/students", "/students/{sid}/plan.{format}")
    app.include_router(Branch(students, "/api/v1"))
    app.include_router(Branch(_router("notes", compared, "/students/{sid}/notes"), "/api/v1"))
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/students", "students"),
        ("/api/v1/students/7/plan.pdf", "students"),
        ("/api/v1/students/%E6%9E%97%20a/notes", "notes"),
        ("/api/v1/students/7/notes/", "notes"),
    ],
)
def test_an_address_is_compared_with_the_routes_of_its_own_branch_alone(
    client: TestClient, compared: list[str], path: str, name: str
) -> None:
    assert client.get(path).json() == {"name": name}
    assert set(compared) == {name}


def test_an_address_of_no_branch_is_compared_with_no_route(
    client: TestClient, compared: list[str]
) -> None:
    for path in ("/students", "/api/v1/students/7/notes/8", "/api/v1/students/7/plans.pdf"):
        assert client.get(path).status_code == 404
    assert compared == []
    assert client.post("/api/v1/students").status_code == 405
