"""A row of a programme's placement page, judged by what was registered and passed (Kaohsiung 2.3).

The rules compute, a body decides: a row that the rules cannot carry is refused with what is to be
done; what the council should look at is flagged and kept. Pupils without an application in a
programme of that year, and earlier years, are entered as history (`domain.placement`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.event import Erased
from domain.placement import AFTER_DECISION, Category, Placement
from domain.placement_page import PlacementPage
from domain.placement_selection import Last, Offer, Pass, check_placement, placements_offered
from domain.process import Computed
from domain.refusal import NotValid, ReasonRequired, Refusal
from domain.selection import Answer, Objection
from domain.selection_rules import Selection

#: Where the lessons of a row are.
LessonsAt = Literal["own_school", "next_stage_school", "elsewhere"]

#: What the council should look at, in words.
FLAGS: Mapping[str, str] = {
    "category-changed": "安置類別與報考類型不同，須經鑑輔會審議",
    "full-skip-in-part": "報考全部學科跳級而未全部通過，經監護人同意改為部分學科跳級",
    "refused-before": "本學年度已審議未通過的學科再次填寫，須另經審議",
    AFTER_DECISION: "案件審議後才填寫、未經審議的學科，須另經審議",
    "after-desk-review": "複查後始通過、逾書面審查才填寫的學科，由承辦學校另行審查",
    "corrected-after-desk-review": "公告後更正始通過、逾書面審查才填寫的學科，由承辦學校另行審查",
    "two-ahead": "安置年級較前一年安置多二個年級以上，請鑑輔會審議",
    "exempt-without-test": "沿用早年一次通過多個年級的紀錄，免再施測",
    "lessons-off-campus": "上課地點不在本校",
    "free-time": "免修時間的安排不符規定",
}


#: What needs a stated reason: who consented or decided, and why.
_ASKING = frozenset({
    "category-changed", "full-skip-in-part", "refused-before", AFTER_DECISION,
    "after-desk-review", "corrected-after-desk-review",
})  # fmt: skip
#: What a row is told by when it is filled in, and keeps whatever is corrected in it.
_WHEN = (AFTER_DECISION, "after-desk-review", "corrected-after-desk-review")


class AreaNotOfProgramme(NotValid):
    CODE = "area-not-of-programme"
    TITLE = "請選擇計畫所列的安置科目"


class AreaTaken(Refusal):
    """One row for each subject; another is corrected, or deleted first."""

    CODE = "placement-area-taken"
    TITLE = "這個科目在本學年度已有安置，請修正原來的安置列"


class TargetGradeDiffers(Refusal):
    CODE = "target-year-grade-differs"
    TITLE = "就讀年級與申請案不符"


class CategoryUnknown(Refusal):
    CODE = "category-unknown"
    TITLE = "計畫沒有這種安置類別"


class CategoryNotOffered(Refusal):
    """Nothing that was passed this year, or placed the year before, leads to the category."""

    CODE = "category-not-offered"
    TITLE = "依測驗結果與歷年安置，不能申請這種安置類別"


class PlacementGradeWrong(Refusal):
    CODE = "placement-grade-wrong"
    TITLE = "安置年級不符"


class NextStageSchoolRequired(Refusal):
    CODE = "next-stage-school-required"
    TITLE = "安置於下一教育階段者，請在安置方式註明上課的學校"


class LessonsOffCampus(Refusal):
    CODE = "lessons-off-campus"
    TITLE = "應在原校上課，只有安置於下一教育階段者可至其他學校上課"


class FreeTimeNotAllowed(Refusal):
    CODE = "free-time-not-allowed"
    TITLE = "免修時間的安排不符規定"


class NotOnAPage(NotValid):
    CODE = "not-on-a-programme-page"
    TITLE = "這筆安置不在計畫的安置頁面，不需填寫上課地點與免修時間"


_OBJECTIONS: Mapping[str, type[Refusal]] = {
    one.CODE: one for one in (CategoryUnknown, CategoryNotOffered, PlacementGradeWrong)
}


@dataclass(frozen=True)
class Known:
    """What stands on record of a pupil, by subject code, when a row is judged.

    `passes` are this year's, `last` the placements of the year before. `legacy` are the subjects
    of whose earlier tests several grades were passed at once, this year's grade among them.
    `taken` are those that have a row already, `refused` those of which a body let no row pass.
    `in_part`: a skip of all subjects was registered, and not all of them were passed. `settled`: a
    body has judged the pupil's other rows; `after_review` are the subjects that were passed by a
    recheck or correction alone and whose page was open until a day that is over (Q-08), with the
    flag that says which.
    """

    target_year_grade: int
    passes: Mapping[str, Pass] = field(default_factory=dict)
    last: Mapping[str, Last] = field(default_factory=dict)
    legacy: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    in_part: bool = False
    settled: bool = False
    after_review: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row as it would stand."""

    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | Erased | None = None
    lessons_at: str | None = None
    free_time: str | None = None

    @classmethod
    def of(cls, placement: Placement) -> "Row":
        return cls(**{name: getattr(placement, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Judged:
    """That a row can stand: how it was computed, and what the council should look at."""

    computed: tuple[Computed, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A programme's page for one pupil."""

    programme: str
    rules: int
    selection: Selection
    page: PlacementPage
    known: Known

    def judge(
        self,
        row: Row,
        *,
        reason: str | None = None,
        again: bool = False,
        before: Iterable[str] | None = None,
    ) -> Judged:
        """Judges a row; `again` where a request asks to place the pupil again, which changes the
        category by its own way; `before` are the flags of a row that is corrected.

        Raises `ReasonRequired` for another category than the one registered for, for what is left
        of a full skip (Q-13), for what was refused before or comes after the decision, and the
        refusals of this module.
        """
        subject = self.selection.subject_called(row.area) or self.selection.subject(row.area)
        if subject is None:
            raise AreaNotOfProgramme(field="area")
        if subject.code in self.known.taken and not again:
            raise AreaTaken(field="area")
        target = self.known.target_year_grade
        if row.target_year_grade != target:
            raise TargetGradeDiffers(f"依申請案，就讀年級為 {target} 年級。", "target_year_grade")
        offered = self.offered(subject.code)
        against = check_placement(self.selection, row.category, row.placement_grade, offered.value)
        if against is not None:
            raise _refusal(against)
        flags = (
            *self._of_category(subject.code, row, offered.value, again),
            *([] if again else self._of_day(subject.code, before)),
            *self._of_place(row),
            *self._of_time(row),
        )
        if _ASKING & {*flags} and not (reason or "").strip():
            raise ReasonRequired
        told = Computed(
            rule="placement.row",
            inputs={
                "subject": subject.code,
                "category": row.category.value,
                "placement_grade": row.placement_grade,
                "lessons_at": row.lessons_at,
                "free_time": row.free_time,
                "again": again,
            },
            threshold={"next_stage_from": self.selection.pupils.next_stage_from},
            branch=" ".join(flags) or None,
            outcome="flagged" if flags else "accepted",
        )
        return Judged((offered.computed, told), flags)

    def carries(self, row: Row) -> bool:
        """Whether what stands on record still leads to a row, whatever was flagged of it."""
        subject = self.selection.subject_called(row.area) or self.selection.subject(row.area)
        if subject is None:
            return False
        offered = self.offered(subject.code).value
        return any(
            (one.category, one.grade) == (row.category, row.placement_grade) for one in offered
        )

    def offered(self, subject: str) -> Answer[tuple[Offer, ...]]:
        """Every category and grade in which the pupil may be placed in a subject."""
        return placements_offered(
            self.selection,
            subject,
            self.known.target_year_grade,
            passed=self.known.passes.get(subject),
            last=self.known.last.get(subject),
            legacy=subject in self.known.legacy,
        )

    def _of_category(
        self, subject: str, row: Row, offered: tuple[Offer, ...], again: bool
    ) -> Iterator[str]:
        offer = next(
            one
            for one in offered
            if (one.category, one.grade) == (row.category, row.placement_grade)
        )
        if offer.changes_type and not again:
            yield "category-changed"
        if self.known.in_part and row.category is Category.SKIP and not again:
            yield "full-skip-in-part"
        if subject in self.known.refused and not again:
            yield "refused-before"
        if offer.two_ahead:
            yield "two-ahead"
        rule = self.selection.category(row.category)
        if rule is not None and rule.test_this_year and subject not in self.known.passes:
            yield "exempt-without-test"

    def _of_day(self, subject: str, before: Iterable[str] | None) -> list[str]:
        """That a row comes when its bodies have met already; of a corrected one, that it did."""
        if before is not None:
            return [one for one in _WHEN if one in before]
        since = self.known.after_review.get(subject)
        return [*([AFTER_DECISION] if self.known.settled else ()), *([since] if since else ())]

    def _of_place(self, row: Row) -> Iterator[str]:
        """Raises `NextStageSchoolRequired`, `LessonsOffCampus`."""
        text = row.arrangement if isinstance(row.arrangement, str) else ""
        named = any(word in text for word in self.page.next_stage.named_by)
        off = row.lessons_at == "elsewhere"
        if row.placement_grade >= self.selection.pupils.next_stage_from:
            if not named and not isinstance(row.arrangement, Erased):
                raise NextStageSchoolRequired(field="arrangement")
        else:
            off = off or named or row.lessons_at == "next_stage_school"
        if off:
            if self.page.off_campus == "refused":
                raise LessonsOffCampus(field="lessons_at")
            yield "lessons-off-campus"

    def _of_time(self, row: Row) -> Iterator[str]:
        """Raises `NotValid`, `FreeTimeNotAllowed`."""
        if row.free_time is None:
            return
        spent = self.page.spent(row.free_time)
        if spent is None or row.category is not Category.EXEMPTION:
            raise NotValid("免修者才填寫免修時間，並請選擇計畫所列的安排。", "free_time")
        if spent.effect == "refused":
            raise FreeTimeNotAllowed(f"免修時間不可安排「{spent.name}」。", "free_time")
        if spent.effect == "flagged":
            yield "free-time"


def _refusal(against: Objection) -> Refusal:
    return _OBJECTIONS[against.code](against.message)
