"""Where one is signed in, the end of it, names that wait, and forgotten passwords."""

from collections.abc import Callable

import pytest

from api import attempts
from tests.api.serving import PASSWORD, County

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "another-password"


def entered(county: County, username: str, password: str = PASSWORD, agent: str = FIREFOX) -> str:
    answer = county.client.post(
        "/api/v1/token",
        data={"username": username, "password": password},
        headers={"User-Agent": agent},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def sessions(county: County, token: str) -> list[dict[str, object]]:
    answer = county.client.get("/api/v1/me/sessions", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_one_sees_where_one_is_signed_in_and_ends_it_there(county: County) -> None:
    first, second = entered(county, "a-office"), entered(county, "a-office", agent="curl/8.5.0")
    told = sessions(county, second)
    assert [(one["device"], one["current"]) for one in told] == [
        ("curl", True),
        ("Firefox（Windows）", False),
    ]
    bearer = {"Authorization": f"Bearer {second}"}
    path = f"/api/v1/me/sessions/{told[1]['id']}/end"
    other = {"Authorization": f"Bearer {entered(county, 'b-office')}"}
    assert county.client.post(path, headers=other).status_code == 404
    assert county.client.post(path, headers=bearer).status_code == 204
    assert county.client.post(path, headers=bearer).status_code == 404
    gone = {"Authorization": f"Bearer {first}"}
    assert county.client.get("/api/v1/me", headers=gone).status_code == 401
    third = entered(county, "a-office")
    assert county.client.post("/api/v1/me/sessions/end-others", headers=bearer).status_code == 204
    assert [one["current"] for one in sessions(county, second)] == [True]
    gone = {"Authorization": f"Bearer {third}"}
    assert county.client.get("/api/v1/me", headers=gone).status_code == 401


@pytest.mark.parametrize("username", ["a-office", "nobody-at-all"])
def test_a_name_that_waits_is_answered_as_for_a_wrong_password(
    county: County, username: str
) -> None:
    answers = [county.sign_in(username, "wrong") for _ in range(attempts.MOST)]
    right = county.sign_in(username)
    assert {(one.status_code, one.content) for one in [*answers, right]} == {
        (401, answers[0].content)
    }
    with county.house.ledger.pool.connection() as connection:
        counted = connection.execute("SELECT max(failures) FROM desk.attempt").fetchone()
    assert counted == (attempts.MOST,)
    # Somebody else's sign-in is not touched by it.
    assert county.sign_in("b-office").status_code == 200


def test_a_password_is_not_guessed_in_a_session_that_was_found(county: County) -> None:
    body = {"current_password": "wrong", "new_password": "something-else"}
    for _ in range(attempts.MOST):
        assert county.a_office.post("/me/password", body).status_code == 422
    body["current_password"] = PASSWORD
    answer = county.a_office.post("/me/password", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "password-wrong")
    assert county.sign_in("a-office").status_code == 401


def test_a_right_password_ends_the_count(county: County) -> None:
    for _ in range(2):
        for _ in range(attempts.MOST - 1):
            assert county.sign_in("a-office", "wrong").status_code == 401
        assert county.sign_in("a-office").status_code == 200


def test_what_happens_while_a_password_is_checked_counts(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = county.house.passwords.fits
    meanwhile: list[Callable[[], object]] = []

    def slow(password: str, stored: str | None) -> bool:
        right = fits(password, stored)
        now, meanwhile[:] = [*meanwhile], []
        for one in now:
            one()
        return right

    monkeypatch.setattr(county.house.passwords, "fits", slow)
    meanwhile.append(lambda: county.a_office.post("/me/password", changed))
    changed = {"current_password": PASSWORD, "new_password": NEW}
    assert county.sign_in("a-office").status_code == 401
    assert county.sign_in("a-office", NEW).status_code == 200
    # Guesses that are sent at once: the last to come to its end knows of the others.
    office = county.b_office
    for one in (
        lambda: county.sign_in("b-office"),
        lambda: office.post("/me/password", changed),
    ):
        meanwhile += [lambda: county.sign_in("b-office", "wrong")] * attempts.MOST
        assert one().status_code in (401, 422)
        with county.house.ledger.pool.connection() as connection:
            connection.execute("DELETE FROM desk.attempt")
    assert county.sign_in("b-office").status_code == 200


def test_a_forgotten_password_is_set_anew_with_a_code_that_works_once(county: County) -> None:
    account = county.teacher("a-math")
    before = entered(county, "a-math")
    path = f"/accounts/{account}/password-reset"
    assert county.b_office.post(path).status_code == 404
    first = county.a_office.post(path).json()["code"]
    code = county.a_office.post(path).json()["code"]
    assert county.topics()[-2:] == ["password-reset.allowed.v1"] * 2

    def tried(code: str, username: str = "a-math") -> int:
        body = {"username": username, "code": code, "new_password": NEW}
        return int(county.client.post("/api/v1/password-resets", json=body).status_code)

    # Nothing is read of the account for a wrong code, so that its time tells nobody of it.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(county.house.ledger, "state", None)
        assert tried(first) == tried(first, "nobody-at-all") == 401
    assert tried(code, "a-office") == 401
    assert tried(f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()) == 204
    assert tried(code) == 401
    assert county.topics()[-1] == "password-reset.done.v1"
    assert county.sign_in("a-math").status_code == 401
    assert county.sign_in("a-math", NEW).status_code == 200
    gone = {"Authorization": f"Bearer {before}"}
    assert county.client.get("/api/v1/me", headers=gone).status_code == 401


def test_whose_password_somebody_else_could_set_reads_who_and_when(county: County) -> None:
    """Whoever hands out a code can use it, and would read the notes: the person is told."""
    account = county.teacher("a-math")
    teacher = county.caller("a-math")
    assert teacher.get("/me/password-resets").json() == {
        "items": [],
        "next_cursor": None,
        "shut_until": None,
    }
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    [allowed] = teacher.get("/me/password-resets").json()["items"]
    assert allowed["allowed_by"] == {"id": county.id_of("a-office"), "name": "a-office 承辦人"}
    assert (allowed["used_at"], allowed["allowed_at"][:10]) == (None, "2023-08-01")
    county.eb.post(f"/accounts/{account}/password-reset")
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    body = {"username": "a-math", "code": code, "new_password": NEW}
    assert county.client.post("/api/v1/password-resets", json=body).status_code == 204
    token = county.sign_in("a-math", NEW).json()["access_token"]
    answer = county.client.get(
        "/api/v1/me/password-resets", headers={"Authorization": f"Bearer {token}"}
    )
    items = answer.json()["items"]
    assert [one["used_at"] is None for one in items] == [False, True, True]
    assert [one["allowed_by"]["name"] for one in items] == [
        "a-office 承辦人",
        county.eb.get("/me").json()["name"],
        "a-office 承辦人",
    ]
    assert county.a_office.get("/me/password-resets").json()["items"] == []


def test_a_school_resets_its_own_people_alone_and_the_authority_everybody(
    county: County,
) -> None:
    office, bureau = county.id_of("a-office"), county.id_of("eb")
    assert county.a_office.post(f"/accounts/{office}/password-reset").status_code == 403
    assert county.a_office.post(f"/accounts/{bureau}/password-reset").status_code == 404
    assert county.eb.post(f"/accounts/{office}/password-reset").status_code == 201
    assert "code" not in county.said("password-reset.allowed.v1")
