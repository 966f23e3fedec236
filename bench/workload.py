"""What a county's offices do in a year, as a list of changes that every contestant makes alike.

2,000 students, 80 schools, 200 teachers; of the changes 60 % edit one to three fields of a
placement, 25.5 % are new counselling notes of 600 characters, 9.5 % replace 40 characters of a
note, 5 % ask for another placement. Each names who did it and why.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

from ledger.ledger import Ledger

STUDENTS = 2000
SCHOOLS = 80
TEACHERS = 200

NOTE_CHARACTERS = 600
REPLACED_CHARACTERS = 40

_AREAS = ("國語", "英語", "數學", "自然科學", "社會", "資訊科技")
_CATEGORIES = ("skip", "promotion", "exemption", "acceleration")
_PLACES = ("至六年二班上課", "校內導師個別指導", "抽離式，每週三節", "至鄰近國中上課，家長接送")
_REASONS = ("經特殊教育推行委員會審議通過", "家長來函更正", "資料填寫有誤", "依期末評估調整")


@dataclass(frozen=True)
class Student:
    """A student with the one placement, and who looks after both."""

    number: int
    student: UUID
    placement: UUID
    school: UUID
    teacher: UUID


@dataclass(frozen=True)
class Edit:
    """Fields of the placement get other values; each really changes."""

    of: Student
    values: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class NewNote:
    of: Student
    note: UUID
    content: str


@dataclass(frozen=True)
class NoteEdit:
    """`content` is the whole text after the change; `version` the note's before it."""

    of: Student
    note: UUID
    content: str
    version: int
    reason: str


@dataclass(frozen=True)
class Request:
    """The family asks to place the student again."""

    of: Student
    request: UUID
    grade: int
    why: str


Change = Edit | NewNote | NoteEdit | Request


@dataclass
class _Written:
    note: UUID
    content: str
    version: int


@dataclass
class Workload:
    """The same seed makes the same county and the same changes.

    `part` of `parts` takes every so-many-th student, so that writers do not meet.
    """

    students: int = STUDENTS
    part: int = 0
    parts: int = 1
    seed: int = 1
    _notes: dict[int, list[_Written]] = field(default_factory=dict)
    _edits: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        drawn = random.Random(self.seed)
        schools = [_id(drawn) for _ in range(SCHOOLS)]
        self.teachers = [_id(drawn) for _ in range(TEACHERS)]
        everybody = [
            Student(
                number,
                _id(drawn),
                _id(drawn),
                schools[number % SCHOOLS],
                self.teachers[number % TEACHERS],
            )
            for number in range(self.students)
        ]
        self.mine: Sequence[Student] = everybody[self.part :: self.parts]
        self.everybody: Sequence[Student] = everybody
        self._random = random.Random(f"{self.seed} {self.part} of {self.parts}")

    def make_keys(self, ledger: Ledger) -> None:
        """The keys of all students and teachers, as registering them would make."""
        for teacher in self.teachers:
            ledger.keyring.create_account(teacher, teacher)
        for one in self.everybody:
            ledger.keyring.create_student(one.student, one.teacher)

    def changes(self) -> Iterator[Change]:
        """The mix above, without end."""
        while True:
            one = self._random.choice(self.mine)
            drawn = self._random.random()
            if drawn < 0.6:
                yield self.edit(one)
            elif drawn < 0.855:
                yield self.note(one)
            elif drawn < 0.95:
                yield self.note_edit(one)
            else:
                yield self.request(one)

    def earlier(self, length: int) -> Iterator[Edit]:
        """What made each placement a stream of `length` events; the same for every part."""
        shared = self._random
        for one in self.mine:
            self._random = random.Random(f"{self.seed} {one.number}")
            for _ in range(length - 1):
                yield self.edit(one)
        self._random = shared

    def edits(self) -> Iterator[Edit]:
        """Edits of placements alone, without end."""
        while True:
            yield self.edit(self._random.choice(self.mine))

    def edit(self, one: Student) -> Edit:
        names = sorted(self._random.sample(list(_VALUES), self._random.randint(1, 3)))
        return Edit(
            one, {name: self._next(one, name) for name in names}, self._random.choice(_REASONS)
        )

    def note(self, one: Student) -> NewNote:
        made = _Written(_id(self._random), self._random.choice(_texts()), 1)
        self._notes.setdefault(one.number, []).append(made)
        return NewNote(one, made.note, made.content)

    def note_edit(self, one: Student) -> NoteEdit | NewNote:
        """Of the newest note; a student without one gets one first."""
        written = self._notes.get(one.number)
        if not written:
            return self.note(one)
        last = written[-1]
        at = self._random.randrange(NOTE_CHARACTERS - REPLACED_CHARACTERS)
        put = self._random.choice(_texts())[:REPLACED_CHARACTERS]
        last.content = last.content[:at] + put + last.content[at + REPLACED_CHARACTERS :]
        last.version += 1
        reason = self._random.choice(_REASONS)
        return NoteEdit(one, last.note, last.content, last.version - 1, reason)

    def request(self, one: Student) -> Request:
        return Request(
            one, _id(self._random), self._random.randint(1, 9), self._random.choice(_REASONS)
        )

    def _next(self, one: Student, name: str) -> Any:
        count = self._edits[one.number, name] = self._edits.get((one.number, name), 0) + 1
        values = _VALUES[name]
        return values[count % len(values)]


#: What a placement's fields go through; the first value is the one it is recorded with.
_VALUES: dict[str, Sequence[Any]] = {
    "school_year": (113, 114),
    "area": _AREAS,
    "category": _CATEGORIES,
    "target_year_grade": (5, 6),
    "placement_grade": (6, 7, 8),
    "arrangement": _PLACES,
    "occurred_on": ("2026-02-11", "2026-02-12", "2026-02-16"),
}
FIRST: dict[str, Any] = {name: values[0] for name, values in _VALUES.items()}


@cache
def _vocabulary() -> tuple[list[str], list[int]]:
    """Words of one to three characters, and how often each comes, falling as in a language."""
    drawn = random.Random("vocabulary")
    words = [
        "".join(chr(0x4E00 + int(drawn.random() ** 1.5 * 8000)) for _ in range(length))
        for length in drawn.choices((1, 2, 3), weights=(1, 3, 1), k=3000)
    ]
    return words, list(accumulate(1_000_000 // (rank + 10) for rank in range(len(words))))


def text(drawn: random.Random, characters: int) -> str:
    """Chinese text of so many characters that compresses a little worse than a written one.

    600 characters of the official texts of this field deflate to 825-870 bytes, of this to 890:
    a text returns to its own words, so four in ten come from what was said before.
    """
    words, often = _vocabulary()
    said: list[str] = []
    length = 0
    while length < characters:
        again = said and drawn.random() < 0.4
        word = drawn.choice(said) if again else drawn.choices(words, cum_weights=often)[0]
        if len(said) % 6 == 5:
            word += drawn.choice("，，，。、")
        said.append(word)
        length += len(word)
    return "".join(said)[:characters]


@cache
def _texts() -> list[str]:
    # Made once, so that no contestant's time goes into the making of them.
    drawn = random.Random("texts")
    return [text(drawn, NOTE_CHARACTERS) for _ in range(500)]


def _id(drawn: random.Random) -> UUID:
    return UUID(int=drawn.getrandbits(128), version=4)
