"""What a programme says of its placement page: when it is filled, where lessons are, how an exempt
pupil spends them. Categories, grades and who decides stand in `domain.selection_rules`."""

from typing import Annotated, Literal, Self

from pydantic import Field

from domain.programme_data import Code, Data, Source, Words, at_publication

#: What becomes of a row that says what the plan does not allow.
Effect = Literal["refused", "flagged"]


class NextStage(Data):
    """The words of which one stands in the name of a next-stage school. From which grade on one is
    named stands in the rules of selection."""

    named_by: Annotated[tuple[Words, ...], Field(min_length=1)]
    source: Source


class FreeTime(Data):
    """A way for an exempt pupil to spend the lessons."""

    code: Code
    name: Words
    effect: Effect | Literal["none"]
    source: Source


class PlacementPage(Data):
    """The page of placements (安置階段學科／年級／類型)."""

    #: The window in which schools fill it. What they change after it is late.
    window: Code
    next_stage: NextStage
    #: Lessons away from the school, but for those at a school of the next stage.
    off_campus: Effect
    lessons_source: Source
    free_time: tuple[FreeTime, ...] = ()
    source: Source

    def spent(self, code: str) -> FreeTime | None:
        return next((one for one in self.free_time if one.code == code), None)

    @at_publication
    def _of_one_piece(self) -> Self:
        codes = [one.code for one in self.free_time]
        if len({*codes}) != len(codes):
            raise ValueError("placement.free_time: 代碼重複")
        return self
