"""The rows of an import folder, and how each is made of its cells (contract 5)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from domain import national_id
from domain.account import Role
from domain.calendar import DateNotUnderstood, parse_date
from domain.case_manager import Kind as CaseManagerKind
from domain.organisation import Kind as OrganisationKind
from domain.organisation import Stage
from domain.student import Sex

_SEPARATOR = ";"
_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE, "其他": Sex.OTHER}
_YES_NO = {"yes": True, "no": False, "": None}


@dataclass(frozen=True, order=True)
class Mistake:
    """Where something is wrong, and what to do about it (zh-TW)."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file} 第 {self.line} 行" if self.line else self.file
        return f"{where}{f'「{self.column}」' if self.column else ''}：{self.reason}"


class RelationKind(StrEnum):
    RESOURCE_CLASS = "case_manager_resource_class"
    ITINERANT = "case_manager_itinerant"
    TEACHING = "teaching"

    @property
    def case_manager(self) -> CaseManagerKind | None:
        """The kind of case manager, or None for teaching."""
        if self is RelationKind.TEACHING:
            return None
        return CaseManagerKind(self.value.removeprefix("case_manager_"))


@dataclass(frozen=True)
class OrganisationRow:
    line: int
    code: str
    name: str
    kind: OrganisationKind
    county: str
    stage: Stage | None
    parent: str | None
    district: str | None


@dataclass(frozen=True)
class AccountRow:
    line: int
    username: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    duties: tuple[str, ...]
    teaching_category: str | None
    subjects: tuple[str, ...]
    homeroom_class: str | None
    gifted_class: bool | None
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class StudentRow:
    line: int
    national_id: str = field(repr=False)
    name: str = field(repr=False)
    sex: Sex = field(repr=False)
    birth_date: date = field(repr=False)
    organisation: str
    stage: Stage
    grade: int
    class_name: str | None


@dataclass(frozen=True)
class RelationRow:
    line: int
    kind: RelationKind
    account: str
    student: str = field(repr=False)
    subject: str | None
    school_year: int | None


def name_key(username: str) -> str:
    """The form in which usernames are compared, as sign-in does."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


Choice = TypeVar("Choice", bound=StrEnum)


@dataclass
class Cells:
    """The cells of one record; what cannot be read is told and stands as an empty value."""

    file: str
    line: int
    cells: Mapping[str, str]
    mistakes: list[Mistake]

    def wrong(self, column: str, reason: str) -> None:
        self.mistakes.append(Mistake(self.file, self.line, column, reason))

    def text(self, column: str) -> str:
        """A text that must be there."""
        value = self.cells[column]
        if not value:
            self.wrong(column, "請填寫這個欄位。")
        return value

    def optional(self, column: str) -> str | None:
        return self.cells[column] or None

    def several(self, column: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.cells[column].split(_SEPARATOR))
        return tuple(part for part in parts if part)

    def choice(self, column: str, kinds: type[Choice]) -> Choice:
        value = self.cells[column]
        if value in list(kinds):
            return kinds(value)
        self.wrong(column, f"請填寫 {'、'.join(kinds)} 其中一項。")
        return next(iter(kinds))

    def optional_choice(self, column: str, kinds: type[Choice]) -> Choice | None:
        return self.choice(column, kinds) if self.cells[column] else None

    def number(self, column: str) -> int:
        value = self.cells[column]
        if value.isascii() and value.isdecimal() and len(value) <= 4:
            return int(value)
        self.wrong(column, "請填寫數字。")
        return 0

    def day(self, column: str) -> date:
        try:
            return parse_date(self.cells[column])
        except DateNotUnderstood as error:
            self.wrong(column, str(error))
            return date.min

    def person(self, column: str) -> str:
        try:
            return national_id.check(self.cells[column])
        except national_id.NationalIdNotValid as error:
            self.wrong(column, str(error))
            return ""


def organisation_row(cells: Cells) -> OrganisationRow:
    return OrganisationRow(
        cells.line,
        code=cells.text("code"),
        name=cells.text("name"),
        kind=cells.choice("kind", OrganisationKind),
        county=cells.text("county"),
        stage=cells.optional_choice("stage", Stage),
        parent=cells.optional("parent"),
        district=cells.cells.get("district") or None,
    )


def account_row(cells: Cells) -> AccountRow:
    roles = []
    for name in cells.several("roles"):
        if name in list(Role):
            roles.append(Role(name))
        else:
            cells.wrong("roles", f"請填寫 {'、'.join(Role)}，以「;」分隔。")
    if not cells.cells["roles"]:
        cells.wrong("roles", "請填寫這個欄位。")
    gifted = cells.cells["gifted_class"]
    if gifted not in _YES_NO:
        cells.wrong("gifted_class", "請填寫 yes 或 no。")
    homeroom = cells.optional("homeroom_class")
    if homeroom is None and gifted == "yes":
        cells.wrong("homeroom_class", "資優班導師請填寫擔任班級。")
    return AccountRow(
        cells.line,
        username=cells.text("username"),
        name=cells.text("name"),
        organisation=cells.text("organisation"),
        roles=tuple(dict.fromkeys(roles)),
        duties=cells.several("duties"),
        teaching_category=cells.optional("teaching_category"),
        subjects=cells.several("subjects"),
        homeroom_class=homeroom,
        gifted_class=_YES_NO.get(gifted),
        password=cells.optional("password"),
    )


def student_row(cells: Cells) -> StudentRow:
    sex = _SEXES.get(cells.cells["sex"])
    return StudentRow(
        cells.line,
        national_id=cells.person("national_id"),
        name=cells.text("name"),
        sex=sex or cells.choice("sex", Sex),
        birth_date=cells.day("birth_date"),
        organisation=cells.text("organisation"),
        stage=cells.choice("stage", Stage),
        grade=cells.number("grade"),
        class_name=cells.optional("class"),
    )


def relation_row(cells: Cells) -> RelationRow:
    kind = cells.choice("kind", RelationKind)
    teaching = kind is RelationKind.TEACHING
    if not teaching and cells.cells["subject"]:
        cells.wrong("subject", "個案管理教師不填授課科目。")
    year = cells.number("school_year") if teaching or cells.cells["school_year"] else None
    return RelationRow(
        cells.line,
        kind=kind,
        account=cells.text("account"),
        student=cells.person("student_national_id"),
        subject=cells.text("subject") if teaching else None,
        school_year=year,
    )
