"""A school's import of a CSV file: looked at line by line first, then recorded as a whole.

The reader, the decisions and their words are those of `igp import` (contract 5). What was looked
at is recorded, or nothing: the file is decided again, and must come to the same.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.audit import record_list, record_refusal, refusals_recorded
from api.drafts import LARGEST as LARGEST_DRAFT
from api.house import House
from api.importing.decisions import Decisions
from api.importing.files import Folder, read_files
from api.importing.of_school import SchoolRegister
from api.importing.register import Register
from api.importing.rows import AccountRow, Mistake, RelationRow, StudentRow
from api.register import NotRegistrable
from api.viewer import Viewer
from domain.capacity import Capacity
from domain.command import Actor
from domain.labels import CASE_MANAGER_KINDS, ROLES, written
from domain.national_id import masked
from domain.refusal import NotAllowed, Refusal
from ledger.encryption import canonical

File = Literal["students.csv", "relations.csv", "accounts.csv"]
Outcome = Literal["new", "changed", "same", "wrong"]

#: Bytes of a file: it is kept between the preview and the confirmation as a draft is.
LARGEST = LARGEST_DRAFT // 2
#: Rows of new accounts: the hash of a password takes long on purpose.
MOST_ACCOUNTS = 100

_PREVIEW = "school.import-preview"


class ImportEntry(Body):
    """A file that was looked at; `digest` is of what it would record."""

    file: File
    content: str = Field(repr=False)
    digest: str


class PreviewOutdated(Refusal):
    """Since the preview somebody changed what the file is about."""

    CODE = "preview-outdated"
    TITLE = "預覽之後資料已有變更，沒有匯入任何資料，請重新預覽"


@dataclass(frozen=True)
class Row:
    """A line of the file: whom it is about and what it says, what becomes of it, and in which
    columns; of a wrong one what is wrong, by column."""

    line: int
    who: str = field(repr=False)
    says: str = field(repr=False)
    outcome: Outcome
    columns: tuple[str, ...] = ()
    wrongs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a file would record; nothing of it where one row is wrong."""

    rows: tuple[Row, ...] = field(repr=False)
    digest: str

    @property
    def good(self) -> bool:
        return not any(one.outcome == "wrong" for one in self.rows)

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for one in self.rows)


def preview(house: House, viewer: Viewer, file: File, content: bytes) -> Preview:
    """What the file would record; nothing is. Recorded as a reading. Raises `NotAllowed`."""
    with refusals_recorded(house, viewer, _PREVIEW):
        if not viewer.holds(Capacity.SCHOOL_ADMINISTRATOR):
            raise NotAllowed
    register, found = _decided(house, viewer, file, content)
    if others := sorted(register.tried - register.own):
        record_refusal(house, viewer, _PREVIEW, NotRegistrable(), others)
    record_list(house, viewer, _PREVIEW, sorted(register.own), searched=True)
    return found


def record(house: House, viewer: Viewer, asked: Asked) -> Done:
    """The import of an `ImportEntry`, in one transaction."""
    tried: list[UUID] = []

    def decide(acting: Acting, _: None, actor: Actor, given: ImportEntry) -> Decided:
        register, found = _decided(acting.house, acting.viewer, given.file, given.content.encode())
        tried[:] = sorted(register.tried)
        if not found.good or found.digest != given.digest:
            raise PreviewOutdated
        if not register.events:
            return Decided((), None, None)
        return Decided(
            register.events,
            register.correlation_id,
            1,
            beside=register.beside(house.passwords.hash),
            taken=PreviewOutdated,
        )

    deed = Deed(
        what="school.import",
        body=ImportEntry,
        see=lambda _: None,
        permit=office(Capacity.SCHOOL_ADMINISTRATOR),
        decide=decide,
        status=200,
        students=tried,
    )
    return perform(house, viewer, asked, deed)


def _decided(
    house: House, viewer: Viewer, file: File, content: bytes
) -> tuple[SchoolRegister, Preview]:
    register = SchoolRegister(house, by=viewer.account_id, viewer=viewer)
    if len(content) > LARGEST:
        large = Mistake(file, 0, "", f"檔案最大 {LARGEST // 1024} KB，請分成幾次匯入。")
        return register, Preview(tuple(_rows(file, Folder(), Decisions(register), [large])), "")
    folder = read_files({file: content})
    decisions = Decisions(register)
    decisions.take(folder, lambda *_: None)
    mistakes = folder.mistakes + decisions.mistakes
    if len(register.accounts) > MOST_ACCOUNTS:
        told = f"一次最多新增 {MOST_ACCOUNTS} 個帳號，請分成幾次匯入。"
        mistakes.append(Mistake(file, 0, "", told))
    rows = tuple(_rows(file, folder, decisions, mistakes))
    return register, Preview(rows, _digest(rows, register))


def _rows(
    file: File, folder: Folder, decisions: Decisions, mistakes: Iterable[Mistake]
) -> Iterable[Row]:
    """What becomes of every line, in the order of the file."""
    register = decisions.register
    about: dict[int, tuple[str, str]] = {
        one.line: _student(one, register) for one in folder.students
    }
    about |= {one.line: _relation(one) for one in folder.relations}
    about |= {one.line: _account(one, register) for one in folder.accounts}
    changed = {one.line: one.changed for one in decisions.lines if one.file == file}
    wrong: dict[int, list[tuple[str, str]]] = {}
    for one in sorted(mistakes):
        wrong.setdefault(one.line, []).append((one.column, one.reason))
    for line in sorted({*about, *wrong}):
        who, says = about.get(line, ("", ""))
        if line in wrong:
            yield Row(line, who, says, "wrong", wrongs=tuple(wrong[line]))
        elif line not in changed:
            yield Row(line, who, says, "same")
        else:
            yield Row(line, who, says, "changed" if changed[line] else "new", changed[line])


def _school(register: Register, code: str) -> str:
    """The name of an organisation; its code as it was typed where there is none."""
    known = register.organisation(code)
    return code if known is None else known.name


def _student(row: StudentRow, register: Register) -> tuple[str, str]:
    school = _school(register, row.organisation)
    says = (school, written("", "grade", row.grade), row.class_name or "")
    return f"{row.name}（{masked(row.national_id)}）", "　".join(filter(None, says))


def _relation(row: RelationRow) -> tuple[str, str]:
    if row.kind.case_manager is not None:
        says = f"{CASE_MANAGER_KINDS[row.kind.case_manager]}個案管理教師"
    else:
        says = f"{row.school_year} 學年度任課：{row.subject}"
    return f"{row.account}－{masked(row.student)}", says


def _account(row: AccountRow, register: Register) -> tuple[str, str]:
    says = "、".join(ROLES[one] for one in row.roles)
    return f"{row.name}（{row.username}）", f"{_school(register, row.organisation)}　{says}"


def _digest(rows: Iterable[Row], register: SchoolRegister) -> str:
    """Of what would be recorded, to which version of which record; new ones have no id yet."""
    told: list[Mapping[str, object]] = [
        {
            "topic": event.TOPIC,
            "version": event.originator_version,
            "of": str(event.originator_id) if event.originator_version > 1 else "",
        }
        for event in register.events
    ]
    lines = [[one.line, one.outcome, *one.columns] for one in rows]
    return hashlib.sha256(canonical({"events": told, "rows": lines})).hexdigest()
