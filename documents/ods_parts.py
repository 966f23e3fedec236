"""The fixed parts of an ODS package, and text as OpenDocument wants it."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES = (
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    ' xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
    ' xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"'
    ' xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' office:version="1.3"'
)
_FILES = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
_LINE = "0.5pt solid #a9b4c0"
_CM_OF_A_CHARACTER = 0.2  # a half-width character at 10 pt, with its share of the margins

MANIFEST = (
    _HEAD
    + '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    + ' manifest:version="1.3">'
    + f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>'
    + "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in _FILES
    )
    + "</manifest:manifest>"
)

_ROC_DAY = (
    '<number:year number:calendar="ROC"/><number:text>年</number:text>'
    '<number:month number:calendar="ROC"/><number:text>月</number:text>'
    '<number:day number:calendar="ROC"/><number:text>日</number:text>'
)
_TIME = (
    '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/><number:text>:</number:text>'
    '<number:seconds number:style="long"/>'
)
_TAIWAN = 'number:language="zh" number:country="TW"'


def _cell_style(name: str, cell: str = "", text: str = "", data: str = "", align: str = "") -> str:
    data = f' style:data-style-name="{data}"' if data else ""
    align = f'<style:paragraph-properties fo:text-align="{align}"/>' if align else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell"{data}>'
        f'<style:table-cell-properties style:text-align-source="{"fix" if align else "value-type"}"'
        f" {cell}/>{align}<style:text-properties {text}/></style:style>"
    )


_BODY = f'fo:border="{_LINE}" fo:padding="0.06cm" style:vertical-align="top"'
_CELL_STYLES = (
    f'<number:date-style style:name="roc-date" {_TAIWAN}>{_ROC_DAY}</number:date-style>'
    f'<number:date-style style:name="roc-instant" {_TAIWAN}>{_ROC_DAY}{_TIME}</number:date-style>'
    '<number:number-style style:name="whole">'
    '<number:number number:decimal-places="0" number:min-integer-digits="1"/>'
    "</number:number-style>"
    '<style:style style:name="sheet" style:family="table" style:master-page-name="Default">'
    '<style:table-properties table:display="true"/></style:style>'
    '<style:style style:name="row" style:family="table-row">'
    '<style:table-row-properties style:use-optimal-row-height="true"/></style:style>'
    + _cell_style(
        "title",
        text='fo:font-size="14pt" style:font-size-asian="14pt"'
        ' fo:font-weight="bold" style:font-weight-asian="bold"',
    )
    + _cell_style("line")
    + _cell_style(
        "header",
        f'fo:border="{_LINE}" fo:padding="0.06cm" fo:background-color="#e4eaf1"'
        ' fo:wrap-option="wrap"'
        ' style:vertical-align="middle"',
        'fo:font-weight="bold" style:font-weight-asian="bold"',
        align="center",
    )
    + _cell_style("text", f'{_BODY} fo:wrap-option="wrap"', align="start")
    + _cell_style("integer", _BODY, data="whole")
    + _cell_style("date", _BODY, data="roc-date", align="start")
    + _cell_style("instant", _BODY, data="roc-instant", align="start")
)

STYLES = (
    f"{_HEAD}<office:document-styles{_NAMES}><office:styles>"
    '<style:default-style style:family="table-cell"><style:text-properties'
    ' fo:font-size="10pt" style:font-size-asian="10pt" fo:language="en" fo:country="US"'
    ' style:language-asian="zh" style:country-asian="TW"/></style:default-style>'
    "</office:styles><office:automatic-styles>"
    '<style:page-layout style:name="a4"><style:page-layout-properties'
    ' fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape"'
    ' fo:margin="1.2cm" style:scale-to-X="1" style:scale-to-Y="0"/>'
    "<style:header-style/><style:footer-style><style:header-footer-properties"
    ' fo:min-height="0.7cm" fo:margin-top="0.2cm"/></style:footer-style></style:page-layout>'
    '<style:style style:name="middle" style:family="paragraph">'
    '<style:paragraph-properties fo:text-align="center"/></style:style>'
    "</office:automatic-styles><office:master-styles>"
    '<style:master-page style:name="Default" style:page-layout-name="a4">'
    '<style:header style:display="false"/><style:footer><text:p text:style-name="middle">'
    "第 <text:page-number>1</text:page-number>／<text:page-count>1</text:page-count> 頁"
    "</text:p></style:footer></style:master-page></office:master-styles>"
    "</office:document-styles>"
)


def meta(title: str, created: str) -> str:
    """`meta.xml`; `created` in ISO form."""
    return (
        f"{_HEAD}<office:document-meta{_NAMES}><office:meta>"
        f"<meta:generator>IGP Ledger</meta:generator><dc:title>{escape(title)}</dc:title>"
        f"<meta:creation-date>{created}</meta:creation-date><dc:date>{created}</dc:date>"
        "<dc:language>zh-TW</dc:language></office:meta></office:document-meta>"
    )


def settings(sheet: str, frozen_rows: int) -> str:
    """`settings.xml`: the first rows of the sheet stay in view."""
    numbers = {
        "HorizontalSplitMode": ("short", 0),
        "VerticalSplitMode": ("short", 2),  # 2: frozen
        "HorizontalSplitPosition": ("int", 0),
        "VerticalSplitPosition": ("int", frozen_rows),
        "ActiveSplitRange": ("short", 2),
        "PositionTop": ("int", 0),
        "PositionBottom": ("int", frozen_rows),
    }
    items = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{number}'
        "</config:config-item>"
        for name, (kind, number) in numbers.items()
    )
    return (
        f"{_HEAD}<office:document-settings{_NAMES}><office:settings>"
        '<config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>'
        '<config:config-item-map-named config:name="Tables">'
        f'<config:config-item-map-entry config:name="{attribute(sheet)}">{items}'
        "</config:config-item-map-entry></config:config-item-map-named>"
        f'<config:config-item config:name="ActiveTable" config:type="string">{escape(sheet)}'
        "</config:config-item></config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )


def content_head(widths: Sequence[int]) -> str:
    """`content.xml` up to the sheet; widths in half-width characters."""
    columns = "".join(
        f'<style:style style:name="column{index}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * _CM_OF_A_CHARACTER:.2f}cm"/>'
        "</style:style>"
        for index, width in enumerate(widths)
    )
    return (
        f"{_HEAD}<office:document-content{_NAMES}>"
        f"<office:automatic-styles>{columns}{_CELL_STYLES}</office:automatic-styles>"
        "<office:body><office:spreadsheet>"
    )


def content_foot(sheet: str, header_row: int, last_row: int, columns: int) -> str:
    """`content.xml` from the end of the sheet; rows count from 1. Puts the filter on the header."""
    name = "'" + sheet.replace("'", "''") + "'"
    first = f"{name}.A{header_row}"
    last = f"{name}.{_letters(columns)}{last_row}"
    return (
        '</table:table><table:database-ranges><table:database-range table:name="rows"'
        f' table:target-range-address="{attribute(first)}:{attribute(last)}"'
        ' table:display-filter-buttons="true"/></table:database-ranges>'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def paragraphs(text: str) -> str:
    """A cell's text: a paragraph per line; spaces that XML would fold and tabs kept."""
    return "".join(f"<text:p>{spaced(line)}</text:p>" for line in text.split("\n"))


def attribute(text: str) -> str:
    """Text fit to stand between double quotes."""
    return escape(text, {'"': "&quot;"})


_FOLDED = re.compile("^ | {2,}| $|\t")


def spaced(line: str) -> str:
    """One line of text; spaces that XML would fold and tabs kept."""
    return _FOLDED.sub(_kept, escape(line))


def _kept(found: re.Match[str]) -> str:
    if found[0] == "\t":
        return "<text:tab/>"
    return f'<text:s text:c="{len(found[0])}"/>'


def _letters(column: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
