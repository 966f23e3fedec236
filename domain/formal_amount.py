"""Amounts of money in formal numerals, as rosters and receipts are printed (Kaohsiung 4.3).

The number is authoritative, the words are made from it.
"""

_DIGITS = "零壹貳叁肆伍陸柒捌玖"
_PLACES = ("", "拾", "佰", "仟")

#: The greatest amount that the words 萬 and below can say, in dollars.
GREATEST = 99_999_999


def in_words(amount: int) -> str:
    """A whole amount in dollars: 3,850 is 叁仟捌佰伍拾元整.

    Zeros at the end are not written, zeros within are one 零 however many they are, and
    nothing at all is 零元整. Raises `ValueError` below 0 and above `GREATEST`.
    """
    if not 0 <= amount <= GREATEST:
        raise ValueError(f"amounts in words run from 0 to {GREATEST}")
    if amount == 0:
        return "零元整"
    digits = str(amount)
    words: list[str] = []
    owed_zero = False
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit == 0:
            owed_zero = True
        else:
            if owed_zero:
                words.append("零")
            owed_zero = False
            words.append(_DIGITS[digit] + _PLACES[place % 4])
        if place == 4:
            words.append("萬")
    return "".join(words) + "元整"
