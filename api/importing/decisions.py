"""From the rows of an import folder to what would be recorded; nothing is recorded here.

The decisions are those of `domain/`, the same that the API takes. An empty cell means "not given":
of what exists it changes nothing, and nobody is ended, closed or withdrawn by an import.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from api.importing import accounts, organisations, relations, students
from api.importing.files import HEADERS, Folder
from api.importing.register import Changed, Register, Wrong
from api.importing.rows import AccountRow, Mistake, name_key
from domain.account import OF_THE_SCHOOL, Role
from domain.organisation import Kind
from domain.refusal import NotAllowed, Refusal

ORGANISATIONS, ACCOUNTS, STUDENTS, RELATIONS = HEADERS

_COLUMNS = {
    ORGANISATIONS: organisations.COLUMNS,
    ACCOUNTS: accounts.COLUMNS,
    STUDENTS: students.COLUMNS,
    RELATIONS: relations.COLUMNS,
}


@dataclass(frozen=True)
class Line:
    """What becomes of a row: something new, or which columns change."""

    file: str
    line: int
    changed: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"修改 {'、'.join(self.changed)}" if self.changed else "新增"
        return f"{self.file} 第 {self.line} 行：{what}"


@dataclass(frozen=True)
class _Task:
    """A row to decide; `key` is what other rows refer to it by."""

    file: str
    line: int
    key: str | None
    decide: Callable[[], Changed]


@dataclass
class Decisions:
    """All rows of a folder against the ledger: events in `register`, mistakes, what changes."""

    register: Register
    mistakes: list[Mistake] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unchanged: Counter[str] = field(default_factory=Counter)

    def take(self, folder: Folder, step: Callable[[int, int], None]) -> None:
        """Decides every row, mistakes and all, so that one round shows every mistake."""
        tasks = list(self._tasks(folder))
        self._no_twins(tasks)
        for number, task in enumerate(tasks, start=1):
            self._decide(task, folder)
            step(number, len(tasks))

    def _tasks(self, folder: Folder) -> Iterator[_Task]:
        """The rows in the order in which they are decided: who registers before the registered."""
        register = self.register
        parents = organisations.parents_of(folder.organisations)
        for first in (True, False):
            for office in folder.organisations:
                if (office.kind is Kind.AUTHORITY) is first:
                    yield _Task(
                        ORGANISATIONS,
                        office.line,
                        office.code,
                        partial(organisations.decide_organisation, register, office, parents),
                    )
            for person in sorted(folder.accounts, key=_of_the_school):
                if (Role.AUTHORITY_ADMINISTRATOR in person.roles) is first:
                    yield _Task(
                        ACCOUNTS,
                        person.line,
                        name_key(person.username),
                        partial(accounts.decide_account, register, person),
                    )
        for student in folder.students:
            yield _Task(
                STUDENTS,
                student.line,
                student.national_id,
                partial(students.decide_student, register, student),
            )
        for relation in folder.relations:
            yield _Task(
                RELATIONS,
                relation.line,
                None,
                partial(relations.decide_relation, register, relation),
            )

    def _decide(self, task: _Task, folder: Folder) -> None:
        told: Mistake | None = None
        try:
            changed = task.decide()
        except Wrong as wrong:
            # A reference to a row that is wrong itself is not told a second time.
            if wrong.cause is None or not folder.spoils(*wrong.cause):
                told = Mistake(task.file, task.line, wrong.column, wrong.reason)
        except NotAllowed:
            reason = "主管機關與這所學校都沒有可以辦理這項作業的帳號。"
            told = Mistake(task.file, task.line, "", reason)
        except Refusal as refusal:
            name = refusal.field or ""
            column = _COLUMNS[task.file].get(name, name)
            told = Mistake(task.file, task.line, column, refusal.detail)
        else:
            if changed is None:
                self.unchanged[task.file] += 1
            else:
                self.lines.append(Line(task.file, task.line, changed))
            return
        if task.key is not None:
            folder.spoiled[task.file].add(task.key)
        if told is not None:
            self.mistakes.append(told)

    def _no_twins(self, tasks: Sequence[_Task]) -> None:
        first: dict[tuple[str, str], int] = {}
        for task in sorted(tasks, key=lambda one: one.line):
            if task.key is None:
                continue
            if (task.file, task.key) in first:
                told = f"與第 {first[task.file, task.key]} 行重複。"
                self.mistakes.append(Mistake(task.file, task.line, HEADERS[task.file][0], told))
            else:
                first[task.file, task.key] = task.line


def _of_the_school(row: AccountRow) -> bool:
    # A school's administrator is registered before those whom the administrator registers.
    return OF_THE_SCHOOL.issuperset(row.roles)
