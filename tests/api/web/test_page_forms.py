"""Forms made from models: what the fields are, and what is made of what was typed."""

from datetime import date

from starlette.datastructures import FormData

from api.web.fields import making
from api.web.merging import merge
from api.web.typed import data_of, doing, with_rows
from domain.awards import AWARDS
from domain.interest_analysis import INTEREST_ANALYSIS
from domain.meeting import MEETING
from domain.needs_assessment import NEEDS_ASSESSMENT
from domain.section import Section
from domain.sections import SECTIONS
from domain.strengths_weaknesses import STRENGTHS_WEAKNESSES

TODAY = date(2025, 2, 17)


def kinds(section: Section) -> dict[str, str]:
    form = making(section.code, TODAY, "elementary").form(section.data, {})
    return {field.name: field.kind for field in form.fields}


def test_every_field_of_every_section_has_a_control_with_a_label() -> None:
    for section in SECTIONS.values():
        empty: dict[str, object] = {group.field: [{}] for group in section.groups}
        form = making(section.code, TODAY, "elementary").form(section.data, empty)
        of_rows = [field for group in form.rows for row in group.rows for field in row.fields]
        for field in [*form.fields, *of_rows]:
            assert field.label != field.name.rpartition(".")[2], field.name
            assert not field.hint or "RFC" not in field.hint
            if field.kind in ("choice", "ticks", "marks", "texts"):
                choices = [option for group in field.groups for option in group.options]
                assert choices or field.kind == "texts", field.name


def test_the_control_follows_from_the_type() -> None:
    assert kinds(MEETING)["held_at"] == "moment"
    assert kinds(MEETING)["participants"] == "lines"
    assert kinds(MEETING)["content"] == "text"
    assert kinds(MEETING)["topic"] == "word"
    assert kinds(STRENGTHS_WEAKNESSES)["cognitive"] == "marks"
    assert kinds(NEEDS_ASSESSMENT)["needs"] == "ticks"
    assert kinds(INTEREST_ANALYSIS)["interests_other_note"] == "texts"


def test_a_value_that_is_no_longer_offered_is_kept_where_it_stands() -> None:
    form = making("awards", TODAY).form(AWARDS.data, {"awards": [{"level": "gone"}]})
    level = next(field for field in form.rows[0].rows[0].fields if field.name.endswith("level"))
    assert level.kind == "choice"
    assert level.value == "gone"


def test_what_was_typed_is_the_json_of_the_api() -> None:
    typed = FormData(
        [
            ("held_at.day", "１１４/2/17"),
            ("held_at.time", "9:05"),
            ("topic", "期初會議"),
            ("participants", "導師"),
            ("participants", "家長、林老師"),
            ("content", "第一行\r\n第二行"),
            ("purpose", "  "),
        ]
    )
    data = data_of(MEETING.data, typed)
    assert data["held_at"] == "2025-02-17T09:05:00+08:00"
    assert data["participants"] == ["導師", "家長", "林老師"]
    assert data["content"] == "第一行\n第二行"
    assert data["purpose"] is None


def test_new_rows_in_which_nothing_was_typed_are_no_rows() -> None:
    typed = FormData(
        [
            ("awards.0.row_id", ""),
            ("awards.0.event_name", ""),
            ("awards.3.row_id", "x"),
            ("awards.3.event_name", ""),
            ("awards.10.event_name", "競賽"),
        ]
    )
    rows = data_of(AWARDS.data, typed)["awards"]
    assert [(row["row_id"], row["event_name"]) for row in rows] == [("x", None), (None, "競賽")]
    assert len(data_of(AWARDS.data, typed, blank_rows=True)["awards"]) == 3


def test_buttons_add_and_remove_rows_and_nothing_else() -> None:
    data = {"awards": [{"event_name": "甲"}, {"event_name": "乙"}]}
    assert with_rows(data, ("add", "awards"))["awards"][2] == {}
    assert with_rows(data, ("remove", "awards", "0"))["awards"] == [{"event_name": "乙"}]
    assert with_rows(data, ("remove", "awards", "x")) == data
    assert doing(FormData([("_do", "remove:awards:1")])) == ("remove", "awards", "1")
    assert doing(FormData([])) == ("save",)


def test_a_row_that_one_removed_stays_where_the_other_wrote_in_it() -> None:
    kept = {"row_id": "1", "event_name": "甲", "prize": "特優"}
    gone = {"row_id": "2", "event_name": "乙", "prize": "優等"}
    base = {"awards": [kept, gone]}
    mine = {"awards": [kept]}
    theirs = {"awards": [kept, gone | {"prize": "特優"}]}
    merged = merge("awards", ["awards"], {"awards"}, base, mine, theirs)
    assert merged.data["awards"] == theirs["awards"]
    assert [one.both for one in merged.differences] == [True]
    merged = merge("awards", ["awards"], {"awards"}, base, mine, base)
    assert merged.data["awards"] == [kept]
    new = {"row_id": None, "event_name": "丙"}
    merged = merge("awards", ["awards"], {"awards"}, base, {"awards": [kept, gone, new]}, base)
    assert merged.data["awards"] == [kept, gone, new]
    assert merged.differences == []
