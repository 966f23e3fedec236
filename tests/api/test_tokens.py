from uuid import UUID

import pytest

from api.tokens import SealedTokens, TokenNotValid

ONE, OTHER = UUID(int=1), UUID(int=2)
TOKENS = SealedTokens(bytes(32))


def test_the_same_content_seals_to_the_same_text_and_opens_again() -> None:
    token = TOKENS.seal("cursor", {"position": 7, "name": "陳"}, ONE)
    assert token == TOKENS.seal("cursor", {"name": "陳", "position": 7}, ONE)
    assert TOKENS.open("cursor", token, ONE) == {"position": 7, "name": "陳"}


def test_a_token_opens_for_its_viewer_purpose_and_house_alone() -> None:
    token = TOKENS.seal("cursor", {"position": 7}, ONE)
    for tokens, kind, viewer, text in (
        (TOKENS, "cursor", OTHER, token),
        (TOKENS, "receipt", ONE, token),
        (SealedTokens(bytes(31) + b"x"), "cursor", ONE, token),
        (TOKENS, "cursor", ONE, token[:-1]),
        (TOKENS, "cursor", ONE, "A" + token[1:] if token[0] != "A" else "B" + token[1:]),
        (TOKENS, "cursor", ONE, ""),
        (TOKENS, "cursor", ONE, "位置七"),
    ):
        with pytest.raises(TokenNotValid):
            tokens.open(kind, text, viewer)


def test_the_length_of_a_token_does_not_tell_how_far_the_book_is() -> None:
    lengths = {len(TOKENS.seal("receipt", {"p": 10**n}, ONE)) for n in range(15)}
    assert len(lengths) == 1
