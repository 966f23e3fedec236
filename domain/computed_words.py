"""How a computation is called by people: its rule, what went into it, what it came to (zh-TW).

Codes of the house have their words here, those of a programme its own (`domain.code_words`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.labels import CATEGORIES, GRADES

#: What rules are about, by the beginning of their code.
_RULES = {
    "fees": "費用",
    "placement.row": "安置列的判定",
    "placement_cases.igp_due": "個別輔導計畫的上傳期限",
    "placement_cases.tracking": "追蹤報告的上傳期限",
    "selection": "鑑定規定",
    "selection.attendance": "派員出席安置會議",
    "selection.committees": "審議會議的組成",
    "selection.decisions": "由哪個單位審議與核定",
    "selection.duration": "縮短修業年限的年數",
    "selection.exam_grade": "測驗的年級",
    "selection.full_skip": "全部學科跳級",
    "selection.initial": "初選",
    "selection.placement_grade": "安置年級",
    "selection.placements_offered": "可以填寫的安置",
    "selection.retained": "保留的成績",
    "selection.second": "複選",
    "selection.subjects": "可以報考的科目",
    "selection.tasks": "轉銜工作",
}

#: What a computation goes by and comes to.
WORDS: Mapping[str, str] = {
    **CATEGORIES,
    "absent": "缺考",
    "accepted": "符合",
    "allowed": "可以",
    "approved": "核定",
    "as_ruled": "符合規定",
    "below_line": "未達標準",
    "blocked": "不可以",
    "committee": "特推會",
    "complete": "全部學科均通過",
    "continued": "延續前次安置",
    "council": "鑑輔會",
    "exam_below": "測驗的年級低於就讀年級",
    "failed": "不通過",
    "flagged": "有提醒事項",
    "grade": "依年級",
    "in_time": "期限內",
    "incomplete": "未全部通過",
    "joint": "聯合評量",
    "joint_line": "依聯合評量的標準",
    "late": "逾期",
    "late_refused": "遲到不得入場",
    "legacy": "依先前的紀錄",
    "limit_reached": "已達上限",
    "next-school-not-there": "銜接學校沒有參與",
    "next-stage-not-represented": "下一教育階段的學校不在場",
    "next_school_needed": "須有銜接學校參與",
    "no_earlier_placement": "沒有先前的安置",
    "no_line": "沒有適用的標準",
    "no_proof": "沒有可採認的證明",
    "no_result": "沒有成績",
    "no_rule": "沒有適用的規定",
    "no_such_standard": "計畫沒有這項標準",
    "no_test_needed": "免測驗",
    "none": "無",
    "not_for_type": "不適用於這個類型",
    "not_offered": "不可填寫",
    "not_passed": "沒有通過",
    "not_required": "不須派員",
    "noted": "備查",
    "offered": "可以填寫",
    "one_grade": "同一個年級",
    "other_stage": "屬於另一個教育階段",
    "override": "經決定不受此限",
    "own_school": "本校",
    "passed": "通過",
    "pending_council": "待鑑輔會決定",
    "placed": "依安置年級",
    "pr": "百分等級達標準",
    "present": "到考",
    "refused": "不符合",
    "rejected": "不符合",
    "represented": "下一教育階段的學校在場",
    "required": "須派員",
    "school_decides": "由學校認定",
    "school_line": "依學校自訂的標準",
    "school_test": "由學校評量",
    "sd": "標準差達標準",
    "several_grades": "不只一個年級",
    "stands_in": "可代替測驗",
    "subjects_missing": "尚缺學科",
    "t": "T分數達標準",
    "t_total": "T分數總和達標準",
    "test_needed": "須測驗",
    "too_old": "超過採計的年限",
    "within_limit": "未達上限",
}

#: What goes into one, and the limits it is held against, by the path of each.
LABELS: Mapping[str, str] = {
    "computed": "計算依據",
    "computed.rule": "規定",
    "computed.inputs": "依據的資料",
    "computed.threshold": "門檻",
    "computed.branch": "適用情形",
    "computed.outcome": "結果",
    **{
        f"computed.inputs.{name}": words
        for name, words in {
            "achieved_in": "獲獎學年度",
            "again": "再次安置",
            "applied_in": "申請學年度",
            "area": "領域",
            "assessed_grade": "評量的年級",
            "category": "安置類別",
            "cause": "事由",
            "committee": "特推會決定",
            "continuing": "繼續安置",
            "controlled_school": "總量管制學校",
            "convenor": "召集人",
            "day": "日期",
            "enrolment_changes": "須調整學籍",
            "entrustment": "委託方式",
            "free_time": "免修時間",
            "full": "全部學科",
            "grade": "年級",
            "items": "項目",
            "landing": "跳級後的年級",
            "last": "前次安置",
            "legacy": "採計先前的紀錄",
            "lessons_at": "上課地點",
            "made": "已跳級的學年度",
            "members": "成員",
            "minutes_late": "遲到（分鐘）",
            "missing": "尚缺學科",
            "next_stage_represented": "下一教育階段的學校在場",
            "override": "經決定不受此限",
            "paid": "已繳費用（元）",
            "passed": "通過的測驗",
            "passes": "通過的學科",
            "path": "審議方式",
            "placed": "目前安置",
            "placement_grade": "安置年級",
            "pr": "百分等級",
            "proof": "證明",
            "proven": "已附證明",
            "reaches": "安置到的年級",
            "request": "申請類別",
            "rows": "安置",
            "school_year": "學年度",
            "score": "成績",
            "sd": "標準差",
            "semester": "學期",
            "session": "節次",
            "special": "特殊身分",
            "standard": "標準",
            "standing": "目前安置",
            "statuses": "免繳身分",
            "subject": "學科",
            "t": "T分數",
            "t_total": "T分數總和",
            "target_year_grade": "就讀年級",
            "test": "測驗",
            "tested_grade": "測驗的年級",
            "to": "改為",
            "type": "報考類型",
            "units": "計費的科目數",
            "uploads_complete": "上傳齊全",
            "with_next_school": "銜接學校參與",
        }.items()
    },
    "computed.threshold.ahead": "提前年數",
    "computed.threshold.charged": "收費（元）",
    "computed.threshold.grade": "依據的年級",
    "computed.threshold.highest_grade": "最高的年級",
    "computed.threshold.kept": "留用（元）",
    "computed.threshold.next_stage_from": "下一教育階段起始年級",
    "computed.threshold.passed_on": "繳交（元）",
    "computed.threshold.pr": "百分等級",
    "computed.threshold.sd": "標準差",
    "computed.threshold.t": "T分數",
    "computed.threshold.t_total": "T分數總和",
}


def rule_name(rule: str) -> str:
    """What a rule is about; its code where nobody has named it."""
    parts = rule.split(".")
    known = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((_RULES[one] for one in known if one in _RULES), rule)


def computed_word(text: str, programme: Mapping[str, str]) -> str | None:
    """The words for a code, or for several side by side; None where it is no code. `programme` are
    the words of the programme's own codes, whatever field they stand in."""
    word = WORDS.get(text) or programme.get(text)
    if word is not None:
        return word
    parts = [_graded(one, programme) for one in text.replace(",", " ").split()]
    return "、".join(filter(None, parts)) if parts and all(parts) else None


def names_in(computed: Any, programme: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The codes anywhere in what was computed, as `computed=code`, each with its words."""
    if isinstance(computed, Mapping):
        for key, inner in computed.items():
            if key == "rule":
                yield f"computed={inner}", rule_name(inner)
            else:
                yield from names_in(key, programme)
                yield from names_in(inner, programme)
    elif isinstance(computed, list | tuple):
        for one in computed:
            yield from names_in(one, programme)
    elif isinstance(computed, str) and (word := computed_word(computed, programme)) is not None:
        yield f"computed={computed}", word


def _graded(text: str, programme: Mapping[str, str]) -> str | None:
    """A code, which may have a grade behind a colon: `skip:6`."""
    code, colon, grade = text.partition(":")
    word = WORDS.get(code) or programme.get(code)
    if word is None or not colon:
        return word
    return f"{word}至{GRADES[int(grade)]}年級" if grade.isdigit() and int(grade) in GRADES else None
