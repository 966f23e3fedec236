"""A teacher's day in a browser, with script and without."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.serving import PASSWORD, PLACEMENT
from tests.browser.conftest import Site, found
from tests.browsing import Seat, seat


@pytest.fixture(scope="module")
def student(demo: Site) -> str:
    """歐陽昕 of the demo county, whose plan of 112 has begun; a second case manager helps out."""
    county = demo.county
    [student] = found(county.a_cm, "歐陽昕")
    colleague = {"account": county.id_of("a-cm2")}
    county.a_office.made(f"/students/{student}/dispatches", colleague)
    return student


@pytest.mark.timeout(300)
def test_a_teacher_fills_in_a_plan_writes_a_note_and_asks_for_a_re_placement(
    demo: Site, student: str, browser: Browser
) -> None:
    placement = demo.county.a_cm.made(
        f"/students/{student}/placements", PLACEMENT | {"school_year": 112}
    )
    with seat(browser, demo.url) as teacher:
        page = teacher.page
        teacher.go("/", look="sign-in")
        teacher.sign_in("a-cm", PASSWORD)
        teacher.look("work-list")
        page.get_by_role("link", name="歐陽昕").first.click()
        teacher.look("student")
        page.get_by_role("link", name="112 學年度").click()
        teacher.look("plan")
        _awards(teacher, student)
        _undo(teacher, student)
        _strengths(teacher, student)
        _meeting(teacher, student)
        _note(teacher, student)
        _placement(teacher, student, placement)
        _conflict(demo, teacher, student)
        for path, name in (
            (f"/students/{student}/plan?school_year=112", "plan-filled"),
            (f"/students/{student}/history", "history"),
            (f"/students/{student}/sections/strengths_weaknesses", "section"),
            ("/students", "students"),
            ("/students/new-plans", "new-plans"),
            ("/students/new-year", "new-year"),
            (f"/students/{student}/files?school_year=112", "files"),
            ("/course-templates", "course-templates"),
            ("/me/shared-courses", "shared-courses"),
            ("/me/notes", "own-notes"),
            (f"/students/{student}/courses", "empty-list"),
            (f"/students/{student}/placements/{placement}/edit", "placement-edit"),
            ("/nothing-here", "not-found"),
        ):
            teacher.go(path, look=name)
            if name == "plan-filled":
                teacher.paper(name)
        _refused_long(teacher)
        teacher.go(f"/students/{student}/history?section=basic_family")
        page.locator("summary").first.click()
        teacher.look("history-differences")
        _keys(teacher)
        page.keyboard.type("歐陽")
        page.keyboard.press("Enter")
        expect(page.get_by_text("找到 1 位")).to_be_visible()
        teacher.look("search")
        page.set_viewport_size({"width": 420, "height": 800})
        teacher.go(f"/students/{student}/plan?school_year=112", look="plan-narrow")
        page.get_by_role("button", name="登出").click()
        expect(page.get_by_text("您已登出")).to_be_visible()


def _awards(teacher: Seat, student: str) -> None:
    """Rows come and go without the page; the calendar writes a date; what is typed is kept."""
    page = teacher.page
    path = f"/students/{student}/sections/awards/edit?school_year=112"
    teacher.go(path, look="section-form")
    page.get_by_role("button", name="新增一筆得獎紀錄").click()
    page.get_by_role("group", name="得獎紀錄第 1 筆").wait_for()
    expect(page.locator("[id='f-awards.0.award_date']")).to_be_focused()
    page.get_by_role("button", name="從月曆選擇日期").click()
    page.get_by_role("dialog").wait_for()
    expect(page.locator("calendar-date")).to_contain_text(re.compile("月"))
    teacher.look("calendar")
    page.keyboard.press("Escape")
    page.locator("[id='f-awards.0.award_date']").fill("1120601")
    page.locator("[id='f-awards.0.event_name']").fill("科學展覽")
    expect(page.get_by_text("民國112年6月1日（四）")).to_be_visible()
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已於")
    page.get_by_role("button", name="儲存", exact=True).last.click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("錯誤：")
    teacher.look("error-summary")
    page.get_by_role("link", name=re.compile("名次／獎項")).click()
    expect(page.locator("[id='f-awards.0.prize']")).to_be_focused()
    page.keyboard.type("特優")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()
    teacher.look("section-saved")


def _refused_long(teacher: Seat) -> None:
    """A long write that is refused is sent once, and says why on its page."""
    page = teacher.page
    teacher.go("/students/new-year")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.method))
    page.get_by_label(re.compile("^要新增的學年度")).fill("99")
    page.get_by_role("button", name=re.compile("^為下列")).click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.get_by_label(re.compile("^要新增的學年度"))).to_have_value("99")
    assert page.title().startswith("錯誤：")
    assert sent.count("POST") == 1
    teacher.look("new-year-refused")


def _keys(teacher: Seat) -> None:
    """Single keys work outside fields, not while a character is chosen, and can be switched off;
    `/` leads to the search."""
    page = teacher.page
    search = page.get_by_role("searchbox", name="查詢學生")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="鍵盤操作")).to_be_visible()
    teacher.look("keys")
    toggle = page.get_by_role("dialog").locator("[data-keys-toggle]")
    toggle.click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(search).not_to_be_focused()
    teacher.go("/keys", look="keys-page")
    page.locator("[data-keys-toggle]").click()
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: '/', isComposing: true}))"
    )
    expect(search).not_to_be_focused()
    page.keyboard.press("Tab")
    teacher.go("/students")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到主要內容")).to_be_focused()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.press("?")
    expect(search).to_have_value("?")
    search.fill("")


def _undo(teacher: Seat, student: str) -> None:
    """What was just saved is undone by its button."""
    page = teacher.page
    page.get_by_role("button", name="復原這次的得獎紀錄").click()
    expect(page.get_by_text("已復原，並以新的紀錄記入歷程")).to_be_visible()
    teacher.look("undone")
    page.get_by_role("button", name="復原這次的得獎紀錄").click()
    expect(page.get_by_text("已復原，並以新的紀錄記入歷程")).to_be_visible()


def _strengths(teacher: Seat, student: str) -> None:
    """A page that is left with something typed asks first, and the draft is there afterwards."""
    page = teacher.page
    path = f"/students/{student}/sections/strengths_weaknesses/edit?school_year=112"
    teacher.go(path, look="marks")
    page.get_by_role("radiogroup", name="記憶").get_by_label("優勢").check()
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已於")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.once("dialog", stay)
    teacher.go("/")
    assert asked == ["beforeunload"]
    teacher.go(path, look="draft")
    page.get_by_role("link", name="接續草稿").click()
    assert page.get_by_role("radiogroup", name="記憶").get_by_label("優勢").is_checked()
    page.get_by_role("button", name="儲存", exact=True).last.click()
    expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()


def _meeting(teacher: Seat, student: str) -> None:
    page = teacher.page
    teacher.go(f"/students/{student}/meetings/new?school_year=112", look="meeting-form")
    page.get_by_label("會議時間：日期").fill("112/7/20")
    page.get_by_label("會議時間：時刻").fill("14:30")
    page.get_by_label("會議主題").fill("期初會議")
    page.get_by_label("目的").fill("擬定計畫")
    page.get_by_label("參與人員").fill("導師、家長")
    page.get_by_label("會議內容").fill("討論課程安排。")
    page.get_by_role("button", name="儲存", exact=True).last.click()
    expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()
    teacher.look("meetings")


def _note(teacher: Seat, student: str) -> None:
    page = teacher.page
    teacher.go(f"/students/{student}/notes/new", look="note-form")
    expect(page.get_by_text("僅本人可見", exact=True)).to_be_visible()
    page.get_by_label("目的").fill("了解適應情形")
    page.get_by_label("參與人員").fill("王老師")
    page.get_by_label(re.compile("^內容")).fill("談到分組學習的壓力")
    page.get_by_role("button", name="儲存", exact=True).last.click()
    teacher.look("notes")
    page.get_by_role("link", name="民國114年2月14日（五）").click()
    teacher.look("note")


def _placement(teacher: Seat, student: str, placement: str) -> None:
    page = teacher.page
    teacher.go(f"/students/{student}/placements", look="placements")
    page.locator("summary").first.click()
    page.get_by_role("link", name="申請重新安置").click()
    teacher.look("request-form")
    page.get_by_label(re.compile("^原因說明")).fill("家長提出")
    page.get_by_label(re.compile("^領域")).fill("數學")
    page.get_by_label(re.compile("^安置類別")).select_option(label="免修")
    page.get_by_label(re.compile("^就讀年級")).select_option("5")
    page.get_by_label(re.compile("^安置年級")).select_option("6")
    page.get_by_role("button", name="送出申請").click()
    expect(page.get_by_text("等待學校特推會辦理")).to_be_visible()
    teacher.look("request")


def _conflict(demo: Site, teacher: Seat, student: str) -> None:
    """Somebody else saves while the form is open."""
    page = teacher.page
    path = f"/students/{student}/sections/basic_family"
    teacher.go(f"{path}/edit?school_year=112")
    known = demo.county.a_cm2.get(path, school_year=112).json()
    body = {"data": {"phone": "07-111-1111"}, "reason": "補充"}
    changed = demo.county.a_cm2.patch(f"{path}?school_year=112", body, version=known["version"])
    assert changed.status_code == 200, changed.text
    page.get_by_label("電話", exact=True).fill("07-222-2222")
    page.get_by_label("住址").fill("高雄市苓雅區")
    page.get_by_label(re.compile("^修改原因")).fill("更正")
    page.get_by_role("button", name="儲存", exact=True).last.click()
    expect(page.get_by_text("您編輯期間，這筆資料已由他人更新")).to_be_visible()
    expect(page.get_by_text("兩邊都改了，請確認")).to_be_visible()
    teacher.look("conflict")
    page.get_by_role("button", name="儲存", exact=True).last.click()
    expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()


@pytest.mark.timeout(300)
def test_the_same_is_done_without_script(demo: Site, student: str, browser: Browser) -> None:
    with seat(browser, demo.url, script=False) as teacher:
        page = teacher.page
        teacher.sign_in("a-cm2", PASSWORD)
        teacher.go(f"/students/{student}/sections/identification/edit?school_year=112")
        page.get_by_role("button", name="新增一筆施測紀錄").click()
        page.locator("[id='f-tests.0.test_name']").fill("數學性向測驗")
        page.locator("[id='f-tests.0.test_date']").fill("112/5/1")
        page.get_by_role("button", name="儲存", exact=True).last.click()
        assert page.title().startswith("錯誤：")
        _fill_by_summary(page, "施測結果", "百分等級 98")
        page.get_by_role("button", name="儲存", exact=True).last.click()
        assert page.get_by_text("已儲存，並記入歷程").is_visible()
        assert page.get_by_text("民國").first.is_visible()
        page.locator("#site-search").fill("歐陽昕")
        page.locator("#site-search").press("Enter")
        assert page.get_by_text("找到 1 位").is_visible()
        page.get_by_role("button", name="登出").click()
        assert page.get_by_text("您已登出").is_visible()


def _fill_by_summary(page: Page, label: str, value: str) -> None:
    link = page.get_by_role("link", name=re.compile(label))
    target = link.get_attribute("href")
    assert target is not None
    link.click()
    page.locator(f"[id='{target.removeprefix('#')}']").fill(value)
