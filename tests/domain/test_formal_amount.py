import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.formal_amount import GREATEST, in_words

#: Kaohsiung 4.3 and 4.4, and the places where zeros are easily lost.
VECTORS = [
    (0, "零元整"),
    (7, "柒元整"),
    (10, "壹拾元整"),
    (60, "陸拾元整"),
    (90, "玖拾元整"),
    (105, "壹佰零伍元整"),
    (2_280, "貳仟貳佰捌拾元整"),
    (2_310, "貳仟叁佰壹拾元整"),
    (3_850, "叁仟捌佰伍拾元整"),
    (4_000, "肆仟元整"),
    (5_700, "伍仟柒佰元整"),
    (6_000, "陸仟元整"),
    (6_006, "陸仟零陸元整"),
    (10_000, "壹萬元整"),
    (10_010, "壹萬零壹拾元整"),
    (100_000, "壹拾萬元整"),
    (120_500, "壹拾貳萬零伍佰元整"),
    (1_000_001, "壹佰萬零壹元整"),
    (10_300_500, "壹仟零叁拾萬零伍佰元整"),
    (GREATEST, "玖仟玖佰玖拾玖萬玖仟玖佰玖拾玖元整"),
]

_VALUES = {digit: value for value, digit in enumerate("零壹貳叁肆伍陸柒捌玖")}
_POWERS = {"仟": 1_000, "佰": 100, "拾": 10, "": 1}


def read_back(words: str) -> int:
    """The amount, by adding up what the words say: an independent way back."""
    ten_thousands, _, ones = words.removesuffix("元整").rpartition("萬")
    return 10_000 * _group(ten_thousands) + _group(ones)


def _group(words: str) -> int:
    return sum(
        _VALUES[digit] * _POWERS[power]
        for digit, power in re.findall(r"([零壹貳叁肆伍陸柒捌玖])([仟佰拾]?)", words)
    )


@pytest.mark.parametrize(("amount", "words"), VECTORS)
def test_amounts_are_written_as_the_forms_print_them(amount: int, words: str) -> None:
    assert in_words(amount) == words


@given(st.integers(min_value=0, max_value=GREATEST))
def test_the_words_say_the_amount_and_write_no_zero_twice_or_at_the_end(amount: int) -> None:
    words = in_words(amount)
    assert read_back(words) == amount
    if amount:
        assert "零零" not in words
        assert "零元" not in words
        assert "零萬" not in words


@given(st.integers(min_value=0, max_value=GREATEST), st.integers(min_value=0, max_value=GREATEST))
def test_two_amounts_never_have_the_same_words(one: int, other: int) -> None:
    assert (in_words(one) == in_words(other)) == (one == other)


@pytest.mark.parametrize("amount", [-1, GREATEST + 1])
def test_an_amount_the_slots_cannot_hold_is_no_amount(amount: int) -> None:
    with pytest.raises(ValueError, match="amounts in words"):
        in_words(amount)
