from tests.api.serving import PASSWORD, Caller, County


def test_a_token_says_who_one_is_until_it_is_given_back(county: County) -> None:
    answer = county.sign_in("eb")
    token = answer.json()
    assert token["token_type"] == "bearer"
    assert token["access_token"].startswith("igp_")
    assert token["expires_in"] == 12 * 3600
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = county.client.get("/api/v1/me", headers=headers)
    assert me.json() == {
        "id": county.id_of("eb"),
        "username": "eb",
        "name": "eb 承辦人",
        "organisations": [{"code": "ks-eb", "name": "苓雅示範市政府教育局", "kind": "authority"}],
        "roles": ["authority_administrator"],
    }
    assert county.client.delete("/api/v1/token", headers=headers).status_code == 204
    gone = county.client.get("/api/v1/me", headers=headers)
    assert gone.status_code == 401
    assert gone.json()["code"] == "not-signed-in"
    assert gone.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_password_an_unknown_name_and_a_closed_account_answer_alike(
    county: County,
) -> None:
    account = county.teacher("a-gone")
    assert county.a_office.post(f"/accounts/{account}/closing", version=1).status_code == 200
    answers = [
        county.sign_in("eb", "wrong-password"),
        county.sign_in("nobody-at-all"),
        county.sign_in("a-gone"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_closing_an_account_ends_its_sessions(county: County) -> None:
    account = county.teacher("a-gone")
    assert county.a_gone.get("/me").status_code == 200
    assert county.a_office.post(f"/accounts/{account}/closing", version=1).status_code == 200
    assert county.a_gone.get("/me").status_code == 401


def test_a_password_is_the_same_in_every_unicode_form(county: County) -> None:
    county.teacher("a-cafe", password="caf\u00e9-au-lait")
    assert county.sign_in("a-cafe", "cafe\u0301-au-lait").status_code == 200


def test_a_username_is_found_however_it_is_typed(county: County) -> None:
    assert county.sign_in(" EB ").status_code == 200


def test_a_changed_password_ends_the_other_sessions(county: County) -> None:
    county.teacher("a-one")
    other = county.sign_in("a-one").json()["access_token"]
    body = {"current_password": PASSWORD, "new_password": "something-else"}
    assert county.a_one.post("/me/password", body).status_code == 204
    assert county.a_one.get("/me").status_code == 200
    headers = {"Authorization": f"Bearer {other}"}
    assert county.client.get("/api/v1/me", headers=headers).status_code == 401
    assert county.sign_in("a-one").status_code == 401
    assert county.sign_in("a-one", "something-else").status_code == 200


def test_no_stored_row_holds_a_token_or_a_name(county: County) -> None:
    token = county.sign_in("eb").json()["access_token"]
    with county.house.ledger.pool.connection() as connection:
        rows = connection.execute("SELECT s::text FROM desk.session s").fetchall()
        rows += connection.execute("SELECT c::text FROM desk.credential c").fetchall()
    text = "".join(row[0] for row in rows)
    assert rows
    assert token not in text
    assert PASSWORD not in text
    assert "a-office" not in text


def test_a_profile_token_opens_the_own_profile_and_nothing_else(county: County) -> None:
    account = county.teacher("a-new", subjects=[])
    colleague = county.teacher("a-one")
    token = county.sign_in("a-new").json()["profile_token"]
    caller = Caller(county.client, token)
    assert caller.get("/me").json()["id"] == account
    assert caller.get(f"/accounts/{account}").json()["subjects"] == []
    assert caller.get(f"/accounts/{colleague}").status_code == 404
    for path in ("/students", "/organisations", "/me/notes", "/changes?from=112.8.1&to=112.8.1"):
        assert caller.get(path).status_code == 401
    assert caller.patch(f"/accounts/{account}", {"name": "新名"}, version=1).status_code == 403
    assert county.a_office.post(f"/accounts/{account}/closing", version=1).status_code == 200
    assert caller.get("/me").status_code == 401


def test_json_where_a_form_is_taken_is_told_so(county: County) -> None:
    """RFC 6749, 4.3: a program's sign-in is a form."""
    answer = county.client.post("/api/v1/token", json={"username": "eb", "password": PASSWORD})
    assert answer.status_code == 422
    first, *others = answer.json()["errors"]
    assert first["code"] == "not-a-form"
    assert "表單" in first["message"]
    assert [one["field"] for one in others] == ["username", "password"]
    assert PASSWORD not in answer.text
