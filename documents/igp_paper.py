"""The guidance plan of a placement case in print: eight parts, blank where it is written by hand
(Kaohsiung F30).

What is filled in is what `GET .../placement-cases/{cid}/igp` says; lists become tables, and what
has no value yet an empty box to write in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.case_blocks import BLANK, COLUMNS, assessments, boxes, listed, words
from documents.plan import Part, PlanPaper
from documents.plan_blocks import Block, Grid, Heading, Pairs, Prose
from documents.table import Line, legible, local
from domain.calendar import roc_short

TITLE = "個別輔導計畫"
_WEEKDAYS = ("一", "二", "三", "四", "五")
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
    """What a paper says of itself; `signatures` are who signs part eight, `periods` their names by
    codes."""

    programme: str
    school_year: int
    version: int
    state: str
    made_at: datetime
    made_by: str
    signatures: Sequence[str]
    periods: Mapping[str, str]


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
            yield boxes(imprint.signatures)
        elif name == "timetable":
            yield Heading(label)
            yield _timetable(value, imprint)
        elif name == "results":
            yield Heading(label)
            yield assessments(value)
        elif name == "past_assessments":
            yield assessments(value)
        elif name == "past_placements":
            yield listed("past_classes", value)
        elif name in COLUMNS:
            if len(part["fields"]) > 1:
                yield Heading(label)
            yield listed(name, value)
        elif value in (None, "", [], ()):
            yield Grid((label,), (1,), [[BLANK]], whole=True)
        else:
            yield Prose(label, legible(_words(name, value)))


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


def _words(name: str, value: Any) -> str:
    return _month(value) if name == "review_month" else words(name, value)


def _month(value: Any) -> str:
    """`2025-08` as it is written: 114年8月."""
    if value is None:
        return ""
    year, month = str(value).split("-")
    return f"{int(year) - 1911}年{int(month)}月"
