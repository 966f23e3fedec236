"""What every form that changes a record brings with it: the version that was loaded, what it said
then, and, where somebody else was quicker, the merge."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from api.acting import Reason
from api.web.fields import Form, Making
from api.web.merging import Merge, merge
from api.web.rendering import Page
from api.web.typed import doing, text
from domain.section import HEADER, Section
from ledger.encryption import canonical


def loaded(version: int, data: Mapping[str, Any], typed: FormData | None) -> dict[str, Any]:
    """The context of a form on a record. After something was typed, what the form was loaded with
    stays what it was. `grown` is the group of rows whose button was pressed."""
    now = {"version": str(version), "base": canonical(dict(data)).decode()}
    if typed is not None:
        now = {name: text(typed, f"_{name}") or value for name, value in now.items()}
    return {
        **now,
        "reason": None if typed is None else text(typed, "reason"),
        "dirty": typed is not None,
        "merge": None,
        "grown": None if typed is None else next(iter(doing(typed)[1:]), None),
    }


def merge_typed(
    section: Section, typed: FormData, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Merge:
    """The merge of a section's form with what somebody else saved meanwhile."""
    fields = [name for name in section.data.model_fields if name not in HEADER]
    groups = {group.field for group in section.groups}
    header = {name: theirs[name] for name in HEADER if name in section.data.model_fields}
    return merge(
        section.code, fields, groups, base_of(typed), normal(section.data, mine, header), theirs
    )


def normal(
    model: type[BaseModel], mine: Mapping[str, Any], header: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What was typed as it would be saved, so that one day written in two ways is one day."""
    try:
        return model.model_validate({**(header or {}), **mine}).model_dump(mode="json")
    except ValidationError:
        return dict(mine)


def base_of(typed: FormData) -> dict[str, Any]:
    """What the form was loaded with. It may say anything: it changes what is proposed alone."""
    try:
        found = orjson.loads(text(typed, "_base") or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def reason_form(page: Page, data: Mapping[str, Any]) -> Form:
    """The form that asks for nothing but a reason."""
    return Making("", page.viewer.today, long=frozenset({"reason"})).form(Reason, data)
