"""One's own account on the pages: devices, password, and one that was forgotten."""

from tests.api.serving import PASSWORD, County
from tests.visiting import Visitor

NEW = "another-password"


def test_one_sees_the_devices_and_signs_the_others_out(county: County) -> None:
    here = Visitor.of(county.client, "a-office", PASSWORD)
    other = Visitor.of(county.client, "a-office", PASSWORD)
    sheet = here.visit("/account")
    assert sheet.status == 200
    assert "（這個裝置）" in sheet.text
    form = sheet.form("/account/sessions/end-others")
    sheet = here.send(form.action, form.filled())
    assert "已登出其他所有裝置" in sheet.text
    assert other.visit("/account").path.startswith("/sign-in")
    assert here.visit("/account").status == 200


def test_a_password_is_changed_and_what_is_wrong_is_said_in_place(county: County) -> None:
    office = Visitor.of(county.client, "a-office", PASSWORD)
    form = office.visit("/account").form("/account/password")
    for given, words in (
        ({"current_password": "wrong", "new_password": NEW, "again": NEW}, "目前的密碼不正確"),
        ({"current_password": PASSWORD, "new_password": NEW, "again": "x"}, "兩次輸入的新密碼不同"),
        ({"current_password": PASSWORD, "new_password": "short", "again": "short"}, "至少 8 字"),
    ):
        sheet = office.send(form.action, form.filled(**given))
        assert sheet.status == 422
        assert sheet.title.startswith("錯誤：")
        assert words in sheet.text
        assert PASSWORD not in sheet.html
        assert NEW not in sheet.html
    done = form.filled(current_password=PASSWORD, new_password=NEW, again=NEW)
    assert "密碼已變更" in office.send(form.action, done).text
    assert county.sign_in("a-office", NEW).status_code == 200


def test_a_forgotten_password_is_set_with_a_code(county: County) -> None:
    account = county.teacher("a-math")
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    visitor = Visitor(county.client)
    form = visitor.visit("/reset").form("/reset")
    typed = {"username": "a-math", "new_password": NEW, "again": NEW}
    refused = visitor.send(form.action, form.filled(code="ABCDEFGHJKLM", **typed))
    assert refused.status == 401
    sheet = visitor.send(form.action, form.filled(code=code, **typed))
    assert sheet.path == "/sign-in"
    assert "密碼已變更" in sheet.text
    teacher = Visitor.of(county.client, "a-math", NEW)
    assert teacher.visit("/").status == 200
    # Who could have used the code is told to the person, on the page of the own account alone.
    assert "以代碼重設密碼" in teacher.visit("/account").text
    assert "a-office 承辦人" in teacher.visit("/account").text
    office = Visitor.of(county.client, "a-office", PASSWORD)
    assert "以代碼重設密碼" not in office.visit("/account").text
