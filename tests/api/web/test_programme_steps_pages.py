"""Steps of a programme taken on its pages, from the registration to the published result."""

import pytest

from tests.acceptance.initial_stage import VETTED, InitialStage, done
from tests.acceptance.placement_stage import PlacementStage
from tests.acceptance.second_stage import SecondStage
from tests.api.serving import PASSWORD, County
from tests.uploads import pdf
from tests.visiting import FROM_US, Sheet, Visitor

PAGE = "/programmes/kaohsiung-114"
SUBMIT = "initial-application-submitted"


@pytest.fixture
def stage(county: County) -> InitialStage:
    """The county on 114.2.17 at nine, with the programme published and an open application."""
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.pupil("陳報名")
    return stage


def visitor(stage: InitialStage, username: str) -> Visitor:
    return Visitor.of(stage.county.client, username, PASSWORD)


def taken(who: Visitor, path: str, **given: str) -> Sheet:
    """The form of a step, found by its link on the page above it, filled in and sent."""
    above = who.visit(path.rpartition("/")[0])
    assert path in [href for _, href in above.links], above.text
    sheet = who.visit(path)
    assert sheet.status == 200, sheet.text
    return who.send(path, sheet.form(path).filled(**given))


def published(who: Visitor) -> Sheet:
    """The results of the initial stage, by the page to which the round leads."""
    sheet = who.visit(who.visit(f"{PAGE}/round").link("辦理：公告結果"))
    assert sheet.path == f"{PAGE}/publication"
    path = f"{PAGE}/publication/initial"
    return who.send(path, sheet.form(path).filled())


def test_a_school_registers_a_pupil_with_the_form_of_the_step(stage: InitialStage) -> None:
    office = visitor(stage, "a-office")
    application = f"{PAGE}/applications/{stage.applications['陳報名']}"
    wrong = taken(office, f"{application}/{SUBMIT}")
    assert wrong.status == 422
    assert wrong.title.startswith("錯誤：")

    form = wrong.form(f"{application}/{SUBMIT}")
    more = office.send(form.action, [*form.filled(), ("_do", "add:guardians")])
    assert "guardians.0.name" in more.form(form.action).names
    # A row that is still empty stays where it is while rows are added and removed.
    more = office.send(form.action, [*more.form(form.action).filled(), ("_do", "add:guardians")])
    second = more.form(form.action).with_typed({"guardians.1.name": "陳二同"})
    more = office.send(form.action, [*second, ("_do", "add:past_placements")])
    assert {"guardians.0.name", "past_placements.0.area"} <= more.form(form.action).names
    assert ("guardians.1.name", "陳二同") in more.form(form.action).fields
    less = [*more.form(form.action).filled(), ("_do", "remove:guardians:1")]
    more = office.send(form.action, less)
    assert ("guardians.0.name", "") in more.form(form.action).fields
    assert "guardians.1.name" not in more.form(form.action).names
    # A test of earlier years is chosen by its name, not typed as a code.
    add = ("_do", "add:past_assessments")
    first = more.form(form.action).with_typed({"guardians.0.name": "陳大同"})
    more = office.send(form.action, [*first, add])
    typed = {
        "guardians.0.name": "陳大同",
        "guardians.0.phone_mobile": "0912000000",
        "emergency_same_as_guardian": "true",
        "class_teacher_name": "林導師",
        "in_gifted_class": "false",
        "has_disability": "false",
        "economic_status": "none",
        "initial_fee_paid": "true",
        "initial_photo_received": "true",
        "needs_accommodation": "false",
        "past_assessments.0.school_year": "113",
        "past_assessments.0.test": "english",
        "past_assessments.0.exam_grade": "3",
        "past_assessments.0.t_score": "60",
        "past_assessments.0.outcome": "failed",
    }
    sheet = office.send(form.action, more.form(form.action).with_typed(typed))
    assert (sheet.status, sheet.path) == (200, application), sheet.text
    assert "初選報名" in sheet.text
    assert "姓名：陳大同" in sheet.text
    assert "測驗名稱：英語" in sheet.text
    # What was computed is told in words, too.
    assert "收費（元）：800" in sheet.text
    for code in ("english", "charged", " day "):
        assert code not in sheet.text
    guardian = {"name": "陳大同", "phone_mobile": "0912000000"}
    assert stage.last("陳報名", SUBMIT)["guardians"] == [guardian]

    stale = office.visit(f"{application}/vetted").form(f"{application}/vetted")
    vetted = {"decision": "accepted", "body": "school_committee", "met_on": "114/2/17"}
    given = dict(stale.with_typed({one: vetted[one] for one in vetted if one in stale.names}))
    old = office.send(stale.action, [*(given | {"_version": "1"}).items()])
    assert (old.status, "已由他人更新" in old.text) == (412, True)
    sheet = office.send(stale.action, [*given.items()])
    assert sheet.path == application, sheet.text
    assert "民國114年2月17日" in sheet.text or "通過" in sheet.text


def test_the_organiser_enters_scores_and_publishes_what_the_council_decided(
    stage: InitialStage,
) -> None:
    done(stage.submit("陳報名"))
    done(stage.take("陳報名", "vetted", VETTED))
    done(stage.take("陳報名", "initial-entry-confirmed", {"dual_registered": False}))
    stage.at("2025-03-03T09:00")
    stage.ticket("陳報名", "114001")
    stage.at("2025-03-10T09:00")
    application = f"{PAGE}/applications/{stage.applications['陳報名']}"
    office, council = visitor(stage, "a-office"), visitor(stage, "council")
    organiser = visitor(stage, "org")

    scores = {"t_sub1": "60", "t_sub2": "61", "t_sub3": "62", "t_full": "71.5"}
    sheet = taken(organiser, f"{application}/initial-score-imported", **scores)
    assert (sheet.status, sheet.path) == (200, application), sheet.text
    assert "匯入初選成績" in sheet.text
    assert "71.5" in sheet.text
    decided = taken(council, f"{application}/initial-decision-made", decision="passed")
    assert decided.path == application, decided.text
    shown = office.visit(application)
    assert "71.5" not in shown.text
    assert "匯入初選成績" not in shown.text
    assert office.visit(f"{application}/initial-decision-made").status == 404

    early = published(organiser)
    assert early.status == 409
    stage.at("2025-03-14T16:00")
    assert office.visit(f"{PAGE}/round/results-published").status == 403
    done_ = published(organiser)
    assert (done_.status, done_.path) == (200, f"{PAGE}/publication"), done_.text
    assert "已公告 1 位的結果" in done_.text
    shown = office.visit(application)
    assert "公告初選結果" in shown.text
    assert "71.5" in shown.text


def test_codes_of_the_programme_are_chosen_by_their_names(stage: InitialStage) -> None:
    second = SecondStage(stage.county)
    second.students |= stage.students
    second.exempted("林複選", 4)
    office = visitor(stage, "a-office")
    recommended = f"{PAGE}/applications/{stage.applications['陳報名']}"
    done(stage.submit("陳報名"))
    form = office.visit(f"{recommended}/accommodation-requested")
    assert "放大鏡" in form.text
    assert "請選擇" in form.text
    second.at("2025-03-20T09:00")
    application = f"{PAGE}/applications/{second.applications['林複選']}"
    path = f"{application}/second-stage-application-submitted"
    sheet = office.visit(path)
    for words in ("數學", "國語（國文）", "部分學科跳級"):
        assert words in sheet.text, words
    typed = {
        "rows.0.subject": "mathematics",
        "rows.0.exam_grade": "5",
        "rows.0.registration_type": "skip_part",
        "second_photo_received": "true",
        "second_fee_paid": "true",
    }
    sheet = office.send(path, sheet.form(path).with_typed(typed))
    assert sheet.path == application, sheet.text
    assert "報考學科：數學" in sheet.text
    assert "mathematics" not in sheet.text


def test_what_a_programme_names_by_a_code_is_chosen_by_its_name(stage: InitialStage) -> None:
    done(stage.submit("陳報名"))
    office = visitor(stage, "a-office")
    path = f"{PAGE}/applications/{stage.applications['陳報名']}/vetted"
    sheet = office.visit(path)
    crumbs = ["鑑定計畫", "申請案", "陳報名"]
    assert [text for text, _ in sheet.links if text in crumbs][-3:] == crumbs
    form = sheet.form(path)
    assert form.options["body"] == ["", "school_committee", "gifted_group"]
    statement = f"{PAGE}/applications/{stage.applications['陳報名']}/special-group-statement-filed"
    [proof] = [
        one
        for one in office.visit(statement).forms
        if ("field", "group_proof_document") in one.fields
    ]
    assert proof.options["kind"] == ["income_proof", "disability_proof"]
    done(stage.take("陳報名", "vetted", VETTED))
    done(stage.take("陳報名", "initial-entry-confirmed", {"dual_registered": False}))
    organiser = visitor(stage, "org")
    refund = f"{PAGE}/applications/{stage.applications['陳報名']}/fee-refunded"
    assert organiser.visit(refund).form(refund).options["cause"] == ["", "disaster", "hospitalised"]
    [slip] = [
        one
        for one in organiser.visit(refund).forms
        if ("field", "refund_proof_document") in one.fields
    ]
    assert ("kind", "refund_proof") in slip.fields


def test_what_no_step_names_is_uploaded_on_the_page_of_the_application(
    stage: InitialStage,
) -> None:
    done(stage.submit("陳報名"))
    office = visitor(stage, "a-office")
    application = f"{PAGE}/applications/{stage.applications['陳報名']}"
    sheet = office.visit(application)
    assert "還沒有上傳掃描檔" in sheet.text
    form = sheet.form(f"{PAGE}/scans")
    assert {"score_sheet", "plan_summary", "pre_review_sheet", "subsidy_request"} <= {
        *form.options["kind"]
    }
    assert not {"income_proof", "parent_slides"} & {*form.options["kind"]}
    kept = office.client.post(
        form.action,
        data=dict(form.filled(kind="score_sheet")),
        files={"file": ("成績單.pdf", pdf("T 75"))},
        headers=FROM_US,
    )
    sheet = Sheet(kept, kept.url.path)
    assert (sheet.status, sheet.path) == (200, application), sheet.text
    assert "民國114年2月17日 09:00 上傳" in sheet.text
    assert office.client.get(sheet.link("成績單（免初選）")).content == pdf("T 75")
    # The organiser sees it, and hands in what the experts advise (預審結果及建議) in the same way.
    seen = visitor(stage, "org").visit(application)
    assert seen.link("成績單（免初選）")
    assert "pre_review_sheet" in seen.form(f"{PAGE}/scans").options["kind"]


def test_a_step_that_is_taken_after_it_is_due_says_until_when_it_is_in_time(
    county: County,
) -> None:
    stage = PlacementStage(county).walk()
    stage.at("2025-04-21T09:00")
    office = visitor(stage, "a-office")
    sheet = office.visit(f"{PAGE}/applications/{stage.applications['丙生']}")
    told = sheet.text.partition("其他學習領域評量 學校學務 ")[2].partition(" 辦理 ：")[0]
    assert told.endswith("「安置頁面填寫，安置名冊核章上傳」結束後為逾期")
    # The window in which it is taken stands before it, and a step that is not due says nothing.
    assert told.startswith("全部學科跳級學生其他學習領域評量")
    assert sheet.text.count("結束後為逾期") == 1
