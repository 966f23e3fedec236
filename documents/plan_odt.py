"""A plan as ODT, to be edited: headings, tables with repeated headers, text in zh-TW."""

import io
from collections.abc import Sequence
from datetime import UTC
from xml.sax.saxutils import escape
from zipfile import ZIP_STORED, ZipFile

from documents import odt_parts
from documents.ods_parts import meta, spaced
from documents.plan import PlanPaper
from documents.plan_blocks import Block, Grid, Heading, Nothing, Pairs, Prose
from documents.table import Line

_PAIRS = (0.17, 0.33, 0.17, 0.33)


def plan_odt(paper: PlanPaper) -> bytes:
    """The paper as a text document; same paper, same bytes."""
    title = f"{paper.title} {paper.subtitle}"
    created = paper.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = io.BytesIO()
    with ZipFile(made, "w") as package:
        # First and uncompressed, so that the file can be told by its bytes (ODF 1.3 part 2, 3.3).
        package.writestr(odt_parts.entry("mimetype", ZIP_STORED), odt_parts.MIMETYPE)
        package.writestr(odt_parts.entry("META-INF/manifest.xml"), odt_parts.MANIFEST)
        package.writestr(odt_parts.entry("meta.xml"), meta(title, created))
        package.writestr(odt_parts.entry("styles.xml"), odt_parts.styles(paper.footer))
        package.writestr(odt_parts.entry("content.xml"), _Body().of(paper))
    return made.getvalue()


class _Body:
    """The text, and the styles of the columns of its tables."""

    def __init__(self) -> None:
        self._styles: list[str] = []
        self._tables = 0

    def of(self, paper: PlanPaper) -> str:
        said = [
            _heading(1, paper.title),
            _paragraph("Subtitle", paper.subtitle),
            self._pairs(paper.student),
        ]
        for part in paper.parts:
            said.append(_heading(2, part.title))
            said += [self._block(block) for block in part.blocks]
        said.append(_paragraph("Standard", ""))
        said += [_paragraph("Soft", f"{label}：{text}") for label, text in paper.closing]
        return odt_parts.content("".join(self._styles), "".join(said))

    def _block(self, block: Block) -> str:
        match block:
            case Heading(text=text):
                return _heading(3, text)
            case Nothing(text=text):
                return _paragraph("Soft", text)
            case Pairs(pairs=pairs):
                return self._pairs(pairs)
            case Prose(label=label, text=text):
                return _paragraph("Label", label) + _lines("Prose", text)
            case Grid(columns=columns, widths=widths, rows=rows):
                header = "".join(
                    _cell("header", _paragraph("Table_20_Heading", c)) for c in columns
                )
                body = "".join(
                    _row("".join(_cell("cell", _lines("Table_20_Contents", one)) for one in row))
                    for row in rows
                )
                shares = [width / sum(widths) for width in widths]
                return self._table(
                    shares,
                    f"<table:table-header-rows>{_row(header)}</table:table-header-rows>{body}",
                )

    def _pairs(self, pairs: Sequence[Line]) -> str:
        """Two pairs a row, as on the printed form."""
        cells = [
            _cell("pair", _paragraph("Soft", label)) + _cell("pair", _lines("Standard", text))
            for label, text in pairs
        ]
        if len(cells) % 2:
            cells.append(_cell("pair", _paragraph("Standard", "")) * 2)
        rows = [_row(one + other) for one, other in zip(cells[::2], cells[1::2], strict=True)]
        return self._table(_PAIRS, "".join(rows))

    def _table(self, shares: Sequence[float], rows: str) -> str:
        self._tables += 1
        names = [f"t{self._tables}c{number}" for number, _ in enumerate(shares, start=1)]
        self._styles += [
            odt_parts.column_style(name, share) for name, share in zip(names, shares, strict=True)
        ]
        columns = "".join(f'<table:table-column table:style-name="{name}"/>' for name in names)
        return (
            f'<table:table table:name="表格{self._tables}" table:style-name="grid">'
            f"{columns}{rows}</table:table>"
        )


def _heading(level: int, text: str) -> str:
    return (
        f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}">'
        f"{spaced(text)}</text:h>"
    )


def _paragraph(style: str, text: str) -> str:
    return f'<text:p text:style-name="{style}">{spaced(text)}</text:p>'


def _lines(style: str, text: str) -> str:
    """A paragraph per line."""
    return "".join(_paragraph(style, line) for line in text.split("\n"))


def _row(cells: str) -> str:
    return f'<table:table-row table:style-name="row">{cells}</table:table-row>'


def _cell(style: str, paragraphs: str) -> str:
    return (
        f'<table:table-cell table:style-name="{escape(style)}" office:value-type="string">'
        f"{paragraphs}</table:table-cell>"
    )
