"""A programme on the pages: what is due, lists, rosters, and the steps of an application."""

import pytest

from domain.programme import shipped, shipped_text
from domain.rosters import ROSTERS
from tests.acceptance.initial_stage import InitialStage
from tests.api.serving import PASSWORD, County
from tests.visiting import Visitor

PAGE = "/programmes/kaohsiung-114"


@pytest.fixture
def february(county: County) -> InitialStage:
    """The county on 114.2.17 at nine, with the programme published and one who registered."""
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.entered("陳報名")
    stage.pupil("林開案")
    return stage


@pytest.fixture
def office(february: InitialStage) -> Visitor:
    return Visitor.of(february.county.client, "a-office", PASSWORD)


@pytest.fixture
def organiser(february: InitialStage) -> Visitor:
    return Visitor.of(february.county.client, "org", PASSWORD)


def test_the_calendar_says_what_is_due_and_how_every_window_stands(office: Visitor) -> None:
    start = office.visit("/programmes")
    assert start.status == 200
    sheet = office.visit(start.links[[href for _, href in start.links].index(PAGE)][1])
    assert sheet.status == 200
    assert "今天是民國114年2月17日（一）" in sheet.text
    for words in ("開放中", "尚未開始", "剩 "):
        assert words in sheet.text
    assert office.visit("/programmes/unknown").status == 404


def test_a_postponed_window_shows_what_was_printed(
    february: InitialStage, organiser: Visitor
) -> None:
    windows = organiser.visit(PAGE)
    assert "已延期" not in windows.text
    listed = february.county.eb.get("/programmes/kaohsiung-114/calendar").json()["windows"]
    window = next(one for one in listed if one["state"] == "early" and one["closes"])
    later = {"window": window["code"], "closes": "2025-12-30", "cause": "颱風停班"}
    answer = february.county.eb.post(
        "/programmes/kaohsiung-114/round/window-postponed",
        later | {"opens": window["opens"]["date"]},
        version=0,
    )
    assert answer.status_code == 201, answer.text
    sheet = organiser.visit(PAGE)
    assert "已延期" in sheet.text
    assert "民國114年12月30日（二）" in sheet.text
    assert "颱風停班" in sheet.text


def test_lists_of_applications_and_batches_are_narrowed_by_their_address(office: Visitor) -> None:
    sheet = office.visit(f"{PAGE}/applications")
    assert sheet.status == 200
    assert "陳報名" in sheet.text
    assert "林開案" in sheet.text
    form = sheet.form(f"{PAGE}/applications")
    assert form.method == "get"
    narrowed = office.visit(f"{PAGE}/applications?organisation=&state=opened")
    assert "林開案" in narrowed.text
    assert "陳報名" not in narrowed.text
    batches = office.visit(f"{PAGE}/batches")
    assert batches.status == 200
    assert "尚未上傳" in batches.text
    assert "苓雅示範國小" in batches.text


def test_a_school_opens_an_application_from_the_list_and_from_a_pupil(
    february: InitialStage, office: Visitor, organiser: Visitor
) -> None:
    path = f"{PAGE}/applications/new"
    assert organiser.visit(path).status == 403
    assert "開立申請案" not in organiser.visit(f"{PAGE}/applications").text
    entry = {"sex": "female", "birth_date": "103.6.1", "organisation": "ks-a", "grade": 3}
    names = {"A123456789": "王新生", "B123456780": "李新生"}
    made = {
        name: february.county.a_office.made(
            "/directory/students", entry | {"national_id": number, "name": name}
        )
        for number, name in names.items()
    }
    sheet = office.visit(office.visit(f"{PAGE}/applications").link("開立申請案"))
    assert "三年級" in sheet.text
    assert "王新生" in sheet.text
    assert "陳報名" not in sheet.text
    wrong = office.send(path, sheet.form(path).filled())
    assert (wrong.status, wrong.title[:3]) == (422, "錯誤：")
    assert "#f-student_id" in [href for _, href in wrong.links]
    typed = {"student_id": made["王新生"], "recommended_by": "class_teacher"}
    sent = wrong.form(path).with_typed(typed)
    sheet = office.send(path, sent)
    assert "初選報名" in sheet.text, sheet.text
    assert "導師" in sheet.text
    again = office.send(path, sent)
    assert (again.status, again.path) == (200, sheet.path)

    # The pupil's page leads to the application, or to where it is opened.
    pupil = office.visit(f"/students/{made['王新生']}")
    assert pupil.link("申請案") == sheet.path
    pupil = office.visit(f"/students/{made['李新生']}")
    form = office.visit(pupil.link("開立申請案")).form(path)
    assert ("student_id", made["李新生"]) in form.fields
    sheet = office.send(path, form.filled(participates="false"))
    assert "不參加本次鑑定（舊生）" in sheet.text
    assert office.visit(path).form(path).names >= {"student_id"}
    twice = office.send(path, [one for one in form.filled() if one[0] != "_key"])
    assert (twice.status, "目前的進度不能辦理這個步驟" in twice.text) == (409, True)


def test_a_school_of_another_county_is_offered_no_pupil_whom_the_programme_refuses(
    february: InitialStage, office: Visitor
) -> None:
    """Kaohsiung 3.10: neither an application nor a placement case is opened for such a pupil."""
    county, path = february.county, f"{PAGE}/applications/new"
    school = {"code": "pt-a", "name": "屏東示範國小", "kind": "school", "county": "屏東縣"}
    county.eb.made("/organisations", school | {"stage": "elementary"})
    person = {"username": "pt-a-office", "name": "外縣市承辦人", "organisation": "pt-a"}
    county.eb.made("/accounts", person | {"roles": ["school_administrator"], "password": PASSWORD})
    student = county.student("pt-a", national_id="A123456789", name="外縣市學生", grade=4)
    county.student(national_id="B123456780", name="本市學生", grade=4)
    row = {"school_year": 114, "area": "國語", "category": "skip", "placement_grade": 6}
    abroad = county.caller("pt-a-office")
    abroad.made(f"/students/{student}/placements", row | {"target_year_grade": 5})

    other = Visitor.of(county.client, "pt-a-office", PASSWORD)
    assert "開立申請案" not in other.visit(f"/students/{student}").text
    for process, words in (("applications", "開立申請案"), ("placement-cases", "開立安置案")):
        listed = other.visit(f"{PAGE}/{process}")
        assert (listed.status, words in listed.text) == (200, False)
        assert words in office.visit(f"{PAGE}/{process}").text
        refused = other.visit(f"{PAGE}/{process}/new")
        assert (refused.status, "外縣市學生" in refused.text) == (403, False)
    sheet = office.visit(path)
    assert "本市學生" in sheet.text
    assert "外縣市學生" not in sheet.text


def test_every_roster_is_a_page_and_four_files(office: Visitor, organiser: Visitor) -> None:
    for roster in ROSTERS.values():
        sheet = organiser.visit(f"{PAGE}/rosters/{roster.code}")
        assert (sheet.status, roster.title in sheet.text) == (200, True), roster.code
    sheet = office.visit(office.visit(PAGE).link("初選報考名冊暨匯款證明"))
    assert "陳報名" in sheet.text
    for label, begins in (
        ("Excel（XLSX）", b"PK"),
        ("試算表（ODS）", b"PK"),
        ("CSV", b"\xef\xbb\xbf"),
        ("PDF", b"%PDF"),
    ):
        answer = office.client.get(sheet.link(label))
        assert answer.status_code == 200
        assert answer.content.startswith(begins), label
    assert office.visit(f"{PAGE}/rosters/rooms-initial").status == 404
    teacher = office.visit(f"{PAGE}/rosters/initial?organisation=ks-b")
    assert teacher.status == 404


@pytest.mark.parametrize("code", shipped())
def test_every_page_of_every_programme_that_comes_along_opens(county: County, code: str) -> None:
    for name in ("a-office", "org", "council", "eb"):
        county.caller(name)
    county.eb.made("/programmes", {"text": shipped_text(code)})
    for name in ("a-office", "org", "council", "eb"):
        walked = Visitor.of(county.client, name, PASSWORD).walk(f"/programmes/{code}")
        assert {one: status for one, status in walked.items() if status != 200} == {}, name
        assert len(walked) > 1
        if name == "a-office":
            # The group is there for whom a page leads to it, and in no other programme.
            path = f"/programmes/{code}/gifted-groups/ks-a"
            there = county.a_office.get(path).status_code == 200
            assert (path in walked, there) == (code == "kaohsiung-114",) * 2
