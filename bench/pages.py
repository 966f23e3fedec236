"""Every page that tells what calls tell, each against its own JSON on the same server: p95 of whole
answers. A teacher's pages over whole plans (`pages`), then everybody's over the demo county
(`pages-offices`, `bench.office_pages`).

Both sides are asked for the same record in turns, so that they meet the same state of caches: the
worst page counts.
"""

from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection
from uuid import UUID

from api.app import PREFIX
from bench.house import county, housed, projecting, token_of
from bench.measure import Scale, at, by_contestant, in_turns, median, ratio, samples
from bench.office_pages import Demo, Pair, demo, fill
from bench.place import Place
from bench.plan import fill_plans, served
from bench.plan_filled import YEAR
from bench.result import Result

_STUDENTS, _REQUESTS = 25, 60
#: Of a page of the offices in one round, of which there are twice as many pages.
_EACH = 20
#: A page and the call that tells a program the same.
_PAGES = {
    "students": ("/students", "/students"),
    "student": ("/students/{}", "/students/{}"),
    "plan": (f"/students/{{}}/plan?school_year={YEAR}",) * 2,
    "section": (f"/students/{{}}/sections/awards?school_year={YEAR}",) * 2,
    "placements": ("/students/{}/placements",) * 2,
    "history": ("/students/{}/history",) * 2,
    "meetings": (f"/students/{{}}/meetings?school_year={YEAR}",) * 2,
    "courses": (f"/students/{{}}/courses?school_year={YEAR}",) * 2,
    "notes": ("/students/{}/notes",) * 2,
    "templates": ("/course-templates",) * 2,
    "as-of": ("/students/{}/as-of?at=2024-06-30",) * 2,
    "compare": ("/students/{}/compare?from=2023-08-01&to=2024-06-30",) * 2,
    "programmes": ("/programmes",) * 2,
    "changes": ("/changes?from=112.8.1&to=114.7.31", "/changes?from=112.8.1&to=114.7.31&limit=50"),
}


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        reached, workload = stack.enter_context(county(place, "pages", _STUDENTS, 100))
        fill_plans(reached, workload)
        stack.enter_context(projecting(reached))
        with housed(reached) as house:
            asked = [(token_of(house, one.teacher), one.student) for one in workload.everybody]
        port = stack.enter_context(served(reached))
        connection = HTTPConnection("127.0.0.1", port)
        stack.callback(connection.close)
        found = {name: _of_page(connection, asked, pair, scale) for name, pair in _PAGES.items()}
    return [_worst("pages", "教師", found), *_offices(place, scale)]


def _offices(place: Place, scale: Scale) -> list[Result]:
    with demo(place) as reached:
        pairs = fill(reached)
        found = {f"{one.who} {one.page}": _of_pair(reached, one, scale) for one in pairs}
    return [_worst("pages-offices", "學校、主管機關、承辦學校、審議人員與教師其他", found)]


def _worst(name: str, whose: str, found: dict[str, tuple[float, str]]) -> Result:
    worst = max(found, key=lambda name: found[name][0])
    return Result(
        name=name,
        what=f"{whose}的 {len(found)} 種頁面，p95，最慢者：{worst}",
        against="同一個伺服器上內容相同的 JSON 呼叫",
        ratio=found[worst][0],
        bar=3.0,
        side="at_most",
        figures={name: f"{share:.2f}（{told}）" for name, (share, told) in found.items()},
    )


def _of_pair(reached: Demo, pair: Pair, scale: Scale) -> tuple[float, str]:
    def page(_: int) -> None:
        reached.page(pair.who, pair.page)

    def calls(_: int) -> None:
        for one in pair.calls:
            if isinstance(one, str):
                reached.get(pair.who, one)
            else:
                reached.post(pair.who, *one)

    return _by_turns(page, calls, _EACH // 4 if scale.quick else _EACH, scale)


def _of_page(
    connection: HTTPConnection,
    asked: list[tuple[str, UUID]],
    pair: tuple[str, ...],
    scale: Scale,
) -> tuple[float, str]:
    """How a page stands to its call, and both in milliseconds."""
    page, call = pair

    def calling(path: str, header: Callable[[str], dict[str, str]]) -> Callable[[int], object]:
        def one(number: int) -> object:
            token, student = asked[number % len(asked)]
            connection.request("GET", path.format(student), headers=header(token))
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status}")
            return body

        return one

    html = calling(page, lambda token: {"Cookie": f"igp-session={token}"})
    json = calling(PREFIX + call, lambda token: {"Authorization": f"Bearer {token}"})
    return _by_turns(html, json, _REQUESTS // 6 if scale.quick else _REQUESTS, scale)


def _by_turns(
    page: Callable[[int], object], call: Callable[[int], object], count: int, scale: Scale
) -> tuple[float, str]:
    """How a page stands to its call, and both in milliseconds."""
    samples(page, call, 5)
    turns = {"page": lambda: samples(page, call, count)}
    ours, bare = by_contestant(in_turns(turns, scale.rounds))["page"]
    share = ratio(at(ours, 95), at(bare, 95))
    return share.median, f"{median(at(ours, 95)):.1f} / {median(at(bare, 95)):.1f} ms"
