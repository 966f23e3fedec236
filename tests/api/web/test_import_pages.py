"""A school's import on the pages: looked at line by line, confirmed once, told line by line."""

from typing import Any

import pytest

from api import school_imports
from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.visiting import FROM_US, Sheet, Visitor

STUDENTS = "national_id,name,sex,birth_date,organisation,stage,grade,class\n"
PREVIEW = "/school/import/preview"


def looked_at(visitor: Visitor, kind: str, content: str | bytes) -> Sheet:
    raw = content.encode() if isinstance(content, str) else content
    answer = visitor.client.post(
        "/school/import",
        data={"file_kind": kind},
        files={"file": ("名單.csv", raw)},
        headers=FROM_US,
    )
    return Sheet(answer, answer.url.path)


def test_a_file_is_looked_at_line_by_line_and_what_was_shown_is_recorded_once(
    county: County,
) -> None:
    known = county.student()
    county.teacher("a-cm", name="王個管")
    county.student("ks-b", number=1)
    office = Visitor.of(county.client, "a-office", PASSWORD)
    assert office.visit("/school").link("匯入資料") == "/school/import"
    before = county.topics()

    # What is wrong is said with line, column and what to do; nothing is kept or recorded.
    wrong = looked_at(
        office,
        "students.csv",
        STUDENTS
        + "A123456788,王大明,男,104/5/6,ks-a,elementary,4,\n"
        + f"{NATIONAL_IDS[2]},王大明,男,104/13/6,ks-a,elementary,四,\n"
        # Of a number of another school's no more is said than by a single entry.
        + f"{NATIONAL_IDS[1]},林小華,男,103/5/1,ks-b,elementary,4,\n"
        + f"{NATIONAL_IDS[3]},李一心,男,104/5/6,ks-b,elementary,4,\n",
    )
    assert (wrong.status, "有 4 行需要修正" in wrong.text) == (422, True)
    for words in (
        "「身分證統一編號」（national_id）：",
        "「出生日期」（birth_date）：",
        "「年級」（grade）：請填寫數字。",
        "「身分證統一編號」（national_id）：這位學生無法由貴校通報",
        "「學校代碼」（organisation）：只能匯入貴校的資料",
    ):
        assert words in wrong.text, words
    big5 = looked_at(office, "students.csv", (STUDENTS + "王").encode("big5"))
    assert (big5.status, "CSV UTF-8" in big5.text) == (422, True)
    header = looked_at(office, "relations.csv", STUDENTS)
    assert "第一行應該是這些欄位名稱" in header.text
    assert looked_at(office, "students.csv", b"").status == 422
    large = looked_at(office, "students.csv", STUDENTS + "x" * 140_000)
    assert "請分成幾次匯入" in large.text
    assert office.visit(PREVIEW).path == "/school/import"

    # What is good is shown with masked numbers, and nothing is recorded before it is confirmed.
    good = STUDENTS + (
        f"{NATIONAL_IDS[0]},陳小明,male,103.5.1,ks-a,elementary,4,四年丙班\n"
        f"{NATIONAL_IDS[2]},王大同,男,民國104年5月6日,ks-a,elementary,3,\n"
    )
    preview = looked_at(office, "students.csv", "\ufeff" + good)
    assert (preview.status, preview.path) == (200, PREVIEW)
    assert "新增 1、修改 1、不變 0" in preview.text
    assert "王大同（F13****093）" in preview.text
    assert ("苓雅示範國小　三年級" in preview.text, "ks-a" in preview.text) == (True, False)
    assert NATIONAL_IDS[2] not in preview.html
    assert county.topics() == before
    assert "尚未匯入的檔案" in office.visit("/school/import").text

    # Another change meanwhile: nothing is recorded, and the preview is shown anew.
    county.a_office.post(f"/directory/students/{known}/class-changes", {"class_name": "四年乙班"})
    late = office.send(PREVIEW, preview.form(PREVIEW).filled())
    assert (late.status, "預覽之後資料已有變更" in late.text) == (409, True)
    changed = county.topics()
    form = late.form(PREVIEW).filled()
    done = office.send(PREVIEW, form)
    assert (done.status, done.path) == (200, "/school/import/outcome")
    assert "已匯入，並記入歷程" in done.text
    assert "王大同（F13****093） 苓雅示範國小 三年級 新增" in " ".join(done.text.split())
    assert "修改：班級" in done.text
    added = county.topics()[len(changed) :]
    assert sorted(added) == ["student.class-changed.v1", "student.registered.v1"]
    again = office.send(PREVIEW, form)
    assert (again.path, "未新增紀錄" in again.text) == ("/school/import/outcome", True)
    assert county.topics() == changed + added
    assert "不變 2" in looked_at(office, "students.csv", good).text

    # Relations and accounts go the same way.
    relations = (
        "kind,account,student_national_id,subject,school_year\n"
        f"case_manager_resource_class,a-cm,{NATIONAL_IDS[2]},,\n"
        f"teaching,a-cm,{NATIONAL_IDS[2]},數學,112\n"
    )
    shown = looked_at(office, "relations.csv", relations)
    assert "新增 2" in shown.text
    office.send(PREVIEW, shown.form(PREVIEW).filled())
    assert "王大同" in Visitor.of(county.client, "a-cm", PASSWORD).visit("/students").text
    foreign = relations.replace(NATIONAL_IDS[2], NATIONAL_IDS[1])
    nobody = relations.replace(NATIONAL_IDS[2], NATIONAL_IDS[3])
    told = [looked_at(office, "relations.csv", one) for one in (foreign, nobody)]
    assert told[0].html.replace("B12****780", "A80****014") == told[1].html
    people = (
        "username,name,organisation,roles,duties,teaching_category,subjects,homeroom_class,"
        "gifted_class,password\n"
        "a-new,新教師,ks-a,teacher,教學,專任,數學,,,a-good-phrase\n"
    )
    shown = looked_at(office, "accounts.csv", people)
    assert "a-good-phrase" not in shown.html
    office.send(PREVIEW, shown.form(PREVIEW).filled())
    assert county.sign_in("a-new", "a-good-phrase").status_code == 200
    taken = looked_at(office, "accounts.csv", people.replace("a-new", "b-office"))
    assert "「帳號」（username）：這個帳號已經建立" in taken.text
    boss = people.replace("a-new", "a-boss").replace(",teacher,", ",authority_administrator,")
    assert "請洽主管機關" in looked_at(office, "accounts.csv", boss).text

    # What is left on the server opens with the sender's key alone, and goes when it is cleared.
    office.send("/school/import/discard", [])
    assert office.visit("/school/import/outcome").path == "/school/import"
    columns = office.client.get("/school/import/columns/students.csv").content.decode("utf-8-sig")
    assert columns.startswith(STUDENTS.strip())
    for who in ("a-cm", "eb"):
        stranger = Visitor.of(county.client, who, PASSWORD)
        assert stranger.visit("/school/import").status == 403
        assert looked_at(stranger, "students.csv", good).status == 403


def test_what_was_sent_twice_at_one_moment_is_told_as_it_was_recorded(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Visitor.of(county.client, "a-office", PASSWORD)
    line = f"{NATIONAL_IDS[2]},王大同,男,104/5/6,ks-a,elementary,3,\n"
    form = looked_at(office, "students.csv", STUDENTS + line).form(PREVIEW)
    looking = school_imports.preview

    def overtaken(*given: Any) -> school_imports.Preview:
        """The same form is recorded while this sending has only begun."""
        monkeypatch.setattr(school_imports, "preview", looking)
        assert office.send(PREVIEW, form.filled()).path == "/school/import/outcome"
        return looking(*given)

    monkeypatch.setattr(school_imports, "preview", overtaken)
    told = office.send(PREVIEW, form.filled())
    assert (told.path, "新增" in told.text, "不變" in told.text) == (
        "/school/import/outcome",
        True,
        False,
    )
