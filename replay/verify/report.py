"""What a verification found, and how much it read."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

#: The three books, in the order in which they are read.
BOOKS = ("records", "notes", "access")

#: Called as (book, events done, events in all) after every batch.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the writer leaves it.

    `book` is the table in the schema `books`, or `books` for the schema itself. `owner` is the
    author in `notes`. `position` is None where the finding is about the whole. `kind` is stable
    English; `message` (zh-TW) holds ids, positions and names of roles, never content.
    """

    book: str
    owner: UUID | None
    position: int | None
    kind: str
    message: str


@dataclass(frozen=True)
class Report:
    """Every finding, how many events of each book were read, how many orders erased a student.

    `checkpoints` is how many signed checkpoints are kept; `unchecked` says (zh-TW) what could not
    be checked, for a key was not at hand.
    """

    findings: list[Finding]
    read: dict[str, int]
    erased: int = 0
    checkpoints: int = 0
    unchecked: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}
