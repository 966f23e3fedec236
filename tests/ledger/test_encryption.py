"""How a field is encrypted: the forms of docs/formats/encrypted-field.md."""

from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from ledger.encryption import (
    NotAuthentic,
    commitment,
    decrypt,
    encrypt,
    event_key,
    extract,
    place,
)

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NONCE = bytes(12)
STREAM = UUID(int=1)
WHERE = place("records", STREAM, 1, "placement.recorded.v1", "arrangement")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.binary(min_size=1, max_size=64), st.uuids())
def test_the_key_of_an_event_is_hkdf(material: bytes, event_id: UUID) -> None:
    library = HKDF(SHA256(), 32, salt=None, info=b"igp-event/1" + event_id.bytes)
    assert event_key(extract(material), event_id) == library.derive(material)


@given(json_values)
def test_any_json_value_comes_back(value: Any) -> None:
    assert decrypt(KEY, WHERE, encrypt(KEY, NONCE, WHERE, value)) == value


def test_the_length_does_not_tell_one_short_value_from_another() -> None:
    values = ["male", "female", "other", None, "林", "歐陽娜娜", "2013-05-01", 7]
    assert len({len(encrypt(KEY, NONCE, WHERE, value)) for value in values}) == 1


def test_a_long_text_takes_less_room_than_it_has() -> None:
    text = "與學生談本學期的課程安排與人際適應，並約定下次晤談的時間。" * 20
    assert len(encrypt(KEY, NONCE, WHERE, text)) < len(text.encode())


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("access", STREAM, 1, "placement.recorded.v1", "arrangement"),
        place("records", UUID(int=2), 1, "placement.recorded.v1", "arrangement"),
        place("records", STREAM, 2, "placement.recorded.v1", "arrangement"),
        place("records", STREAM, 1, "placement.corrected.v1", "arrangement"),
        place("records", STREAM, 1, "placement.recorded.v1", "reason"),
    ],
)
def test_a_ciphertext_does_not_open_in_another_place(elsewhere: bytes) -> None:
    stored = encrypt(KEY, NONCE, WHERE, "至六年二班上課")
    with pytest.raises(NotAuthentic):
        decrypt(KEY, elsewhere, stored)


def test_a_ciphertext_does_not_open_under_another_key() -> None:
    with pytest.raises(NotAuthentic):
        decrypt(OTHER_KEY, WHERE, encrypt(KEY, NONCE, WHERE, "至六年二班上課"))


def test_the_refusal_does_not_repeat_what_was_encrypted() -> None:
    with pytest.raises(NotAuthentic) as caught:
        decrypt(OTHER_KEY, WHERE, encrypt(KEY, NONCE, WHERE, "至六年二班上課"))
    assert "六年" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_commitment_tells_keys_apart() -> None:
    assert commitment(KEY) != commitment(OTHER_KEY)
    assert commitment(KEY) == commitment(bytes(range(32)))
