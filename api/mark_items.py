"""How marks, the status of a full skip and the score at graduation are shown."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api.house import House
from api.student_items import Instant, Person, person
from domain import programme
from domain.course_goal import Semester
from domain.event import ERASED, Erased
from domain.graduation import AreaScore, Entry, LeftOut, Why
from domain.graduation_rules import GivenBy, Graduation, Marker
from domain.programme import programme_id
from domain.skip_status import SkipStatus
from ledger.database import Connection
from projections.marks import Recorded

#: Why a semester does not enter the score, in words.
WHY: dict[Why, str] = {
    "no_mark": "尚無成績",
    "exempt": "免修，不列入計算",
    "skipped": "跳級，無修習成績",
    "ahead": "於較高年級取得，尚未補登",
    "skipped_grade": "全部學科跳級未就讀的年級",
    "erased": "已依法刪除",
}


class MarkItem(BaseModel):
    """A mark. `shown` is the number or the marker as the programme prints it.

    `programme` and `rules_version` are those whose rule `marking` it follows; by that rule it
    `counts`, and `periodic_tests` says of which grade they are. An erased text reads 已依法刪除.
    """

    id: UUID
    version: int
    withdrawn: bool
    student_id: UUID
    programme: str
    rules_version: int
    marking: str
    counts: bool
    periodic_tests: Literal["own_grade", "higher_grade", "none"] | None
    school_year: int
    semester: Semester
    area: str
    grade: int
    enrolled_grade: int
    score: float | None
    marker: Marker | None
    shown: str
    description: str | None
    given_by: GivenBy
    back_filled: bool
    filled_from: UUID | None
    occurred_on: str | None
    created_at: Instant
    updated_at: Instant
    updated_by: Person


class Marks(BaseModel):
    items: list[MarkItem]
    next_cursor: str | None


class SkipStatusItem(BaseModel):
    """The status of a student who skipped a whole grade; `status` is null where there is none."""

    student_id: UUID
    version: int
    status: str | None
    programme: str | None = None
    school_year: int | None = None
    from_grade: int | None = None
    to_grade: int | None = None
    letter_number: str | None = None
    letter_date: str | None = None


class UsedItem(BaseModel):
    """A mark of the score; `area` is that of the mark, `weight` a part of 1 as a fraction."""

    mark_id: UUID | None
    area: str
    grade: int
    semester: Semester
    score: float
    weight: str


class LeftOutItem(BaseModel):
    mark_id: UUID | None
    area: str
    grade: int
    semester: Semester
    why: Why
    message: str


class AreaScoreItem(BaseModel):
    """The score of an area: `score` exactly, as a fraction, `shown` as it is printed.

    Both are null where it cannot be computed; `reason` says why. `weighted_sum` is the sum of marks
    times weights, `weight` that of the weights used. `complete` is false while a semester is
    awaited.
    """

    code: str
    name: str
    score: str | None
    shown: str | None
    reason: Why | None
    message: str | None
    complete: bool
    weighted_sum: str
    weight: str
    marks: list[UsedItem]
    left_out: list[LeftOutItem]


class GraduationScore(BaseModel):
    """The scores at graduation by the rules of one version of a programme."""

    student_id: UUID
    programme: str
    rules_version: int
    skip_status: SkipStatusItem | None
    areas: list[AreaScoreItem]


class MarkRules:
    """The rules that marks were recorded by; each edition is looked up once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[tuple[str, int], Graduation | None] = {}

    def of(self, code: str, version: int) -> Graduation | None:
        key = (code, version)
        if key not in self._known:
            published = self._house.ledger.state(programme.evolve, programme_id(code))
            assert published is not None
            found = published.edition(version).programme.graduation
            self._known[key] = None if isinstance(found, str) else found
        return self._known[key]


def mark_item(house: House, connection: Connection, rules: MarkRules, known: Recorded) -> MarkItem:
    row = house.opener.fields(known.student, known.row)
    marker = None if row.get("marker") is None else Marker(row["marker"])
    score = row.get("score")
    of = rules.of(row["programme"], row["rules"])
    marking = None if of is None else of.marking_of(row["marking"])
    return MarkItem(
        id=known.mark_id,
        version=known.version,
        withdrawn=known.withdrawn,
        student_id=known.student,
        programme=row["programme"],
        rules_version=row["rules"],
        marking=row["marking"],
        counts=row["counts"],
        periodic_tests=None if marking is None else marking.periodic_tests,
        school_year=row["school_year"],
        semester=row["semester"],
        area=row["area"],
        grade=row["grade"],
        enrolled_grade=row["enrolled_grade"],
        score=None if score is None or isinstance(score, Erased) else float(score),
        marker=marker,
        shown=_shown(of, marker, score),
        description=None if row.get("description") is None else str(row["description"]),
        given_by=row["given_by"],
        back_filled=row["back_filled"],
        filled_from=row.get("filled_from"),
        occurred_on=row.get("occurred_on"),
        created_at=known.recorded_at,
        updated_at=known.updated_at,
        updated_by=person(house, connection, known.updated_by),
    )


def _shown(rules: Graduation | None, marker: Marker | None, score: Any) -> str:
    if marker is None:
        return str(score)
    name = None if rules is None else rules.marker(marker)
    return marker.value if name is None else name.name


def skip_status_item(
    student_id: UUID, rules: MarkRules, known: SkipStatus | None
) -> SkipStatusItem:
    """The status, or that there is none; what was ended is none, at its version."""
    if known is None or known.withdrawn:
        version = 0 if known is None else known.version
        return SkipStatusItem(student_id=student_id, version=version, status=None)
    of = rules.of(known.programme, known.rules)
    assert of is not None
    assert not isinstance(of.full_skip, str)
    return SkipStatusItem(
        student_id=student_id,
        version=known.version,
        status=of.full_skip.name,
        programme=known.programme,
        school_year=known.school_year,
        from_grade=known.from_grade,
        to_grade=known.to_grade,
        letter_number=known.letter_number,
        letter_date=known.letter_date.isoformat(),
    )


def entries(house: House, rules: Graduation, marks: Iterable[Recorded]) -> list[Entry]:
    """The marks of whole areas as they enter the score, withdrawn ones not among them."""
    found = []
    for known in marks:
        row = house.opener.fields(known.student, known.row)
        area = rules.code_of(row["area"]) if known.kind == "mark" else None
        if area is None or known.withdrawn:
            continue
        score = row.get("score")
        marker = None if row.get("marker") is None else Marker(row["marker"])
        number = Decimal(score) if isinstance(score, str) and row["counts"] else None
        found.append(
            Entry(
                area=area,
                grade=row["grade"],
                semester=Semester(row["semester"]),
                number=number,
                marker=marker,
                ahead=marker is None and not row["counts"],
                erased=score is ERASED,
                mark_id=known.mark_id,
            )
        )
    return found


def area_item(rules: Graduation, found: AreaScore) -> AreaScoreItem:
    return AreaScoreItem(
        code=found.area,
        name=rules.name_of(found.area),
        score=_fraction(found.score),
        shown=found.shown,
        reason=found.reason,
        message=None if found.reason is None else f"無法計算：{WHY[found.reason]}",
        complete=found.complete,
        weighted_sum=str(found.weighted_sum),
        weight=str(found.weight),
        marks=[
            UsedItem(
                mark_id=one.mark_id,
                area=rules.name_of(one.area),
                grade=one.grade,
                semester=one.semester,
                score=float(one.number),
                weight=str(one.weight),
            )
            for one in found.used
        ],
        left_out=[_left_out(rules, one) for one in found.left_out],
    )


def _left_out(rules: Graduation, one: LeftOut) -> LeftOutItem:
    return LeftOutItem(
        mark_id=one.mark_id,
        area=rules.name_of(one.area),
        grade=one.grade,
        semester=one.semester,
        why=one.why,
        message=WHY[one.why],
    )


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
