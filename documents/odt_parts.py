"""The fixed parts of an ODT package. Format: OASIS OpenDocument 1.3."""

from collections.abc import Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipInfo

MIMETYPE = "application/vnd.oasis.opendocument.text"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES = (
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
    ' office:version="1.3"'
)
_FILES = ("content.xml", "styles.xml", "meta.xml")
_LINE = "0.5pt solid #a9b4c0"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the package, so that bytes repeat

#: The width between the margins, in cm.
ROOM = 21.0 - 2 * 1.8

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


def _font(size: str, more: str = "") -> str:
    return f'<style:text-properties fo:font-size="{size}" style:font-size-asian="{size}" {more}/>'


_BOLD = 'fo:font-weight="bold" style:font-weight-asian="bold"'
_SOFT = 'fo:color="#51606f"'


def _paragraph(name: str, parent: str, properties: str, text: str = "", more: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="paragraph"'
        f' style:parent-style-name="{parent}" {more}>'
        f"<style:paragraph-properties {properties}/>{text}</style:style>"
    )


def _heading(level: int, size: str, properties: str) -> str:
    return _paragraph(
        f"Heading_20_{level}",
        "Standard",
        f'fo:keep-with-next="always" {properties}',
        _font(size, _BOLD),
        f'style:display-name="Heading {level}" style:default-outline-level="{level}"'
        ' style:next-style-name="Standard"',
    )


def styles(footer: Sequence[str]) -> str:
    """`styles.xml`; the lines of `footer` stand on each page, above its number."""
    lines = "".join(f'<text:p text:style-name="Footer">{escape(line)}</text:p>' for line in footer)
    return (
        f"{_HEAD}<office:document-styles{_NAMES}>"
        '<office:font-face-decls><style:font-face style:name="body"'
        ' svg:font-family="\'Noto Sans CJK TC\'" style:font-family-generic="swiss"/>'
        "</office:font-face-decls><office:styles>"
        '<style:default-style style:family="paragraph"><style:paragraph-properties'
        ' style:writing-mode="lr-tb"/><style:text-properties style:font-name="body"'
        ' style:font-name-asian="body" fo:font-size="10.5pt" style:font-size-asian="10.5pt"'
        ' fo:language="en" fo:country="US" style:language-asian="zh"'
        ' style:country-asian="TW"/></style:default-style>'
        '<style:style style:name="Standard" style:family="paragraph" style:class="text"/>'
        + _heading(1, "17pt", 'fo:text-align="center" fo:margin-bottom="0.1cm"')
        + _heading(2, "13pt", 'fo:margin-top="0.6cm" fo:margin-bottom="0.2cm"')
        + _heading(3, "11pt", 'fo:margin-top="0.3cm" fo:margin-bottom="0.1cm"')
        + _paragraph("Subtitle", "Standard", 'fo:text-align="center" fo:margin-bottom="0.3cm"')
        + _paragraph(
            "Label",
            "Standard",
            'fo:keep-with-next="always" fo:margin-top="0.2cm"',
            _font("9pt", _SOFT),
        )
        + _paragraph("Prose", "Standard", 'fo:margin-left="0.3cm" fo:margin-bottom="0.1cm"')
        + _paragraph("Soft", "Standard", "", _font("9pt", _SOFT))
        + _paragraph(
            "Table_20_Heading",
            "Standard",
            'fo:text-align="center"',
            _font("9.5pt", _BOLD),
            'style:display-name="Table Heading"',
        )
        + _paragraph(
            "Table_20_Contents",
            "Standard",
            "",
            _font("9.5pt"),
            'style:display-name="Table Contents"',
        )
        + _paragraph("Footer", "Standard", "", _font("7.5pt", _SOFT), 'style:class="extra"')
        + "</office:styles><office:automatic-styles>"
        '<style:page-layout style:name="a4"><style:page-layout-properties'
        ' fo:page-width="21cm" fo:page-height="29.7cm" style:print-orientation="portrait"'
        ' fo:margin="1.8cm"/><style:header-style/><style:footer-style>'
        '<style:header-footer-properties fo:min-height="1cm" fo:margin-top="0.3cm"/>'
        "</style:footer-style></style:page-layout></office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard"'
        f' style:page-layout-name="a4"><style:footer>{lines}<text:p text:style-name="Footer">第 '
        "<text:page-number>1</text:page-number>／<text:page-count>1</text:page-count> 頁</text:p>"
        "</style:footer></style:master-page></office:master-styles></office:document-styles>"
    )


CELLS = (
    '<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties'
    f' fo:padding="0.1cm" fo:border="{_LINE}"/></style:style>'
    '<style:style style:name="header" style:family="table-cell"><style:table-cell-properties'
    f' fo:padding="0.1cm" fo:border="{_LINE}" fo:background-color="#e4eaf1"/></style:style>'
    '<style:style style:name="pair" style:family="table-cell"><style:table-cell-properties'
    f' fo:padding="0.1cm" fo:border="none" fo:border-bottom="{_LINE}"/></style:style>'
    '<style:style style:name="grid" style:family="table"><style:table-properties'
    f' style:width="{ROOM:.2f}cm" table:align="left" fo:margin-bottom="0.2cm"/></style:style>'
    '<style:style style:name="row" style:family="table-row"><style:table-row-properties'
    ' fo:keep-together="auto"/></style:style>'
)


def content(columns: str, body: str) -> str:
    """`content.xml`: the styles of the columns, and the text."""
    return (
        f"{_HEAD}<office:document-content{_NAMES}><office:automatic-styles>{CELLS}{columns}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )


def column_style(name: str, share: float) -> str:
    """The style of a column that takes this share of the width."""
    return (
        f'<style:style style:name="{name}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{ROOM * share:.2f}cm"/></style:style>'
    )


def entry(name: str, compression: int = ZIP_DEFLATED) -> ZipInfo:
    """A file of the package, the same whenever and wherever it is written."""
    made = ZipInfo(name, _EPOCH)
    made.compress_type = compression
    made.create_system = 0
    return made
