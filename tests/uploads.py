"""Small files of every kind that may be uploaded, made here, and how they are sent."""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from tests.api.serving import Caller, County

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
GOAL = {"goal_text": "能獨立完成專題研究", "teaching_model": "enrichment_triad"}


def upload(
    caller: Caller,
    county: County,
    student: str,
    content: bytes = PDF,
    name: str = "加深加廣計畫.pdf",
    *,
    school_year: int = 112,
    key: str | None = None,
) -> Any:
    """The answer to an upload by somebody."""
    headers = caller.headers | ({} if key is None else {"Idempotency-Key": key})
    return county.client.post(
        "/api/v1/files",
        headers=headers,
        data={"student_id": student, "school_year": str(school_year)},
        files={"file": (name, content)},
    )


def raw_form(student: str, header: str, content: bytes = PDF) -> dict[str, Any]:
    """Headers and content of a form as no library writes it: `header` is the file's disposition."""
    lines = (
        b"--part",
        b'Content-Disposition: form-data; name="student_id"',
        b"",
        student.encode(),
        b"--part",
        b'Content-Disposition: form-data; name="school_year"',
        b"",
        b"112",
        b"--part",
        f"Content-Disposition: form-data; {header}".encode(),
        b"",
        content,
        b"--part--",
        b"",
    )
    return {
        "headers": {"Content-Type": "multipart/form-data; boundary=part"},
        "content": b"\r\n".join(lines),
    }


def pdf(text: str = "") -> bytes:
    """A PDF with a text in a comment, so that two are not the same."""
    return PDF.replace(b"endobj", b"endobj\n%" + text.encode())


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    def segment(mark: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data

    app = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    frame = segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0")
    scan = segment(0xDA, b"\1\1\0\0\x3f\0")
    return b"\xff\xd8" + app + frame + scan + b"\x12\xff\0\x34" + b"\xff\xd9"


def packed(parts: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file with these parts in their order."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


_OFFICE = "application/vnd.openxmlformats-officedocument."


def office(main: str, more: Mapping[str, bytes] | None = None, said: str | None = None) -> bytes:
    """A DOCX or XLSX: `main` is `wordprocessingml.document` or `spreadsheetml.sheet`."""
    types = said or f"{_OFFICE}{main}.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types><Override ContentType="{types}"/></Types>'.encode(),
        "_rels/.rels": b"<Relationships/>",
        "word/document.xml": b"<w:document/>",
    }
    return packed(parts | dict(more or {}))


def docx(more: Mapping[str, bytes] | None = None) -> bytes:
    return office("wordprocessingml.document", more)


def xlsx(more: Mapping[str, bytes] | None = None) -> bytes:
    return office("spreadsheetml.sheet", more)


def open_document(kind: str, more: Mapping[str, bytes] | None = None) -> bytes:
    """An ODT (`text`) or ODS (`spreadsheet`)."""
    said = f"application/vnd.oasis.opendocument.{kind}".encode()
    return packed(
        {"mimetype": said, "content.xml": b"<office:document-content/>"} | dict(more or {})
    )


def compound(*names: str) -> bytes:
    """A compound file whose directory has streams of these names, three sectors of 512 bytes."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    head = bytearray(512)
    head[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 40, 0, 1, 1, 0, 4096, end, 0, end, 0)
    struct.pack_into("<109I", head, 76, 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, *[free] * 126)
    entries = bytearray(512)
    for number, name in enumerate(("Root Entry", *names)):
        text = (name + "\0").encode("utf-16-le")
        at = number * 128
        entries[at : at + len(text)] = text
        struct.pack_into("<HB", entries, at + 64, len(text), 5 if number == 0 else 2)
    return bytes(head) + table + bytes(entries)


#: One good file of each kind, by the ending of its name.
GOOD: dict[str, tuple[bytes, str]] = {
    "pdf": (PDF, "application/pdf"),
    "odt": (open_document("text"), "application/vnd.oasis.opendocument.text"),
    "ods": (open_document("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
    "doc": (compound("WordDocument", "1Table"), "application/msword"),
    "xls": (compound("Workbook"), "application/vnd.ms-excel"),
    "docx": (docx(), f"{_OFFICE}wordprocessingml.document"),
    "xlsx": (xlsx(), f"{_OFFICE}spreadsheetml.sheet"),
    "jpg": (jpeg(), "image/jpeg"),
    "jpeg": (jpeg(), "image/jpeg"),
    "png": (png(), "image/png"),
}
