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
)


def header(**values: Any) -> list[Any]:
    fields = [{"name": name, "label": name, "value": one} for name, one in values.items()]
    part = {"code": "header", "name": "評量結果與安置階段", "fields": fields}
    [made] = igp_paper([part], [], IMPRINT).parts
    return list(made.blocks)


def test_the_header_says_what_was_passed_this_year_and_in_which_month_it_was_reviewed() -> None:
    year = {"school_year": 114, "t_total": None, "outcome": "passed"}
    initial = {"test": "初選團體智力測驗", "exam_grade": None, "t_score": "71.5"}
    english = {"test": "英語成就測驗", "exam_grade": 5, "t_score": "66"}
    results = [year | initial | {"pass_line": "69"}, year | english | {"pass_line": "65"}]
    month, title, results = header(results=results, review_month="2025-08")
    assert month == Pairs([("review_month", "114年8月")])
    assert title == Heading("results")
    assert isinstance(results, Grid)
    assert [list(row) for row in results.rows] == [
        ["114", "初選團體智力測驗", "", "71.5", "", "69", "通過"],
        ["114", "英語成就測驗", "五年級", "66", "", "65", "通過"],
    ]


def test_marks_have_a_line_for_each_area_and_a_part_of_one_list_no_second_title() -> None:
    marks = {"name": "achievement", "label": "學業成就", "value": None}
    special = {"name": "special_achievements", "label": "特殊表現", "value": None}
    parts = [
        {"code": "four", "name": "四", "fields": [marks, marks | {"name": "sem2_marks"}]},
        {"code": "five", "name": "五、特殊表現", "fields": [special]},
    ]
    four, five = igp_paper(parts, [], IMPRINT).parts
    assert [len(one.rows) for one in four.blocks if isinstance(one, Grid)] == [8, 8]
    assert four.blocks[0] == Heading("學業成就")
    [only] = five.blocks
    assert isinstance(only, Grid)


def test_before_anything_was_published_or_reviewed_the_header_is_blank() -> None:
    month, _, results = header(results=[], review_month=None)
    assert month == Pairs([("review_month", "")])
    assert not isinstance(results, Grid)
