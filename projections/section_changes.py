"""What an event of a section changed, field by field, rows among them.

A field of a row is named `group.field`. The state that is kept for the next event holds the fields,
and of every group its rows by their ids; after a withdrawal it says so under `GONE`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from domain.section import BESIDE, HEADER, SectionEvent
from projections.view import Fact

GONE = "#withdrawn"

#: What is said of the beginning of a record, and is no field of its form.
_ASIDE = (*HEADER, "field_sources", "copied_from_year")

_KINDS = {
    "opened": "recorded",
    "recorded": "recorded",
    "corrected": "corrected",
    "withdrawn": "withdrawn",
    "row-added": "recorded",
    "row-corrected": "corrected",
    "row-removed": "withdrawn",
    "shared": "recorded",
    "share-ended": "withdrawn",
    "imported": "recorded",
}

State = dict[str, Any]
Fields = list[list[Any]]


def kind_of(fact: Fact) -> str:
    """The kind of contract 4."""
    return _KINDS[cast("type[SectionEvent]", fact.event_class).HAPPENING]


def change_of(fact: Fact, before: Mapping[str, Any]) -> tuple[Fields, State]:
    """Field, before, after of every field that changed; and the state after the event."""
    event = cast("type[SectionEvent]", fact.event_class)
    said = {name: value for name, value in fact.said().items() if name not in _ASIDE}
    header = {name: fact.fields[name] for name in HEADER if fact.fields.get(name) is not None}
    if before.get(GONE) and event.HAPPENING in ("opened", "recorded"):
        before = {}
    if event.HAPPENING == "withdrawn":
        gone = [[name, value, None] for name, value in _all_fields(before)]
        return gone, {**before, GONE: True}
    if event.HAPPENING in BESIDE:
        if event.HAPPENING == "share-ended":
            return [[name, value, None] for name, value in said.items()], dict(before)
        return [[name, None, value] for name, value in said.items()], dict(before)
    if event.ROWS is None:
        return _differences("", before, said), {**before, **header, **said}
    rows = dict(before.get(event.ROWS, {}))
    row_id = said.pop("row_id")
    row = rows.get(row_id, {})
    if event.HAPPENING == "row-removed":
        del rows[row_id]
        fields = [[f"{event.ROWS}.{name}", value, None] for name, value in row.items()]
    else:
        rows[row_id] = row | said
        fields = _differences(f"{event.ROWS}.", row, said)
    return fields, {**before, **header, event.ROWS: rows}


def _differences(prefix: str, before: Mapping[str, Any], said: Mapping[str, Any]) -> Fields:
    return [
        [prefix + name, before.get(name), value]
        for name, value in said.items()
        if value is not None or before.get(name) is not None
    ]


def _all_fields(state: Mapping[str, Any]) -> Fields:
    """Every field that says something, the rows' own ones too."""
    return [[name, value] for name, _, value in fields_of(state)]


def fields_of(state: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    """Field, row and value of all that a state says; the row is None of a field beside the rows."""
    if state.get(GONE):
        return
    for name, value in state.items():
        if name in _ASIDE or name.startswith("#") or value is None:
            continue
        if _is_group(value):
            for row_id, row in value.items():
                for inner, one in row.items():
                    if one is not None:
                        yield f"{name}.{inner}", row_id, one
        else:
            yield name, None, value


def _is_group(value: Any) -> bool:
    # A ciphertext and a mapping of codes are mappings too; the ids of rows have 36 characters.
    return isinstance(value, dict) and all(
        isinstance(row, dict) and len(key) == 36 for key, row in value.items()
    )
