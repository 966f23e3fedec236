"""Applications in a programme: one for each pupil, seen by the school and who runs it."""

from typing import Any

import pytest

from domain.programme import shipped_text
from tests.acceptance.initial_stage import VETTED, InitialStage, done, refused
from tests.acceptance.trying import national_id
from tests.api.serving import PASSWORD, Caller, County
from tests.visiting import Visitor

PROGRAMME = "/programmes/kaohsiung-114"
#: A plan that says nothing of who is selected, nor how.
NO_SELECTION = """
code = "listed-114"
name = "示範縣114學年度申請案登記"
county = "示範縣"
school_year = 114
documents = ["實施計畫"]
disputes = { recheck = "none", appeal = "none", complaint = "none", placement_review = "none" }
fees = "none"
graduation = "none"
uploads = "none"
placement = "none"
selection = "none"
placement_cases = "none"

[[machines]]
code = "application"
name = "申請案"
states = [{ code = "opened", name = "已開案" }]

[[machines.steps]]
step = "opened"
from = ["none"]
to = { participates = "opened", continues = "none" }
by = ["SA"]
source = { document = "實施計畫", section = "一" }
"""


def junior_high(county: County) -> Caller:
    """The office of a school whose pupils are all above grade 6."""
    school = {"code": "ks-j", "name": "三民示範國中", "kind": "school", "county": "高雄市"}
    county.eb.made("/organisations", school | {"stage": "junior_high"})
    person = {"username": "j-office", "name": "國中承辦人", "organisation": "ks-j"}
    county.eb.made("/accounts", person | {"roles": ["school_administrator"], "password": PASSWORD})
    return county.caller("j-office")


@pytest.fixture
def february(county: County) -> County:
    """The county on 114.2.17 at nine, with the programme published."""
    clock = {"now": "2025-02-17T09:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    return county


@pytest.mark.accepts("KAO-02")
def test_an_application_keeps_both_grades_and_there_is_one_in_a_programme(
    february: County,
) -> None:
    student = february.student(grade=3)
    made = february.a_office.post(f"{PROGRAMME}/applications", {"student_id": student})
    assert made.status_code == 201, made.text
    path = f"{PROGRAMME}/applications/{made.json()['id']}"
    told = february.a_office.get(path).json()
    assert (told["state"], told["version"]) == ("opened", 1)
    said = told["steps"][0]["data"]
    assert (said["current_grade"], said["target_year_grade"]) == (3, 4)
    again = february.a_office.post(f"{PROGRAMME}/applications", {"student_id": student})
    assert (again.status_code, again.json()["code"]) == (409, "step-not-open")
    assert "可辦理" in again.json()["detail"]


@pytest.mark.accepts("KAO-12")
def test_another_school_sees_no_application_and_the_organiser_sees_all(february: County) -> None:
    student = february.student()
    made = february.a_office.made(f"{PROGRAMME}/applications", {"student_id": student})
    refused = february.b_office.get(f"{PROGRAMME}/applications/{made}")
    assert refused.status_code == 404
    assert february.last_refusal()["by"] == february.id_of("b-office")
    assert february.b_office.get(f"{PROGRAMME}/applications").json()["items"] == []
    listed = february.org.get(f"{PROGRAMME}/applications").json()["items"]
    assert [(one["id"], one["organisation"]["code"]) for one in listed] == [(made, "ks-a")]
    assert listed[0]["student"]["name"]
    assert february.council.get(f"{PROGRAMME}/applications").json()["items"] == []
    assert february.council.get(f"{PROGRAMME}/applications/{made}").status_code == 404


def test_a_pupil_of_another_county_s_school_enters_no_programme(february: County) -> None:
    """Kaohsiung 3.10: a programme is for the pupils of the county's own schools."""
    county = february
    school = {"code": "pt-a", "name": "屏東示範國小", "kind": "school", "county": "屏東縣"}
    county.eb.made("/organisations", school | {"stage": "elementary"})
    person = {"username": "pt-a-office", "name": "外縣市承辦人", "organisation": "pt-a"}
    county.eb.made("/accounts", person | {"roles": ["school_administrator"], "password": PASSWORD})
    student = county.student("pt-a", national_id=national_id(900), name="外縣市學生", grade=4)
    office = county.caller("pt-a-office")
    before = county.topics()
    for part in ("applications", "placement-cases"):
        answer = office.post(f"{PROGRAMME}/{part}", {"student_id": student})
        refused(answer, "school-of-other-county")
    assert county.topics() == before
    assert county.eb.get(f"{PROGRAMME}/applications").json()["items"] == []


def test_a_pupil_of_a_grade_that_the_programme_does_not_admit_has_no_application(
    february: County,
) -> None:
    """Kaohsiung 3.10: for pupils of grades 1 to 6, as `selection.pupils.grades` says."""
    county = february
    office = junior_high(county)
    for number, participates in enumerate((True, False)):
        entry: dict[str, Any] = {"national_id": national_id(901 + number), "grade": 7}
        student = county.student("ks-j", **entry)
        before = county.topics()
        body = {"student_id": student, "participates": participates}
        answer = office.post(f"{PROGRAMME}/applications", body)
        assert "1、2、3、4、5、6 年級" in refused(answer, "grade-not-admitted")
        assert county.topics() == before


def test_a_programme_without_rules_of_selection_opens_applications_of_every_grade(
    february: County,
) -> None:
    county, path = february, "/programmes/listed-114"
    county.eb.made("/programmes", {"text": NO_SELECTION})
    office = junior_high(county)
    opened = []
    for number, (school, caller, grade) in enumerate(
        (("ks-a", county.a_office, 2), ("ks-j", office, 7), ("ks-j", office, 9))
    ):
        entry: dict[str, Any] = {"national_id": national_id(910 + number), "grade": grade}
        student = county.student(school, **entry)
        opened.append(caller.made(f"{path}/applications", {"student_id": student}))
        told = caller.get(f"{path}/applications/{opened[-1]}").json()
        assert told["steps"][0]["data"]["current_grade"] == grade
    listed = county.org.get(f"{path}/applications").json()["items"]
    assert {one["id"] for one in listed} == set(opened)


def test_a_page_offers_no_pupil_of_a_grade_that_the_programme_does_not_admit(
    february: County,
) -> None:
    county = february
    county.eb.made("/programmes", {"text": NO_SELECTION})
    junior_high(county)
    student = county.student("ks-j", national_id=national_id(920), name="國七生", grade=7)
    office = Visitor.of(county.client, "j-office", PASSWORD)
    assert "國七生" not in office.visit(f"{PROGRAMME}/applications/new").text
    assert "國七生" in office.visit("/programmes/listed-114/applications/new").text
    named = [href for _, href in office.visit(f"/students/{student}").links]
    new = f"applications/new?student={student}"
    assert f"/programmes/listed-114/{new}" in named
    assert f"{PROGRAMME}/{new}" not in named
    # A pupil whom the address names is not chosen either.
    assert "國七生" not in office.visit(f"{PROGRAMME}/{new}").text


def test_a_window_is_set_anew_by_an_act_of_the_round(february: County) -> None:
    body = {"window": "w18", "closes": "114.3.21", "cause": "停止上班上課"}
    path = f"{PROGRAMME}/round"
    assert february.a_office.post(f"{path}/window-postponed", body, version=0).status_code == 403
    done = february.eb.post(f"{path}/window-postponed", body, version=0)
    assert done.status_code == 201, done.text
    told = february.a_office.get(path).json()
    assert told["version"] == 1
    assert told["acts"][0]["data"]["closes"] == "2025-03-21"
    unknown = february.eb.post(f"{path}/window-postponed", body | {"window": "w99"}, version=1)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "not-valid")


def test_a_programme_whose_steps_nobody_knows_is_refused_and_a_lost_outcome_is_told(
    county: County,
) -> None:
    whole = shipped_text("kaohsiung-114")
    for old, new, fault in (
        ('step = "vetted"', 'step = "vettet"', "machines.application.vettet: 系統沒有這個步驟"),
        ('code = "gifted_group"\nname = "學校', 'code = "group"\nname = "學校', "machines.group"),
        (
            'name = "家長說明會簡報"\nof = "school"\nfields = ["filed_',
            'name = "家長說明會簡報"\nof = "school"\nfields = ["field_',
            "uploads.kinds.parent_slides.fields: 沒有「field_document」",
        ),
        (
            '{ accepted = "vetted", refused',
            "{ refused",
            'vetted.to 缺少結果「accepted」之後的進度；不會發生的結果請寫 accepted = "none"',
        ),
        (
            '{ accepted = "vetted", refused',
            '{ accepted = "vetted", taken = "vetted", refused',
            "machines.application.vetted.to 這個步驟沒有「taken」這個結果",
        ),
        (
            'continuing = "continuing", submitted',
            "submitted",
            "ending-reversed.to 缺少結果「con",
        ),
    ):
        answer = county.eb.post("/programmes", {"text": whole.replace(old, new)})
        assert (answer.status_code, answer.json()["code"]) == (422, "programme-not-valid")
        assert fault in answer.json()["detail"]
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    county.eb.made(
        "/programmes", {"text": whole.replace('accepted = "vetted"', 'accepted = "none"')}
    )
    stage.pupil("學生")
    done(stage.submit("學生"))
    refused(stage.take("學生", "vetted", VETTED), "outcome-not-in-programme")
    assert stage.state("學生") == "submitted"
