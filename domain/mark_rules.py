"""Which marking of a programme a mark follows, by the student's placements (Kaohsiung 7.1, 7.2)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pydantic import BaseModel

from domain.calendar import semester
from domain.event import Erased
from domain.graduation_rules import GivenBy, Graduation, Marker, Marking, Of, Taught
from domain.labels import written
from domain.placement import Placement, Status
from domain.programme_data import NONE
from domain.refusal import NotValid, Refusal

#: Decimals of a mark.
DECIMALS = 2
#: Characters of what describes a student's learning where there is no number.
LONGEST_DESCRIPTION = 2_000


class Ground(BaseModel, frozen=True):
    """What a mark is judged on: the programme's rules, their version, the student's placements."""

    programme: str
    rules: int
    graduation: Graduation
    placements: tuple[Placement, ...] = ()


class Semesters(BaseModel, frozen=True):
    """Where a mark stands: the year, the student's own grade in it, what was taught, and whether
    the mark is of the own grade or of a higher one."""

    school_year: int
    enrolled_grade: int
    taught: Taught
    of: Of


class MarkNotOfPlacement(Refusal):
    """By the student's placement the semester gets another mark; the detail names which."""

    CODE = "mark-not-of-placement"
    TITLE = "這筆成績與學生的安置不符"


def of_grade(grade: int, enrolled_grade: int) -> Of:
    """Whether a mark is of the student's own grade, or of a higher one."""
    return "ahead" if grade > enrolled_grade else "own"


def marking_for(
    ground: Ground, where: Semesters, marker: Marker | None, *, filled: bool
) -> Marking:
    """The rule that such a mark follows; `filled` is of one taken over from the higher class.

    A placement in force decides. Where it ended within the year, its marks and those of a student
    without placement are both right, by semester. Where the books hold no placement of the year,
    every mark of the programme may have been right. Raises `MarkNotOfPlacement`.
    """
    open_to = [*_candidates(ground, where)]
    for one in open_to:
        if _marker(one) == marker and (one.filled_from != NONE) == filled:
            return one
    raise MarkNotOfPlacement(_expected(ground.graduation, open_to))


def _candidates(ground: Ground, where: Semesters) -> Iterator[Marking]:
    rules = ground.graduation
    # Of a student who reached the grade of the placement, nothing follows from it any more.
    placed = [
        one
        for one in ground.placements
        if one.school_year == where.school_year
        and one.target_year_grade == where.enrolled_grade
        and one.status not in (Status.WITHDRAWN, Status.REFUSED)
        and where.taught.called(one.area)
    ]
    in_force = [one.category for one in placed if one.status is Status.IN_FORCE]
    if not placed:
        yield from (one for one in rules.markings if one.of == where.of)
        return
    # Of what was decided on within the year, the semester before it has marks as without it.
    later = any(one.starts_on and semester(one.starts_on)[1] == 2 for one in placed)
    decided = (None, *in_force) if later else in_force
    held = [one.category for one in placed if one.status is not Status.AWAITING]
    for category in decided or (None, *held):
        found = rules.marking(category, where.of)
        if found is not None:
            yield found


def _expected(rules: Graduation, open_to: Sequence[Marking]) -> str:
    if not open_to:
        return "依學生的安置，這個年級沒有可以登記的成績。"
    named = dict.fromkeys(_as_words(rules, one) for one in open_to)
    return f"依學生的安置，這個學期應{'，或'.join(named)}。"


def _as_words(rules: Graduation, marking: Marking) -> str:
    if marking.filled_from != NONE:
        return "補登先前在較高年級班級取得的成績"
    marker = _marker(marking)
    name = None if marker is None else rules.marker(marker)
    return "登記分數" if name is None else f"註記「{name.name}」，不登記分數"


def _marker(marking: Marking) -> Marker | None:
    return None if marking.marker == NONE else Marker(marking.marker)


def check_given_by(marking: Marking, given_by: GivenBy) -> None:
    """Refuse a mark of somebody who does not give it. Raises `NotValid`."""
    if given_by not in marking.by:
        named = "、".join(written("mark", "given_by", one) for one in marking.by)
        raise NotValid(f"這筆成績應由{named}評定或設定。", "given_by")


def as_text(score: Decimal | None, rules: Graduation) -> str | None:
    """A number as it is kept: 85.5, without zeros at its end. Raises `NotValid`."""
    if score is None:
        return None
    places = score.normalize().as_tuple().exponent
    if not 0 <= score <= rules.greatest_mark:
        raise NotValid(f"成績請填 0 到 {rules.greatest_mark} 的分數。", "score")
    if isinstance(places, int) and places < -DECIMALS:
        raise NotValid(f"成績最多 {DECIMALS} 位小數。", "score")
    return format(score.normalize(), "f")


def check_result(
    rules: Graduation,
    score: str | Erased | None,
    marker: Marker | None,
    description: str | Erased | None,
) -> None:
    """Refuse a mark that is neither a number nor a marker, or both, or lacks its description.

    Raises `NotValid`.
    """
    if isinstance(description, str) and len(description) > LONGEST_DESCRIPTION:
        raise NotValid(f"學習狀況描述最多 {LONGEST_DESCRIPTION} 字。", "description")
    if marker is None:
        if score is None:
            raise NotValid("請填寫分數，或註記沒有分數的原因。", "score")
        return
    name = rules.marker(marker)
    if name is None:
        raise NotValid("這份計畫沒有這項註記。", "marker")
    if score is not None:
        raise NotValid(f"註記「{name.name}」的成績不登記分數。", "score")
    if name.description == "required" and description is None:
        raise NotValid(f"註記「{name.name}」時，請以文字描述學習狀況。", "description")
