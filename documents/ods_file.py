"""ODS written as it streams: the ODF libraries hold a whole sheet in memory, this holds a row.

Format: OASIS OpenDocument 1.3; the fixed parts of the package stand in `ods_parts`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from documents import ods_parts
from documents.ods_parts import attribute, paragraphs
from documents.sheet import SHEET_ROWS, SheetFull, lines_above, lines_below, sheet_name
from documents.table import Table, checked_rows, legible, local, written

_EXACT = 2**53  # a cell's number is a double
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the package, so that bytes repeat
_BUFFER = 256 * 1024  # characters collected before they are compressed


def write_ods(table: Table, stream: BinaryIO) -> None:
    """Write the table as one sheet: title, terms, frozen header with filter, rows, closing lines.

    Dates are real dates whose style names the ROC calendar. Whole numbers beyond 2**53 are
    written as text. Raises `RowDoesNotFit`, `SheetFull`.
    """
    name = sheet_name(table.title)
    above = lines_above(table)
    created = table.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with ZipFile(stream, "w", allowZip64=True) as package:
        # First and uncompressed, so that the file can be told by its bytes (ODF 1.3 part 2, 3.3).
        package.writestr(_entry("mimetype", ZIP_STORED), ods_parts.MIMETYPE)
        package.writestr(_entry("META-INF/manifest.xml"), ods_parts.MANIFEST)
        package.writestr(_entry("meta.xml"), ods_parts.meta(legible(table.title), created))
        package.writestr(_entry("settings.xml"), ods_parts.settings(name, len(above) + 2))
        package.writestr(_entry("styles.xml"), ods_parts.STYLES)
        with package.open(_entry("content.xml"), "w", force_zip64=True) as content:
            _write(_content(table, name, above), content)


def _entry(name: str, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    entry.create_system = 0  # else the file tells on which system it was written
    return entry


def _write(pieces: Iterator[str], content: IO[bytes]) -> None:
    buffer: list[str] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _BUFFER:
            content.write("".join(buffer).encode())
            buffer.clear()
            size = 0
    content.write("".join(buffer).encode())


def _content(table: Table, name: str, above: list[str]) -> Iterator[str]:
    columns = table.columns
    yield ods_parts.content_head([column.width for column in columns])
    yield f'<table:table table:name="{attribute(name)}" table:style-name="sheet">'
    for index in range(len(columns)):
        yield f'<table:table-column table:style-name="column{index}"/>'
    yield _row([_text(legible(table.title), "title")])
    for line in above:
        yield _row([_text(line, "line")])
    header = _row([_text(legible(column.label), "header") for column in columns])
    yield f"<table:table-header-rows>{header}</table:table-header-rows>"

    header_row = len(above) + 2
    row = header_row
    for row, values in enumerate(checked_rows(table), start=header_row + 1):
        if row > SHEET_ROWS:
            raise SheetFull
        yield _row([_cell(value) for value in values])
    below = lines_below(table)
    if below and row + 1 + len(below) > SHEET_ROWS:
        raise SheetFull
    if below:
        yield _row(["<table:table-cell/>"])
    for line in below:
        yield _row([_text(line, "line")])
    yield ods_parts.content_foot(name, header_row, row, len(columns))


def _row(cells: list[str]) -> str:
    return f'<table:table-row table:style-name="row">{"".join(cells)}</table:table-row>'


def _text(text: str, style: str) -> str:
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string">'
        f"{paragraphs(text)}</table:table-cell>"
    )


def _cell(value: object) -> str:
    match value:
        case None | "":
            return '<table:table-cell table:style-name="text"/>'
        case datetime():
            return _typed("instant", "date", f"date-value='{local(value).isoformat()}'", value)
        case date():
            return _typed("date", "date", f"date-value='{value.isoformat()}'", value)
        case int() if abs(value) <= _EXACT:
            return _typed("integer", "float", f"value='{value}'", value)
    return _text(written(value), "text")


def _typed(style: str, kind: str, machine: str, value: object) -> str:
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="{kind}"'
        f" office:{machine}><text:p>{written(value)}</text:p></table:table-cell>"
    )
