"""Which acts in the book of access somebody should look at: rules as data, and no judgement.

A rule lists; a person decides. Each finding carries the rule and its numbers, so that whoever is
listed can be told why. The numbers are those of an office day and of the largest class lists that
one person looks through; they are no law's, and a county may want others.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from domain.calendar import TAIPEI, local_date
from domain.capacity import Capacity

Measure = Literal["hours", "students", "export", "searches", "refusals", "work"]

#: Who writes in a plan, and so leaves a trace of working with it.
_WRITERS = frozenset({Capacity.CASE_MANAGER, Capacity.GIFTED_HOMEROOM, Capacity.SUBJECT_TEACHER})


@dataclass(frozen=True)
class Rule:
    """What is listed: `measure` says how it is counted, `numbers` from where on.

    The numbers by measure: `hours`: `from` and `to`, the hours of the day that are not listed.
    `students`, `searches`: more than `most` in `minutes`. `export`: more than `most` students in
    one. `refusals`: at least `fewest` in a day. `work`: at least `fewest` acts on a student of whom
    the reader changed nothing in the `days` before the last of them.
    """

    code: str
    label: str
    measure: Measure
    numbers: Mapping[str, int]


RULES: tuple[Rule, ...] = (
    Rule("outside-hours", "在上午 7 時至下午 7 時以外查閱", "hours", {"from": 7, "to": 19}),
    Rule(
        "many-students", "1 小時內逐一查閱超過 40 位學生", "students", {"most": 40, "minutes": 60}
    ),
    Rule("bulk-export", "一次匯出超過 30 位學生的資料", "export", {"most": 30}),
    Rule("many-searches", "1 小時內查詢學生超過 20 次", "searches", {"most": 20, "minutes": 60}),
    Rule("refused-often", "1 日內 3 次以上查閱無權限的學生", "refusals", {"fewest": 3}),
    Rule(
        "without-work",
        "查閱 10 次以上，但 42 日內沒有修改過這位學生的資料",
        "work",
        {"fewest": 10, "days": 42},
    ),
)


@dataclass(frozen=True)
class Act:
    """One act of a reader on students. `rule` is that of a refusal."""

    position: int
    at: datetime
    reader: UUID
    kind: str
    capacity: str
    rule: str | None
    students: tuple[UUID, ...]


@dataclass(frozen=True)
class Finding:
    """Acts of one reader that a rule lists, in order."""

    rule: Rule
    reader: UUID
    acts: tuple[Act, ...]

    @property
    def students(self) -> tuple[UUID, ...]:
        """Whom they were on, in order, each once."""
        return tuple(dict.fromkeys(one for act in self.acts for one in act.students))

    @property
    def first_at(self) -> datetime:
        return self.acts[0].at

    @property
    def last_at(self) -> datetime:
        return self.acts[-1].at


#: When each reader last changed something of each student's record; None where that is not known.
Worked = Mapping[tuple[UUID, UUID], datetime] | None


def findings(acts: Sequence[Act], worked: Worked, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """What the rules list of these acts, which are in order; the newest first.

    Rules of the measure `work` list nothing where it is not known who worked.
    """
    by_reader: defaultdict[UUID, list[Act]] = defaultdict(list)
    for act in acts:
        by_reader[act.reader].append(act)
    found: list[Finding] = []
    for rule in rules:
        for reader, own in by_reader.items():
            if rule.measure == "work":
                groups = [] if worked is None else list(_without_work(rule, reader, own, worked))
            else:
                groups = list(_MEASURES[rule.measure](rule, own))
            found += [Finding(rule, reader, tuple(group)) for group in groups]
    order = {rule.code: number for number, rule in enumerate(rules)}
    found.sort(key=lambda one: (-one.acts[-1].position, order[one.rule.code], one.reader))
    return found


Groups = Iterator[Sequence[Act]]


def _outside_hours(rule: Rule, acts: Sequence[Act]) -> Groups:
    def outside(act: Act) -> bool:
        hour = act.at.astimezone(TAIPEI).hour
        return act.kind != "refused" and not rule.numbers["from"] <= hour < rule.numbers["to"]

    yield from _by_day(filter(outside, acts))


def _many_students(rule: Rule, acts: Sequence[Act]) -> Groups:
    yield from _crowded(rule, [act for act in acts if act.kind == "read"], by_student=True)


def _many_searches(rule: Rule, acts: Sequence[Act]) -> Groups:
    searches = [act for act in acts if act.kind == "searched"]
    yield from _crowded(rule, searches, by_student=False)


def _bulk_export(rule: Rule, acts: Sequence[Act]) -> Groups:
    for act in acts:
        if act.kind == "exported" and len(act.students) > rule.numbers["most"]:
            yield [act]


def _refused_often(rule: Rule, acts: Sequence[Act]) -> Groups:
    refused = (act for act in acts if act.kind == "refused" and act.rule == "not-found")
    for day in _by_day(refused):
        if len(day) >= rule.numbers["fewest"]:
            yield day


def _without_work(
    rule: Rule, reader: UUID, acts: Sequence[Act], worked: Mapping[tuple[UUID, UUID], datetime]
) -> Groups:
    of_student: defaultdict[UUID, list[Act]] = defaultdict(list)
    for act in acts:
        if act.kind == "read" and act.capacity in _WRITERS:
            for student in act.students:
                of_student[student].append(act)
    for student, own in of_student.items():
        if len(own) < rule.numbers["fewest"]:
            continue
        last = worked.get((reader, student))
        if last is None or last < own[-1].at - timedelta(days=rule.numbers["days"]):
            yield own


_MEASURES: Mapping[str, Callable[[Rule, Sequence[Act]], Groups]] = {
    "hours": _outside_hours,
    "students": _many_students,
    "export": _bulk_export,
    "searches": _many_searches,
    "refusals": _refused_often,
}


def _by_day(acts: Iterable[Act]) -> Groups:
    """The acts of each local day together."""
    days: defaultdict[object, list[Act]] = defaultdict(list)
    for act in acts:
        days[local_date(act.at)].append(act)
    yield from days.values()


def _crowded(rule: Rule, acts: Sequence[Act], *, by_student: bool) -> Groups:
    """The stretches in which every act lies in a window that holds too many acts, or students."""
    window, most = timedelta(minutes=rule.numbers["minutes"]), rule.numbers["most"]
    held: Counter[UUID] = Counter()
    first = end = 0
    begin: int | None = None
    for last, act in enumerate(acts):
        held.update(act.students)
        while act.at - acts[first].at > window:
            for student in acts[first].students:
                held[student] -= 1
                if not held[student]:
                    del held[student]
            first += 1
        if (len(held) if by_student else last - first + 1) <= most:
            continue
        if begin is not None and first > end:
            yield acts[begin : end + 1]
            begin = None
        begin = first if begin is None else begin
        end = last
    if begin is not None:
        yield acts[begin : end + 1]
