"""A page of the change report, against the bare keyset query over the same tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from bench.measure import Scale, in_turns, median, percentile, ratio, samples
from bench.place import Place
from bench.result import Result
from bench.stage import Stage, stages
from projections.changes import COLUMNS
from projections.report import Bounds, ChangeFilter, page
from projections.viewer import viewing

_PAGE = 100
#: Queries of one turn; a percentile needs so many.
_QUERIES = 100

_EVER = (date(1912, 1, 1), date(2999, 1, 1))
_PROCESS_SECTIONS = ("placement", "placement_request")

# What somebody would write by hand who knows the tables: one statement, one index walk for each
# audience, no rights looked at.
_BARE = f"""
SELECT {COLUMNS} FROM (
    SELECT DISTINCT x.position FROM unnest(%s::uuid[]) AS held(audience)
    CROSS JOIN LATERAL (
        SELECT a.position FROM views.change_audience a
        WHERE a.audience = held.audience AND a.position > %s
        ORDER BY a.position LIMIT {_PAGE}) x
    ORDER BY x.position LIMIT {_PAGE}) p
JOIN views.change c ON c.position = p.position ORDER BY c.position
"""
_BARE_OF_ONE = f"""
SELECT {COLUMNS} FROM views.change_audience a JOIN views.change c ON c.position = a.position
WHERE a.audience = (%s::uuid[])[1] AND a.position > %s ORDER BY a.position LIMIT {_PAGE}
"""


@dataclass(frozen=True)
class Case:
    """A page that somebody asks for, on one stage."""

    name: str
    stage: Stage
    audiences: list[UUID]
    wanted: ChangeFilter
    #: After which position the page begins, and its neighbours, so that no query repeats another.
    after: Sequence[int]

    def ours(self, number: int) -> int:
        with viewing(self.stage.reader, _VIEWER, self.audiences) as connection:
            span = Bounds(0, self.stage.size, self.stage.size)
            found = page(connection, self.audiences, self.wanted, span, self._from(number), _PAGE)
        return len(found)

    def bare(self, number: int) -> int:
        statement = _BARE_OF_ONE if len(self.audiences) == 1 else _BARE
        rows = self.stage.bare.execute(
            statement.encode(), (self.audiences, self._from(number)), prepare=True, binary=True
        ).fetchall()
        return len(rows)

    def _from(self, number: int) -> int:
        return self.after[number % len(self.after)]


_VIEWER = uuid4()

#: By contestant the milliseconds of each query of each round.
Found = dict[str, list[list[float]]]


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = stages(place, scale)
    cases = [case for each in sizes for case in _cases(each)]
    found = in_turns(_turns(cases), scale.rounds)
    return [_against_bare(cases, found), _growth(sizes, found)]


def _against_bare(cases: Sequence[Case], found: Found) -> Result:
    ratios, figures = {}, {}
    for case in cases:
        ours, bare = found[f"{case.name}: ours"], found[f"{case.name}: bare"]
        ratios[case.name] = ratio(_each(ours, 99), _each(bare, 99))
        figures[case.name] = (
            f"p99 {median(_each(ours, 99)):.2f} / {median(_each(bare, 99)):.2f} ms,"
            f" p50 {median(_each(ours, 50)):.2f} / {median(_each(bare, 50)):.2f} ms,"
            f" p99 ratio {ratios[case.name]},"
            f" p50 ratio {ratio(_each(ours, 50), _each(bare, 50))}"
        )
    worst = max(ratios, key=lambda name: ratios[name].median)
    return Result(
        name="report",
        what="異動報表一頁 100 筆，p99，各種情形中最差者",
        against="同一資料表上直接寫的鍵集查詢",
        ratio=ratios[worst].median,
        bar=2.0,
        side="at_most",
        figures={"worst": worst, **figures},
    )


def _growth(sizes: Sequence[Stage], found: Found) -> Result:
    """The same page of the smallest and of the largest book."""
    small, large = f"{sizes[0].size:,}", f"{sizes[-1].size:,}"
    ratios = {}
    for name in found:
        if name.startswith(f"{small} ") and name.endswith(": ours"):
            page = name.removeprefix(small)
            of = found[large + page], found[name]
            ratios[page.strip()] = [ratio(_each(of[0], p), _each(of[1], p)) for p in (50, 99)]
    worst = max(ratios, key=lambda name: ratios[name][0].median)
    return Result(
        name="report-growth",
        what=f"異動報表一頁，{large} 筆，p50，最差者",
        against=f"{small} 筆時的同一頁",
        ratio=ratios[worst][0].median,
        bar=1.3,
        side="at_most",
        figures={
            "worst": worst,
            **{name: f"p50 {both[0]}, p99 {both[1]}" for name, both in ratios.items()},
        },
    )


def _each(rounds: Sequence[Sequence[float]], percent: float) -> list[float]:
    return [percentile(one, percent) for one in rounds]


def _cases(each: Stage) -> list[Case]:
    everything = ChangeFilter(*_EVER)
    process = ChangeFilter(*_EVER, sections=_PROCESS_SECTIONS)
    early = range(0, each.size // 100, 97)
    late = range(each.size * 9 // 10, each.size * 92 // 100, 97)
    pages = []
    for when, after in (("first", early), ("late", late)):
        name = f"{each.size:,} {when}"
        pages += [
            Case(f"{name}, 1 audience", each, each.process(), everything, after),
            Case(f"{name}, 1 audience, 2 sections", each, each.process(), process, after),
        ]
    # A class has some hundred changes in all; its late page is the last full one.
    own = each.class_of(20)
    pages.append(Case(f"{each.size:,} first, 20 audiences", each, own, everything, [0]))
    pages.append(Case(f"{each.size:,} late, 20 audiences", each, own, everything, [_last(each)]))
    return pages


def _last(each: Stage) -> int:
    """After which position the last hundred changes of the class of twenty begin."""
    row = each.bare.execute(
        "SELECT position FROM views.change_audience WHERE audience = ANY(%s)"
        f" ORDER BY position DESC OFFSET {_PAGE} LIMIT 1",
        (each.class_of(20),),
    ).fetchone()
    return int(row[0]) if row else 0


def _turns(cases: Sequence[Case]) -> dict[str, Callable[[], list[float]]]:
    turns: dict[str, Callable[[], list[float]]] = {}
    for case in cases:
        if case.ours(0) != case.bare(0):
            raise RuntimeError(f"{case.name}: the two pages differ")
        turns[f"{case.name}: ours"] = _sampled(case.ours)
        turns[f"{case.name}: bare"] = _sampled(case.bare)
    return turns


def _sampled(act: Callable[[int], object]) -> Callable[[], list[float]]:
    return lambda: samples(act, _QUERIES)
