"""Kaohsiung's initial registration: its hours, what must be there, what follows (KAO-03 to 30)."""

from typing import Any
from uuid import UUID

import pytest

from domain.application_forms import SubmitInitial
from tests.acceptance.initial_stage import (
    DUAL_SCHOOL,
    GUARDIAN,
    JUNIOR_HIGH,
    PROGRAMME,
    SUBMIT,
    VETTED,
    InitialStage,
    done,
    refused,
)
from tests.api.serving import County


@pytest.fixture
def february(county: County) -> InitialStage:
    """The county on 114.2.14, with the programme published."""
    stage = InitialStage(county)
    stage.at("2025-02-14T09:00")
    stage.publish_programme()
    return stage


def received(day: int, at: str) -> dict[str, Any]:
    return {"received_at": f"2025-02-{day}T{at}+08:00"}


@pytest.mark.accepts("KAO-03", "KAO-04", "KAO-05", "KAO-06")
def test_a_registration_counts_by_when_it_came_in_and_when_it_was_entered(
    february: InitialStage,
) -> None:
    for name in ("早到", "準時", "晚間", "截止", "逾期", "補登"):
        february.pupil(name)
    refused(february.submit("準時"), "window-not-open")
    february.at("2025-02-17T20:30")
    refused(february.submit("早到", **received(17, "08:29:00")), "window-not-open")
    done(february.submit("準時", **received(17, "08:30:00")))
    refused(february.submit("晚間", **received(17, "20:00:00")), "window-not-open")
    refused(february.submit("晚間", **received(17, "20:31:00")), "not-valid", 422)
    refused(
        february.take("逾期", "registration-forfeited", {"missing": ["照片"]}), "window-still-open"
    )

    february.at("2025-02-18T16:30")
    done(february.submit("截止", **received(18, "16:00:00")))
    assert "視同棄權" in refused(
        february.submit("逾期", **received(18, "16:00:01")), "step-too-late"
    )
    kept = february.told("逾期")["steps"][-1]
    assert (kept["step"], kept["data"]["effect"]) == ("step-refused", "forfeited")
    done(february.take("逾期", "registration-forfeited", {"missing": ["照片"]}))
    assert february.state("逾期") == "initial_forfeited"

    february.at("2025-02-19T15:00")
    done(february.submit("早到", **received(18, "15:00:00")))
    february.at("2025-02-20T09:00")
    refused(february.submit("補登", **received(18, "15:00:00")), "step-too-late")
    assert february.state("補登") == "opened"


@pytest.mark.accepts("KAO-16", "KAO-17", "KAO-18", "KAO-19", "KAO-20", "KAO-21", "KAO-22")
@pytest.mark.accepts("KAO-23", "KAO-24", "KAO-27", "KAO-28", "KAO-29", "KAO-30")
def test_what_a_registration_needs_and_what_follows_from_it(february: InitialStage) -> None:
    february.at("2025-02-17T10:00")
    county = february.county

    # Dual: grades 2 and 4 only, no fee here, the other selection's place, both registrations.
    dual = {"dual_exam": True, "dual_exam_school_id": DUAL_SCHOOL, "initial_fee_paid": False}
    february.pupil("三年級", 3)
    assert "2、4" in refused(february.submit("三年級", **dual), "dual-exam-not-open", 422)
    february.pupil("二年級", 2)
    wrong = february.submit("二年級", **dual | {"dual_exam_school_id": str(UUID(int=7))})
    refused(wrong, "not-valid", 422)
    assert wrong.json()["errors"][0]["field"] == "dual_exam_school_id"
    done(february.submit("二年級", **dual))
    said = february.last("二年級", SUBMIT)
    assert (said["fee_due"], said["fee_statuses"]) == (0, ["dual_exam"])
    assert said["test_site_id"] == DUAL_SCHOOL
    done(february.take("二年級", "vetted", VETTED))
    confirm = "initial-entry-confirmed"
    refused(february.take("二年級", confirm), "dual-registration-missing")
    done(february.take("二年級", confirm, {"dual_registered": True}))
    assert february.state("二年級") == "entered"
    ticket = {"ticket_no": "1", "room_no": "1"}
    refused(february.take("二年級", "ticket-issued", ticket, county.org), "sits-elsewhere")

    # The gifted exam is elsewhere; this registration is at the pupil's own school (KAO-19).
    elsewhere = county.b_office.post(
        f"{PROGRAMME}/applications", {"student_id": february.students["三年級"]}
    )
    assert elsewhere.status_code == 404

    # No photo, no fee: not registered. No gifted class is needed.
    missing = refused(
        february.submit("三年級", initial_photo_received=False), "registration-incomplete"
    )
    assert "照片" in missing
    assert "800" in refused(
        february.submit("三年級", initial_fee_paid=False), "registration-incomplete"
    )
    assert february.state("三年級") == "opened"
    planned = [{"subject": "english", "exam_grade": 4}]
    done(february.submit("三年級", is_foreign_national=True, planned_subjects=planned))
    said = february.last("三年級", SUBMIT)
    assert (said["fee_due"], said["is_foreign_national"]) == (800, True)
    assert said["emergency"] == GUARDIAN
    changed = [{"subject": "science", "exam_grade": 4}]
    done(
        february.take(
            "三年級", "details-corrected", {"planned_subjects": changed, "reason": "改選"}
        )
    )
    steps = february.told("三年級")["steps"]
    both = [one["data"]["planned_subjects"] for one in steps if "planned_subjects" in one["data"]]
    assert both == [planned, changed]

    # The district's junior high in grades 5 and 6; elsewhere it is left out.
    february.pupil("六年級", 6)
    wrong = february.submit("六年級")
    refused(wrong, "district-junior-high-required", 422)
    assert wrong.json()["errors"][0]["field"] == "district_junior_high_id"
    # An id that no junior high has is refused, by the field, and so it is in a correction.
    other = str(UUID(int=7))
    for nobody in (other, JUNIOR_HIGH, DUAL_SCHOOL):
        wrong = february.submit("六年級", district_junior_high_id=nobody)
        assert "學校" in refused(wrong, "not-valid", 422)
        assert wrong.json()["errors"][0]["field"] == "district_junior_high_id"
    february.junior_high()
    done(february.submit("六年級", district_junior_high_id=JUNIOR_HIGH))
    wrong = february.take(
        "六年級", "details-corrected", {"district_junior_high_id": other, "reason": "更正"}
    )
    refused(wrong, "not-valid", 422)
    assert wrong.json()["errors"][0]["field"] == "district_junior_high_id"
    february.pupil("四年級", 4)
    done(february.submit("四年級", district_junior_high_id=JUNIOR_HIGH, controlled_enrolment=True))
    assert "district_junior_high_id" not in february.last("四年級", SUBMIT)

    # A full skip into a controlled junior high: the notice, and a reminder with its day.
    february.pupil("五年級", 5)
    controlled = {
        "district_junior_high_id": JUNIOR_HIGH,
        "controlled_enrolment": True,
        "planned_full_skip": True,
    }
    done(february.submit("五年級", **controlled))
    tasks = february.last("五年級", SUBMIT)["tasks"]
    assert {one["task"]: one["due"] for one in tasks} == {
        "controlled_notice": "2025-02-18",
        "controlled_reminder": "2025-03-07",
    }

    # Who goes on without a test pays nothing and gets no ticket.
    february.pupil("舊生", 5, participates=False)
    assert february.state("舊生") == "continuing"
    assert [one["step"] for one in february.told("舊生")["open"]] == [
        "details-corrected",
        "withdrawn",
    ]
    refused(february.submit("舊生", **controlled), "step-not-open")

    # The paper form stays at the school: of the registration only a proof of income is scanned.
    scans = [
        name for name in SubmitInitial.model_fields if name.endswith(("_document", "_documents"))
    ]
    assert scans == ["income_proof_document"]
    assert SubmitInitial.__name__ in county.client.get("/openapi.json").text

    # A foreign national's document has a number of its own form.
    entry = {
        "national_id": "X1234567",
        "name": "外籍學生",
        "sex": "female",
        "birth_date": "103.5.1",
        "organisation": "ks-a",
        "grade": 4,
    }
    assert county.a_office.post("/directory/students", entry).status_code == 422
    foreign = county.a_office.made("/directory/students", entry | {"is_foreign_national": True})
    county.a_office.made(f"{PROGRAMME}/applications", {"student_id": foreign})


@pytest.mark.accepts("KAO-08")
def test_a_new_organiser_acts_from_its_day_and_both_still_see(february: InitialStage) -> None:
    county = february.county
    february.pupil("學生")
    organiser = {
        "code": "ks-org2",
        "name": "新承辦示範學校",
        "kind": "organiser",
        "county": "高雄市",
    }
    made = county.eb.post("/organisations", organiser)
    assert made.status_code == 201, made.text
    account = {
        "username": "org2",
        "name": "新承辦人",
        "organisation": "ks-org2",
        "roles": ["organiser"],
        "password": "demo-igp-114",
    }
    county.eb.made("/accounts", account)
    round_path = f"{PROGRAMME}/round"
    known = {one["code"]: one["id"] for one in county.eb.get("/organisations").json()["items"]}
    for number, (code, day) in enumerate((("ks-org", "114.1.1"), ("ks-org2", "114.8.1"))):
        change = {"organisation": known[code], "effective_on": day}
        done(county.eb.post(f"{round_path}/organiser-changed", change, version=number))
    later = {"window": "w15", "closes": "114.8.20", "cause": "颱風"}
    assert county.org2.post(f"{round_path}/window-postponed", later, version=2).status_code == 403
    done(county.org.post(f"{round_path}/window-postponed", later, version=2))
    february.at("2025-08-01T00:00")
    assert county.org.post(f"{round_path}/window-postponed", later, version=3).status_code == 403
    done(county.org2.post(f"{round_path}/window-postponed", later, version=3))
    for caller in (county.org, county.org2):
        assert len(caller.get(f"{PROGRAMME}/applications").json()["items"]) == 1
