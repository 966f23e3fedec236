"""What an uploaded file is, its content tells; what is none of the allowed kinds is nothing."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from domain import plan_file_content
from domain.compound_file import stream_names
from domain.plan_file_content import FORMS, FileDamaged, FileWithMacros, form_of
from tests.uploads import (
    GOOD,
    PDF,
    compound,
    docx,
    jpeg,
    office,
    open_document,
    packed,
    png,
    xlsx,
)


@pytest.mark.parametrize("ending", GOOD)
def test_every_allowed_kind_is_known_by_its_content(ending: str) -> None:
    content, media_type = GOOD[ending]
    form = form_of(content)
    assert form is not None
    assert (form.media_type, f".{ending}" in form.endings) == (media_type, True)


def test_no_kind_is_missing_from_the_examples() -> None:
    assert {one.media_type for one in FORMS} == {media_type for _, media_type in GOOD.values()}


NOTHING = {
    "text": "只是文字".encode(),
    "program": b"MZ\x90\0" + bytes(500),
    "page": b"<!DOCTYPE html><html></html>",
    "page before a PDF": b"<script></script>" + PDF,
    "GIF": b"GIF89a" + bytes(20),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "rich text": b"{\\rtf1 }",
    "plain zip": packed({"a.txt": b"x"}),
    "presentation": office("presentationml.presentation"),
    "drawing": open_document("graphics"),
    "message": compound("__properties_version1.0"),
}


@pytest.mark.parametrize("what", NOTHING)
def test_anything_else_is_nothing_that_is_allowed(what: str) -> None:
    assert form_of(NOTHING[what]) is None


MACROS = {
    "VBA in a document": docx({"word/vbaProject.bin": b"x"}),
    "VBA in capitals": xlsx({"xl/VBAPROJECT.BIN": b"x"}),
    "old macro sheet": xlsx({"xl/macrosheets/sheet1.xml": b"x"}),
    "kind with macros": office("", said="application/vnd.ms-word.document.macroEnabled.main+xml"),
    "Basic": open_document("text", {"Basic/Standard/Module1.xml": b"x"}),
    "script": open_document("spreadsheet", {"Scripts/python/a.py": b"x"}),
    "VBA in a compound file": compound("WordDocument", "_VBA_PROJECT"),
    "macros of Word 97": compound("WordDocument", "Macros"),
    "VBA of Excel 97": compound("Workbook", "_VBA_PROJECT_CUR"),
}


@pytest.mark.parametrize("what", MACROS)
def test_whatever_carries_a_macro_is_refused(what: str) -> None:
    with pytest.raises(FileWithMacros):
        form_of(MACROS[what])


def _patched(content: bytes, mark: bytes, at: int, value: bytes) -> bytes:
    """The content with bytes after the last occurrence of a mark overwritten."""
    start = content.rindex(mark) + at
    return content[:start] + value + content[start + len(value) :]


def _overlapping() -> bytes:
    """A second entry of the directory that points at the bytes of the first."""
    content = docx({"word/a.xml": b"x" * 50, "word/b.xml": b"x" * 50})
    archive = zipfile.ZipFile(BytesIO(content))
    first = archive.getinfo("word/a.xml").header_offset
    start = content.rindex(b"PK\x01\x02")
    return content[: start + 42] + struct.pack("<I", first) + content[start + 46 :]


DAMAGED: dict[str, bytes] = {
    "PDF without an end": PDF.replace(b"%%EOF", b""),
    "PNG cut short": png()[:-4],
    "PNG with more after it": png() + b"PK\x03\x04",
    "PNG with a wrong checksum": png()[:20] + b"\x09" + png()[21:],
    "JPEG without a picture": jpeg()[:20],
    "JPEG without an end": jpeg()[:-2],
    "zip cut short": docx()[:-30],
    "part above the file": docx({"../evil.xml": b"x"}),
    "part at the root of the disk": docx({"/etc/x": b"x"}),
    "part with a backslash": docx({"a\\..\\b": b"x"}),
    "part encrypted": _patched(docx(), b"PK\x01\x02", 8, b"\x01\x00"),
    "part packed unusually": packed(
        {"[Content_Types].xml": b"wordprocessingml.document.main+xml"}, zipfile.ZIP_LZMA
    ),
    "parts that share bytes": _overlapping(),
    "compound file cut short": compound("WordDocument")[:600],
    "document with a password": compound("EncryptedPackage", "EncryptionInfo"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_container_that_is_not_whole_is_refused(what: str) -> None:
    with pytest.raises(FileDamaged):
        form_of(DAMAGED[what])


def test_a_part_whose_bytes_are_not_those_of_its_checksum_is_refused() -> None:
    content = packed(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"12345678"},
        zipfile.ZIP_STORED,
    )
    assert form_of(content) is not None
    with pytest.raises(FileDamaged):
        form_of(content.replace(b"12345678", b"12345679", 1))


def test_what_unpacks_to_more_than_anybody_needs_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = docx({"word/media/a.bin": bytes(2 * 1024 * 1024)})
    assert len(bomb) < 10_000
    assert form_of(bomb) is not None
    monkeypatch.setattr(plan_file_content, "LARGEST_UNPACKED", 1024 * 1024)
    monkeypatch.setattr(zipfile.ZipFile, "open", _never)
    with pytest.raises(FileDamaged):
        form_of(bomb)


def _never(*_: object) -> None:
    raise AssertionError("it was unpacked")


def test_a_part_does_not_unpack_to_more_than_it_says() -> None:
    """The size in the directory is made smaller than what the bytes unpack to."""
    content = docx({"word/media/a.bin": bytes(1000)})
    with pytest.raises(FileDamaged):
        form_of(_patched(content, b"PK\x01\x02", 24, struct.pack("<I", 10)))


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file_content, "MOST_PARTS", 3)
    with pytest.raises(FileDamaged):
        form_of(docx({"word/a.xml": b"x"}))


@pytest.mark.parametrize("make", [docx, xlsx, lambda: compound("Workbook"), png, jpeg])
def test_no_beginning_of_a_file_brings_the_check_down(make: Callable[[], bytes]) -> None:
    whole = make()
    for end in range(0, len(whole), 7):
        try:
            form = form_of(whole[:end])
        except (FileDamaged, FileWithMacros):
            continue
        assert form is None or end > len(whole) // 2


def test_a_directory_that_leads_in_a_circle_has_no_end() -> None:
    content = bytearray(compound("WordDocument"))
    # The sector after the directory's own is itself.
    struct.pack_into("<I", content, 512 + 4, 1)
    assert stream_names(bytes(content)) is None
    assert stream_names(compound("WordDocument", "1Table")) == {"WordDocument", "1Table"}
