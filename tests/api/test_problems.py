"""Errors are problem details in Chinese, and never repeat what was typed."""

import psycopg
import pytest

from api.problems import field_errors, refusal_of
from ledger.errors import ClockRefused, LedgerUnavailable
from ledger.keys import KeysError
from tests.api.serving import PLACEMENT, County


def test_a_problem_has_exactly_its_fields(county: County) -> None:
    answer = county.eb.get("/students/not-an-id")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:igp-ledger:problem:not-found",
        "title": "找不到這筆資料",
        "status": 404,
        "code": "not-found",
        "detail": "找不到這筆資料",
        "errors": [],
    }
    unknown = county.eb.get("/nothing-here")
    assert unknown.content == answer.content


def test_a_wrong_method_is_405(county: County) -> None:
    answer = county.eb.delete("/organisations")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


WRONG = (
    (b"{", "", "malformed-json"),
    (b"", "school_year", "required"),
    (b"\xff\xfe", "", "malformed-json"),
    (b'{"area": "\\u0000"}', "", "control-character"),
    (b'{"area": "\\ud800"}', "", "malformed-json"),
    (b"[" * 5000, "", "malformed-json"),
    (b"[]", "", "not-an-object"),
    (b'{"height": 1}', "height", "unknown-field"),
    (b'{"school_year": "secret-word"}', "school_year", "not-a-number"),
    (b'{"category": "secret-word"}', "category", "not-a-choice"),
    (b'{"occurred_on": "2025/2/17"}', "occurred_on", "date-not-understood"),
    (b'{"area": 5}', "area", "not-a-text"),
)


def test_each_wrong_field_is_named_and_the_input_is_not(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    for body, field, code in WRONG:
        answer = county.client.post(
            f"/api/v1/students/{student}/placements", headers=county.a_cm.headers, content=body
        )
        assert answer.status_code == 422, body
        errors = {one["field"]: one for one in answer.json()["errors"]}
        assert errors[field]["code"] == code, body
        message = errors[field]["message"]
        assert any("\u4e00" <= character <= "\u9fff" for character in message), body
        assert "secret-word" not in answer.text


def test_a_rule_of_the_domain_names_its_field(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    wrong = PLACEMENT | {"placement_grade": 13}
    problem = county.a_cm.post(f"/students/{student}/placements", wrong).json()
    assert problem["status"] == 422
    assert [one["field"] for one in problem["errors"]] == ["placement_grade"]


def test_a_wrong_query_is_named(county: County) -> None:
    problem = county.eb.get("/students", limit=0, sort="height").json()
    assert problem["status"] == 422
    assert {one["field"] for one in problem["errors"]} == {"limit", "sort"}


def test_what_the_machine_cannot_do_is_503_and_what_nobody_foresaw_500_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for error in (LedgerUnavailable("x"), psycopg.OperationalError("x"), KeysError("x")):
        assert refusal_of(error).STATUS == 503
    assert refusal_of(ClockRefused("x")).CODE == "clock-refused"
    unforeseen = refusal_of(ValueError("陳小明的紀錄"))
    assert unforeseen.STATUS == 500
    assert "陳小明" not in unforeseen.detail + caplog.text
    assert "ValueError" in caplog.text


def test_an_error_without_words_of_ours_still_has_some() -> None:
    [one] = field_errors([{"type": "url_parsing", "loc": ("a", 0), "msg": "x", "ctx": {}}])
    assert (one.field, one.code, one.message) == ("a.0", "not-valid", "資料不正確。")
