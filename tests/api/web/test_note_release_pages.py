"""An author releases a note on the pages, and takes it back; to others there is no such page."""

from uuid import UUID

import pytest

from tests.api.hearing import Hearing
from tests.api.serving import NOTE, County
from tests.visiting import FormOnPage, Sheet, Visitor


@pytest.fixture
def hearing(county: County) -> Hearing:
    return Hearing(county)


def visitor(hearing: Hearing, username: str) -> Visitor:
    hearing.county.caller(username)
    return Visitor.holding(hearing.county.client, hearing.county.tokens[username])


def released(hearing: Hearing) -> list[bool]:
    """Of each release whether its content is shown to the reviewer."""
    items = hearing.reviewer.get(f"{hearing.path}/note-releases").json()["items"]
    return [one["note"] is not None for one in items]


def opened(author: Visitor, hearing: Hearing) -> Sheet:
    """The page on which the dispute was named."""
    sheet = author.visit(f"/students/{hearing.student}/notes/{hearing.note}")
    sheet = author.visit(sheet.link("釋出給爭議案件"))
    assert "僅本人可見" in sheet.text
    assert "釋出後顯示的內容" not in sheet.text
    return author.visit(f"{sheet.path}?dispute={hearing.dispute}")


def making(sheet: Sheet) -> FormOnPage:
    """The form that releases; the one before it only names the dispute."""
    return [form for form in sheet.forms if form.action == sheet.path][1]


def test_the_author_looks_first_then_releases_and_takes_it_back(hearing: Hearing) -> None:
    author = visitor(hearing, "a-cm")
    path = f"/me/notes/{hearing.note}/release"
    sheet = opened(author, hearing)
    assert NOTE["content"] in sheet.text
    assert "看得到您釋出了一筆紀錄，看不到內容" in sheet.text
    assert released(hearing) == []
    sheet = author.send(path, making(sheet).filled())
    assert "已釋出給這件爭議" in sheet.text
    assert released(hearing) == [True]
    taking_back = sheet.form(f"{path}/withdrawal")
    refused = author.send(taking_back.action, taking_back.filled())
    assert refused.status == 422
    sheet = author.send(taking_back.action, taking_back.filled(reason="改以口頭說明"))
    assert "已收回" in sheet.text
    assert released(hearing) == [False]
    sheet = author.send(path, making(sheet).filled())
    hearing.close()
    taking_back = sheet.form(f"{path}/withdrawal")
    refused = author.send(taking_back.action, taking_back.filled(reason="反悔"))
    assert (refused.status, "審理已經終結" in refused.text) == (409, True)
    assert released(hearing) == [False, True]


def test_the_release_of_a_deleted_note_is_taken_back_from_its_history(hearing: Hearing) -> None:
    author = visitor(hearing, "a-cm")
    path = f"/me/notes/{hearing.note}/release"
    author.send(path, making(opened(author, hearing)).filled())
    deletion = f"/students/{hearing.student}/notes/{hearing.note}/withdrawal"
    deleted = hearing.author.post(deletion, {"reason": "重複填寫"}, version=1)
    assert deleted.status_code == 200, deleted.text
    assert released(hearing) == [True]
    sheet = author.visit(f"/students/{hearing.student}/history?section=counselling_note")
    sheet = author.visit(f"{sheet.link('釋出給爭議案件，或收回')}?dispute={hearing.dispute}")
    assert (sheet.status, "這筆紀錄已刪除" in sheet.text) == (200, True)
    assert NOTE["content"] not in sheet.text
    assert "釋出這筆紀錄" not in sheet.text
    taking_back = sheet.form(f"{path}/withdrawal")
    sheet = author.send(taking_back.action, taking_back.filled(reason="改以口頭說明"))
    assert (sheet.status, released(hearing)) == (200, [False])
    assert [form.action for form in sheet.forms if form.action.startswith(path)] == [path]
    # It is not released anew, and to another dispute it never was.
    again = author.send(path, [("dispute", hearing.dispute)])
    assert (again.status, released(hearing)) == (404, [False])
    other = author.visit(f"{path}?dispute={UUID(int=1)}")
    assert (other.status, "找不到這件爭議" in other.text) == (422, True)


@pytest.mark.parametrize("written", [str(UUID(int=5)), "甲案", ""])
def test_a_dispute_that_is_not_there_is_asked_for_again(hearing: Hearing, written: str) -> None:
    author = visitor(hearing, "a-cm")
    sheet = author.visit(f"/me/notes/{hearing.note}/release?dispute={written}")
    assert (sheet.status, "請向承辦人員確認案件編號" in sheet.text) == (422, True)
    assert NOTE["content"] not in sheet.text


def test_to_everybody_else_there_is_no_such_page(hearing: Hearing) -> None:
    for username in ("reviewer", "eb", "a-office"):
        other = visitor(hearing, username)
        pages = []
        for note in (hearing.note, UUID(int=7)):
            path = f"/me/notes/{note}/release"
            typed = [("dispute", hearing.dispute), ("reason", "試"), ("_version", "1")]
            sheets = [
                other.visit(f"{path}?dispute={hearing.dispute}"),
                other.send(path, typed),
                other.send(f"{path}/withdrawal", typed),
            ]
            assert [one.status for one in sheets] == [404] * 3
            pages.append([one.html for one in sheets])
        assert pages[0] == pages[1]
    assert released(hearing) == []
