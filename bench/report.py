"""A page of the change report, against the bare keyset query over the same tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID, uuid4

from bench.measure import Pairs, Scale, at, by_contestant, in_turns, median, ratio, samples
from bench.place import Place
from bench.result import Result
from bench.stage import Stage, stages
from projections.changes import COLUMNS
from projections.report import Bounds, ChangeFilter, page
from projections.viewer import viewing

_PAGE = 100
#: Queries of one turn: of so many the p99 is the sixth slowest; of a hundred it is the slowest one.
_QUERIES = 500

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
SELECT {COLUMNS} FROM (
    SELECT a.position FROM views.change_audience a
    WHERE a.audience = (%s::uuid[])[1] AND a.position > %s
    ORDER BY a.position LIMIT {_PAGE}) p
JOIN views.change c ON c.position = p.position ORDER BY c.position
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


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = stages(place, scale)
    cases = [case for each in sizes for case in _cases(each)]
    for case in cases:
        if case.ours(0) != case.bare(0):
            raise RuntimeError(f"{case.name}: the two pages differ")
    turns = {case.name: partial(samples, case.ours, case.bare, _QUERIES) for case in cases}
    found = by_contestant(in_turns(turns, scale.rounds))
    of = [[case for case in cases if case.stage is each] for each in sizes]
    return [_against_bare(cases, found), _growth(of[0], of[-1], scale)]


def _against_bare(cases: Sequence[Case], found: Pairs) -> Result:
    ratios, figures = {}, {}
    for case in cases:
        ours, bare = found[case.name]
        ratios[case.name] = ratio(at(ours, 99), at(bare, 99))
        figures[case.name] = (
            f"p99 {median(at(ours, 99)):.2f} / {median(at(bare, 99)):.2f} ms,"
            f" p50 {median(at(ours, 50)):.2f} / {median(at(bare, 50)):.2f} ms,"
            f" p99 ratio {ratios[case.name]},"
            f" p50 ratio {ratio(at(ours, 50), at(bare, 50))}"
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


def _growth(small: Sequence[Case], large: Sequence[Case], scale: Scale) -> Result:
    """The same pages of the smallest and of the largest book, query by query in turns."""
    turns = {
        each.name: partial(samples, other.ours, each.ours, _QUERIES)
        for each, other in zip(small, large, strict=True)
    }
    found = by_contestant(in_turns(turns, scale.rounds))
    ratios = {
        name: [ratio(at(one, p), at(other, p)) for p in (50, 99)]
        for name, (one, other) in found.items()
    }
    worst = max(ratios, key=lambda name: ratios[name][0].median)
    return Result(
        name="report-growth",
        what=f"異動報表一頁，{large[0].stage.size:,} 筆，p50，最差者",
        against=f"{small[0].stage.size:,} 筆時的同一頁",
        ratio=ratios[worst][0].median,
        bar=1.3,
        side="at_most",
        figures={
            "worst": worst,
            **{name: f"p50 {both[0]}, p99 {both[1]}" for name, both in ratios.items()},
        },
    )


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
