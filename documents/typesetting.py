"""Typst as our printing press: templates of ours, data as JSON, never a blank box in print.

Data reaches a template as one JSON string, so nobody's text is ever read as markup. A
character that no font here can draw is printed as its code point, 〔U+2B740〕, and the
template is told which ones, so that it can say so on the paper.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import orjson

from documents.apart import Refused, load_fonts, typeset, typeset_apart

#: In this order; the first that has the character draws it. Names are those of Debian's
#: fonts-noto-cjk, fonts-cns11643-kai and fonts-hanazono; the first also comes with a wheel we
#: depend on, and the last, which has ☐ ☑ ✔, with typst. Other fonts of the machine are never
#: used: who knows whether they may be embedded.
FACES = (
    "Noto Sans CJK TC",
    "TW-Kai",
    "TW-Kai-Ext-B",
    "TW-Kai-Plus",
    "HanaMinA",
    "HanaMinB",
    "DejaVu Sans Mono",
)
#: The first face has not these letters but has marks: it would put Š together from S and a caron,
#: which then stands over the letter after it. The face that has them whole draws them.
_WHOLE = {
    "name": "DejaVu Sans Mono",
    "covers": (
        "[\u0106-\u010f\u0116\u0117\u0120\u0121\u0130-\u013e\u0154-\u0165\u0179-\u017e"
        "\u01e0-\u01f5\u01fc-\u0233\u0385-\u038f\u03ac-\u03af\u03cc-\u0400\u0403-\u040d"
        "\u0450\u0453-\u04ef\u1e02-\u1e31\u1e40-\u1e8f]"
    ),
}
_TEMPLATES = Path(__file__).parent / "templates"
_ATTEMPTS = 4
# Characters of JSON above which a document is printed apart: some 250 rows of a change report,
# 55 MB, of which typst would keep those of the last ten.
_LONG = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Never given to a font: private-use characters look different in every office, direction
# controls can make a line read as what it does not say, U+FEFF and U+FFFE are refused by PDF/A.
_UNFIT = re.compile(
    "[\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff"
    "\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ud800-\udfff]"
)
_REFUSED = re.compile(
    r'the text (?:contains the disallowed codepoint )?`"((?:[^"\\]|\\.)*)"`', re.DOTALL
)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)", re.DOTALL)
_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}

# Every character stands in a box of its own, so that typst names it alone.
_PROBE = b"""#import "faces.typ": faces
#let data = json(bytes(sys.inputs.data))
#set document(title: "probe")
#set text(font: faces(data), fallback: false)
#for char in data.chars { box(char) }
"""


class NotPrintable(RuntimeError):
    """Typst refused the document for a reason that is not a missing character: report a bug."""


class Press:
    """Fonts, loaded once, and what is known of the characters they have. Safe between threads."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """`folders` come before the system's font folders and the wheel's."""
        wheel = files("noto_cjk_sans_otc")
        self._folders = [*map(str, folders), str(wheel)]
        self._fonts = load_fonts(self._folders)
        available = set(self._fonts.families())
        self.faces = [_WHOLE, *(face for face in FACES if face in available)]
        self._lock = threading.Lock()
        self._drawn: set[str] = set()
        self._missing: set[str] = set()

    def print(self, template: str, data: Mapping[str, object], created: datetime) -> bytes:
        """The PDF of `templates/<template>` over `data` (JSON values), tagged and archivable.

        The template finds in `data` also `faces` (for `faces.typ`) and `replaced` (the code
        points printed as such, like `U+2B740`). Same data, same fonts, same bytes. Raises
        `NotPrintable`; `BrokenOff` when a long document found no memory.
        """
        missing = self._not_drawn(_characters(data))
        for _ in range(_ATTEMPTS):
            shown = _with(data, missing)
            page = {
                **shown,
                "faces": self.faces,
                "replaced": [_code_point(char) for char in sorted(missing)],
            }
            try:
                return self._compile((_TEMPLATES / template).read_bytes(), page, created)
            except Refused as refused:
                # A character may be drawn alone and still have no glyph in its sequence.
                found = {
                    char for text in _refused(refused.diagnostic) for char in text if char > "~"
                }
                if not found - missing:
                    raise NotPrintable(_QUOTED.sub("…", refused.diagnostic)) from None
                missing |= found
        raise NotPrintable("characters without a glyph kept turning up")

    def _not_drawn(self, characters: set[str]) -> set[str]:
        unfit = {char for char in characters if _UNFIT.match(char)}
        with self._lock:
            unknown = sorted(characters - unfit - self._drawn - self._missing)
            if unknown:
                self._missing |= self._probed(unknown)
                self._drawn.update(set(unknown) - self._missing)
            return unfit | (characters & self._missing)

    def _probed(self, characters: list[str]) -> set[str]:
        try:
            self._compile(_PROBE, {"faces": self.faces, "chars": characters}, _EPOCH)
        except Refused as refused:
            return {char for text in _refused(refused.diagnostic) for char in text}
        return set()

    def _compile(self, source: bytes, data: Mapping[str, object], created: datetime) -> bytes:
        text = orjson.dumps(data).decode()
        if len(text) > _LONG:
            return typeset_apart(source, _TEMPLATES, self._folders, text, created)
        return typeset(source, _TEMPLATES, self._fonts, text, created)


@cache
def press(folders: tuple[Path, ...] = ()) -> Press:
    """The process's press; its fonts are loaded at the first call."""
    return Press(folders)


_QUOTED = re.compile('[`"].*[`"]', re.DOTALL)


def _refused(diagnostic: str) -> Iterator[str]:
    """The texts typst could not print; a diagnostic lists all of them, not just the first."""
    for found in _REFUSED.finditer(diagnostic):
        yield _ESCAPE.sub(_unescaped, found[1])


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return _SHORT_ESCAPES.get(found[2], found[2])


def _code_point(char: str) -> str:
    return f"U+{ord(char):04X}"


def _characters(data: object) -> set[str]:
    characters: set[str] = set()
    _each_text(data, characters.update)
    return characters


def _each_text(data: object, take: Callable[[str], None]) -> None:
    match data:
        case str():
            take(data)
        case Mapping():
            for value in data.values():
                _each_text(value, take)
        case list() | tuple():
            for value in data:
                _each_text(value, take)


def _with(data: Mapping[str, object], missing: set[str]) -> Mapping[str, object]:
    if not missing:
        return data
    shown = {ord(char): f"〔{_code_point(char)}〕" for char in missing}
    return {key: _translated(value, shown) for key, value in data.items()}


def _translated(data: object, shown: Mapping[int, str]) -> object:
    match data:
        case str():
            return data.translate(shown)
        case Mapping():
            return {key: _translated(value, shown) for key, value in data.items()}
        case list() | tuple():
            return [_translated(value, shown) for value in data]
    return data
