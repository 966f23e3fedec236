"""What the models of several sections say about their fields."""

from collections.abc import Mapping, Sequence

from pydantic_core import PydanticCustomError


def other_explained(ticked: Sequence[str], notes: Mapping[str, str]) -> None:
    """A ticked 「其他」 needs its text, and a text its tick (IGP manual 3.7, 3.9).

    Raises `PydanticCustomError`, whose words are for the person.
    """
    if any(one not in notes for one in ticked):
        raise PydanticCustomError("other-needs-text", "勾選「其他」時，請填寫說明。")
    if any(one not in ticked for one in notes):
        raise PydanticCustomError("text-needs-other", "填寫其他說明時，請勾選「其他」。")
