"""Looks for texts in the bytes of files, in every way in which a program may have written them."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

#: A server makes files long before it fills them; no text has a run of zeros like this.
_EMPTY = bytes(512)


def forms(text: str) -> dict[str, bytes]:
    """How the text may stand in a file, by the name of the form; base64 wherever it begins."""
    plain = text.encode()
    upper = "".join(one if one.isascii() else _escaped(one) for one in text)
    lower = "".join(one if one.isascii() else _escaped(one).lower() for one in text)
    made = {
        "utf-8": plain,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "json": lower.encode(),
        "JSON": upper.encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
    }
    for offset in range(3):
        # The first and the last characters hold bits of what stands beside the text.
        padded = base64.b64encode(bytes(offset) + plain)
        first, last = (0, 2, 3)[offset], len(padded) - 4
        made[f"base64 at {offset}"] = padded[first:last]
    return made


def _escaped(character: str) -> str:
    """As JSON may write what is beyond ASCII."""
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[n : n + 2].hex().upper()}" for n in range(0, len(units), 2))


def files_below(*places: Path, since: float = 0) -> list[Path]:
    """Every file of these folders, and these themselves where they are files.

    `since` leaves out what was last written to before that instant.
    """
    files: set[Path] = set()
    for place in places:
        files.update([place] if place.is_file() else place.rglob("*"))
    return sorted(file for file in files if _written(file) >= since)


def _written(file: Path) -> float:
    """When the file was last written to; before all time where it is none, or gone."""
    try:
        return file.stat().st_mtime if file.is_file() else -1
    except FileNotFoundError:
        return -1


def found(texts: Mapping[str, str], files: Iterable[Path]) -> list[str]:
    """Which texts stand in which files in which form: one line each, without the text."""
    needles = {
        needle: (name, form) for name, text in texts.items() for form, needle in forms(text).items()
    }
    lines = []
    for file in files:
        try:
            content = file.read_bytes().replace(_EMPTY, b"\0\0")
        except FileNotFoundError:
            # The server deletes and renames its files as it goes.
            continue
        lines += [
            f"{name} as {form} in {file.name}"
            for needle, (name, form) in needles.items()
            if needle in content
        ]
    return lines
