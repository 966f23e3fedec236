"""A plan on paper: what a reader, an archive, a screen reader and an editor meet."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest

from documents.plan import NOTES_TITLE, Imprint, PlanPaper, plan_paper
from documents.plan_blocks import (
    A4_CHARACTERS,
    Grid,
    Heading,
    Nothing,
    Pairs,
    Prose,
    blocks_of,
    grid,
)
from documents.plan_odt import plan_odt
from documents.plan_pdf import plan_pdf
from domain.labels import SECTIONS as NAMES
from domain.sections import SECTIONS
from tests.documents.pdf_text import pages_of

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
MEETING = "00000000-0000-4000-8000-000000000007"
TEACHER = "00000000-0000-4000-8000-000000000005"
AWARD = {
    "award_date": "2024-06-01",
    "event_name": "縣市科學展覽",
    "organiser": None,
    "level": "national",
    "prize": "特優",
}
LONG = "小安能主動提出多種策略，並清楚說明理由。\n\n" * 90


def record(code: str, data: dict[str, Any], stage: str = "elementary", **more: Any) -> Any:
    known = SECTIONS[code].data.model_fields
    content = {name: data.get(name) for name in known}
    return {"record_id": MEETING, "education_stage": stage, "data": content} | more


def content(**records: list[Any]) -> dict[str, Any]:
    return {
        "student": {
            "name": "巴奈‧古拉斯𫝀",
            "national_id": "A12****789",
            "sex": "female",
            "birth_date": "2013-05-06",
            "organisation": {"code": "ks-a", "name": "苓雅示範國小"},
            "stage": "elementary",
            "grade": 5,
            "class_name": None,
        },
        "school_year": 113,
        "version": 57,
        "people": [{"id": TEACHER, "name": "張老師"}],
        "sections": [
            {"section": code, "title": NAMES[code], "records": records.get(code, [])}
            for code in SECTIONS
        ],
    }


def paper(notes: Any = None, recipient: str | None = None, **records: list[Any]) -> PlanPaper:
    imprint = Imprint(
        paper_id="00000000-0000-4000-8000-000000000001",
        made_at=datetime(2025, 2, 17, 1, 12, 44, tzinfo=UTC),
        made_by="林個管",
        version=57,
        digest="ab" * 32,
        recipient=recipient,
    )
    return plan_paper(content(**records), imprint, notes)


def said(pdf: bytes) -> str:
    return "".join(pages_of(pdf)).replace(" ", "")


def worded(code: str, data: dict[str, Any], **records: list[Any]) -> list[Any]:
    return blocks_of(code, [record(code, data)], content(**records))


def test_a_plan_is_archivable_accessible_and_has_a_heading_for_every_section() -> None:
    with pikepdf.open(io.BytesIO(plan_pdf(paper()))) as pdf:
        assert str(pdf.Root.Lang).lower() == "zh-tw"
        with pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
            assert about["pdfuaid:part"] == "1"
            assert about["dc:title"] == "個別輔導計畫 113 學年度"


def test_the_same_paper_has_the_same_bytes() -> None:
    awards = [record("awards", {"awards": [AWARD]})]
    for write in (plan_pdf, plan_odt):
        assert write(paper(awards=awards)) == write(paper(awards=awards))


def test_every_page_says_which_paper_it_is() -> None:
    pages = pages_of(plan_pdf(paper(awards=[record("awards", {"awards": [AWARD] * 60})])))
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        text = page.replace(" ", "")
        for piece in (
            "匯出編號00000000-0000-4000-8000-000000000001",
            "林個管114.2.1709:12:44".replace(" ", ""),
            "第57版",
            "尚未封存",
            "內容摘要abababababababab",
            f"第{number}／{len(pages)}頁",
        ):
            assert piece.replace("　", "") in text.replace("　", "")


def test_a_name_that_no_font_has_is_printed_by_its_code_point() -> None:
    text = said(plan_pdf(paper()))
    assert "〔U+2B740〕" in text
    assert "註：下列字元沒有可用的字型" in text


def test_the_header_of_a_long_table_stands_on_each_of_its_pages() -> None:
    pages = pages_of(plan_pdf(paper(awards=[record("awards", {"awards": [AWARD] * 120})])))
    filled = [page for page in pages if "縣市科學展覽" in page]
    assert len(filled) > 2
    assert all("名次／獎項" in page for page in filled)


def test_a_text_of_any_length_runs_over_pages() -> None:
    needs = [record("needs_assessment", {"guidance_recommendations": LONG + "最後一句"})]
    pages = pages_of(plan_pdf(paper(needs_assessment=needs)))
    assert len(pages) > 2
    assert "最後一句" in "".join(pages)


def test_a_section_without_records_says_so() -> None:
    assert blocks_of("awards", [], content()) == [Nothing()]
    assert said(plan_pdf(paper())).count("（尚無資料）") == len(SECTIONS)


def test_codes_dates_accounts_and_meetings_are_in_words() -> None:
    meeting = record("meeting", {"held_at": "2024-09-10T13:30:00+08:00", "topic": "期初會議"})
    (heading, pairs, *_) = worded(
        "course_goal",
        {"subject": "mathematics", "course_name": None, "teachers": [TEACHER], "semester": "first"},
    )
    assert heading == Heading("數學")
    assert isinstance(pairs, Pairs)
    assert dict(pairs.pairs) == {
        "課程科目": "數學",
        "課程名稱": "—",
        "授課教師": "張老師",
        "學期": "上學期",
    }
    (_, table) = worded("awards", {"awards": [AWARD]})
    assert isinstance(table, Grid)
    assert list(table.rows[0]) == ["113.6.1", "縣市科學展覽", "", "全國", "特優"]
    blocks = worded("needs_assessment", {"source_meeting_id": MEETING}, meeting=[meeting])
    told = dict(next(one for one in blocks if isinstance(one, Pairs)).pairs)
    assert "期初會議" in told["會議依據"]
    blocks = worded("needs_assessment", {"source_meeting_id": MEETING})
    told = dict(next(one for one in blocks if isinstance(one, Pairs)).pairs)
    assert told["會議依據"] == "（不在本計畫內）"


def test_tick_lists_are_tables_of_what_is_ticked() -> None:
    (table,) = worded(
        "interest_analysis",
        {
            "interests": ["reading", "puzzles"],
            "interests_other": ["science"],
            "interests_other_note": {"science": "昆蟲"},
        },
    )
    assert isinstance(table, Grid)
    assert [list(row) for row in table.rows] == [
        ["語文", "閱讀"],
        ["數學", "數學解題"],
        ["自然科學", "其他：昆蟲"],
    ]
    (table,) = worded(
        "strengths_weaknesses",
        {
            "cognitive": {"observation": "strength", "memory": "weakness"},
            "other_note": {"cognitive:strength": "空間推理"},
        },
    )
    assert isinstance(table, Grid)
    assert list(table.rows[0]) == ["認知特質", "觀察、其他：空間推理", "記憶"]


def test_abilities_stand_in_the_order_of_the_form() -> None:
    """A stored mapping has its codes in the order of the alphabet."""
    marks = dict.fromkeys(("analysis", "memory", "observation"), "strength")
    (table,) = worded("strengths_weaknesses", {"cognitive": marks})
    assert isinstance(table, Grid)
    assert list(table.rows[0]) == ["認知特質", "觀察、記憶、分析", ""]


COURSE_ROW = {
    "component": None,
    "learning_performance": "n-II-1",
    "adjusted_learning_performance": None,
    "assessment_methods": ["dynamic"],
    "assessment_result": None,
}


def test_a_course_has_a_column_of_its_structure_only_where_the_model_asks_for_one() -> None:
    for component, columns in (
        ("core", ["課程架構", "學習表現", "學習表現調整", "評量方式", "評量結果"]),
        (None, ["學習表現", "學習表現調整", "評量方式", "評量結果"]),
    ):
        rows = [COURSE_ROW | {"component": component}]
        *_, table = worded("course_goal", {"subject": "mathematics", "rows": rows})
        assert isinstance(table, Grid)
        assert list(table.columns) == columns
        assert [len(row) for row in table.rows] == [len(columns)]


def test_a_plan_file_is_told_in_words_of_people() -> None:
    of_word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    file = {"name": "計畫.docx", "media_type": of_word, "size": 88}
    *_, table = worded("annual_goal", {"goal_text": "探究", "plan_files": [file]})
    assert isinstance(table, Grid)
    assert [list(row) for row in table.rows] == [["計畫.docx", "DOCX", "1 KB"]]


def test_a_number_has_room_for_itself_however_much_stands_beside_it() -> None:
    long = "國立示範大學示範學院示範學系"
    cells = ["父", long, long, long, "0900-000001", long]
    made = grid(["稱謂", "姓名", "最高學歷", "畢業科系", "聯絡電話", "服務機構"], [cells])
    assert made.widths[4] / sum(made.widths) * A4_CHARACTERS >= len("0900-000001") + 2


@pytest.mark.parametrize("code", SECTIONS)
def test_erased_values_are_printed_as_such(code: str) -> None:
    erased = dict.fromkeys(SECTIONS[code].data.model_fields, "已依法刪除")
    rows = {
        group.field: [dict.fromkeys(group.model.model_fields, "已依法刪除")]
        for group in SECTIONS[code].groups
    }
    blocks = worded(code, erased | rows)
    assert any("已依法刪除" in str(_texts(block)) for block in blocks)


def _texts(block: Any) -> Any:
    match block:
        case Pairs(pairs=pairs):
            return pairs
        case Prose(text=text):
            return text
        case Grid(rows=rows):
            return rows
    return ""


def test_notes_are_a_part_of_their_own_and_only_where_they_are_given() -> None:
    note = {
        "held_on": "2024-09-12",
        "purpose": "適應",
        "participants": ["王老師"],
        "recorder": "李老師",
        "content": "談到分組",
    }
    assert NOTES_TITLE not in said(plan_pdf(paper()))
    with_notes = said(plan_pdf(paper(notes=[note])))
    assert NOTES_TITLE in with_notes
    assert "談到分組" in with_notes
    assert NOTES_TITLE in said(plan_pdf(paper(notes=[])))


def test_a_copy_says_for_whom_it_is() -> None:
    text = said(plan_pdf(paper(recipient="法定代理人")))
    assert "複本編號" in text
    assert "法定代理人" in text
    assert "匯出編號" not in text


def test_an_odt_has_headings_repeated_table_headers_and_says_that_it_is_chinese() -> None:
    data = plan_odt(paper(awards=[record("awards", {"awards": [AWARD | {"prize": "<&> 特優"}]})]))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        parts = {name: package.read(name) for name in package.namelist()}
    assert parts["mimetype"] == b"application/vnd.oasis.opendocument.text"
    xml = {name: ElementTree.fromstring(part) for name, part in parts.items() if name != "mimetype"}
    headings = list(xml["content.xml"].iter(f"{TEXT}h"))
    levels = [heading.get(f"{TEXT}outline-level") for heading in headings]
    assert levels.count("1") == 1
    assert levels.count("2") == len(SECTIONS)
    (header,) = xml["content.xml"].iter(f"{TABLE}table-header-rows")
    assert "名次／獎項" in "".join(header.itertext())
    assert "<&> 特優" in "".join(xml["content.xml"].itertext())
    assert b'style:language-asian="zh"' in parts["styles.xml"]
    assert "尚未封存" in "".join(xml["styles.xml"].itertext())
    named = {
        entry.get("{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}full-path")
        for entry in xml["META-INF/manifest.xml"]
    }
    assert named == {"/", *parts} - {"mimetype", "META-INF/manifest.xml"}


def test_every_cell_of_an_odt_table_stands_under_a_column() -> None:
    awards = [record("awards", {"awards": [AWARD] * 3})]
    with zipfile.ZipFile(io.BytesIO(plan_odt(paper(awards=awards)))) as package:
        content_xml = ElementTree.fromstring(package.read("content.xml"))
    for table in content_xml.iter(f"{TABLE}table"):
        columns = len(list(table.iter(f"{TABLE}table-column")))
        for row in table.iter(f"{TABLE}table-row"):
            assert len(list(row.iter(f"{TABLE}table-cell"))) == columns


def test_a_list_without_a_tick_is_named_among_fields_that_say_something() -> None:
    [pairs, prose] = worded("needs_assessment", {"guidance_recommendations": LONG})
    assert pairs == Pairs([("教育需求", "—"), ("會議依據", "—")])
    assert prose.text == LONG
    # Where the list is the whole section, it is the section that has nothing.
    assert worded("strengths_weaknesses", {}) == [Nothing()]
