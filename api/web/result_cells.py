"""The cells of a sheet (`domain.step_sheets`): their labels, and how they are typed and read.

Labels and choices are those of the step's own form; a page and a file say the same.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic.fields import FieldInfo

from api.step_batches import RowDone
from api.step_sheets import SheetRow
from api.web.form import Option
from api.web.step_forms import codes_of, inner_of, types_of, words
from domain.application_facts import selection_of
from domain.programme_rules import Programme
from domain.step_sheets import MARK, Sheet

_YES_NO = {"true": True, "false": False}
#: What a decision on a subject says.
_PASSED = (Option("true", "通過"), Option("false", "不通過"))
_CONFIRMED = (Option("true", "是"),)


@dataclass(frozen=True)
class Column:
    """A column of cells. `subject`: only who sits this subject has a cell in it."""

    name: str
    label: str
    options: tuple[Option, ...] = ()
    number: bool = False
    required: bool = False
    subject: str | None = None

    def value(self, typed: str | None) -> Any:
        """What was typed, as the form takes it; a choice by its words or its code."""
        text = (typed or "").strip()
        if not text:
            return None
        if self.options:
            known = {word: one.value for one in self.options for word in (one.label, one.value)}
            code = known.get(text, text)
            return _YES_NO.get(code, code)
        return unicodedata.normalize("NFKC", text) if self.number else text

    def wrong(self, value: Any) -> str | None:
        """Why a cell of a file is no choice."""
        code = str(value).lower() if isinstance(value, bool) else value
        if value is None or not self.options or code in {one.value for one in self.options}:
            return None
        return f"請填寫「{'、'.join(one.label for one in self.options)}」其中一項。"

    def shown(self, value: Any) -> str:
        """What is in a cell, as it is typed."""
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else str(value)

    def told(self, value: Any) -> str:
        """What is in a cell, in words."""
        code = self.shown(value)
        return next((one.label for one in self.options if one.value == code), code)


def columns_of(sheet: Sheet, rules: Programme) -> list[Column]:
    """The cells that are filled in, in their order."""
    model = sheet.of.form
    found = [_mark()] if sheet.marked else []
    for name in sheet.fields:
        if name != "reason":
            found.append(_column(sheet, name, name, model.model_fields[name]))
    if sheet.group:
        rows = inner_of(model.model_fields[sheet.group])
        assert rows is not None
        info = rows.model_fields[sheet.value]
        for subject in selection_of(rules).subjects:
            name = f"{sheet.group}.{subject.code}"
            found.append(_column(sheet, name, sheet.value, info, subject.name, subject.code))
    if "reason" in sheet.fields:
        found.append(_column(sheet, "reason", "reason", model.model_fields["reason"]))
    return found


def _mark() -> Column:
    return Column(MARK, "依分數與標準判定", _CONFIRMED)


def _column(
    sheet: Sheet,
    name: str,
    last: str,
    info: FieldInfo,
    label: str | None = None,
    subject: str | None = None,
) -> Column:
    kinds = [*types_of(info)]
    options: tuple[Option, ...] = tuple(
        Option(code, words(sheet.process, last, code)) for code in codes_of(info)
    )
    if bool in kinds:
        options = _PASSED
    return Column(
        name,
        label or info.title or last,
        options,
        number=Decimal in kinds or int in kinds,
        required=info.is_required() and subject is None,
        subject=subject,
    )


def data_of(
    sheet: Sheet, columns: Sequence[Column], row: SheetRow, typed: Mapping[str, str | None]
) -> dict[str, Any] | None:
    """The form of the step from the cells of a row; None where nobody typed anything."""
    cells = {one.name: one.value(typed.get(one.name)) for one in columns}
    if all(one is None for one in cells.values()):
        return None
    return sheet.body(cells) | row.beside


def proposed(sheet: Sheet, row: SheetRow) -> dict[str, str]:
    """The cells that what was computed would fill in; a body looks at them and sends them."""
    if sheet.marked:
        return {MARK: "true"}
    known = sheet.of.form.model_fields.get("decision")
    codes = {} if known is None else codes_of(known)
    return {"decision": row.proposed} if row.proposed in codes and row.proposed else {}


def wrongs_of(
    sheet: Sheet, columns: Sequence[Column], data: Mapping[str, Any], done: RowDone
) -> dict[str, str]:
    """What is wrong with the cells of a row, by their names; of the row itself by no name."""
    names = {one.name for one in columns}
    rows = data.get(sheet.group) or ()
    found: dict[str, str] = {}
    for one in done.errors:
        group, _, rest = one.field.partition(".")
        number = rest.partition(".")[0]
        name = one.field
        if group == sheet.group and number.isdecimal() and int(number) < len(rows):
            name = f"{group}.{rows[int(number)]['subject']}"
        found.setdefault(name if name in names else "", one.message)
    if not found and done.message:
        found[""] = done.message
    return found
