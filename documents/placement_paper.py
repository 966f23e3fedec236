"""The application for a placement in print (安置申請表, Kaohsiung F24): made of the placement page
and the learning performance, stamped by the school's committee, kept at the school."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from documents.case_blocks import BLANK, assessments, boxes, listed
from documents.plan import Part, PlanPaper
from documents.plan_blocks import Block, Grid, Heading, Pairs, Prose
from documents.table import Line, legible, local
from domain.calendar import roc_short
from domain.learning_performance import EnterPerformance

TITLE = "安置申請表"
_SPECIAL = "special_achievements"
_STAMPS = ("特推會（資優小組）核章", "承辦人", "處室主任", "校長")

#: Learning performance in the parts of the print, where the family comes before the teacher.
_LEARNING: Mapping[str, Sequence[str]] = {
    "貳、家庭生活（家長填寫）": (
        *("home_life", "home_study", "parent_child", "parenting", "extra_courses"),
    ),
    "參、學習狀況（教師填寫）": ("interest", "strengths", "teacher_comment"),
    "肆、社會適應": (
        *("peer_interaction", "life_adaptation", "stress_teacher", "stress_family"),
        *("self_mgmt_teacher", "self_mgmt_family"),
    ),
}


@dataclass(frozen=True)
class PlacementApplication:
    """What the paper says. Lists are as `api.case_sources` gives them, `told` is the learning
    performance as JSON has it; `result` is the committee's, None before it met."""

    programme: str
    school_year: int
    made_at: datetime
    made_by: str
    student: Sequence[Line] = field(repr=False)
    assessments: Sequence[Mapping[str, Any]] = field(repr=False)
    asked: Sequence[Mapping[str, Any]] = field(repr=False)
    past: Sequence[Mapping[str, Any]] = field(repr=False)
    told: Mapping[str, Any] = field(repr=False)
    result: str | None = None
    met_on: date | None = None
    remarks: str | None = field(default=None, repr=False)


def placement_paper(said: PlacementApplication) -> PlanPaper:
    made = local(said.made_at)
    stamp = f"{roc_short(made.date())} {made:%H:%M:%S}"
    by = legible(said.made_by)
    return PlanPaper(
        TITLE,
        f"{said.programme}（{said.school_year} 學年度）",
        said.made_at,
        [(label, legible(text)) for label, text in said.student],
        [
            Part("一、縮短修業年限鑑定評量結果", [assessments(said.assessments)]),
            Part("二、申請安置學科、年級與類型", [listed("placement_rows", said.asked)]),
            Part("三、歷年縮短修業年限安置經歷", [listed("past_placements", said.past)]),
            Part("四、學習表現", [*_learning(said.told)]),
            Part("五、特殊表現", [listed(_SPECIAL, said.told.get(_SPECIAL))]),
            Part("六、特推會（資優小組）審查結果", [*_committee(said)]),
        ],
        ["學校留存", f"{by}　{stamp}"],
        [("製作人員", by), ("製作時間", stamp)],
    )


def _learning(told: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("壹、學業成就")
    yield listed("achievement", told.get("achievement"))
    for title, names in _LEARNING.items():
        yield Heading(title)
        for name in names:
            label = EnterPerformance.model_fields[name].title or name
            value = told.get(name)
            if value is None:
                yield Grid((label,), (1,), [[BLANK]], whole=True)
            else:
                yield Prose(label, legible(str(value)))


def _committee(said: PlacementApplication) -> Iterator[Block]:
    """Boxes to tick; what the committee has said already is ticked."""
    ticks = "　".join(
        f"{'■' if said.result == code else '□'}{name}"
        for code, name in (("passed", "通過"), ("failed", "不通過"))
    )
    day = "" if said.met_on is None else roc_short(said.met_on)
    yield Pairs([("審查結果", ticks), ("會議日期", day)])
    if said.remarks is not None:
        yield Prose("審查意見", legible(said.remarks))
    yield boxes(_STAMPS)
