"""When somebody else was quicker: what was loaded, what stands now, what one typed, and all merged.

Field by field: what only one of the two changed is taken from that one; what both changed stays as
it was typed, and is pointed out. Rows are told apart by their `row_id`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.labels import label, written

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A field in which the two differ, in words. `both`: both changed it, and differently."""

    label: str
    theirs: str = field(repr=False)
    mine: str = field(repr=False)
    merged: str = field(repr=False)
    both: bool


@dataclass(frozen=True)
class Merge:
    data: dict[str, Any] = field(repr=False)
    differences: list[Difference]


def merge(
    section: str,
    fields: Iterable[str],
    groups: Collection[str],
    base: Data,
    mine: Data,
    theirs: Data,
) -> Merge:
    """The merge of a form with these fields, of which some are groups of rows. All three are JSON
    in the form of the API; the words are those of the section."""
    merged: dict[str, Any] = {}
    told: list[Difference] = []
    for name in fields:
        was, own, other = (_plain(one.get(name)) for one in (base, mine, theirs))
        if name in groups:
            merged[name] = _rows(section, name, was or [], own or [], other or [], told)
        else:
            title = label(section, name)
            merged[name] = _value(section, name, title, was, own, other, told)
    return Merge(merged, told)


def _value(
    section: str,
    path: str,
    title: str,
    base: Any,
    mine: Any,
    theirs: Any,
    told: list[Difference],
) -> Any:
    if mine == theirs:
        return mine
    merged = theirs if mine == base else mine
    both = base not in (mine, theirs)

    def words(value: Any) -> str:
        return written(section, path, value) or "（空白）"

    told.append(Difference(title, words(theirs), words(mine), words(merged), both))
    return merged


def _rows(
    section: str,
    group: str,
    base: Sequence[Data],
    mine: Sequence[Data],
    theirs: Sequence[Data],
    told: list[Difference],
) -> list[dict[str, Any]]:
    of_base, of_mine, of_theirs = (_by_id(rows) for rows in (base, mine, theirs))
    merged: list[dict[str, Any]] = []
    for number, row_id in enumerate(dict.fromkeys([*of_theirs, *of_mine]), start=1):
        title = f"{label(section, group)}第 {number} 筆"
        was, own, other = (rows.get(row_id) for rows in (of_base, of_mine, of_theirs))
        if own is not None and other is not None:
            names = dict.fromkeys([*other, *own])
            merged.append(
                {
                    name: _value(
                        section,
                        f"{group}.{name}",
                        f"{title}，{label(section, f'{group}.{name}')}",
                        _plain((was or {}).get(name)),
                        _plain(own.get(name)),
                        _plain(other.get(name)),
                        told,
                    )
                    for name in names
                }
            )
            continue
        row = _one_sided(section, group, title, was, own, other, told)
        if row is not None:
            merged.append(row)
    # Rows that were typed just now have no id yet.
    merged.extend(dict(row) for row in mine if not row.get("row_id"))
    return merged


def _one_sided(
    section: str,
    group: str,
    title: str,
    was: Data | None,
    own: Data | None,
    other: Data | None,
    told: list[Difference],
) -> dict[str, Any] | None:
    """A row that only one of the two has: new, or removed by the other one."""
    row = own or other
    assert row is not None
    changed = was is not None and _cells(row) != _cells(was)
    # What one removed is gone, unless the other one wrote in it.
    kept = was is None or changed

    def words(one: Data | None) -> str:
        return "（沒有這一筆）" if one is None else _row_words(section, group, one)

    told.append(Difference(title, words(other), words(own), words(row if kept else None), changed))
    return dict(row) if kept else None


def _row_words(section: str, group: str, row: Data) -> str:
    said = (
        (label(section, f"{group}.{name}"), written(section, f"{group}.{name}", value))
        for name, value in row.items()
        if name != "row_id"
    )
    return "；".join(f"{title}：{words}" for title, words in said if words)


def _by_id(rows: Iterable[Data]) -> dict[str, Data]:
    return {str(row["row_id"]): row for row in rows if row.get("row_id")}


def _cells(row: Data) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if name != "row_id"}


def _plain(value: Any) -> Any:
    """A value as it is compared: what is empty is nothing."""
    return None if value in ("", [], {}, ()) else value
