"""Plans opened by national ID and a school year begun for all, looked at first; and the search
over students, plans and cases."""

from contextlib import ExitStack

import orjson
import pytest

from api import school_year_batch
from api.acting import Asked
from api.house import House
from api.openings import Progress
from api.progress_lines import MEDIA_TYPE
from api.viewer import Viewer
from ledger.errors import LedgerUnavailable
from tests.acceptance.initial_stage import InitialStage
from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.visiting import FROM_US, FormOnPage, Sheet, Visitor

PLANS, CONFIRM, YEAR = (
    "/students/new-plans",
    "/students/new-plans/confirmation",
    "/students/new-year",
)


def sending(year: Sheet) -> FormOnPage:
    """The form that begins the year, beside the one that narrows the list."""
    return next(one for one in year.forms if (one.action, one.method) == (YEAR, "post"))


def test_plans_open_together_and_a_year_begins_for_all_after_a_look(county: County) -> None:
    students = [county.student(number=number) for number in range(3)]
    county.case_manager("a-cm", *students)
    county.student("ks-b", number=3)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    teacher = Visitor.of(county.client, "a-cm", PASSWORD)
    assert teacher.visit("/students").link("批次新增計畫") == PLANS
    asked = teacher.visit(PLANS).form(PLANS)
    assert teacher.send(PLANS, asked.filled(numbers="")).status == 422
    before = county.topics()
    # One's own, one that is open already, nobody's and another school's.
    numbers = "\n".join([*NATIONAL_IDS[:3], "A999", NATIONAL_IDS[3]])
    looked = teacher.send(PLANS, asked.filled(numbers=numbers, school_year="112"))
    assert "其中 2 位可新增 112 學年度" in looked.text
    assert looked.text.count("號碼有誤，或不是由您服務的學生") == 2
    assert "A12****789 陳小明 略過" in looked.text
    assert not any(number in looked.html for number in NATIONAL_IDS)
    assert county.topics() == before
    form = looked.form(CONFIRM).filled()
    told = teacher.send(CONFIRM, form)
    assert "新增 2 位，略過 0 位" in told.text
    after = county.topics()
    assert "新增 2 位，略過 0 位" in teacher.send(CONFIRM, form).text
    assert county.topics() == after

    county.a_cm.post(f"/students/{students[0]}/school-years", {"school_year": 111})
    page = teacher.visit("/students?grade=4")
    year = teacher.visit(page.link("為所有學生新增學年度"))
    assert "為下列 3 位學生新增" in year.html
    wrong = teacher.send(YEAR, sending(year).filled(school_year="明年"))
    assert wrong.status == 422
    assert "#f-school_year" in [href for _, href in wrong.links]
    form = sending(year).filled(school_year="111")
    # With script the form is sent for its progress first; then as ever, and the year begins once.
    lines = teacher.post(YEAR, form, headers=FROM_US | {"Accept": MEDIA_TYPE}).text.splitlines()
    assert [orjson.loads(one).get("of") for one in lines] == [3, 3, None]
    told = teacher.send(YEAR, form)
    assert "111 學年度：新增 2 位，略過 1 位" in told.text
    assert "陳小明 略過" in told.text
    after = county.topics()
    assert "新增 2 位，略過 1 位" in teacher.send(YEAR, form).text
    assert county.topics() == after
    office = Visitor.of(county.client, "a-office", PASSWORD)
    for path in (PLANS, YEAR):
        assert office.visit(path).status == 403
        assert office.post(path).status_code == 403
    assert "批次新增計畫" not in office.visit("/students").text
    assert teacher.visit("/keys").status == 200

    # The search leads to the plan of each year.
    found = teacher.send("/search", [("q", "林小")])
    assert found.link("112 學年度：林小華的計畫").endswith(f"{students[1]}/plan?school_year=112")


def test_what_goes_wrong_after_the_first_line_comes_as_a_page_with_the_last(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_house: House, _viewer: Viewer, _asked: Asked, tell: Progress) -> None:
        tell(0, 3)
        raise LedgerUnavailable

    county.case_manager("a-cm", county.student())
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    teacher = Visitor.of(county.client, "a-cm", PASSWORD)
    form = sending(teacher.visit(YEAR)).filled()
    monkeypatch.setattr(school_year_batch, "open_all", broken)
    answer = teacher.post(YEAR, form, headers=FROM_US | {"Accept": MEDIA_TYPE})
    told, last = map(orjson.loads, answer.text.splitlines())
    assert (told, last["status"]) == ({"decided": 0, "of": 3}, 503)
    assert "請稍候幾分鐘再試" in last["body"]["page"]


def test_the_search_finds_cases_as_far_as_one_may_see_them(county: County) -> None:
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    pupil = stage.pupil("許詠晴")
    dispute = county.eb.made(
        "/disputes",
        {
            "student_id": stage.students["許詠晴"],
            "programme": "kaohsiung-114",
            "kind": "complaint",
            "subject": "測驗結果",
            "grounds": "對結果有疑義",
            "notice_received_on": "114.2.13",
            "filed_on": "114.2.14",
        },
    )
    reviewer = {"username": "reviewer", "name": "沈委員", "organisation": "ks-eb"}
    county.eb.made("/accounts", reviewer | {"roles": ["reviewer"], "password": PASSWORD})
    authority = Visitor.of(county.client, "eb", PASSWORD)
    with ExitStack() as busy:
        # One connection is enough for one search: else as many as there are would wait for more.
        for _ in range(county.house.reader.max_size - 1):
            busy.enter_context(county.house.reader.connection())
        found = authority.send("/search", [("q", "許詠")])
    assert "案件，共 2 件" in found.text
    hrefs = [href for text, href in found.links if text.endswith("：許詠晴")]
    assert f"/disputes/{dispute}" in hrefs
    assert f"/programmes/kaohsiung-114/applications/{pupil}" in hrefs
    # Who was not named for the dispute, and another school, find nothing.
    for who in ("reviewer", "b-office"):
        stranger = Visitor.of(county.client, who, PASSWORD)
        assert "案件，共" not in stranger.send("/search", [("q", "許詠")]).text
    county.eb.made(
        f"/disputes/{dispute}/reviewers",
        {"account": county.id_of("reviewer"), "sections": ["placement"], "until": "114.6.30"},
    )
    seen = Visitor.of(county.client, "reviewer", PASSWORD).send("/search", [("q", "許詠")])
    assert "案件，共 1 件" in seen.text
