"""How sections (IGP manual 0.3), fields and codes (Kaohsiung 1.3, 3.2, 6.3) are called (zh-TW)."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from domain import capacity
from domain.calendar import roc_instant, roc_written
from domain.label_fields import OF_REQUEST, is_grade, with_grades

SECTIONS = {
    "basic_family": "基本資料與家庭背景",
    "transition": "轉銜記錄",
    "identification": "鑑定資料",
    "career_interest": "生涯興趣",
    "interest_analysis": "興趣分析",
    "awards": "得獎紀錄",
    "strengths_weaknesses": "優弱勢能力",
    "needs_assessment": "教育需求評估",
    "annual_goal": "學年目標",
    "course_goal": "課程目標",
    "meeting": "相關會議記錄",
    "replacement": "重新安置紀錄",
    "counselling_note": "晤談與輔導紀錄",
    "placement": "安置",
    "placement_request": "重新／放棄安置申請",
    "directory": "通報資料",
    "relation": "服務關係",
    "plan": "個別輔導計畫",
    "mark": "學習成績",
    "application": "縮短修業年限申請",
    "application_result": "未公告的評量結果",
    "placement_case": "安置辦理情形",
    "dispute": "爭議案",
    "note_release": "釋出的晤談與輔導紀錄",
}

#: The main items of the plan that are counted (IGP manual 0.3); the eighth, the notes, is not.
MAIN_ITEMS = {
    1: "基本資料與家庭背景",
    2: "鑑定評量與表現紀錄",
    3: "優弱勢能力評析",
    4: "教育需求評估",
    5: "教育目標",
    6: "相關會議記錄",
    7: "重新安置紀錄",
}

CHANGE_KINDS = {
    "recorded": "填寫",
    "corrected": "修正",
    "withdrawn": "刪除",
    "re_placement": "重新安置",
    "abandonment": "放棄安置",
}

CAPACITIES: Mapping[str, str] = {code.value: name for code, name in capacity.LABELS.items()}

ROLES = {
    "school_administrator": "學校學務",
    "authority_administrator": "主管機關學務",
    "teacher": "教師",
    "organiser": "承辦學校人員",
    "council_member": "鑑輔會委員",
    "reviewer": "審議人員",
    "student": "學生",
}

ORGANISATION_KINDS = {
    "authority": "主管機關",
    "school": "學校",
    "organiser": "承辦學校",
    "council": "鑑輔會",
}

STAGES = {
    "preschool": "學前",
    "elementary": "國小",
    "junior_high": "國中",
    "senior_high": "高中",
}

GRADES = dict(enumerate("一二三四五六七八九", start=1)) | {10: "十", 11: "十一", 12: "十二"}

RECIPIENTS = {"guardian": "法定代理人", "student": "學生本人"}

SEXES = {"male": "男", "female": "女", "other": "其他"}

CASE_MANAGER_KINDS = {"resource_class": "資優資源班", "itinerant": "資優巡迴輔導"}

SHARE_RELATIONS = {"same_field": "同領域教師", "cross_field": "跨領域教師"}

CATEGORIES = {"skip": "跳級", "promotion": "升級", "exemption": "免修", "acceleration": "加速"}

LESSONS_AT = {
    "own_school": "本校",
    "next_stage_school": "下一教育階段學校",
    "elsewhere": "其他地點",
}

FREE_TIME = {
    "self_study": "在校自主學習",
    "gifted_class_partly": "部分時間在資優班",
    "gifted_class_wholly": "全部時間在資優班",
    "off_campus": "校外",
}

PLACEMENT_STATUSES = {
    "in_force": "安置中",
    "awaiting": "待審議",
    "withdrawn": "已刪除",
    "superseded": "已重新安置",
    "abandoned": "已放棄安置",
    "refused": "未通過",
    "returned": "已回歸原年級",
}

REQUEST_KINDS = {"re_placement": "重新安置", "abandonment": "放棄安置"}

REQUEST_STATUSES = {
    "open": "辦理中",
    "completed": "已完成",
    "refused": "未通過",
    "withdrawn": "已撤回",
}

BODIES = {"school_committee": "學校特推會", "council": "鑑輔會", "bureau": "主管機關"}

OUTCOMES = {"passed": "通過", "refused": "未通過", "consented": "同意", "noted": "備查"}

#: What an ability is, compared with peers of the same age.
MARKS = {"strength": "優勢", "weakness": "弱勢"}
SEMESTERS = {"first": "上學期", "second": "下學期"}

MARKERS = {"exempt": "免修", "skipped": "跳級"}

MARK_GIVERS = {
    "homeroom_teacher": "班級導師",
    "subject_teacher": "任課教師",
    "higher_class_teacher": "較高年級班級的任課教師",
    "registrar": "註冊組",
}

#: Fields that mean the same in every section.
COMMON = {
    "occurred_on": "發生日期",
    "reason": "原因",
    "school_year": "學年度",
    "education_stage": "教育階段",
    "moved_from": "移自",
    "moved_to": "移至",
    "account_id": "人員",
    "organisation_id": "學校",
    "relation": "分享對象",
    "imported_template_id": "匯入範本",
}

FIELDS: dict[str, dict[str, str]] = {
    "placement": {
        "area": "領域",
        "category": "安置類別",
        "target_year_grade": "就讀年級",
        "placement_grade": "安置年級",
        "arrangement": "安置情形",
        "lessons_at": "上課地點",
        "free_time": "免修時間",
        "flags": "提醒事項",
        "outcome": "結束方式",
        "request_id": "申請案",
    },
    "placement_request": {
        "kind": "申請類別",
        **OF_REQUEST,
        "new_area": "新安置領域",
        "new_category": "新安置類別",
        "new_target_year_grade": "新就讀年級",
        "new_placement_grade": "新安置年級",
        "new_arrangement": "新安置情形",
        "why": "原因說明",
        "body": "作成單位",
        "outcome": "結果",
        "document_number": "文件字號",
        "decided_on": "決定日期",
        "final": "全案完成",
    },
    "counselling_note": {
        "held_on": "晤談輔導日期",
        "purpose": "目的",
        "participants": "參與人員",
        "recorder": "記錄人員",
        "content": "內容",
        "what": "檢視項目",
        "records": "檢視紀錄",
        "code": "未完成原因",
        "digest": "檔案摘要值",
    },
    "directory": {
        "national_id": "身分證統一編號",
        "name": "姓名",
        "sex": "性別",
        "birth_date": "出生日期",
        "stage": "教育階段",
        "grade": "年級",
        "class_name": "班級",
        "from_organisation_id": "原就讀學校",
        "order_number": "刪除依據文號",
        "order_date": "刪除依據日期",
    },
    "relation": {
        "kind": "個管類別",
        "subject": "授課科目",
        "subjects": "授課科目",
    },
    "plan": {"recipient": "給予對象", "format": "格式", "digest": "檔案摘要值"},
    "mark": {
        "programme": "計畫",
        "rules": "計畫版次",
        "marking": "登記規定",
        "counts": "列入畢業成績",
        "semester": "學期",
        "area": "領域或科目",
        "grade": "成績年級",
        "enrolled_grade": "就讀年級",
        "score": "分數",
        "marker": "註記",
        "description": "學習狀況描述",
        "given_by": "評定者",
        "filled_from": "補登自",
        "from_grade": "跳級前年級",
        "to_grade": "跳級後年級",
        "letter_number": "公文文號",
        "letter_date": "公文日期",
    },
    # No sections of a student's record, but their forms and messages have names too.
    "organisation": {
        "code": "單位代碼",
        "name": "單位名稱",
        "kind": "單位類別",
        "county": "縣市",
        "district": "行政區",
        "stage": "教育階段",
        "parent_id": "上級單位",
    },
    "account": {
        "username": "帳號",
        "name": "姓名",
        "organisation_id": "單位",
        "roles": "身分",
        "duties": "職務內容",
        "teaching_category": "任教類別",
        "subjects": "授課科目",
        "class_name": "擔任班級",
        "gifted": "資優班",
        "on_establishment": "列入員額編制人員",
    },
    "participant-option": {"name": "人員姓名"},
    "course-template": {
        "name": "範本名稱",
        "subject": "課程科目",
        "teaching_model": "教學模式",
        "course_name": "課程名稱",
        "rows": "學習表現",
    },
    "ledger": {
        "clock": "時鐘",
        "start": "起始時間",
        "authority": "主管機關",
        "version": "程式版本",
        "now": "新的時間",
    },
}

_NOBODY: Mapping[str, str] = {}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})")

#: The words for a code, by section and field; "" holds what does not depend on the section.
_CODES: dict[str, dict[str, Mapping[str, str]]] = {
    "": {
        "stage": STAGES,
        "relation": SHARE_RELATIONS,
        "sex": SEXES,
        "roles": ROLES,
        "body": BODIES,
        "capacity": CAPACITIES,
        "semester": SEMESTERS,
        "education_stage": STAGES,
        "category": CATEGORIES,
    },
    "placement": {
        "lessons_at": LESSONS_AT,
        "free_time": FREE_TIME,
        "outcome": PLACEMENT_STATUSES,
        "status": PLACEMENT_STATUSES,
    },
    "placement_request": {
        "kind": REQUEST_KINDS,
        "new_category": CATEGORIES,
        "outcome": OUTCOMES,
        "status": REQUEST_STATUSES,
    },
    "relation": {"kind": CASE_MANAGER_KINDS},
    "plan": {"recipient": RECIPIENTS},
    "mark": {"marker": MARKERS, "given_by": MARK_GIVERS},
    "organisation": {"kind": ORGANISATION_KINDS},
}


def name_section(
    section: str, fields: Mapping[str, str], codes: Mapping[str, Mapping[str, str]]
) -> None:
    """Takes the labels of a section's fields, and of their codes, from the section's own model."""
    FIELDS[section] = dict(fields)
    _CODES[section] = dict(codes)


def name_more(
    section: str,
    fields: Mapping[str, str],
    codes: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Adds labels to those that a section has, for one whose fields come from several models."""
    FIELDS[section] = FIELDS.get(section, {}) | dict(fields)
    _CODES[section] = {**_CODES.get(section, {}), **(codes or {})}


def label(section: str, field: str) -> str:
    """What the field, or a part of one, is called in the section or wherever it stands; its own
    name where nobody has named it."""
    named, last = FIELDS.get(section, {}), field.rpartition(".")[2]
    return named.get(field) or COMMON.get(last) or named.get(last, field)


def written(section: str, field: str, value: object, names: Mapping[str, str] = _NOBODY) -> str:
    """A value as a person reads it: words for codes, ROC dates, 五年級, empty text for none.

    Takes what an event says and its JSON form alike. `names` are those of ids, and under
    `field=code` the words of a programme for its codes (`domain.code_words`); `field` is that of
    the code, or the one it stands in.
    """
    if value is None:
        return ""
    if isinstance(value, tuple | list | set | frozenset):
        return "、".join(written(section, field, one, names) for one in value)
    if isinstance(value, Mapping) and value.keys() in ({"id", "name"}, {"code", "name"}):
        # An account or an organisation, which people know by its name.
        return str(value["name"] or value.get("code") or "")
    if isinstance(value, Mapping):
        return "；".join(
            f"{named}：{written(section, inner, one, names)}"
            for key, one in with_grades(value).items()
            if one is not None
            for named, inner in [_part(section, field, key, names)]
        )
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return roc_instant(value)
    if isinstance(value, date):
        return roc_written(value)
    last = field.rpartition(".")[2]
    if isinstance(value, int) and is_grade(field):
        return f"{GRADES[value]}年級" if value in GRADES else str(value)
    if isinstance(value, str):
        whole = field.partition(".")[0]
        named = names.get(f"{last}={value}") or names.get(f"{whole}={value}") or names.get(value)
        return named or _word(section, field, value) or _dated(value)
    return str(value)


def _word(section: str, field: str, value: str) -> str | None:
    """The word for a code of the field, of such a part of any field, or of every section."""
    own, last = _CODES.get(section, {}), field.rpartition(".")[2]
    for codes in (own.get(field), own.get(last), _CODES[""].get(last), MARKS):
        if codes is not None and value in codes:
            return codes[value]
    return None


def _part(section: str, field: str, key: str, names: Mapping[str, str]) -> tuple[str, str]:
    """What a key of a field is called, and by which field its value is read: a key is a part of
    the field, or a code of the field itself."""
    part = f"{field}.{key}"
    named = label(section, part)
    return (written(section, field, key, names), field) if named == part else (named, part)


def _dated(text: str) -> str:
    """A day or an instant in its JSON form as people read it, any other text as it is."""
    try:
        if _DAY.fullmatch(text):
            return roc_written(date.fromisoformat(text))
        if _INSTANT.fullmatch(text):
            return roc_instant(datetime.fromisoformat(text))
    except ValueError:
        pass  # looks like a date and is none: shown as it stands
    return text
