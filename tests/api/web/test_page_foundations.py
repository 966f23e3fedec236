"""What every page stands on: the door, the guard, the words for what is refused."""

import re

import pytest

from api.web.assets import PREFIX, Assets
from api.web.guard import CONTENT_POLICY
from api.web.sign_in import own_path
from tests.api.serving import PASSWORD, County
from tests.visiting import FROM_US, Visitor


@pytest.fixture
def visitor(county: County) -> Visitor:
    county.case_manager("a-cm", county.student())
    return Visitor.of(county.client, "a-cm", PASSWORD)


def test_who_is_not_signed_in_signs_in_and_comes_back(county: County) -> None:
    county.teacher("a-hr")
    visitor = Visitor(county.client)
    sheet = visitor.visit("/?cursor=none")
    assert sheet.path == "/sign-in"
    form = sheet.form("/sign-in")
    sent = form.filled(username="a-hr", password=PASSWORD)
    assert dict(sent)["next"] == "/?cursor=none"


def test_a_wrong_password_keeps_the_name_and_says_so_at_the_head(county: County) -> None:
    visitor = Visitor(county.client)
    sheet = visitor.send("/sign-in", [("username", "nobody"), ("password", "wrong-password")])
    assert sheet.status == 401
    assert sheet.title.startswith("錯誤：")
    assert "帳號或密碼不正確" in sheet.text
    assert dict(sheet.form("/sign-in").fields)["username"] == "nobody"
    assert "wrong-password" not in sheet.html


def test_the_cookie_of_a_session_cannot_be_read_by_scripts(county: County) -> None:
    answer = Visitor(county.client).post(
        "/sign-in", [("username", "eb"), ("password", PASSWORD), ("next", "/")]
    )
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert cookie.startswith("igp-session=igp_")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


def test_over_https_the_cookie_is_bound_to_this_host(county: County) -> None:
    visitor = Visitor(county.client)
    visitor.client.base_url = "https://testserver"
    cookie = visitor.post("/sign-in", [("username", "eb"), ("password", PASSWORD)])
    said = cookie.headers["set-cookie"]
    assert said.startswith("__Host-igp-session=igp_")
    assert "Secure" in said.split("; ")
    assert visitor.visit("/").path == "/"


def test_signing_out_ends_the_session_at_the_server(visitor: Visitor) -> None:
    kept = dict(visitor.client.cookies)
    sheet = visitor.send("/sign-out", [])
    assert "您已登出" in sheet.text
    visitor.client.cookies.update(kept)
    assert visitor.visit("/").path == "/sign-in"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/students?grade=4", "/students?grade=4"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\tx", "/"),
        ("elsewhere", "/"),
        ("//[", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(wanted: str, path: str) -> None:
    assert own_path(wanted) == path


def test_a_form_is_taken_from_our_own_pages_alone(visitor: Visitor) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://["},
        {"Origin": "null"},
        {},
    ):
        answer = visitor.post("/sign-out", headers=headers)
        assert answer.status_code == 403, headers
        assert "不是從本系統的頁面送出" in answer.text
        assert visitor.visit("/").path == "/"
    for headers in ({"Origin": "http://testserver"}, FROM_US):
        assert visitor.post("/sign-out", headers=headers).status_code == 303


def test_every_page_brings_the_policy_and_is_kept_by_nobody(visitor: Visitor) -> None:
    for path in ("/", "/sign-in", "/sign-in?next=//[", "/nothing-here", "/students/no-id"):
        answer = visitor.client.get(path, follow_redirects=False)
        assert answer.status_code < 500
        assert answer.headers["content-security-policy"] == CONTENT_POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_no_page_has_a_script_or_a_style_in_it(visitor: Visitor) -> None:
    for path in ("/", "/sign-in", "/nothing-here"):
        html = visitor.visit(path).html
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", html)


def test_an_unknown_address_of_the_api_is_a_problem_and_of_the_pages_a_page(
    visitor: Visitor,
) -> None:
    api = visitor.client.get("/api/v1/nothing-here")
    assert api.headers["content-type"] == "application/problem+json"
    page = visitor.visit("/nothing-here")
    assert (page.status, page.title) == (404, "找不到這筆資料－資優教育紀錄簿")
    method = visitor.client.post("/", headers=FROM_US)
    assert (method.status_code, method.headers["content-type"]) == (405, "text/html; charset=utf-8")


def test_pages_stand_in_no_documentation(county: County) -> None:
    paths = county.client.get("/openapi.json").json()["paths"]
    assert all(path.startswith("/api/v1/") for path in paths)


def test_assets_are_kept_for_ever_under_the_digest_of_all(county: County) -> None:
    assets = Assets.read()
    url = assets.url("igp.css")
    answer = county.client.get(url)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    plain = county.client.get(url, headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert "content-encoding" not in plain.headers
    for other in (f"{PREFIX}/0000000000000000/igp.css", url.replace("igp.css", "package.json")):
        assert county.client.get(other).status_code == 404


def test_without_the_packages_the_program_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.web.assets._FROM_PACKAGES", {"tabler.css": "nowhere.css"})
    with pytest.raises(Exception, match="make run"):
        Assets.read()
