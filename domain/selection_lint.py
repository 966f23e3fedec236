"""What contradicts itself in a programme's rules of selection, for a person to rule on."""

from collections.abc import Iterator

from domain.selection_none import has
from domain.selection_rules import Selection


def findings(selection: Selection) -> Iterator[tuple[str, str]]:
    """Findings for `lint`: a stable name, and what is the matter (programmes compared, 2.10)."""
    initial = selection.initial
    by_deviation = 50 + 10 * initial.pass_line_sd
    if has(initial) and by_deviation != initial.pass_line_t:
        yield (
            "lines-differ:selection.initial",
            f"初選標準印有兩個數字：T {initial.pass_line_t}，"
            f"與 {initial.pass_line_sd:g} 個標準差所換算的 T {by_deviation:g}。",
        )
    for one in selection.subjects:
        if beyond := [grade for grade in one.exam_grades if grade > selection.exam_grade.highest]:
            yield (
                f"grade-not-offered:selection.subjects.{one.code}",
                f"「{one.name}」列有 {beyond[0]} 年級，而測驗只到"
                f" {selection.exam_grade.highest} 年級。",
            )
