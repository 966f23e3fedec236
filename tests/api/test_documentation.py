"""`/openapi.json` is complete and true."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.serving import County

#: Lists that come whole, and what keeps each small.
WHOLE = {
    "/programmes/{pid}/applications/{aid}/placement-options": "of one pupil: its subjects",
    "/programmes/{pid}/placement-cases/{cid}/tasks": "of one case: the tasks its programme names",
    "/programmes/{pid}/rosters/modified": "one report of a period, read in pages at /changes",
    "/reference": "the reference data that the program brings",
    "/students/{student_id}/courses/{record_id}": "the rows of one course, saved together",
}


@pytest.fixture
def documented(county: County) -> dict[str, Any]:
    answer = county.client.get("/openapi.json")
    assert answer.status_code == 200
    schema: dict[str, Any] = answer.json()
    return schema


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def references(value: Any) -> set[str]:
    """Every `$ref` in a part of the schema."""
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return set().union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value)) if value else set()
    return set()


def test_every_reference_leads_somewhere(documented: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in documented["components"]["schemas"]}
    assert references(documented) <= known


def test_every_json_answer_has_a_form(documented: dict[str, Any]) -> None:
    without = {
        f"{method} {path}"
        for method, path, operation in operations(documented)
        for status, answer in operation["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if kind == "application/json" and status.startswith("2") and not content.get("schema")
    }
    # A draft is whatever its writer kept.
    assert without == {"GET /api/v1/drafts/{key}"}


def test_every_write_documents_its_body_its_answer_and_its_refusals(
    documented: dict[str, Any],
) -> None:
    without_body = {
        "/api/v1/token",
        "/api/v1/me/sessions/{session_id}/end",
        "/api/v1/me/sessions/end-others",
        "/api/v1/accounts/{account_id}/password-reset",
    }
    forms = {"/api/v1/files", "/api/v1/programmes/{pid}/documents"}
    for method, path, operation in operations(documented):
        told = f"{method} {path}"
        assert operation["summary"], told
        assert "503" in operation["responses"], told
        if method in ("POST", "PUT", "PATCH") and path not in without_body:
            kind = "multipart/form-data" if path in forms else "application/json"
            assert kind in operation["requestBody"]["content"], told
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                assert "application/problem+json" in answer["content"], f"{told} {status}"


def test_headers_of_writes_are_documented(documented: dict[str, Any]) -> None:
    paths = documented["paths"]

    def headers(path: str, method: str) -> set[str]:
        given = paths[f"/api/v1{path}"][method].get("parameters", [])
        return {one["name"] for one in given if one["in"] == "header"}

    records = "/students/{student_id}/placements"
    assert headers(records, "post") >= {"idempotency-key"}
    assert headers(records + "/{placement_id}", "put") >= {"if-match"}
    withdrawal = records + "/{placement_id}/withdrawal"
    assert headers(withdrawal, "post") >= {"if-match", "idempotency-key"}


def test_a_list_takes_an_order_or_says_that_it_has_one(documented: dict[str, Any]) -> None:
    schemas = documented["components"]["schemas"]
    # Lists nobody: what is searched has the order of its search.
    unsaid = {"/api/v1/sections/{section}/students"}
    paged = 0
    for method, path, operation in operations(documented):
        content = operation["responses"].get("200", {}).get("content", {})
        form = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        listing = schemas.get(form.rpartition("/")[2], {}).get("properties", {})
        if method != "GET" or "next_cursor" not in listing or path in unsaid:
            continue
        paged += 1
        names = {one["name"] for one in operation["parameters"]}
        assert {"limit", "cursor"} <= names, path
        assert ("sort" in names) is not ("順序固定" in operation["description"]), path
    assert paged > 20


def test_a_list_comes_in_pages_unless_it_cannot_grow(documented: dict[str, Any]) -> None:
    schemas = documented["components"]["schemas"]
    whole = set()
    for method, path, operation in operations(documented):
        content = operation["responses"].get("200", {}).get("content", {})
        form = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        listing = schemas.get(form.rpartition("/")[2], {}).get("properties", {})
        if method == "GET" and {"items", "rows"} & listing.keys() and "next_cursor" not in listing:
            whole.add(path.removeprefix("/api/v1"))
    assert whole == WHOLE.keys()


def test_probes_are_not_in_the_documentation(documented: dict[str, Any]) -> None:
    assert not {"/healthz", "/readyz", "/metrics"} & documented["paths"].keys()
    assert documented["info"]["title"] == "資優教育紀錄簿 IGP Ledger"


def test_the_page_of_the_documentation_needs_no_other_machine(county: County) -> None:
    page = county.client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert county.client.get(asset).status_code == 200, asset


def test_while_the_documentation_is_made_others_are_answered(county: County) -> None:
    app = create_app(county.house)
    making, others_answered = threading.Event(), threading.Event()

    def slowly() -> dict[str, Any]:
        making.set()
        assert others_answered.wait(30)
        return {"openapi": "3.1.0"}

    app.openapi = slowly  # type: ignore[method-assign]
    with TestClient(app) as client, ThreadPoolExecutor(1) as beside:
        documentation = beside.submit(client.get, "/openapi.json")
        assert making.wait(30)
        assert client.get("/healthz").status_code == 200
        others_answered.set()
        assert documentation.result(30).json() == {"openapi": "3.1.0"}
