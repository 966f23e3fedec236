"""PDF as an archive, a screen reader and a reader of rare names meet it."""

import io
import subprocess
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest

from documents import apart, pdf_file, typesetting
from documents.apart import BrokenOff, Refused
from documents.pdf_file import TooLongToPrint, write_pdf
from documents.typesetting import NotPrintable, press
from tests.documents.pdf_text import pages_of
from tests.documents.tables import CLOSING, COLUMNS, ROW, TERMS, bytes_of, remark, table_of

# In no font here: unassigned in every plane-3 face, and private use.
NOWHERE = "\U0003ffff"
PRIVATE = "\ue123"


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def elements(root: Any, tag: str) -> list[Any]:
    """Structure elements with this tag, in reading order."""
    found: list[Any] = []
    kids = root.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            if str(kid.S) == tag:
                found.append(kid)
            found.extend(elements(kid, tag))
    return found


def test_a_pdf_says_that_it_is_archivable_accessible_titled_and_chinese() -> None:
    with opened(bytes_of(write_pdf, table_of(ROW))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).lower() == "zh-tw"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
            assert about["pdfuaid:part"] == "1"
            assert about["dc:title"] == "學生名冊"


def test_a_pdf_is_tagged_as_heading_and_table_with_a_header_for_every_column() -> None:
    with opened(bytes_of(write_pdf, table_of(ROW, ROW))) as pdf:
        root = pdf.Root.StructTreeRoot
        assert len(elements(root, "/H1")) == 1
        assert len(elements(root, "/Table")) == 1
        assert len(elements(root, "/TH")) == len(COLUMNS)
        assert len(elements(root, "/TD")) == 2 * len(COLUMNS)


def test_a_pdf_is_a4_landscape_and_shows_terms_rows_closing_lines_and_page_numbers() -> None:
    data = bytes_of(write_pdf, table_of(ROW, terms=TERMS, closing=lambda: CLOSING))
    with opened(data) as pdf:
        (page,) = pdf.pages
        assert [round(float(side)) for side in page.mediabox] == [0, 0, 842, 595]
    (text,) = pages_of(data)
    for piece in (
        "學生名冊",
        "113年5月13日至113年8月5日（含首尾兩日）",
        "王小明",
        "114.2.17",
        "09:12:44",
        "摘要碼9f86d081",
        "第1／1頁",
    ):
        assert piece.replace(" ", "") in text.replace(" ", "")


def test_the_header_row_repeats_on_every_page() -> None:
    pages = pages_of(bytes_of(write_pdf, table_of(*[ROW] * 80)))
    assert len(pages) > 2
    assert all("出生日期" in page for page in pages)
    last = pages[-1].replace(" ", "")
    assert f"第{len(pages)}／{len(pages)}頁" in last


def test_text_is_never_read_as_markup() -> None:
    typed = '#import "x" [*粗*] $1$ = 標題 @參照 \\ <標> // 註'
    (text,) = pages_of(bytes_of(write_pdf, table_of(remark(typed))))
    assert typed.replace(" ", "") in text.replace(" ", "")


def test_a_character_without_a_glyph_prints_as_its_code_point_and_is_noted() -> None:
    data = bytes_of(write_pdf, table_of((1, f"陳{NOWHERE}安", None, None, f"{PRIVATE}{NOWHERE}")))
    text = "".join(pages_of(data)).replace(" ", "")
    assert "陳〔U+3FFFF〕安" in text
    assert "〔U+E123〕〔U+3FFFF〕" in text
    assert "以統一碼（Unicode）碼位代替：〔U+E123〕、〔U+3FFFF〕。" in text


def test_a_title_or_term_with_a_rare_character_prints_too() -> None:
    data = bytes_of(write_pdf, table_of(ROW, title=f"名{PRIVATE}冊", terms=[("人", NOWHERE)]))
    text = "".join(pages_of(data)).replace(" ", "")
    assert "名〔U+E123〕冊" in text
    assert "人〔U+3FFFF〕" in text


@pytest.mark.parametrize(
    "drawn", ["☐☑✔", "‧", "Kacaw ‧ Ifo", "e\u0301", "葛\U000e0100", "一\n二\t三"]
)
def test_what_a_font_can_draw_is_not_replaced(drawn: str) -> None:
    text = "".join(pages_of(bytes_of(write_pdf, table_of(remark(drawn)))))
    assert "〔" not in text


@pytest.mark.parametrize(
    ("name", "other"),
    [("Šarūnas Żak", True), ("Đorđe Ćosić", True), ("Émile Müller", False), ("ní hǎo", False)],
)
def test_a_letter_is_drawn_whole_and_never_put_together_from_a_mark_beside_it(
    name: str, other: bool
) -> None:
    """The first face has no Š and would set S and a caron over the letter after it."""
    data = bytes_of(write_pdf, table_of(remark(name)))
    assert name.replace(" ", "") in "".join(pages_of(data)).replace(" ", "")
    with opened(data) as pdf:
        faces = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
    assert any("DejaVu" in face for face in faces) is other


@pytest.mark.parametrize("control", ["\u202e", "\u2066", "\ufeff", "\x85"])
def test_characters_that_hide_or_turn_text_are_shown_or_harmless(control: str) -> None:
    text = "".join(pages_of(bytes_of(write_pdf, table_of(remark(f"前{control}後")))))
    shown = f"前〔U+{ord(control):04X}〕後"
    assert shown in text.replace(" ", "") or control == "\x85"


def test_every_control_and_odd_character_below_the_surrogates_can_be_printed() -> None:
    odd = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA1), *range(0x2000, 0x2070)]))
    assert bytes_of(write_pdf, table_of(remark(odd))).startswith(b"%PDF")


def test_a_long_number_breaks_inside_its_cell_and_leaves_no_invisible_character() -> None:
    number = "A-2024-0000123456789/0001-ABCDEFGHIJ"
    (text,) = pages_of(bytes_of(write_pdf, table_of((1, number, None, None, None))))
    assert number in text
    assert "\u200b" not in text


def test_an_empty_table_says_that_nothing_was_found() -> None:
    (text,) = pages_of(bytes_of(write_pdf, table_of()))
    assert "查無符合條件的資料。" in text


def test_the_same_table_makes_the_same_pdf_bytes_whatever_was_printed_between() -> None:
    first = bytes_of(write_pdf, table_of(remark(NOWHERE), terms=TERMS))
    bytes_of(write_pdf, table_of(remark("別的")))
    assert bytes_of(write_pdf, table_of(remark(NOWHERE), terms=TERMS)) == first
    with opened(first) as pdf:
        assert str(pdf.docinfo.CreationDate) == "D:20250217020000Z"


def test_the_time_of_printing_may_hold_fractions_of_a_second() -> None:
    created = datetime(2025, 2, 17, 2, 0, 0, 596459, tzinfo=UTC)
    with opened(bytes_of(write_pdf, table_of(ROW, created=created))) as pdf:
        assert str(pdf.docinfo.CreationDate) == "D:20250217020000Z"


def test_a_long_table_printed_in_its_own_process_has_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [remark(f"第{number}列{NOWHERE}") for number in range(40)]
    here = bytes_of(write_pdf, table_of(*rows, terms=TERMS))
    monkeypatch.setattr(typesetting, "_LONG", 0)
    assert bytes_of(write_pdf, table_of(*rows, terms=TERMS)) == here


def test_what_typst_refuses_in_the_other_process_is_told_here() -> None:
    with pytest.raises(Refused) as raised:
        apart.typeset_apart(b"#nothing", typesetting._TEMPLATES, [], "{}", datetime.now(UTC))
    assert "unknown variable" in raised.value.diagnostic


def test_a_printing_process_that_is_killed_is_told_from_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*args: object, **kwargs: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], -9, b"", b"")

    monkeypatch.setattr(apart.subprocess, "run", killed)
    with pytest.raises(BrokenOff, match="status -9"):
        apart.typeset_apart(b"", typesetting._TEMPLATES, [], "{}", datetime.now(UTC))


def test_a_refusal_of_another_kind_quotes_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> bytes:
        raise Refused('error: something about the text `"王小明"` went wrong')

    monkeypatch.setattr(typesetting, "typeset", refused)
    with pytest.raises(NotPrintable) as raised:
        press().print("table.typ", {"title": "王小明"}, datetime.now(UTC))
    assert "王小明" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_more_rows_than_a_document_holds_are_refused_while_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_file, "PRINTED_CELLS", 2 * len(COLUMNS))
    bytes_of(write_pdf, table_of(ROW, ROW))
    with pytest.raises(TooLongToPrint, match="列印檔最多 2 列"):
        bytes_of(write_pdf, table_of(ROW, ROW, ROW))
