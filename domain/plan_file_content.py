"""Which of the allowed kinds of file some bytes are, told by the content and never by the name.

Each check looks at the container: the chunks of an image, the directory of a compound file, the
parts of a zip file. It keeps out what is something else, what would unpack without end and what
brings a program along (macros). It is no search for viruses (docs/decisions/plan-files.md).
"""

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

from domain.compound_file import stream_names
from domain.refusal import NotValid

#: Bytes that all parts of a zip file may come to, and how many parts there may be.
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 5_000


@dataclass(frozen=True)
class Form:
    """A kind of file: its media type, and the endings its name may have."""

    media_type: str
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = Form("application/pdf", (".pdf",))
JPEG = Form("image/jpeg", (".jpg", ".jpeg"))
PNG = Form("image/png", (".png",))
DOC = Form("application/msword", (".doc",))
XLS = Form("application/vnd.ms-excel", (".xls",))
DOCX = Form(f"{_OFFICE}wordprocessingml.document", (".docx",))
XLSX = Form(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",))
ODT = Form("application/vnd.oasis.opendocument.text", (".odt",))
ODS = Form("application/vnd.oasis.opendocument.spreadsheet", (".ods",))
FORMS = (PDF, ODT, DOC, DOCX, ODS, XLS, XLSX, JPEG, PNG)

#: What programs of offices pack with; whatever else there is, they do not read.
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_PNG = b"\x89PNG\r\n\x1a\n"
#: Parts that hold a program: VBA and sheets of old macros, Basic and scripts of OpenDocument.
_PROGRAM = re.compile(r"(^|/)vbaProject|(^|/)macrosheets/|^(Basic|Scripts)/.", re.IGNORECASE)
_PROGRAM_STREAMS = {"_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "VBA"}


class FileWithMacros(NotValid):
    CODE = "file-with-macros"
    TITLE = "檔案含有巨集，請另存為不含巨集的檔案後再上傳"


class FileDamaged(NotValid):
    """Its parts cannot be read, lead out of the file, or unpack to more than anybody needs."""

    CODE = "file-damaged"
    TITLE = "檔案已損壞、設有密碼或內部結構異常，請重新儲存後再上傳"


def form_of(content: bytes) -> Form | None:
    """The kind of a file, None for one that is not allowed.

    Raises `FileWithMacros` and `FileDamaged`.
    """
    if content.startswith(b"%PDF-"):
        # What comes after the mark of the end is at most the rest of a block.
        return PDF if b"%%EOF" in content[-2048:] else _damaged()
    if content.startswith(_PNG):
        return PNG if _is_png(content) else _damaged()
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG if _is_jpeg(content) else _damaged()
    if content.startswith(_COMPOUND):
        return _compound(content)
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    return None


def _damaged() -> Form:
    raise FileDamaged(field="file")


def _is_png(content: bytes) -> bool:
    """Chunks from IHDR to IEND, each with its checksum."""
    at, first = len(_PNG), True
    while at + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + size
        if first != (kind == b"IHDR") or end > len(content):
            return False
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(memoryview(content)[at + 4 : end - 4]) != checksum:
            return False
        if kind == b"IEND":
            return bool(end == len(content))
        at, first = end, False
    return False


def _is_jpeg(content: bytes) -> bool:
    """Segments up to the picture's own, with a frame among them, and an end.

    Cameras write more after the end, so nothing is said of what follows.
    """
    at, frame = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        (size,) = struct.unpack_from(">H", content, at + 2)
        if size < 2:
            return False
        frame = frame or (0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC))
        at += 2 + size
        if mark == 0xDA:
            return frame and content.find(b"\xff\xd9", at) >= 0
    return False


def _compound(content: bytes) -> Form | None:
    """DOC or XLS by the stream that holds the text. One with a password is neither."""
    names = stream_names(content)
    if names is None:
        return _damaged()
    if names & _PROGRAM_STREAMS:
        raise FileWithMacros(field="file")
    if "WordDocument" in names:
        return DOC
    if names & {"Workbook", "Book"}:
        return XLS
    return _damaged() if "EncryptedPackage" in names else None


def _packed(content: bytes) -> Form | None:
    """An Office or OpenDocument file, by the part that says what the others are."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            form = _office(archive)
            if form is not None:
                # Read once, so that a size that is not true is found here and not by the reader.
                for part in parts:
                    _read_through(archive, part)
            return form
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        pass
    except (ValueError, struct.error, UnicodeError):
        pass
    return _damaged()


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.orig_filename for part in parts]
    if any(_PROGRAM.search(name) for name in names):
        raise FileWithMacros(field="file")
    if (
        len(parts) > MOST_PARTS
        or len(set(names)) < len(names)
        or sum(part.file_size for part in parts) > LARGEST_UNPACKED
        or any(part.flag_bits & 0x1 for part in parts)
        or any(part.compress_type not in _PACKINGS for part in parts)
        or any(_leads_out(name) for name in names)
        or _overlap(parts)
    ):
        raise FileDamaged(field="file")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/")


def _overlap(parts: list[zipfile.ZipInfo]) -> bool:
    """Whether two parts share bytes: so a small file can unpack to a great many."""
    spans = sorted((part.header_offset, part.compress_size) for part in parts)
    return any(start + size > following for (start, size), (following, _) in pairwise(spans))


def _office(archive: zipfile.ZipFile) -> Form | None:
    names = set(archive.namelist())
    if "mimetype" in names:
        said = _beginning(archive, "mimetype").decode("ascii", "replace").strip()
        return {form.media_type: form for form in (ODT, ODS)}.get(said)
    if "[Content_Types].xml" not in names:
        return None
    said = _beginning(archive, "[Content_Types].xml").decode("utf-8", "replace")
    if "macroEnabled" in said:
        raise FileWithMacros(field="file")
    for form in (DOCX, XLSX):
        if f"{form.media_type}.main+xml" in said:
            return form
    return None


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(1024 * 1024)


def _read_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Raises what `zipfile` raises where the bytes are not those of the size and checksum."""
    with archive.open(part) as stream:
        size = 0
        while piece := stream.read(1024 * 1024):
            size += len(piece)
    if size != part.file_size:
        raise FileDamaged(field="file")
