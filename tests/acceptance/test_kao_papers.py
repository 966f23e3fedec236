"""Papers of Kaohsiung's programme: tickets, notices, receipts, plans (KAO-44, 45, 53, 54, 128)."""

from typing import Any

import pytest
from httpx2 import Response

from tests.acceptance.initial_stage import DUAL_SCHOOL, PROGRAMME, VETTED, done, refused
from tests.acceptance.placing import ADAPTATION, CASES, IGP, Cases
from tests.acceptance.plan_papers import access_events, text_of
from tests.acceptance.school_batches import SIGNED, Batches
from tests.acceptance.second_stage import row, scored
from tests.api.serving import Caller, County
from tests.documents.pdf_text import pages_of

DUAL: dict[str, Any] = {
    "dual_exam": True,
    "dual_exam_school_id": DUAL_SCHOOL,
    "initial_fee_paid": False,
}
BELLS = ("08:40", "09:50", "11:00", "13:20", "14:30")


class Papers(Batches):
    """The county, and its papers."""

    def paper(self, name: str, paper: str, who: Caller | None = None) -> Response:
        return (who or self.office).get(f"{self.path(name)}/papers/{paper}")

    def of_school(self, paper: str, who: Caller | None = None, **query: str) -> Response:
        return (who or self.office).get(f"{PROGRAMME}/papers/{paper}", **query)


def printed(answer: Response) -> str:
    """The text of a paper, without spaces."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return text_of(answer.content)


def in_order(text: str, *parts: str) -> bool:
    """Whether the parts stand in the text one after another."""
    at = 0
    for one in parts:
        at = text.find(one, at)
        if at == -1:
            return False
        at += len(one)
    return True


@pytest.mark.accepts("KAO-44", "KAO-53", "KAO-54")
def test_the_papers_of_the_initial_stage_say_what_was_issued_and_published(county: County) -> None:
    story = Papers(county)
    story.at("2025-02-17T09:00")
    story.publish_programme()
    applicants: dict[str, dict[str, Any]] = {"王小安": {}, "李大方": {}, "林同考": DUAL}
    for name, given in applicants.items():
        story.registers(name, **given)
        done(story.take(name, "vetted", VETTED))
        entered = {"dual_registered": True} if given else {}
        done(story.take(name, "initial-entry-confirmed", entered))
    refused(story.paper("王小安", "ticket-initial"), "paper-not-ready")
    refused(story.of_school("ticket-initial"), "paper-not-ready")
    story.at("2025-03-07T09:00")
    story.ticket("王小安", "114001")
    story.ticket("李大方", "114002")

    ticket = printed(story.paper("王小安", "ticket-initial"))
    assert in_order(
        ticket, "初選鑑定證", "苓雅示範國小", "王小安", "四年級", "114001", "114.3.9（日）"
    )
    assert in_order(ticket, "主試人員簽章", "09:10–10:00", "10:20–11:00", "11:20–12:00")
    assert in_order(ticket, "08:50前完成報到", "遲到15分鐘以上者，不得入場", "限用鉛筆")
    assert "貼照片處" in ticket
    assert "輔導室章" in ticket
    # Who takes the other selection's test has that one's ticket.
    refused(story.paper("林同考", "ticket-initial"), "paper-not-ready")
    both = story.of_school("ticket-initial")
    assert [name for page in pages_of(both.content) for name in story.students if name in page] == [
        "王小安",
        "李大方",
    ]
    exported = access_events(county, "access.exported.v3")[-1]
    assert (exported["what"], exported["format"]) == ("papers/ticket-initial", "pdf")
    assert {*exported["subjects"]} == {story.students["王小安"], story.students["李大方"]}

    # No result is on any paper before it is published, whoever asks.
    story.at("2025-03-10T09:00")
    for name, full in (("王小安", 69), ("李大方", 68)):
        story.scored(name, full)
    story.scored("林同考", 70, source="dual")
    story.at("2025-03-11T10:00")
    for name, decision in (("王小安", "passed"), ("李大方", "failed"), ("林同考", "passed")):
        done(story.decide(name, decision))
    for who in (story.office, county.org, county.eb):
        refused(story.paper("王小安", "notice-initial", who), "paper-not-ready")
    story.at("2025-03-14T15:00")
    done(story.publish())
    notice = printed(story.paper("王小安", "notice-initial"))
    assert in_order(notice, "初選測驗結果通知單", "王小安", "苓雅示範國小", "114001", "01")
    assert in_order(notice, "初選是否通過", "60", "61", "62", "69", "69", "通過", "說明")
    assert "114.3.21（五）16:00前向就讀學校報名複選，逾期視同棄權" in notice
    assert "114.3.19（三）前申請複查，以郵戳為憑，逾期恕不受理" in notice
    assert "114.3.24（一）16:00前向原報名學校報名複選" in notice
    assert "列印單位（輔導室章）" in notice
    assert "69通過" not in printed(story.paper("李大方", "notice-initial"))
    whole = story.of_school("notice-initial")
    assert len(pages_of(whole.content)) == 3
    assert all(name in printed(whole) for name in story.students)

    # Another school finds none of it, and nobody else's paper with its own.
    b_office = county.b_office
    assert story.paper("王小安", "notice-initial", b_office).status_code == 404
    assert story.of_school("notice-initial", b_office, organisation="ks-a").status_code == 404
    refused(story.of_school("notice-initial", b_office), "paper-not-ready")
    assert story.of_school("nothing").status_code == 404
    refused(story.of_school("notice-initial", county.org), "not-valid", 422)
    run = story.of_school("notice-initial", county.org, organisation="ks-a")
    assert len(pages_of(run.content)) == 3


@pytest.mark.accepts("KAO-45")
def test_the_papers_of_the_second_stage_list_the_subjects_that_were_sat(county: County) -> None:
    story = Papers(county)
    story.at("2025-02-17T09:00")
    story.publish_programme()
    story.exempted("陳小真", 4)
    story.at("2025-03-20T09:00")
    story.registered("陳小真", [row("mathematics", 5), row("english", 5)])
    done(story.step("second", "roster-exported"))
    done(story.step("second", "roster-signed", SIGNED | {"signed_on": "114.3.20"}))
    done(
        story.step(
            "second",
            "remittance-recorded",
            {"payer_name": "苓雅示範國小", "amount": 1140, "remitted_on": "114.3.20"},
        )
    )
    scan = story.scan("second_roster", school="ks-a")
    done(story.step("second", "roster-uploaded", {"roster_document": scan}))
    refused(story.of_school("receipt-second"), "paper-not-ready")
    done(story.step("second", "batch-checked", who=county.org))
    receipt = {"receipt_number": "苓字第001號", "amount": 1140, "issued_on": "114.3.20"}
    done(story.step("second", "receipt-issued", receipt, county.org))
    paid = printed(story.of_school("receipt-second"))
    assert in_order(paid, "統一收據", "苓字第001號", "苓雅示範國小", "壹仟壹佰肆拾元整", "1,140元")
    for who in (county.b_office, county.council):
        assert story.of_school("receipt-second", who, organisation="ks-a").status_code == 404
    assert story.of_school("receipt-second", county.org, organisation="ks-a").status_code == 200

    story.at("2025-04-08T09:00")
    story.second_ticket("陳小真", "114900")
    ticket = printed(story.paper("陳小真", "ticket-second"))
    assert in_order(ticket, "複選鑑定證", "陳小真", "114900", "03", "電腦一", "114.4.12（六）")
    assert in_order(ticket, *BELLS)
    assert in_order(
        ticket, "08:50–09:40", "10:00–10:50", "11:10–12:00", "13:30–14:20", "14:40–15:30"
    )
    assert in_order(ticket, "數學五年級紙筆測驗03", "英語五年級電腦測驗電腦一", "以下空白")

    story.at("2025-04-14T09:00")
    sat = scored({"mathematics": 65, "english": 60.5})
    done(story.examine("陳小真", "subject-score-imported", sat))
    done(story.examine("陳小真", "subject-decision-made", who=county.council))
    refused(story.paper("陳小真", "notice-second", county.org), "paper-not-ready")
    story.at("2025-04-18T15:00")
    done(story.publish_second())
    notice = printed(story.paper("陳小真", "notice-second"))
    assert in_order(notice, "複選測驗結果通知單", "陳小真", "114900", "電腦一")
    assert in_order(notice, "數學五年級6565通過", "英語五年級60.565不通過", "以下空白", "說明")
    assert "114.4.23（三）前申請複查" in notice
    assert "列印單位（輔導室章）" in notice
    assert "國語" not in notice


@pytest.mark.accepts("KAO-128")
def test_the_plan_on_paper_is_filled_from_the_records_and_blank_where_it_is_written_by_hand(
    county: County,
) -> None:
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    student = {"student_id": cases.pupil("skip", 4)}
    cases.row("skip", "英語", "skip", 6, arrangement="六年甲班")
    before = cases.opened("skip")
    paper = f"{CASES}/{before}/papers/placement-application"
    asked = printed(county.a_office.get(paper))
    assert in_order(asked, "安置申請表", "學生skip", "苓雅示範國小", "四年級", "103.5.1")
    assert in_order(asked, "114", "五年級", "英語", "跳級", "六年級", "六年甲班")
    assert in_order(
        asked, "壹、學業成就", "貳、家庭", "家居生活", "參、學習", "學習興趣", "肆、社會"
    )
    assert in_order(asked, "六、特推會", "審查結果", "□通過", "□不通過", "核章", "學校留存")
    # Of an earlier placement it says the circumstances (F24), where the plan says the class (F30).
    assert in_order(asked, "三、歷年縮短修業年限安置經歷", "安置情形", "四、學習表現")
    assert "安置班級" not in asked
    cases.decided("skip", "council")
    asked = printed(county.a_office.get(paper))
    assert in_order(asked, *ADAPTATION.values(), "■通過", "□不通過", "114.4.22")
    assert county.b_office.get(paper).status_code == 404
    exported = access_events(county, "access.exported.v3")[-1]
    said = (exported["what"], exported["subjects"])
    assert said == ("papers/placement-application", [cases.pupils["skip"]])
    application = county.a_office.made(f"{PROGRAMME}/applications", student)
    cases.at("2025-06-13T09:00")
    path = f"{CASES}/{cases.cases['skip']}/papers/igp"
    blank = printed(county.a_office.get(path))
    assert in_order(
        blank, "個別輔導計畫", "一、基本資料", "二、歷年鑑定紀錄", "三、歷年縮短修業年限"
    )
    assert in_order(
        blank,
        "審查日期（年月）",
        "評量結果",
        "安置階段",
        "114",
        "五年級",
        "英語",
        "跳級",
        "六年級",
        "一、基本資料",
    )
    assert in_order(blank, "三、歷年縮短修業年限", "安置班級", "四、學業成就")
    assert in_order(blank, "學生skip", "103年5月1日", "四、學業成就", "下學期成績", "優、劣勢分析")
    assert in_order(blank, "六、觀察紀錄", *ADAPTATION.values(), "學生特質綜合分析")
    assert in_order(
        blank, "七、輔導方案", "目標", "晨光", "第四節", "午休", "第七節", "八、輔導小組"
    )
    assert in_order(blank, "八、輔導小組", "家長", "輔導教師", "校長")
    by_hand = [one for one in IGP.values() if isinstance(one, str)]
    assert not any(one in blank for one in by_hand)
    exported = access_events(county, "access.exported.v3")[-1]
    assert (exported["what"], exported["subjects"]) == ("papers/igp", [cases.pupils["skip"]])

    cases.does("a-office", "skip", "igp/drafted", IGP)
    filled = printed(county.a_office.get(f"{PROGRAMME}/applications/{application}/papers/igp"))
    assert filled == printed(county.a_office.get(path))
    assert all(one in filled for one in by_hand)
    assert in_order(filled, "第二節", "英語", "第三節", "師資", "王老師")
    assert county.b_office.get(path).status_code == 404
    assert county.a_office.get(path.replace("igp", "nothing")).status_code == 404
