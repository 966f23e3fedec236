"""The guidance plan of a programme in print: what its header says."""

from datetime import UTC, datetime
from typing import Any

from documents.igp_paper import IgpImprint, igp_paper
from documents.plan_blocks import Grid, Heading, Pairs

IMPRINT = IgpImprint(
    programme="示範計畫",
    school_year=114,
    version=3,
    state="定稿",
    made_at=datetime(2025, 8, 16, tzinfo=UTC),
    made_by="林組長",
    signatures=("家長",),
    periods={},
    subjects={"english": "英語"},
)


def header(**values: Any) -> list[Any]:
    fields = [{"name": name, "label": name, "value": one} for name, one in values.items()]
    part = {"code": "header", "name": "評量結果與安置階段", "fields": fields}
    [made] = igp_paper([part], [], IMPRINT).parts
    return list(made.blocks)


def test_the_header_says_what_was_passed_this_year_and_in_which_month_it_was_reviewed() -> None:
    initial = {"step": "initial-result-published", "outcome": "passed", "t_full": "71.5"}
    english = {"subject": "english", "exam_grade": 5, "t_score": "66", "outcome": "passed"}
    second = {"step": "second-stage-result-published", "results": [english]}
    month, title, results = header(results=[initial, second], review_month="2025-08")
    assert month == Pairs([("review_month", "114年8月")])
    assert title == Heading("results")
    assert isinstance(results, Grid)
    assert [list(row) for row in results.rows] == [
        ["114", "初選測驗", "", "71.5", "通過"],
        ["114", "英語成就測驗", "五年級", "66", "通過"],
    ]


def test_before_anything_was_published_or_reviewed_the_header_is_blank() -> None:
    month, _, results = header(results=[], review_month=None)
    assert month == Pairs([("review_month", "")])
    assert not isinstance(results, Grid)
