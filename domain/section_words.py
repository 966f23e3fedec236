"""What the models of several sections say about their fields."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic_core import PydanticCustomError

from domain.reference import table


def other_explained(ticked: Sequence[str], notes: Mapping[str, str]) -> None:
    """A ticked 「其他」 needs its text, and a text its tick (IGP manual 3.7, 3.9).

    Raises `PydanticCustomError`, whose words are for the person.
    """
    if any(one not in notes for one in ticked):
        raise PydanticCustomError("other-needs-text", "勾選「其他」時，請填寫說明。")
    if any(one not in ticked for one in notes):
        raise PydanticCustomError("text-needs-other", "填寫其他說明時，請勾選「其他」。")


def of_group(name: str, group: str, codes: Iterable[str]) -> None:
    """Every code is one of this group of the table, on offer today or not.

    Raises `PydanticCustomError`.
    """
    values = table(name).values
    if any(one not in values or values[one].group != group for one in codes):
        raise _not_offered()


def in_order(name: str, codes: Iterable[str]) -> tuple[str, ...]:
    """What is ticked is a set: each code once, in the order of the table."""
    places = {code: place for place, code in enumerate(table(name).values)}
    return tuple(sorted(set(codes), key=lambda code: (places.get(code, len(places)), code)))


def _not_offered() -> PydanticCustomError:
    return PydanticCustomError("not-offered", "選項中沒有這一項，請重新選擇。")
