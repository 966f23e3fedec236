import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.national_id import (
    Kind,
    NationalIdNotValid,
    check,
    is_valid,
    kind_of,
    masked,
    normalise,
)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("A123456789", Kind.CITIZEN),
        ("A223456781", Kind.CITIZEN),
        ("M162773050", Kind.CITIZEN),
        ("F131232216", Kind.CITIZEN),
        ("A800000014", Kind.RESIDENT),
        ("A900000016", Kind.RESIDENT),
        ("AA00000009", Kind.RESIDENT_OLD),
        ("HD12345678", Kind.RESIDENT_OLD),
        ("AC01234567", Kind.RESIDENT_OLD),
    ],
)
def test_numbers_of_all_three_documents_are_known(number: str, kind: Kind) -> None:
    assert is_valid(number)
    assert kind_of(number) is kind
    assert check(number) == number


@pytest.mark.parametrize(
    "number",
    [
        "A123456788",
        "A970000002",
        "Z199999999",
        "",
        "A12345678",
        "A1234567890",
        "1234567890",
        "A323456789",
        "A023456789",
        "AE00000009",
        "A1234.6789",
        "A12345678 ",
        "a123456789",
        "\u0391123456789",
        "A12345678\u0669",
    ],
)
def test_numbers_nobody_was_given_are_refused(number: str) -> None:
    assert not is_valid(number)
    assert kind_of(number) is None


@pytest.mark.parametrize("typed", ["Ａ123456789", "A1234５6789"])
def test_full_width_text_is_no_number_until_it_is_normalised(typed: str) -> None:
    assert not is_valid(typed)
    assert normalise(typed) == "A123456789"
    assert check(typed) == "A123456789"


def test_what_is_typed_is_read_without_blanks_and_in_either_case() -> None:
    assert check("\u3000 a123456789\n") == "A123456789"


@pytest.mark.parametrize("typed", ["\u0131123456789", "A12345678九", "Α123456789"])
def test_look_alikes_outside_ascii_are_refused(typed: str) -> None:
    with pytest.raises(NationalIdNotValid):
        normalise(typed)


@pytest.mark.parametrize("typed", ["A123456788", "Z199999999", "Ａ12345678八", "王小明"])
def test_a_refusal_says_what_to_do_and_never_the_number(typed: str) -> None:
    with pytest.raises(NationalIdNotValid, match="請對照證件再輸入一次") as refused:
        check(typed)
    assert typed not in str(refused.value)
    assert typed not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_masked_number_shows_its_ends_only() -> None:
    assert masked("A123456789") == "A12****789"
    assert masked("HD12345678") == "HD1****678"
    assert masked("A1234") == "**********"
    assert masked("") == "**********"


@given(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.sampled_from("1289ABCD"), st.data())
def test_of_ten_last_digits_exactly_one_is_right(
    letter: str, second: str, data: st.DataObject
) -> None:
    middle = data.draw(st.text("0123456789", min_size=7, max_size=7))
    assert sum(is_valid(f"{letter}{second}{middle}{last}") for last in range(10)) == 1


@given(st.text(max_size=14))
def test_any_text_is_either_a_number_or_refused(text: str) -> None:
    try:
        number = check(text)
    except NationalIdNotValid:
        return
    assert is_valid(number)
    assert check(number) == number
