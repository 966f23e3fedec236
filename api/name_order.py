"""The order of names by strokes (筆劃), as rosters in Taiwan are kept.

Big5 holds its characters in the order of strokes, then radicals, in two levels (common and rare).
So the place of a character follows from its Big5 code and the codes at which each number of
strokes begins. What Big5 does not hold comes after, by its code point.
"""

import unicodedata
from bisect import bisect_right

# (first Big5 code, strokes). Source: the layout of Big5, CNS 11643 planes 1 and 2.
_COMMON = (
    (0xA440, 1), (0xA442, 2), (0xA454, 3), (0xA4A1, 4), (0xA4FE, 5), (0xA5E0, 6), (0xA6EA, 7),
    (0xA8C3, 8), (0xAB45, 9), (0xADBC, 10), (0xB0AE, 11), (0xB3C3, 12), (0xB6C4, 13),
    (0xB9AC, 14), (0xBBF5, 15), (0xBEA7, 16), (0xC075, 17), (0xC24F, 18), (0xC35F, 19),
    (0xC455, 20), (0xC4D7, 21), (0xC56B, 22), (0xC5C8, 23), (0xC5F1, 24), (0xC655, 25),
    (0xC665, 26), (0xC66C, 27), (0xC676, 28),
)  # fmt: skip
_RARE = (
    (0xC940, 2), (0xC945, 3), (0xC94D, 4), (0xC95D, 5), (0xC9AB, 6), (0xCA5A, 7), (0xCBB1, 8),
    (0xCDDD, 9), (0xD0C8, 10), (0xD44B, 11), (0xD851, 12), (0xDCB1, 13), (0xE0F0, 14),
    (0xE4E6, 15), (0xE8F4, 16), (0xECB9, 17), (0xEFB7, 18), (0xF1EB, 19), (0xF3FD, 20),
    (0xF5C0, 21), (0xF6D6, 22), (0xF7D0, 23), (0xF8A5, 24), (0xF8EE, 25), (0xF96B, 26),
    (0xF9A2, 27), (0xF9BA, 28), (0xF9C6, 29),
)  # fmt: skip
_STARTS = [code for code, _ in (*_COMMON, *_RARE)]
_STROKES = [strokes for _, strokes in (*_COMMON, *_RARE)]

#: After every character that has strokes here.
_UNKNOWN = 99


def name_key(name: str) -> list[list[int]]:
    """The place of a name in the order of strokes; JSON can hold it."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return [_place(character) for character in plain]


def _place(character: str) -> list[int]:
    if character.isascii():
        return [0, ord(character)]
    try:
        code = int.from_bytes(character.encode("big5"), "big")
    except UnicodeEncodeError:
        return [_UNKNOWN, ord(character)]
    if code < _STARTS[0]:
        return [0, code]
    return [_STROKES[bisect_right(_STARTS, code) - 1], code]
