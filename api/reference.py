"""`/reference`: what the drop-downs offer; `/sections/{section}/form`: the fields of a section."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from pydantic.fields import FieldInfo

from api.viewer import SignedIn
from domain.calendar import WrittenDate
from domain.labels import written
from domain.organisation import Stage
from domain.reference import table, tables
from domain.refusal import NotFound
from domain.rules import LONGEST_WORD
from domain.section import HEADER, Section, SectionData, choice_of
from domain.sections import SECTIONS
from domain.stored_type import bare, is_encrypted

router = APIRouter(tags=["reference"])

#: What a field takes. `marks` maps codes to one of `options`; what is by area maps an area (a group
#: of the table, or one of its codes) to codes or to a text.
Kind = Literal[
    "line",
    "lines",
    "text",
    "number",
    "date",
    "instant",
    "id",
    "ids",
    "code",
    "codes",
    "marks",
    "codes_by_area",
    "texts_by_area",
    "rows",
]


class TableName(BaseModel):
    name: str
    title: str


class Tables(BaseModel):
    items: list[TableName]


class ReferenceValue(BaseModel):
    """A value; `offered` on the day that was asked for, in the stage that was asked for."""

    code: str
    label: str
    group: str | None
    offered: bool
    stages: list[Stage] = Field(description="適用的教育階段；空白為各階段。")
    since: date | None
    until: date | None


class ReferenceTable(BaseModel):
    """A reference table; `groups` gives the words of its groups."""

    name: str
    title: str
    source: str
    groups: dict[str, str]
    values: list[ReferenceValue]


class Option(BaseModel):
    code: str
    label: str


class FormField(BaseModel):
    """A field of a form; of a group of rows with the fields of a row."""

    name: str
    title: str
    description: str | None
    required: bool
    kind: Kind
    repeats: bool
    table: str | None = Field(description="選項所在的參考資料表。")
    group: str | None = Field(description="只用該表的這一組選項。")
    free: bool = Field(description="選項之外也可以自行填寫。")
    personal: bool = Field(description="加密保存的個人資料或文字。")
    max_length: int | None
    options: list[Option] = Field(description="不在參考資料表的固定選項。")
    fields: list["FormField"]


class Form(BaseModel):
    section: str
    per: str = Field(description="year：每學年度一份；stage：每教育階段一份；record：每筆一份。")
    source: str = Field(description="欄位所依的章節（個別輔導計畫線上系統操作手冊）。")
    fields: list[FormField]


@router.get("/reference")
def list_tables(viewer: SignedIn) -> Tables:
    """選項的參考資料表。"""
    return Tables(items=[TableName(name=one.name, title=one.title) for one in tables().values()])


@router.get("/reference/{table}")
def get_table(
    viewer: SignedIn,
    table: str,
    on: Annotated[WrittenDate | None, Query(description="哪一天的選項；省略為今天。")] = None,
    stage: Annotated[Stage | None, Query(description="哪一個教育階段的選項。")] = None,
) -> ReferenceTable:
    """一個參考資料表的全部選項；不再提供的選項仍列出，供舊紀錄對照。"""
    found = tables().get(table)
    if found is None:
        raise NotFound
    return ReferenceTable(
        name=found.name,
        title=found.title,
        source=found.source,
        groups=dict(found.groups),
        values=[
            ReferenceValue(
                code=value.code,
                label=value.label,
                group=value.group,
                offered=value.offered(on or viewer.today, stage),
                stages=list(value.stages),
                since=value.since,
                until=value.until,
            )
            for value in found.values.values()
        ],
    )


@router.get("/sections/{section}/form")
def get_form(viewer: SignedIn, section: str) -> Form:
    """一個項目的表單：各欄位的名稱、說明、是否必填與選項。"""
    known = SECTIONS.get(section)
    if known is None:
        raise NotFound
    return Form(section=known.code, per=known.per, source=known.source, fields=form_of(known))


def form_of(section: Section) -> list[FormField]:
    """The fields of a section's model, in its order; those that say which record it is, and rows
    that another deed adds, aside."""
    rows = {group.field: group.model for group in section.groups}
    managed = {group.field for group in section.groups if group.managed}
    fields = _fields(section.code, section.data, "", rows)
    return [one for one in fields if one.name not in managed and one.name not in HEADER]


def _fields(
    section: str, model: type[SectionData], place: str, rows: dict[str, Any]
) -> list[FormField]:
    schema = model.model_json_schema()["properties"]
    return [
        _field(
            section,
            place + name,
            info,
            _longest(schema[name]),
            _fields(section, rows[name], f"{name}.", {}) if name in rows else [],
        )
        for name, info in model.model_fields.items()
        if name != "row_id"
    ]


def _field(
    section: str, place: str, info: FieldInfo, longest: int | None, fields: list[FormField]
) -> FormField:
    choice = choice_of(info)
    name = place.rpartition(".")[2]
    kind, values = ("rows", []) if fields else _kind(info.annotation, choice is not None, longest)
    return FormField(
        name=name,
        title=info.title or name,
        description=info.description,
        required=info.is_required(),
        kind=kind,
        repeats=bool(fields),
        table=None if choice is None else choice.table,
        group=name if choice is not None and name in table(choice.table).groups else None,
        free=choice is not None and choice.free,
        personal=is_encrypted(info),
        max_length=longest,
        options=[Option(code=one, label=written(section, place, one)) for one in values],
        fields=fields,
    )


def _kind(annotation: Any, chosen: bool, longest: int | None) -> tuple[Kind, list[str]]:
    """What a type asks for, and the codes of an enumeration."""
    wanted = next((one for one in _members(bare(annotation)) if one is not type(None)), None)
    match get_origin(wanted), get_args(wanted):
        case (origin, (inner, *_)) if origin is tuple:
            return "ids" if inner is UUID else "codes" if chosen else "lines", []
        case (origin, (_, inner)) if origin is dict:
            if isinstance(inner, type) and issubclass(inner, Enum):
                return "marks", [one.value for one in inner]
            return "texts_by_area" if inner is str else "codes_by_area", []
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return "code", [one.value for one in wanted]
    plain: dict[Any, Kind] = {date: "date", AwareDatetime: "instant", int: "number", UUID: "id"}
    if wanted in plain:
        return plain[wanted], []
    if chosen:
        return "code", []
    return "line" if longest is not None and longest <= LONGEST_WORD else "text", []


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    if get_origin(annotation) in (tuple, dict, None):
        return (annotation,)
    return get_args(annotation)


def _longest(schema: dict[str, Any]) -> int | None:
    """How long a text may be, in characters."""
    return next(
        (one["maxLength"] for one in (schema, *schema.get("anyOf", ())) if "maxLength" in one), None
    )
