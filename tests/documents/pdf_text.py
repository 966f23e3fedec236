"""Text and properties of a PDF, read without the program that made it."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_HEX = re.compile(rb"<([0-9a-fA-F]+)>")


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page in reading order, without spaces between its runs."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return ["".join(_runs(page)) for page in document.pages]


def _runs(page: Any) -> Iterator[str]:
    maps = {
        name: _to_unicode(bytes(font.ToUnicode.read_bytes()))
        for name, font in page.resources.Font.items()
    }
    current: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
        match str(operator):
            case "Tf":
                current = maps[str(operands[0])]
            case "Tj" | "TJ":
                shown = operands[0] if str(operator) == "TJ" else [operands[0]]
                for part in shown:
                    if isinstance(part, pikepdf.String):
                        yield from _decoded(bytes(part), current)


def _decoded(codes: bytes, current: dict[int, str]) -> Iterator[str]:
    for at in range(0, len(codes), 2):
        yield current[int.from_bytes(codes[at : at + 2], "big")]


def _to_unicode(cmap: bytes) -> dict[int, str]:
    """Codes of two bytes to text, from the bfchar and bfrange parts of a ToUnicode map."""
    known: dict[int, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        pairs = _HEX.findall(part)
        for code, text in zip(pairs[::2], pairs[1::2], strict=True):
            known[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        found = _HEX.findall(part)
        for first, last, text in zip(found[::3], found[1::3], found[2::3], strict=True):
            start = ord(bytes.fromhex(text.decode()).decode("utf-16-be"))
            for offset in range(int(last, 16) - int(first, 16) + 1):
                known[int(first, 16) + offset] = chr(start + offset)
    return known
