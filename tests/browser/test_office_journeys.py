"""What a school's office, the county's officer and a reviewer do, in a browser, with script."""

import pytest
from playwright.sync_api import Browser

from domain.programme import shipped_text
from igp.sealing import seal_now
from tests.acceptance.initial_stage import InitialStage, done
from tests.api.serving import PASSWORD, PLACEMENT, County
from tests.browser.conftest import Site
from tests.browsing import seat

PROGRAMME = "/programmes/kaohsiung-114"


@pytest.fixture(scope="module")
def office(site: Site) -> tuple[Site, InitialStage, str]:
    """114.2.17: a placement that was corrected, an application, a complaint with its reviewer."""
    county = site.county
    student = county.student()
    placement = county.a_office.made(f"/students/{student}/placements", PLACEMENT)
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    county.a_office.put(
        f"/students/{student}/placements/{placement}",
        {"placement_grade": 5, "reason": "年級更正"},
        version=1,
    )
    county.teacher("a-math")
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    stage.pupil("許詠晴", 4)
    done(stage.submit("許詠晴"))
    return site, stage, _disputed(county, student)


def _disputed(county: County, student: str) -> str:
    dispute = county.eb.made(
        "/disputes",
        {
            "student_id": student,
            "programme": "kaohsiung-114",
            "kind": "complaint",
            "subject": "測驗結果",
            "grounds": "對結果有疑義",
            "notice_received_on": "114.2.13",
            "filed_on": "114.2.14",
        },
    )
    reviewer = {"username": "reviewer", "name": "沈委員", "organisation": "ks-eb"}
    account = county.eb.made("/accounts", reviewer | {"roles": ["reviewer"], "password": PASSWORD})
    county.eb.made(
        f"/disputes/{dispute}/reviewers",
        {"account": account, "sections": ["placement"], "until": "114.6.30"},
    )
    seal_now(county.house.ledger)
    return dispute


@pytest.mark.timeout(300)
def test_the_county_asks_what_changed_and_opens_a_row(
    office: tuple[Site, InitialStage, str], browser: Browser
) -> None:
    site, stage, _ = office
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
        for path, name in (
            (PROGRAMME, "programme"),
            (f"{PROGRAMME}/applications", "applications"),
            (f"{PROGRAMME}/applications/{stage.applications['許詠晴']}", "application"),
            (f"{PROGRAMME}/batches", "batches"),
            (f"{PROGRAMME}/rosters/initial", "roster"),
            (f"{PROGRAMME}/round", "round"),
            ("/fill-status", "fill-status"),
            ("/account", "account"),
            ("/guide", "guide"),
            ("/guide/county", "guide-county"),
        ):
            officer.go(path, look=name)


@pytest.mark.timeout(300)
def test_a_school_keeps_its_people_and_takes_a_step(
    office: tuple[Site, InitialStage, str], browser: Browser
) -> None:
    site, stage, _ = office
    application = f"{PROGRAMME}/applications/{stage.applications['許詠晴']}"
    with seat(browser, site.url) as school:
        page = school.page
        school.sign_in("a-office", PASSWORD)
        school.go("/school", look="school")
        page.get_by_role("link", name="a-math 老師").first.click()
        school.look("school-person")
        school.go(f"/students/{stage.students['許詠晴']}/relations", look="relations")
        school.go(f"{application}/vetted", look="step")


@pytest.mark.timeout(300)
def test_a_reviewer_looks_back_and_takes_the_evidence_away(
    office: tuple[Site, InitialStage, str], browser: Browser
) -> None:
    site, _, dispute = office
    with seat(browser, site.url) as reviewer:
        page = reviewer.page
        reviewer.sign_in("reviewer", PASSWORD)
        reviewer.go("/disputes", look="disputes")
        page.get_by_role("link", name="陳小明").click()
        reviewer.look("dispute")
        page.get_by_role("link", name="歷程").click()
        reviewer.look("timeline")
        reviewer.go(f"/records/{dispute}/proof", look="proof")
        reviewer.go(f"/disputes/{dispute}")
        page.get_by_role("link", name="過去時點的資料").click()
        page.locator("[data-slider]").first.press("Home")
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
