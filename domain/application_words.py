"""How what an application's steps find, and their codes, are called on pages and papers (zh-TW)."""

from collections.abc import Mapping

#: The standings by economy that an application tells.
ECONOMIC = {"low_income": "低收入戶", "mid_low_income": "中低收入戶"}
_STAGES = {"initial": "初選", "second": "複選"}
_OUTCOMES = {"passed": "通過", "failed": "不通過"}
_BASES = {"score": "測驗分數", "interval_estimation": "區間估計"}
_TESTS = {"joint": "聯合評量", "school": "學校自辦", "award": "以競賽獲獎認定"}
_ATTENDANCE = {"present": "到考", "absent": "缺考", "late_refused": "遲到不得入場"}
_VERDICTS = {**_OUTCOMES, "absent": "缺考", "school_decides": "由學校認定"}
_FULL_SKIPS = {
    "complete": "全部學科均通過",
    "incomplete": "未全部通過",
    "pending_council": "待鑑輔會決定",
    "none": "未申請",
}

#: What both the application and the examination say of subjects and their results.
_PARTS: Mapping[str, str] = {
    "late": "逾期",
    "received_at": "收件時間",
    "results": "各科結果",
    "subject": "學科",
    "exam_grade": "報考年級",
    "registration_type": "報考類型",
    "t_score": "T分數",
    "pass_line": "通過標準",
    "basis": "判定依據",
}

#: Fields that no form asks for: what a rule found.
FOUND: Mapping[str, str] = {
    "current_grade": "目前年級",
    "target_year_grade": "鑑定學年度就讀年級",
    "stage": "階段",
    "fee_due": "應繳費用（元）",
    "fee_statuses": "免繳事由",
    "test_site_id": "應試學校",
    "tasks": "待辦事項",
    "sudden": "突發傷病",
    "sessions": "測驗時間",
    "request_version": "所審查的申請",
    "voids_version": "作廢的鑑定證",
    "reverses_version": "撤銷的步驟",
    "missing": "缺漏的資料",
    "proposes": "複查後的結果",
    "previous_outcome": "原結果",
    "amount": "退還金額（元）",
    "published_on": "公告日期",
    "examination_version": "所依據的測驗紀錄",
    "t_sub1": "測驗一T分數",
    "t_sub2": "測驗二T分數",
    "t_sub3": "測驗三T分數",
    "t_full": "全測驗T分數",
    "absent": "缺考",
    "decision_basis": "判定依據",
    "computed": "計算依據",
    **_PARTS,
    "number": "節次",
    "bell_at": "預備鈴",
    "starts_at": "開始時間",
    "ends_at": "結束時間",
    "break_minutes": "休息（分鐘）",
    "tasks.task": "代碼",
    "tasks.name": "待辦事項",
    "tasks.due": "期限",
    "results.test": "測驗方式",
    "results.outcome": "結果",
    "eligible": "可安置的學科",
    "eligible.test": "測驗方式",
    "full_skip": "全部學科跳級",
    "placed": "可安置的學科、類別與年級",
    "placed.category": "安置類別",
    "placed.placement_grade": "安置年級",
    "findings": "請鑑輔會留意",
    "subject_count": "報考科數",
    "second_fee": "複選報名費（元）",
    "remit_amount": "應匯金額（元）",
    "kept_by_school": "學校留用金額（元）",
}

CODES: Mapping[str, Mapping[str, str]] = {
    "stage": _STAGES,
    "recommended_by": {
        "class_teacher": "導師",
        "subject_teacher": "任課教師",
        "guardian": "法定代理人",
    },
    "economic_status": {**ECONOMIC, "none": "否"},
    "decision": {
        "accepted": "通過",
        "refused": "不通過",
        "granted": "核准",
        "granted_in_part": "部分核准",
        **_OUTCOMES,
    },
    "decision_basis": _BASES,
    "basis": _BASES,
    "rows.test": _TESTS,
    "results.test": _TESTS,
    "eligible.test": _TESTS,
    "results.outcome": _VERDICTS,
    "achievement_test_mode": _TESTS,
    "medium": {"paper": "紙筆", "computer": "電腦"},
    "full_skip": _FULL_SKIPS,
    "exception": {
        "grade_without_all_subjects": "報考年級未辦理全部學科的測驗",
        "another_full_skip": "再次申請全部學科跳級",
    },
    "groups": {"disability": "身心障礙", **ECONOMIC},
    "previous_outcome": _OUTCOMES,
    "proposes": _OUTCOMES,
    "outcome": {
        **_OUTCOMES,
        "participates": "參加鑑定",
        "continues": "不參加鑑定",
        "accepted": "受理",
        "refused": "不通過",
        "incomplete": "資料不完整",
        "completed": "已複查",
        "entered": "填報完成",
        "initial_exempt": "免初選",
        "eligible": "有可安置的學科",
        "none": "沒有可安置的學科",
        "joint": "參加聯合評量",
        "school": "由學校辦理",
        "changed": "結果變更",
        "kept": "維持原結果",
    },
    "cause": {
        "lost": "遺失",
        "corrected": "更正",
        "incomplete": "資料不完整",
        "late": "逾期",
        "other": "其他",
        "disaster": "天災或其他非人為因素",
        "hospitalised": "住院無法應考",
    },
}

#: The same of the examination, which schools do not see.
RESULT_FOUND: Mapping[str, str] = {
    "stage": "階段",
    "old_score": "更正前T分數",
    "computed": "計算依據",
    **_PARTS,
    "results.test": "測驗方式",
    "results.outcome": "結果",
}

RESULT_CODES: Mapping[str, Mapping[str, str]] = {
    "stage": _STAGES,
    "attendance": _ATTENDANCE,
    "source": {"own": "本測驗", "dual": "同時報考的測驗"},
    "item": {
        "t_sub1": "測驗一",
        "t_sub2": "測驗二",
        "t_sub3": "測驗三",
        "t_full": "全測驗",
    },
    "decision": _OUTCOMES,
    "decision_basis": _BASES,
    "basis": _BASES,
    "results.test": _TESTS,
    "results.outcome": _VERDICTS,
    "outcome": {
        **_OUTCOMES,
        **_ATTENDANCE,
    },
}
