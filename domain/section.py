"""A section of the plan: its fields are said once, and its events follow from them.

The fields of a section are a pydantic model whose titles are the labels of the forms. From the
model come the events (what they may say, and what of it is encrypted), the OpenAPI document, the
words of a difference and the lines of the printed plan. A group of repeating rows is a field of
the model that holds rows; every row keeps its `row_id`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, cast, get_args
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from domain import labels
from domain.organisation import Stage
from domain.reference import Choice, words
from domain.rules import (
    LONGEST_TEXT,
    LONGEST_WORD,
    ONE_LINE,
    is_one_line,
    on_one_line,
    says_nothing,
)
from domain.stored_type import bare, stored_type
from domain.student_event import StudentEvent

#: What there is one record of: a student's school year, a student's stage, or each entry.
Per = Literal["year", "stage", "record"]

#: What an event does to the record.
Happening = Literal[
    "opened",
    "recorded",
    "corrected",
    "withdrawn",
    "row-added",
    "row-corrected",
    "row-removed",
    "shared",
    "share-ended",
    "imported",
]

#: Happenings in a record's stream that say nothing about its fields.
BESIDE: frozenset[Happening] = frozenset({"shared", "share-ended", "imported"})

#: Fields that say which record it is, in every event of a section.
HEADER = ("school_year", "education_stage")


def _stands_on_one_line(text: str) -> str:
    if not is_one_line(text):
        raise PydanticCustomError("one-line", ONE_LINE)
    return text


#: What is typed on a line, of whatever length; who takes it says whether it stands on one.
Line = Annotated[str, AfterValidator(on_one_line)]
Word = Annotated[
    Line,
    StringConstraints(min_length=1, max_length=LONGEST_WORD),
    AfterValidator(_stands_on_one_line),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]


@dataclass(frozen=True)
class NotFuture:
    """Marks a day that has come already."""


class Plain:
    """Marks a field whose label says all that whoever fills it in has to know."""


PLAIN = Plain()


class SectionEvent(StudentEvent):
    """An event of a section. `school_year` and `education_stage` are those of the record."""

    HAPPENING: ClassVar[Happening]
    #: The group of rows that the event is about.
    ROWS: ClassVar[str | None] = None

    school_year: int | None = None
    education_stage: Stage | None = None


class RowEvent(SectionEvent):
    row_id: UUID


class Strict(BaseModel):
    """What comes from outside: fields nobody knows are refused, yes and no are no numbers,
    and a reason is a text like others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and _is_number(cls.model_fields[str(info.field_name)]):
            raise PydanticCustomError("not-a-number", "請填寫數字。")
        return value

    @field_validator("reason", check_fields=False)
    @classmethod
    def _no_longer_than_a_text(cls, value: str | None) -> str | None:
        if value is not None and len(value) > LONGEST_TEXT:
            raise PydanticCustomError("too-long", f"最多 {LONGEST_TEXT} 字。")
        return value


def _is_number(info: FieldInfo) -> bool:
    """Whether a field takes numbers; python counts `True` among them."""
    plain = bare(info.annotation)
    types = set(get_args(plain)) or {plain}
    return not types.isdisjoint({int, Decimal}) and bool not in types


class SectionData(Strict):
    """The fields of a section. A blank text and `null` are as if the field were not given."""

    model_config = ConfigDict(str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: one
            for name, one in value.items()
            if one is not None and not (isinstance(one, str) and says_nothing(one))
        }


class Row(SectionData):
    """A row of a group. A row without `row_id` is a new one."""

    row_id: UUID | None = Field(None, title="列識別碼", description="已儲存的列才有；新的列不填。")


@dataclass(frozen=True)
class Rows:
    """A group of rows: the field of the data that holds it, and its events."""

    field: str
    model: type[Row]
    added: type[RowEvent]
    #: None of rows that another deed adds, such as an upload; a save leaves those alone.
    corrected: type[RowEvent] | None
    removed: type[RowEvent]

    @property
    def managed(self) -> bool:
        return self.corrected is None


@dataclass(frozen=True)
class Section:
    """What a section is. `content` are its fields, the header and the groups of rows aside."""

    code: str
    per: Per
    #: Its place in the IGP manual, from which its fields are.
    source: str
    data: type[SectionData]
    recorded: type[SectionEvent]
    #: None of a section that has nothing but rows.
    corrected: type[SectionEvent] | None
    withdrawn: type[SectionEvent] | None = None
    opened: type[SectionEvent] | None = None
    groups: tuple[Rows, ...] = ()
    content: tuple[str, ...] = field(default=())

    def events(self) -> Iterator[type[SectionEvent]]:
        """Every kind of event of the section, in the order of the documents."""
        single = (self.opened, self.recorded, self.corrected, self.withdrawn)
        yield from (one for one in single if one is not None)
        for group in self.groups:
            of_rows = (group.added, group.corrected, group.removed)
            yield from (one for one in of_rows if one is not None)


def define(
    code: str,
    per: Per,
    data: type[SectionData],
    *,
    source: str,
    rows: Mapping[str, str] | None = None,
    managed: tuple[str, ...] = (),
    opened: Mapping[str, Any] | None = None,
    withdrawable: bool = False,
) -> Section:
    """The section of a model, with its events and its labels.

    `source` is its place in the IGP manual. `rows` names for every group of rows the noun that its
    topics carry; `managed` are groups that
    no save changes; `opened` are further fields of an event with which the record begins.
    """
    nouns = rows or {}
    fields = data.model_fields
    content = tuple(name for name in fields if name not in nouns and name not in HEADER)
    topic = code.replace("_", "-")
    said = {name: stored_type(fields[name]) for name in content}

    def event(word: str, happening: Happening, more: Mapping[str, Any]) -> type[SectionEvent]:
        return _event(SectionEvent, code, f"{topic}.{word}.v1", happening, more)

    def row_event(group: str, word: str, happening: Happening, what: str) -> type[RowEvent]:
        more = {} if happening == "row-removed" else _row_said(row_model(data, group))
        made = _event(RowEvent, code, f"{topic}.{what}-{word}.v1", happening, more, group)
        return cast("type[RowEvent]", made)

    section = Section(
        code,
        per,
        source,
        data,
        recorded=event("recorded", "recorded", said),
        corrected=event("corrected", "corrected", said) if content else None,
        withdrawn=event("withdrawn", "withdrawn", {}) if withdrawable else None,
        opened=None if opened is None else event("opened", "opened", said | dict(opened)),
        groups=tuple(
            Rows(
                group,
                row_model(data, group),
                row_event(group, "added", "row-added", noun),
                None if group in managed else row_event(group, "corrected", "row-corrected", noun),
                row_event(group, "removed", "row-removed", noun),
            )
            for group, noun in nouns.items()
        ),
        content=content,
    )
    _name_fields(section)
    return section


def row_model(data: type[SectionData], group: str) -> type[Row]:
    """The model of the rows of a group."""
    (model, *_) = get_args(data.model_fields[group].annotation)
    return cast("type[Row]", model)


def choice_of(info: FieldInfo) -> Choice | None:
    """The reference table that a field chooses from, if it does."""
    return next((mark for mark in info.metadata if isinstance(mark, Choice)), None)


def _row_said(model: type[Row]) -> dict[str, Any]:
    return {
        name: stored_type(info) for name, info in model.model_fields.items() if name != "row_id"
    }


def _event(
    base: type[SectionEvent],
    section: str,
    topic: str,
    happening: Happening,
    fields: Mapping[str, Any],
    rows: str | None = None,
) -> type[SectionEvent]:
    name = "".join(
        word.capitalize() for word in topic.rsplit(".", 1)[0].replace("-", ".").split(".")
    )
    namespace: dict[str, Any] = {
        "__module__": "domain.sections",
        "__qualname__": name,
        "TOPIC": topic,
        "SECTION": section,
        "HAPPENING": happening,
        "ROWS": rows,
        "__annotations__": dict(fields),
        **dict.fromkeys(fields),
    }
    made: Any = type(base)
    return cast("type[SectionEvent]", made(name, (base,), namespace))


def _name_fields(section: Section) -> None:
    """Gives the labels of the model to whoever words a field (`domain.labels`)."""
    named: dict[str, str] = {}
    codes: dict[str, Mapping[str, str]] = {}
    groups = {group.field: group.model for group in section.groups}
    for name, info in section.data.model_fields.items():
        named[name] = info.title or name
        _name_codes(codes, name, info)
        if name in groups:
            for inner, of_row in groups[name].model_fields.items():
                named[f"{name}.{inner}"] = of_row.title or inner
                _name_codes(codes, f"{name}.{inner}", of_row)
    labels.name_section(section.code, named, codes)


def _name_codes(codes: dict[str, Mapping[str, str]], name: str, info: FieldInfo) -> None:
    choice = choice_of(info)
    if choice is not None:
        codes[name] = words(choice.table)
