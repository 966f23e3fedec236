"""National identification numbers: 身分證統一編號 and the two forms of 居留證統一證號.

Nothing here says a number in an error: the message tells what to do, never what was typed.
"""

import unicodedata
from enum import StrEnum

# The codes of the first letter, in the order in which the letters were given out:
# A=10 … H=17, J=18 … N=22, P … V=23–29, X=30, Y=31, W=32, Z=33, I=34, O=35.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_CODES = {letter: number for number, letter in enumerate(_LETTERS, start=10)}
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_DIGITS = frozenset("0123456789")
_LENGTH = 10


class Kind(StrEnum):
    """Which document a number belongs to."""

    CITIZEN = "citizen"
    """身分證: a letter, 1 or 2, eight digits."""
    RESIDENT = "resident"
    """居留證 as issued since 2021: a letter, 8 or 9, eight digits."""
    RESIDENT_OLD = "resident_old"
    """居留證 as issued before 2021: two letters, the second A to D, eight digits."""


class NationalIdNotValid(ValueError):
    """Not a number anybody was given: check it against the document. Never holds the number."""

    CODE = "national-id-not-valid"

    def __init__(self) -> None:
        super().__init__("身分證或居留證統一編號不正確，請對照證件再輸入一次，例如 A123456789。")


def normalise(text: str) -> str:
    """Full-width forms made ordinary, outer blanks gone, letters upper-case.

    Raises `NationalIdNotValid` when something other than ASCII is left.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    # Before upper(), which makes an ASCII letter of some that are none (ı becomes I).
    if not plain.isascii():
        raise NationalIdNotValid
    return plain.upper()


def kind_of(text: str) -> Kind | None:
    """Whose number this is, or None when its form or its check digit is wrong.

    Judges the normalised form only: full-width or lower-case text is None.
    """
    if len(text) != _LENGTH or text[0] not in _CODES or not _DIGITS.issuperset(text[2:]):
        return None
    second = text[1]
    if second in "12":
        kind = Kind.CITIZEN
    elif second in "89":
        kind = Kind.RESIDENT
    elif second in "ABCD":
        kind = Kind.RESIDENT_OLD
        # Of the second letter only the last digit of its code counts.
        second = str(_CODES[second] % 10)
    else:
        return None
    numbers = f"{_CODES[text[0]]}{second}{text[2:]}"
    total = sum(int(digit) * weight for digit, weight in zip(numbers, _WEIGHTS, strict=True))
    return kind if total % 10 == 0 else None


def is_valid(text: str) -> bool:
    """Whether this is, as it stands, a well-formed number with a right check digit."""
    return kind_of(text) is not None


def check(text: str) -> str:
    """The normalised number of what somebody typed. Raises `NationalIdNotValid`."""
    number = normalise(text)
    if not is_valid(number):
        raise NationalIdNotValid
    return number


def check_foreign(text: str) -> str:
    """The normalised number of a foreign national's document, which may have any form.

    Raises `NationalIdNotValid` for what is no number at all.
    """
    number = normalise(text)
    if not 5 <= len(number) <= 2 * _LENGTH or not number.isalnum():
        raise NationalIdNotValid
    return number


def masked(number: str) -> str:
    """`A12****789`: enough to recognise one's own number, too little to use it.

    Anything that has not the length of a number is masked wholly.
    """
    if len(number) != _LENGTH:
        return "*" * _LENGTH
    return f"{number[:3]}****{number[7:]}"
