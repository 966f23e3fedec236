"""How what the steps of placement cases and school batches find, and their codes, are called on
pages and papers (zh-TW)."""

from collections.abc import Mapping

from domain.labels import CATEGORIES

_VERDICTS = {
    "passed": "通過",
    "passed_with_changes": "修正後通過",
    "failed": "不通過",
    "refused": "不通過",
}
_BODIES = {"council": "鑑輔會", "committee": "特推會", "school_committee": "特推會"}

#: Of a placement case, its guidance plan and its reports: fields that no form asks for.
CASE: Mapping[str, str] = {
    "current_grade": "目前年級",
    "before_council": "提鑑輔會",
    "body": "審議單位",
    "path": "審議方式",
    "area": "學科",
    "placement_ids": "增列的安置",
    "promotion_areas": "升級的科目",
    "told_before": "說明對象",
    "from_school_id": "原就讀學校",
    "original_types": "原鑑定安置方式",
    "original_areas": "原鑑定安置方式的科目",
    "case_version": "依據的安置案版次",
    "paper_review": "書面審查",
    "late": "逾期",
    "next_areas": "下一教育階段的學科",
}
CASE_CODES: Mapping[str, Mapping[str, str]] = {
    "committee_result": _VERDICTS,
    "result": _VERDICTS,
    "pre_review": _VERDICTS,
    "subsidy_result": {"granted": "核准", "refused": "不核准"},
    "body": _BODIES,
    "path": _BODIES,
    "told_before": _BODIES,
    "type": {
        "exemption": "部分或全部領域免修",
        "acceleration": "部分或全部領域加速",
        "partial_skip": "部分領域跳級",
        "full_skip": "全部領域跳級",
    },
    "original_types": CATEGORIES,
    "outcome": {
        **_VERDICTS,
        **_BODIES,
        "part": "部分學科",
        "all": "全部學科",
        "waiting": "待其他單位決定",
        "decided": "已決定",
        "same_way": "審查方式不變",
        "other_way": "改依另一審查方式",
    },
}

#: Of a school's batch.
BATCH: Mapping[str, str] = {
    "roster_digest": "名冊摘要值",
    "students": "學生人數",
    "units": "計費單位",
    "collected": "收取金額（元）",
    "remit_amount": "應匯金額（元）",
}
BATCH_CODES: Mapping[str, Mapping[str, str]] = {
    "types": CATEGORIES,
    "line_choice": {"joint_line": "採聯合評量的標準", "own_line": "由學校自訂"},
    "minutes_for": {"placement": "鑑定安置", "igp": "個別輔導計畫"},
    "semester": {"first": "第一學期", "second": "第二學期"},
}
