"""Blocks that the papers of a placement case share: results, placements, lists, empty boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from documents.plan_blocks import Block, Grid, Nothing, grid
from documents.table import legible
from domain.labels import CATEGORIES, GRADES, SEXES, written

#: An empty box of so many lines.
BLANK = "\n" * 5
_OUTCOMES = {"passed": "通過", "failed": "不通過", "absent": "缺考", "school_decides": "待學校認定"}

_PLACED = {
    "school_year": "學年度",
    "target_year_grade": "就讀年級",
    "area": "領域",
    "category": "安置類別",
    "placement_grade": "安置年級",
    "placement_note": "安置情形",
}
#: What the columns of a list are called; what is not named here is not printed.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "placement_rows": _PLACED,
    "past_placements": _PLACED,
    # The guidance plan prints the class in their place (F04, F30).
    "past_classes": _PLACED | {"placement_note": "安置班級"},
    "guardians": {
        "name": "姓名",
        "phone_home": "電話（住家）",
        "phone_mobile": "行動電話",
    },
    "guidance_teachers": {"area": "科目", "teacher": "輔導教師", "note": "備註"},
    "achievement": {"area": "領域", "grade": "年級", "sem1": "上學期", "sem2": "下學期"},
    "sem2_marks": {"area": "領域", "grade": "年級", "sem2": "下學期"},
    "special_achievements": {"area": "科目領域", "date": "日期", "result": "結果"},
    "teachers": {"area": "領域", "teacher": "教師", "note": "備註"},
}
_ASSESSED = {
    "school_year": "學年度",
    "test": "測驗名稱",
    "exam_grade": "年級",
    "t_score": "T 分數",
    "t_total": "T 總分",
    "pass_line": "通過標準",
    "outcome": "鑑定結果",
}


def assessments(value: Any) -> Block:
    """A line for every result of any stage and year."""
    rows = [[legible(_assessed(name, one.get(name))) for name in _ASSESSED] for one in value or ()]
    return grid([*_ASSESSED.values()], rows) if rows else Nothing()


def _assessed(name: str, value: Any) -> str:
    match name:
        case "outcome":
            return _OUTCOMES.get(value, text(value))
        case "exam_grade":
            return grade(value)
    return text(value)


#: How many empty lines a list has to write in; marks are of eight areas.
_EMPTY = {"achievement": 8, "sem2_marks": 8}


def listed(name: str, value: Any) -> Block:
    """A list as a table, with some empty lines to write in where it holds nothing."""
    columns = COLUMNS[name]
    if isinstance(value, str):
        # An erased list is words.
        return Nothing(legible(value))
    rows = [[legible(words(one, row.get(one))) for one in columns] for row in value or ()]
    blank = [[""] * len(columns)] * _EMPTY.get(name, 3)
    return replace(grid([*columns.values()], rows or blank), whole=not rows)


def boxes(labels: Sequence[str], content: str = "\n\n\n") -> Block:
    """Empty boxes to sign or stamp in."""
    count = len(labels)
    return Grid(labels, (1,) * count, [[content] * count], whole=True)


def words(name: str, value: Any) -> str:
    """A value of a field as it is printed."""
    match name:
        case "category":
            return CATEGORIES.get(value, text(value))
        case "sex":
            return SEXES.get(value, text(value))
        case "grade" | "target_year_grade" | "placement_grade":
            return grade(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return written("", name, value) if not isinstance(value, list | tuple) else "、".join(value)


def grade(value: Any) -> str:
    return f"{GRADES[value]}年級" if value in GRADES else text(value)


def text(value: Any) -> str:
    return "" if value is None else str(value)
