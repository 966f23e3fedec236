"""Marks of a student as events: recorded, taken over from a higher class, corrected, withdrawn.

A mark is a stream of its own, named after student, area, grade, semester and whether it was earned
in a higher class, so that nobody can enter it twice. Which mark follows from which placement is the
programme's (`domain.graduation_rules`); the version that counted stands in the event.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Command
from domain.course_goal import Semester
from domain.event import Encrypted, Erased, Event
from domain.graduation_rules import GivenBy, Marker, Of
from domain.labels import label
from domain.mark_rules import (
    Ground,
    Semesters,
    as_text,
    check_given_by,
    check_result,
    marking_for,
    of_grade,
)
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, Refusal
from domain.rules import check_grade, check_school_year, permit, require_reason
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

SECTION = "mark"

_TEACHERS = frozenset(GivenBy) - {GivenBy.REGISTRAR}
#: Whose marks somebody states in which capacity. The office enters on everybody's behalf: the
#: event says whose mark it is and who entered it.
STATES: Mapping[Capacity, frozenset[GivenBy]] = {
    Capacity.HOMEROOM: frozenset({GivenBy.HOMEROOM_TEACHER, GivenBy.SUBJECT_TEACHER}),
    Capacity.SUBJECT_TEACHER: frozenset({GivenBy.SUBJECT_TEACHER, GivenBy.HIGHER_CLASS_TEACHER}),
    Capacity.GIFTED_HOMEROOM: _TEACHERS,
    Capacity.CASE_MANAGER: _TEACHERS,
    Capacity.SCHOOL_ADMINISTRATOR: frozenset(GivenBy),
}


def mark_id(student: UUID, area: str, grade: int, semester: Semester, of: Of) -> UUID:
    """The stream of a mark; `area` is the programme's own name of it."""
    return natural_id("mark", student, area, grade, semester.value, of)


class MarkRecorded(StudentEvent):
    """A mark was entered: a number as text, or a marker; `grade` is the grade whose content it is
    of, `enrolled_grade` the student's own in that school year.

    `marking` is the rule of the programme by which it was entered, `counts` whether by it the mark
    counts in the score at graduation.
    """

    TOPIC = "mark.recorded.v1"
    SECTION = SECTION

    programme: str
    rules: int
    marking: str
    counts: bool
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: Encrypted[str | None]
    marker: Marker | None
    description: Encrypted[str | None]
    given_by: GivenBy


class MarkBackFilled(StudentEvent):
    """The mark earned in the higher class was taken over when the student reached that grade.

    `filled_from` is that mark; None where it was earned before it could be recorded here.
    """

    TOPIC = "mark.back-filled.v1"
    SECTION = SECTION

    programme: str
    rules: int
    marking: str
    counts: bool
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: Encrypted[str]
    description: Encrypted[str | None]
    given_by: GivenBy
    filled_from: UUID | None


class MarkCorrected(StudentEvent):
    """The fields that were given changed; with another result, the rule it follows."""

    TOPIC = "mark.corrected.v1"
    SECTION = SECTION

    programme: str | None = None
    rules: int | None = None
    marking: str | None = None
    counts: bool | None = None
    score: Encrypted[str | None] = None
    marker: Marker | None = None
    description: Encrypted[str | None] = None
    given_by: GivenBy | None = None


class MarkWithdrawn(StudentEvent):
    """The mark was entered by mistake. Entered anew, it continues the stream."""

    TOPIC = "mark.withdrawn.v1"
    SECTION = SECTION


class Mark(BaseModel, frozen=True):
    mark_id: UUID
    version: int
    student_id: UUID
    programme: str
    rules: int
    marking: str
    counts: bool
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: str | Erased | None
    marker: Marker | None
    description: str | Erased | None
    given_by: GivenBy
    filled_from: UUID | None = None
    #: Whether it was taken over from a higher class, from a recorded mark or not.
    back_filled: bool = False
    withdrawn: bool = False


CONTENT = ("score", "marker", "description", "given_by")


_SAID = frozenset(Mark.model_fields) - {
    "mark_id",
    "version",
    "student_id",
    "back_filled",
    "withdrawn",
}


def evolve(mark: Mark | None, event: Event) -> Mark:
    if isinstance(event, MarkRecorded | MarkBackFilled):
        said = {name: getattr(event, name, None) for name in _SAID}
        return Mark(
            mark_id=event.originator_id,
            version=event.originator_version,
            student_id=event.student_id,
            back_filled=isinstance(event, MarkBackFilled),
            **said,
        )
    if mark is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a mark")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case MarkCorrected():
            changed |= dict(event.changed())
        case MarkWithdrawn():
            changed["withdrawn"] = True
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a mark")
    return mark.model_copy(update=changed)


class RecordMark(Command):
    """`earned` is the mark of the higher class that a back-fill takes over, if it is recorded."""

    student_id: UUID
    ground: Ground
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: Decimal | None = None
    marker: Marker | None = None
    description: str | None = None
    given_by: GivenBy
    back_filled: bool = False
    earned: Mark | None = None


class CorrectMark(Change):
    """Fields that are left out stay as they are."""

    ground: Ground
    score: Decimal | None = None
    marker: Marker | None = None
    description: str | None = None
    given_by: GivenBy | None = None


class WithdrawMark(Change):
    pass


class MarkAlreadyRecorded(Refusal):
    CODE = "mark-already-recorded"
    TITLE = "這個學期的成績已經登記過了，請改用修正"


class NotOwnMark(NotAllowed):
    """A mark of somebody else: a teacher states the own marks, the office everybody's."""

    CODE = "not-own-mark"
    TITLE = "您只能登記自己評定的成績"


def record(mark: Mark | None, command: RecordMark) -> MarkRecorded | MarkBackFilled:
    """Raises `NotAllowed`, `NotOwnMark`, `NotValid`, `MarkAlreadyRecorded`,
    `MarkNotOfPlacement`."""
    permit(SECTION, "create", command.actor.capacity)
    ground = command.ground
    check_school_year(command.school_year, SECTION)
    for name in ("grade", "enrolled_grade"):
        check_grade(getattr(command, name), SECTION, name)
    where = _where(ground, command)
    _check_own(command.actor.capacity, command.given_by)
    score, description = _score(command), _words(command.description)
    check_result(ground.graduation, score, command.marker, description)
    if mark is not None and not mark.withdrawn:
        raise MarkAlreadyRecorded
    marking = marking_for(ground, where, command.marker, filled=command.back_filled)
    check_given_by(marking, command.given_by)
    area = where.taught.name
    stream = mark_id(command.student_id, area, command.grade, command.semester, where.of)
    said: dict[str, Any] = {
        **command.envelope(stream, 1 if mark is None else mark.version + 1),
        "student_id": command.student_id,
        "programme": ground.programme,
        "rules": ground.rules,
        "marking": marking.code,
        "counts": marking.counts,
        "school_year": command.school_year,
        "semester": command.semester,
        "area": area,
        "grade": command.grade,
        "enrolled_grade": command.enrolled_grade,
        "score": score,
        "description": description,
        "given_by": command.given_by,
    }
    if command.back_filled:
        earned = None if command.earned is None else command.earned.mark_id
        return MarkBackFilled(**said, filled_from=earned)
    return MarkRecorded(**said, marker=command.marker)


def correct(mark: Mark | None, command: CorrectMark) -> MarkCorrected | None:
    """None where nothing changes.

    Raises `NotFound`, `NotAllowed`, `NotOwnMark`, `StaleVersion`, `NotValid`, `ReasonRequired`,
    `AlreadyWithdrawn`, `MarkNotOfPlacement`.
    """
    mark = _changeable(mark, command, "edit")
    ground = command.ground
    told: dict[str, Any] = {
        name: getattr(command, name) for name in CONTENT if name in command.model_fields_set
    }
    if "score" in told:
        told["score"] = as_text(command.score, ground.graduation)
    if "description" in told:
        told["description"] = _words(command.description)
    if told.get("given_by", mark.given_by) is None:
        raise NotValid(f"請填寫「{label(SECTION, 'given_by')}」。", "given_by")
    changed = {name: value for name, value in told.items() if value != getattr(mark, name)}
    after = mark.model_copy(update=changed)
    check_result(ground.graduation, after.score, after.marker, after.description)
    if not changed:
        return None
    require_reason(command)
    if changed.keys() != {"description"}:
        # The words about a student's learning are mended by every teacher of theirs.
        _check_own(command.actor.capacity, after.given_by)
        marking = marking_for(ground, _where(ground, after), after.marker, filled=_filled(after))
        check_given_by(marking, after.given_by)
        now = {"programme": ground.programme, "rules": ground.rules}
        changed |= now | {"marking": marking.code, "counts": marking.counts}
    envelope = command.envelope(mark.mark_id, mark.version + 1)
    return MarkCorrected(**envelope | changed, student_id=mark.student_id)


def withdraw(mark: Mark | None, command: WithdrawMark) -> MarkWithdrawn:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`, `AlreadyWithdrawn`."""
    mark = _changeable(mark, command, "withdraw")
    require_reason(command)
    envelope = command.envelope(mark.mark_id, mark.version + 1)
    return MarkWithdrawn(**envelope, student_id=mark.student_id)


def _changeable(mark: Mark | None, command: Change, deed: Literal["edit", "withdraw"]) -> Mark:
    if mark is None:
        raise NotFound
    permit(SECTION, deed, command.actor.capacity)
    expect(mark, command.expected_version)
    if mark.withdrawn:
        raise AlreadyWithdrawn
    return mark


def _where(ground: Ground, mark: RecordMark | Mark) -> Semesters:
    taught = ground.graduation.taught(mark.area)
    if taught is None:
        raise NotValid("這份計畫沒有這個領域或科目。", "area")
    return Semesters(
        school_year=mark.school_year,
        enrolled_grade=mark.enrolled_grade,
        taught=taught,
        of=of_grade(mark.grade, mark.enrolled_grade),
    )


def _filled(mark: Mark) -> bool:
    """Whether the mark was taken over; what was corrected to a marker is so no more."""
    return mark.back_filled and mark.marker is None


def _check_own(capacity: Capacity, given_by: GivenBy) -> None:
    if given_by not in STATES.get(capacity, frozenset()):
        raise NotOwnMark


def _score(command: RecordMark) -> str | None:
    """The number that was given, or the one that is taken over."""
    score = as_text(command.score, command.ground.graduation)
    earned = command.earned
    if not command.back_filled or earned is None or earned.withdrawn:
        return score
    if score is not None:
        raise NotValid("補登會帶入已登記的較高年級成績，請勿填寫分數。", "score")
    return earned.score if isinstance(earned.score, str) else None


def _words(text: str | None) -> str | None:
    return None if text is None or not text.strip() else text
