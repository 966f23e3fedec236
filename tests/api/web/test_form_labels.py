"""The pages of a programme's forms say every label as the form prints it (Kaohsiung F01 to F31)."""

import re

import pytest

from tests.acceptance.initial_stage import SUBMIT, InitialStage
from tests.acceptance.placing import Cases
from tests.api.serving import PASSWORD, County
from tests.visiting import Visitor

PAGE = "/programmes/kaohsiung-114"
_WHO = """
    報考學校 緊急聯絡人：姓名 緊急聯絡人：關係 緊急聯絡人：電話（宅） 緊急聯絡人：電話（公）
    緊急聯絡人：行動電話 障礙類別／病情簡述 繳驗證件 學生簽名 代簽人 代簽原因
"""
#: By the step of an application, the lists of which a row is opened, and what its form prints.
APPLICATION = {
    # F01 to F06.
    "initial-application-submitted": (
        ("guardians", "past_assessments", "past_placements", "planned_subjects"),
        """
        法定代理人／實際照顧者 電話（住家） 電話（手機） 緊急連絡人：姓名 導師 就讀資優資源班
        資優資源班導師 外籍學生 學區國中 總量管制學校 是否符合免初選資格 身心障礙學生
        經濟文化殊異學生 歷年鑑定紀錄 歷年縮短修業年限安置經歷 同時報考一般智能
        繳交報名費（初選） 服務需求申請 照片繳交（初選） 複試考科調查 學年度 測驗名稱 年級
        T分數 T總分 鑑定結果 教育階段 就讀年級 領域 安置類別 安置年級 安置情形
        """,
    ),
    # F13 and F14.
    "accommodation-requested": (
        (),
        _WHO
        + """
        報名階段 延長作答時間（分鐘） 其他功能性障礙所需服務 輔導教師綜合說明 承辦人 處室主任
        身心障礙或突發傷病詳細描述 在校學習表現或相關特質描述 在校評量時是否有調整方式
        受訪人或撰寫教師 與個案關係
        """,
    ),
    # F15.
    "special-group-statement-filed": ((), _WHO + "是否檢附二年內優勢才能佐證"),
}
#: By the step of a case: F26 and F30.
CASE = {
    "learning-performance-entered": (
        ("achievement", "special_achievements"),
        """
        學業成就 學習興趣 學習特長分析 評語及建議 家居生活 在家學習 親子互動 管教態度
        課外學習活動安排 與同儕團體互動情形（教師） 生活適應情形（家長） 壓力調適情形（教師）
        壓力調適情形（家長） 自我管理情形（教師） 自我管理情形（家長） 特殊表現 科目領域 日期 結果
        """,
    ),
    "igp/drafted": (
        ("guidance_teachers", "timetable", "teachers"),
        """
        就讀班級 級任教師 安置班級 輔導教師 資優資源班 資優資源班導師 優、劣勢分析
        學生特質綜合分析 特殊教育之需求 目標 輔導（教學內容）重點 學習時間規劃（課表） 評量方式
        師資 校外學習安全／交通 免修鐘點費支付 調整措施 檢討及建議
        """,
    ),
}
#: F31.
REPORT = """
    填表日期 目前學籍班級 縮修安置班級 縮短修業年限類別 領域科目 輔導教師 外聘
    輔導計畫追蹤期（起） 輔導計畫追蹤期（迄） 上學期總成績 學生整體學習表現 學生適應行為表現
    教師教學具體建議（導師） 教師教學具體建議（各科／輔導教師） 家長建議
"""
#: F25, F29.
ROW = "學年度 就讀年級 領域 安置類別 安置年級 安置情形"
REQUEST = "鑑定結果依據文號 原因說明 家長同意簽章"


def labels(who: Visitor, path: str, rows: tuple[str, ...] = ()) -> set[str]:
    """Every label and legend of the form of a page, with a row opened of each of these lists."""
    sheet = who.visit(path)
    assert sheet.status == 200, sheet.text
    for name in rows:
        form = sheet.form(path)
        sheet = who.send(form.action, [*form.filled(), ("_do", f"add:{name}")])
    found = re.findall(r"<(?:label|legend)\b[^>]*>(.*?)</(?:label|legend)>", sheet.html, re.S)
    return {re.sub(r"<span.*|<[^>]*>", "", one, flags=re.S).strip() for one in found}


def missing(printed: str, said: set[str]) -> set[str]:
    return {*printed.split()} - said


@pytest.mark.parametrize("step", APPLICATION)
def test_the_forms_of_a_registration_say_what_is_printed(county: County, step: str) -> None:
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    (stage.pupil if step == SUBMIT else stage.entered)("陳報名")
    office = Visitor.of(county.client, "a-office", PASSWORD)
    rows, printed = APPLICATION[step]
    path = f"{PAGE}/applications/{stage.applications['陳報名']}/{step}"
    assert missing(printed, labels(office, path, rows)) == set()


def test_the_forms_of_a_placement_say_what_is_printed(county: County) -> None:
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    student = cases.pupil("安置", 4)
    row = cases.row("安置", "英語", "skip", 6)
    cases.decided("安置", "council")
    office = Visitor.of(county.client, "a-office", PASSWORD)
    for step, (rows, printed) in CASE.items():
        path = f"{PAGE}/placement-cases/{cases.cases['安置']}/{step}"
        assert missing(printed, labels(office, path, rows)) == set(), step
    report = f"{PAGE}/tracking-reports/{student}"
    rows = ("area_grades", "previous_totals")
    assert missing(REPORT, labels(office, report, rows)) == set()
    placement = f"/students/{student}/placements"
    assert missing(ROW, labels(office, f"{placement}/new")) == set()
    assert missing(REQUEST, labels(office, f"{placement}/{row}/requests/new")) == set()
