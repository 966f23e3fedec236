"""What a school's administrator does on the pages: case managers, dispatches, teaching, codes."""

import pytest

from tests.api.serving import PASSWORD, County
from tests.visiting import Sheet, Visitor


@pytest.fixture
def office(county: County) -> Visitor:
    """The administrator of school A, which has two teachers and a student with nobody."""
    county.teacher("a-cm", name="王個管")
    county.teacher("a-en", name="李英語")
    county.student()
    county.teacher("b-cm", "ks-b", name="外校教師")
    return Visitor.of(county.client, "a-office", PASSWORD)


def posted(visitor: Visitor, sheet: Sheet, action: str, **given: str) -> Sheet:
    form = sheet.form(action)
    return visitor.send(action, form.filled(**given))


def test_a_teacher_becomes_case_manager_and_a_student_is_dispatched_and_taken_back(
    office: Visitor, county: County
) -> None:
    start = office.visit("/school")
    assert start.status == 200
    assert "陳小明" in start.text
    assert "外校教師" not in start.text

    person = office.visit(start.link("王個管"))
    form = next(one for one in person.forms if one.action.endswith("/appointment"))
    person = office.send(form.action, form.filled())
    assert "已設定為個案管理教師" in person.text

    student = office.visit("/school").link("陳小明")
    relations = office.visit(f"{student}/relations")
    account = person.path.rpartition("/")[2]
    wrong = posted(office, relations, f"{student}/relations/dispatches", account="")
    assert wrong.status == 422
    relations = posted(office, wrong, f"{student}/relations/dispatches", account=account)
    assert (relations.status, relations.path) == (200, f"{student}/relations")
    assert "每位學生都有個案管理教師" in office.visit("/school").text
    cm = Visitor.of(county.client, "a-cm", PASSWORD)
    assert "陳小明" in cm.visit("/students").text
    assert cm.visit(f"{student}/relations").status == 403
    assert cm.visit("/school").status == 403

    end = f"{student}/relations/dispatches/{account}/end"
    asks = office.visit(end)
    assert posted(office, asks, end, reason="").status == 422
    assert posted(office, asks, end, reason="調校").status == 200
    assert "陳小明" in office.visit("/school").text
    assert "陳小明" not in cm.visit("/students").text
    assert office.visit(end).status == 404

    form = next(one for one in office.visit(person.path).forms if one.action.endswith("ent/end"))
    person = office.send(form.action, form.filled(reason="職務調整"))
    assert "尚未設定為個案管理教師" in person.text


def test_a_teacher_is_assigned_by_name_and_the_assignment_ends(
    office: Visitor, county: County
) -> None:
    student = office.visit("/school").link("陳小明")
    relations = office.visit(f"{student}/relations")
    assert "李英語（專任、英語）" in relations.text
    assert "外校教師" not in relations.text
    action = f"{student}/relations/teaching"
    account = county.id_of("a-en")
    given = {"teaching__account": account, "teaching__subject": ""}
    wrong = posted(office, relations, action, **given)
    assert wrong.status == 422
    assert 'href="#f-teaching.subject"' in wrong.html
    relations = posted(office, wrong, action, teaching__subject="英語")
    assert relations.status == 200
    assert "任課教師" in relations.text
    teacher = Visitor.of(county.client, "a-en", PASSWORD)
    assert "陳小明" in teacher.visit("/students").text
    end = f"{student}/relations/teaching/{account}/end"
    assert posted(office, office.visit(end), end, reason="調整授課").status == 200
    assert "陳小明" not in teacher.visit("/students").text


def test_a_code_for_a_forgotten_password_is_shown_once(office: Visitor, county: County) -> None:
    person = office.visit(office.visit("/school").link("李英語"))
    form = next(one for one in person.forms if one.action.endswith("/password-reset"))
    shown = office.send(form.action, form.filled())
    assert shown.status == 200
    code = shown.html.partition("data-code>")[2].partition("<")[0]
    assert len(code) == 12
    assert code not in office.send(form.action, form.filled()).html
    body = {"username": "a-en", "code": code, "new_password": "another-good-phrase"}
    assert county.client.post("/api/v1/password-resets", json=body).status_code == 204
    assert county.sign_in("a-en", "another-good-phrase").status_code == 200


def test_a_school_keeps_its_own_people_alone_and_the_authority_looks_at_any(
    office: Visitor, county: County
) -> None:
    stranger = county.id_of("b-cm")
    assert office.visit(f"/school/people/{stranger}").status == 404
    assert office.post(f"/school/people/{stranger}/password-reset").status_code == 404
    assert office.visit("/school?organisation=ks-b").status == 404
    bureau = Visitor.of(county.client, "eb", PASSWORD)
    assert "請先選擇單位" in bureau.visit("/school").text
    person = bureau.visit(bureau.visit("/school?organisation=ks-b").link("外校教師"))
    form = next(one for one in person.forms if one.action.endswith("/appointment"))
    assert "資優巡迴輔導" in bureau.send(form.action, form.filled()).text
