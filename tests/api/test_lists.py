"""Every list of the contract takes `sort`, `limit` and `cursor` (contract 2)."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.acceptance.courses import Planning
from tests.api.serving import PASSWORD, PLACEMENT, Caller, County

_ROOT = Path(__file__).parents[2]
PROGRAMMES = ("domain/programmes/kaohsiung-114.toml", "tests/programmes/one-stage-114.toml")


@pytest.fixture
def lists(county: County) -> dict[str, tuple[Caller, tuple[str, ...]]]:
    """Lists with more than one item, who reads them, and the fields they are sorted by."""
    planning = Planning.of(county)
    planning.goal()
    for name in ("a-math", "a-eng"):
        course = planning.course(name)
    for name in ("甲範本", "一範本"):
        county.a_eng.made(
            "/course-templates", {"student_id": planning.student, "course_id": course, "name": name}
        )
    of = f"/students/{planning.student}"
    for grade in (6, 7):
        placed = county.a_cm.made(f"{of}/placements", PLACEMENT | {"placement_grade": grade})
        request = {"kind": "abandonment", "placement_id": placed, "letter_number": "1130001"}
        county.a_cm.made(f"{of}/placement-requests", request | {"reason": "家庭因素"})
    terms = {"kind": "changes", "from": "112.7.1", "to": "112.8.31"}
    for _ in range(3):
        county.eb.made("/reports", terms)
    for file in PROGRAMMES:
        county.eb.made("/programmes", {"text": (_ROOT / file).read_text(encoding="utf-8")})
    for _ in range(2):
        county.eb.post(f"/accounts/{county.id_of('a-cm')}/password-reset")
    form = {"username": "a-cm", "password": PASSWORD}
    assert county.client.post("/api/v1/token", data=form).status_code == 200
    return {
        "/me/sessions": (county.a_cm, ("signed_in_at", "expires_at")),
        "/me/password-resets": (county.a_cm, ("allowed_at",)),
        "/programmes": (county.a_cm, ("id", "name", "school_year", "published_at")),
        f"{of}/colleagues": (county.a_cm, ("name",)),
        "/organisations": (county.a_cm, ("code", "name", "kind")),
        "/accounts": (county.eb, ("username", "name")),
        "/reports": (county.eb, ("pulled_at",)),
        "/course-templates": (county.a_eng, ("saved_at", "name", "subject")),
        f"{of}/courses": (county.a_cm, ("created_at", "updated_at", "subject", "course_name")),
        f"{of}/placement-requests": (county.a_cm, ("created_at", "status", "kind")),
    }


def test_a_list_is_paged_in_the_order_of_a_field_for_its_reader_alone(
    county: County, lists: dict[str, tuple[Caller, tuple[str, ...]]]
) -> None:
    for path, (caller, fields) in lists.items():
        everything = caller.get(path).json()["items"]
        assert len(everything) > 1, path
        for field in fields:
            up, down = (caller.get(f"{path}?sort={sign}{field}").json() for sign in ("", "-"))
            assert up["next_cursor"] is None
            assert len(up["items"]) == len(everything)
            assert up["items"] == down["items"][::-1], (path, field)
            if field != "name":
                values = [one[field] or "" for one in up["items"]]
                assert values == sorted(values), (path, field)
            first = caller.get(f"{path}?sort=-{field}&limit=1").json()
            cursor = first["next_cursor"]
            rest = caller.get(f"{path}?sort=-{field}&limit=200&cursor={cursor}").json()
            assert first["items"] + rest["items"] == down["items"], (path, field)
            for wrong in (
                caller.get(f"{path}?sort={field}&cursor={cursor}"),
                caller.get(f"{path}?sort=-{field}&cursor={cursor}x"),
                county.a_math.get(f"{path}?sort=-{field}&cursor={cursor}"),
            ):
                assert wrong.status_code == 422, (path, wrong.text)
                assert wrong.json()["code"] == "cursor-not-valid"
        assert caller.get(f"{path}?sort=password").status_code == 422
        assert caller.get(f"{path}?limit=0").status_code == 422
    names = [one["name"] for one in county.a_eng.get("/course-templates?sort=name").json()["items"]]
    assert names == ["一範本", "甲範本"]


def test_the_legal_holds_of_a_student_are_paged_from_either_end(county: County) -> None:
    holds = f"/students/{county.student()}/legal-holds"
    for number in range(3):
        order = {"order_number": f"法字第{number}號", "reason": "訴訟中"}
        assert county.eb.post(holds, order).status_code == 201
        if number < 2:
            assert county.eb.post(f"{holds}/lifting", order).status_code == 200
    up = county.eb.get(holds).json()
    assert [one["act"] for one in up["items"]] == ["placed", "lifted"] * 2 + ["placed"]
    times = [one["recorded_at"] for one in up["items"]]
    assert times == sorted(times)
    down = county.eb.get(holds, sort="-recorded_at").json()["items"]
    assert down == up["items"][::-1]
    first = county.eb.get(holds, sort="-recorded_at", limit=2).json()
    # Of the whole, whatever page is asked for.
    assert first["placed"]
    rest = county.eb.get(holds, sort="-recorded_at", cursor=first["next_cursor"]).json()
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (down, None)
    wrong = county.eb.get(holds, cursor=first["next_cursor"])
    assert wrong.json()["code"] == "cursor-not-valid"


def test_a_cursor_of_an_earlier_program_is_asked_for_anew(county: County) -> None:
    county.student(), county.student(number=1)
    cursor = county.eb.get("/accounts?limit=1&sort=username").json()["next_cursor"]
    tokens, account = county.house.tokens, county.id_of("eb")
    content = tokens.open("cursor", cursor, UUID(str(account)))
    older = tokens.seal("cursor", content | {"key": [7]}, UUID(str(account)))
    answer = county.eb.get("/accounts", limit=1, sort="username", cursor=older)
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-not-valid")
