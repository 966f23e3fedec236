"""What each of the four people comes for, done with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, FileChooser, TimeoutError, expect

from igp.sealing import seal_now
from tests.acceptance.initial_stage import InitialStage, done
from tests.api.serving import PASSWORD
from tests.browser.conftest import Site, found
from tests.browser.keyboard import Keyboard
from tests.browsing import seat

PROGRAMME = "/programmes/kaohsiung-114"
IMPORTED = (
    "national_id,name,sex,birth_date,organisation,stage,grade,class\n"
    "F131104093,林小華,女,104/5/6,ks-a,elementary,4,四年乙班\n"
)


@pytest.fixture(scope="module")
def stage(demo: Site) -> InitialStage:
    """114.2.17: a pupil of the demo county has an application that waits for its school, another
    waits for the ticket of the organiser."""
    stage = InitialStage(demo.county)
    stage.at("2025-02-17T09:00")
    [pupil] = found(demo.county.a_office, "歐陽昕")
    stage.applied("歐陽昕", pupil)
    done(stage.submit("歐陽昕"))
    stage.entered("宋家安")
    seal_now(demo.county.house.ledger)
    return stage


@pytest.mark.timeout(300)
def test_a_teacher_fills_in_a_section_and_takes_it_back(
    demo: Site, stage: InitialStage, browser: Browser
) -> None:
    with seat(browser, demo.url) as teacher:
        page, keys = teacher.page, Keyboard(teacher)
        keys.sign_in("a-cm", PASSWORD)
        keys.press("Tab")
        expect(page.get_by_role("link", name="跳到主要內容")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        keys.follow("歐陽昕")
        keys.follow("112 學年度")
        keys.follow("填寫得獎紀錄")
        keys.follow("填寫")
        keys.push("新增一筆得獎紀錄")
        date = page.locator("[id='f-awards.0.award_date']")
        expect(date).to_be_focused()
        _calendar(keys)
        keys.push("新增一筆得獎紀錄", key="Space")
        expect(page.locator("[id='f-awards.1.award_date']")).to_be_focused()
        keys.push("移除這筆")
        expect(page.get_by_role("group", name="得獎紀錄第 2 筆")).to_have_count(0)
        assert page.evaluate("document.activeElement.closest('#the-form') !== null")
        keys.to(page.locator("[id='f-awards.0.event_name']"), back=True)
        _composed(keys)
        keys.to(page.locator("[id='f-awards.0.prize']"))
        keys.type("特優")
        keys.press("Control+s")
        expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()
        keys.push("復原這次的得獎紀錄", key="Space")
        expect(page.get_by_text("已復原，並以新的紀錄記入歷程")).to_be_visible()
        keys.push("登出")
        expect(page.get_by_text("您已登出")).to_be_visible()


def _chosen(keys: Keyboard) -> FileChooser:
    """What Enter opens on a field for a file. A browser on a busy machine may take the key before
    it is ready to tell us of what it opens; so it may be pressed once more."""
    for patience in (5_000, 20_000):
        try:
            with keys.page.expect_file_chooser(timeout=patience) as chooser:
                keys.press("Enter")
            return chooser.value
        except TimeoutError:
            continue
    raise AssertionError("Enter opened nothing")


def _calendar(keys: Keyboard) -> None:
    """It opens with Enter, closes with Escape or when one goes on, and gives the day that the
    arrows lead to."""
    page = keys.page
    button, date = page.locator("[data-pick]").first, page.locator("[id='f-awards.0.award_date']")
    keys.to(button)
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    inside = page.locator(".date-pop:focus-within")
    expect(inside).to_have_count(1)
    keys.press("Escape")
    expect(button).to_be_focused()
    keys.press("Space")
    expect(inside).to_have_count(1)
    keys.to(page.locator("[id='f-awards.0.event_name']"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.to(button, back=True)
    keys.press("Enter")
    expect(inside).to_have_count(1)
    day = page.locator("calendar-month button:focus")
    while not day.count():
        keys.press("Tab")
        expect(inside).to_have_count(1)
    expect(day).to_have_text("17")
    keys.press("ArrowLeft")
    expect(day).to_have_text("16")
    keys.press("Enter")
    expect(date).to_be_focused()
    expect(date).to_have_value("114/2/16")


def _composed(keys: Keyboard) -> None:
    """Enter while a character is being chosen sends no form."""
    page = keys.page
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    browser = page.context.new_cdp_session(page)
    browser.send(
        "Input.imeSetComposition", {"text": "ㄎㄜ", "selectionStart": 2, "selectionEnd": 2}
    )
    page.evaluate(
        "document.addEventListener('keydown', (one) => {"
        " if (one.key === 'Enter') window.chosen = one.isComposing; }, true)"
    )
    keys.press("Enter")
    assert page.evaluate("window.chosen") is True
    browser.send("Input.insertText", {"text": "科學展覽"})
    expect(page.locator("[id='f-awards.0.event_name']")).to_have_value("科學展覽")
    assert not [one for one in sent if "/drafts" not in one]


@pytest.mark.timeout(300)
def test_a_school_imports_a_pupil_and_vets_an_application(
    demo: Site, stage: InitialStage, browser: Browser
) -> None:
    with seat(browser, demo.url) as school:
        page, keys = school.page, Keyboard(school)
        keys.sign_in("a-office", PASSWORD)
        keys.follow("學校人員")
        keys.follow("匯入資料")
        keys.to(page.get_by_label("CSV 檔"))
        _chosen(keys).set_files(
            {"name": "學生.csv", "mimeType": "text/csv", "buffer": IMPORTED.encode()}
        )
        keys.push("預覽")
        keys.push("確認匯入 1 行")
        expect(page.get_by_text("已匯入，並記入歷程")).to_be_visible()
        keys.follow("鑑定計畫")
        keys.follow("高雄市", exact=False)
        keys.follow("申請案")
        keys.follow("歐陽昕")
        keys.follow("：審查報名資格", exact=False)
        keys.choose("審查結果", "通過")
        keys.choose("審查單位", "校內特殊教育推行委員會")
        keys.fill("會議日期（必填）", "114/2/17")
        keys.push("送出")
        expect(page.get_by_text("已儲存，並記入歷程")).to_be_visible()


@pytest.mark.timeout(300)
def test_the_county_asks_what_changed(demo: Site, stage: InitialStage, browser: Browser) -> None:
    with seat(browser, demo.url) as officer:
        page, keys = officer.page, Keyboard(officer)
        keys.sign_in("eb", PASSWORD)
        keys.follow("異動報表")
        keys.fill("起日（民國日期，含當日）", "112/7/1")
        keys.fill("迄日（民國日期，含當日）", "114/2/17")
        keys.press("Enter")
        page.wait_for_url("**/changes?*")
        row = page.locator("table.changes details").first
        keys.to(row.locator("summary"))
        keys.press("Enter")
        expect(row).to_have_attribute("open", "")
        keys.press("Space")
        expect(row).not_to_have_attribute("open", "")
        keys.to(page.get_by_role("link", name=re.compile("CSV")).first, back=True)
        with page.expect_download():
            keys.press("Enter")


@pytest.mark.timeout(300)
def test_the_organiser_enters_a_row_of_a_sheet(
    demo: Site, stage: InitialStage, browser: Browser
) -> None:
    with seat(browser, demo.url) as organiser:
        page, keys = organiser.page, Keyboard(organiser)
        keys.sign_in("org", PASSWORD)
        keys.follow("鑑定計畫")
        keys.follow("高雄市", exact=False)
        keys.follow("成績與結果登載")
        keys.follow("核發鑑定證")
        keys.fill("宋家安：鑑定證編號", "114001")
        keys.push("登載本頁")
        page.get_by_text("另有 1 位沒有登載").wait_for()
        keys.fill("宋家安：試場編號", "01")
        keys.press("Control+s")
        page.get_by_text("待登載 0 位，已登載 1 位").wait_for()


@pytest.mark.timeout(300)
def test_a_reviewer_looks_back_and_takes_the_evidence_away(
    demo: Site, stage: InitialStage, browser: Browser
) -> None:
    with seat(browser, demo.url) as reviewer:
        page, keys = reviewer.page, Keyboard(reviewer)
        keys.sign_in("reviewer", PASSWORD)
        keys.follow("爭議案")
        keys.follow("張簡子晴")
        keys.follow("歷程")
        keys.follow("爭議案")
        keys.follow("張簡子晴")
        keys.follow("過去時點的資料")
        slider = page.locator("[data-slider]").first
        keys.to(slider)
        before = slider.input_value()
        keys.press("ArrowLeft")
        assert slider.input_value() != before
        keys.push("查詢")
        page.wait_for_url("**/as-of?at=*")
        keys.follow("比較兩個時點")
        keys.fill("前一時點（民國日期：該日結束時）", "112/8/1")
        keys.fill("後一時點（民國日期：該日結束時）", "114/2/17")
        keys.push("比較")
        page.wait_for_url("**/compare?*")
        keys.follow("爭議案")
        keys.follow("張簡子晴")
        keys.to(page.get_by_role("link", name="下載證據檔（zip）"))
        with page.expect_download() as download:
            keys.press("Enter")
        assert download.value.suggested_filename.startswith("evidence-")
