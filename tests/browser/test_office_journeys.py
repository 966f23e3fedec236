"""What a school's office, the county's officer and a reviewer do, in a browser, with script."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from igp.sealing import seal_now
from tests.acceptance.initial_stage import InitialStage, done
from tests.acceptance.school_batches import SIGNED
from tests.api.serving import PASSWORD
from tests.browser.conftest import Site, found
from tests.browsing import seat
from tests.uploads import PDF

PROGRAMME = "/programmes/kaohsiung-114"
IMPORTED = (
    "national_id,name,sex,birth_date,organisation,stage,grade,class\n"
    "F131104093,林小華,女,104/5/6,ks-a,elementary,4,四年乙班\n"
)


@pytest.fixture(scope="module")
def office(demo: Site) -> tuple[Site, InitialStage]:
    """114.2.17: a pupil of the demo county has an application, on a signed roster, and a placement
    case; the last checkpoint is a minute old."""
    county = demo.county
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    [pupil] = found(county.a_office, "歐陽昕")
    stage.applied("歐陽昕", pupil)
    done(stage.submit("歐陽昕"))
    for version, (step, body) in enumerate((("roster-exported", {}), ("roster-signed", SIGNED))):
        path = f"{PROGRAMME}/batches/ks-a/initial/{step}"
        done(county.a_office.post(path, body, version=version))
    county.a_office.made(f"{PROGRAMME}/placement-cases", {"student_id": pupil})
    seal_now(county.house.ledger)
    return demo, stage


@pytest.mark.timeout(300)
def test_the_county_asks_what_changed_and_opens_a_row(
    office: tuple[Site, InitialStage], browser: Browser
) -> None:
    site, stage = office
    with seat(browser, site.url) as officer:
        page = officer.page
        officer.sign_in("eb", PASSWORD)
        officer.go("/changes", look="changes-empty")
        page.get_by_label("起日（民國日期，含當日）").fill("112/7/1")
        page.get_by_role("button", name="從月曆選擇迄日").click()
        page.keyboard.press("Escape")
        page.get_by_label("迄日（民國日期，含當日）").fill("114/2/17")
        page.get_by_role("button", name="查詢", exact=True).last.click()
        page.wait_for_url("**/changes?*")
        page.locator("table.changes details summary").first.click()
        officer.look("changes")
        officer.paper("changes")
        for path, name in (
            (PROGRAMME, "programme"),
            (f"{PROGRAMME}/applications", "applications"),
            (f"{PROGRAMME}/applications/{stage.applications['歐陽昕']}", "application"),
            (f"{PROGRAMME}/batches", "batches"),
            (f"{PROGRAMME}/rosters/initial", "roster"),
            (f"{PROGRAMME}/round", "round"),
            (f"{PROGRAMME}/publication", "publication"),
            (f"{PROGRAMME}/placement-cases", "cases"),
            (f"{PROGRAMME}/duties", "duties"),
            (f"{PROGRAMME}/modified", "modified-empty"),
            (f"{PROGRAMME}/modified?from=112/7/1&to=114/2/17", "modified"),
            ("/fill-status", "fill-status"),
            ("/account", "account"),
            ("/guide", "guide"),
            ("/guide/county", "guide-county"),
        ):
            officer.go(path, look=name)


@pytest.mark.timeout(300)
def test_a_school_keeps_its_people_and_takes_a_step(
    office: tuple[Site, InitialStage], browser: Browser
) -> None:
    site, stage = office
    application = f"{PROGRAMME}/applications/{stage.applications['歐陽昕']}"
    with seat(browser, site.url) as school:
        page = school.page
        school.sign_in("a-office", PASSWORD)
        school.go("/school", look="school")
        page.get_by_role("link", name="匯入資料").click()
        for number, content in enumerate(("甲,乙\n", IMPORTED)):
            page.get_by_label("CSV 檔").set_input_files(
                {"name": "學生.csv", "mimeType": "text/csv", "buffer": content.encode()}
            )
            page.get_by_role("button", name="預覽").click()
            school.look(f"import-{number}")
        page.get_by_role("button", name="確認匯入 1 行").click()
        expect(page.get_by_text("已匯入，並記入歷程")).to_be_visible()
        school.look("import-outcome")
        school.go("/school")
        page.get_by_role("link", name="彭志豪").first.click()
        school.look("school-person")
        school.go(f"/students/{stage.students['歐陽昕']}/relations", look="relations")
        school.go(f"{application}/vetted", look="step")
        school.go(f"{PROGRAMME}/applications/new", look="new-application")
        school.go(f"/students/{stage.students['歐陽昕']}", look="student")
        school.go(f"{PROGRAMME}/batches", look="batches-school")
        page.get_by_role("link", name="初選報考名冊（學校）").first.click()
        school.look("batch")
        school.go(f"{PROGRAMME}/batches/ks-a/initial/roster-uploaded")
        page.get_by_label("核章後掃描的名冊：檔案").set_input_files(
            {"name": "名冊.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        page.get_by_role("button", name="上傳").click()
        page.wait_for_url("**/roster-uploaded?roster_document=*")
        school.look("batch-step")
        school.go(f"{PROGRAMME}/placement-cases/new", look="case-new")
        school.go(f"{PROGRAMME}/gifted-groups/ks-a", look="gifted-group")
        school.go(application)
        page.get_by_role("link", name="安置案", exact=True).click()
        school.look("case")
        page.get_by_role("link", name="個別輔導計畫", exact=True).click()
        school.look("case-plan")


@pytest.mark.timeout(300)
def test_the_organiser_enters_results_by_the_sheet(
    office: tuple[Site, InitialStage], browser: Browser, tmp_path: Path
) -> None:
    site, stage = office
    names = ("宋家安", "溫子晴", "簡予恩")
    for name in names:
        stage.entered(name)
    with seat(browser, site.url) as organiser:
        page = organiser.page
        organiser.sign_in("org", PASSWORD)
        organiser.go(f"{PROGRAMME}/results", look="results")
        page.get_by_role("link", name="核發鑑定證", exact=True).click()
        page.get_by_label("宋家安：鑑定證編號").fill("114001")
        organiser.look("result-sheet")
        page.get_by_role("button", name="登載本頁").click()
        page.get_by_text("另有 1 位沒有登載").wait_for()
        organiser.look("result-sheet-wrong")
        page.get_by_label("宋家安：試場編號").fill("01")
        page.get_by_role("button", name="登載本頁").click()
        page.get_by_text("待登載 2 位，已登載 1 位").wait_for()
        keys = [stage.applications[name] for name in names[1:]]
        filled = tmp_path / "tickets.csv"
        rows = ["申請案編號,鑑定證編號,試場編號", f"{keys[0]},114002,01", f"{keys[1]},114003,"]
        filled.write_text("\n".join(rows), encoding="utf-8")
        page.get_by_label("填妥的檔案").set_input_files(filled)
        page.get_by_role("button", name="上傳並檢視").click()
        page.get_by_role("button", name="確認登載 1 列").wait_for()
        organiser.look("result-file")
        page.get_by_role("button", name="確認登載 1 列").click()
        page.get_by_text("待登載 1 位，已登載 2 位").wait_for()
        organiser.go(f"{PROGRAMME}/results/ticket-issued?show=all", look="result-sheet-all")
        organiser.go(f"{PROGRAMME}/publication", look="publication-waiting")


@pytest.mark.timeout(300)
def test_a_reviewer_looks_back_and_takes_the_evidence_away(
    office: tuple[Site, InitialStage], browser: Browser
) -> None:
    site, _ = office
    [dispute] = (one["id"] for one in site.county.reviewer.get("/disputes").json()["items"])
    with seat(browser, site.url) as reviewer:
        page = reviewer.page
        reviewer.sign_in("reviewer", PASSWORD)
        reviewer.go("/disputes", look="disputes")
        page.get_by_role("link", name="張簡子晴").click()
        reviewer.look("dispute")
        page.get_by_role("link", name="歷程").click()
        reviewer.look("timeline")
        reviewer.paper("timeline")
        reviewer.go(f"/records/{dispute}/proof", look="proof")
        reviewer.go(f"/disputes/{dispute}")
        page.get_by_role("link", name="過去時點的資料").click()
        page.locator("[data-slider]").first.press("ArrowLeft")
        page.get_by_role("button", name="查詢", exact=True).last.click()
        page.wait_for_url("**/as-of?at=*")
        reviewer.look("as-of")
        page.get_by_role("link", name="比較兩個時點").click()
        page.get_by_label("前一時點（民國日期：該日結束時）").fill("112/8/1")
        page.get_by_label("後一時點（民國日期：該日結束時）").fill("114/2/17")
        page.get_by_role("button", name="比較", exact=True).click()
        page.wait_for_url("**/compare?*")
        reviewer.look("compare")
        reviewer.go(f"/disputes/{dispute}")
        with page.expect_download() as download:
            page.get_by_role("link", name="下載證據檔（zip）").click()
        assert download.value.suggested_filename.startswith("evidence-")


def test_a_button_stays_where_it_is_when_a_date_beside_it_is_left(
    office: tuple[Site, InitialStage], browser: Browser
) -> None:
    """Else the first tap on it, which leaves the field, misses it on a narrow screen."""
    site, _ = office
    with seat(browser, site.url) as officer:
        page = officer.page
        page.set_viewport_size({"width": 360, "height": 740})
        officer.sign_in("eb", PASSWORD)
        officer.go("/changes")
        send = page.locator("main").get_by_role("button", name="查詢", exact=True)
        for label in ("起日", "迄日"):
            page.get_by_label(f"{label}（民國日期，含當日）").press_sequentially("113/5/13")
            before = send.bounding_box()
            page.keyboard.press("Tab")
            expect(page.get_by_text("民國113年5月13日").last).to_be_visible()
            assert send.bounding_box() == before, label
