"""The guidance plan of a placement case in print: eight parts, blank where it is written by hand
(Kaohsiung F30).

What is filled in is what `GET .../placement-cases/{cid}/igp` says; lists become tables, and what
has no value yet an empty box to write in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from documents.plan import Part, PlanPaper
from documents.plan_blocks import Block, Grid, Heading, Nothing, Pairs, Prose, grid
from documents.table import Line, legible, local
from domain.calendar import roc_short
from domain.labels import CATEGORIES, GRADES, SEXES, written

TITLE = "個別輔導計畫"
#: An empty box of so many lines.
_BLANK = "\n" * 5
_WEEKDAYS = ("一", "二", "三", "四", "五")
_OUTCOMES = {"passed": "通過", "failed": "不通過", "absent": "缺考", "school_decides": "待學校認定"}

#: What the columns of a list are called; what is not named here is not printed.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "placement_rows": {
        "school_year": "學年度",
        "area": "領域",
        "category": "安置類別",
        "target_year_grade": "就讀年級",
        "placement_grade": "安置年級",
    },
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
_PLACED = {**_COLUMNS["placement_rows"]}
#: Fields of a word or two, which stand beside each other; the others have room for a text.
_SHORT = frozenset(
    {
        "name",
        "sex",
        "birth_date",
        "target_class",
        "placement_class",
        "class_teacher_name",
        "in_gifted_class",
        "gifted_class_teacher",
        "review_month",
    }
)


@dataclass(frozen=True)
class IgpImprint:
    """What a paper says of itself; `signatures` are who signs part eight, `periods` and `subjects`
    are names by codes."""

    programme: str
    school_year: int
    version: int
    state: str
    made_at: datetime
    made_by: str
    signatures: Sequence[str]
    periods: Mapping[str, str]
    subjects: Mapping[str, str]


def igp_paper(
    parts: Sequence[Mapping[str, Any]], student: Sequence[Line], imprint: IgpImprint
) -> PlanPaper:
    """The paper of the parts in the form of the API: `code`, `name`, `fields` with `name`,
    `label`, `value`."""
    made = local(imprint.made_at)
    stamp = f"{roc_short(made.date())} {made:%H:%M:%S}"
    return PlanPaper(
        TITLE,
        f"{imprint.programme}（{imprint.school_year} 學年度）",
        imprint.made_at,
        [(label, legible(text)) for label, text in student],
        [Part(one["name"], [*_part(one, imprint)]) for one in parts],
        [
            imprint.state if not imprint.version else f"第 {imprint.version} 版　{imprint.state}",
            f"{legible(imprint.made_by)}　{stamp}",
        ],
        [("製作人員", legible(imprint.made_by)), ("製作時間", stamp)],
    )


def _part(part: Mapping[str, Any], imprint: IgpImprint) -> Iterator[Block]:
    short = [one for one in part["fields"] if one["name"] in _SHORT]
    if short:
        yield Pairs([(one["label"], legible(_words(one["name"], one["value"]))) for one in short])
    for one in part["fields"]:
        name, label, value = one["name"], one["label"], one["value"]
        if name in _SHORT:
            continue
        if part["code"] == "eight":
            count = len(imprint.signatures)
            yield Grid(imprint.signatures, (1,) * count, [["\n\n\n"] * count], whole=True)
        elif name == "timetable":
            yield Heading(label)
            yield _timetable(value, imprint)
        elif name == "results":
            yield Heading(label)
            yield _assessments(value, imprint)
        elif name == "past_assessments":
            yield _assessments(value, imprint)
        elif name == "past_placements":
            yield _table(_PLACED, value, 3)
        elif name in _COLUMNS:
            yield Heading(label)
            yield _table(_COLUMNS[name], value, 3)
        elif value in (None, "", [], ()):
            yield Grid((label,), (1,), [[_BLANK]], whole=True)
        else:
            yield Prose(label, legible(_words(name, value)))


def _table(columns: Mapping[str, str], value: Any, empty: int) -> Block:
    if isinstance(value, str):
        # An erased list is words.
        return Nothing(legible(value))
    rows = [[legible(_words(name, one.get(name))) for name in columns] for one in value or ()]
    blank = [[""] * len(columns)] * empty
    return replace(grid([*columns.values()], rows or blank), whole=not rows)


def _timetable(value: Any, imprint: IgpImprint) -> Block:
    lessons: dict[tuple[str, int], str] = {}
    for one in value if isinstance(value, list | tuple) else ():
        lessons[one["period"], one["weekday"]] = str(one["content"])
    rows = [
        [name, *(legible(lessons.get((code, day), "")) for day in range(1, len(_WEEKDAYS) + 1))]
        for code, name in imprint.periods.items()
    ]
    return Grid(
        ("節次", *(f"星期{one}" for one in _WEEKDAYS)), (3, 4, 4, 4, 4, 4), rows, whole=True
    )


def _assessments(value: Any, imprint: IgpImprint) -> Block:
    """A line for every result of any stage and year."""
    rows = [row for said in value or () for row in _results(said, imprint)]
    columns = ("學年度", "測驗", "年級", "T 分數", "結果")
    return grid(columns, [[*map(legible, one)] for one in rows]) if rows else Nothing()


def _results(said: Mapping[str, Any], imprint: IgpImprint) -> Iterator[list[str]]:
    year = str(imprint.school_year)
    past, results = said.get("past_assessments"), said.get("results")
    for one in past if isinstance(past, list | tuple) else ():
        outcome = _OUTCOMES.get(one.get("outcome"), _text(one.get("outcome")))
        row = [one.get("school_year"), one.get("test"), None, one.get("t_score"), None]
        yield [_text(row[0]), _text(row[1]), _grade(one.get("exam_grade")), _text(row[3]), outcome]
    for one in results if isinstance(results, list | tuple) else ():
        subject = imprint.subjects.get(one["subject"], one["subject"])
        outcome = _OUTCOMES.get(one["outcome"], "")
        test = f"{subject}成就測驗"
        yield [year, test, _grade(one["exam_grade"]), _text(one["t_score"]), outcome]
    if "t_full" in said or "outcome" in said:
        outcome = _OUTCOMES.get(said.get("outcome", ""), "")
        yield [year, "初選測驗", "", _text(said.get("t_full")), outcome]


def _words(name: str, value: Any) -> str:
    match name:
        case "category":
            return CATEGORIES.get(value, _text(value))
        case "review_month":
            return _month(value)
        case "sex":
            return SEXES.get(value, _text(value))
        case "grade" | "target_year_grade" | "placement_grade":
            return _grade(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return written("", name, value) if not isinstance(value, list | tuple) else "、".join(value)


def _month(value: Any) -> str:
    """`2025-08` as it is written: 114年8月."""
    if value is None:
        return ""
    year, month = str(value).split("-")
    return f"{int(year) - 1911}年{int(month)}月"


def _grade(value: Any) -> str:
    return f"{GRADES[value]}年級" if value in GRADES else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
