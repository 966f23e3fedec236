"""All rules of a programme asked about one applicant, against one fold of the applicant's events.

The fold is the domain's own, of twenty events that lie ready in memory: nothing is read and nothing
opened, so that the rules are held against the least that a decision costs.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from bench.measure import Scale, in_turns, median, ratio, timed
from bench.place import Place
from bench.result import Result
from bench.rosters import PROGRAMME, envelope
from domain import placement_selection as placing
from domain import selection
from domain.application_facts import claims, is_special, selection_of
from domain.application_initial import fee
from domain.event import Event
from domain.placement import Category, Placement
from domain.process import STEPS, Record
from domain.processes import EVOLVE
from domain.programme import shipped_text
from domain.programme_rules import Programme, read
from domain.window import standing

_SPACE = UUID("c64d5c0e-2f3b-4e9e-8f0b-6f0d1f6f2c31")
_STUDENT, _SCHOOL, _STREAM = (uuid5(_SPACE, name) for name in ("student", "school", "record"))
_EVENTS = 20
#: How often each side does it in a turn.
_TIMES = 500
_AT = datetime(2025, 3, 1, tzinfo=UTC)
_SUBJECTS = ("chinese", "mathematics", "english", "social_studies", "science")


def run(place: Place, scale: Scale) -> list[Result]:
    programme = read(shipped_text(PROGRAMME))
    events = list(_past())
    placements = list(_placements())
    known = _folded(events)
    if known.version != _EVENTS:
        raise RuntimeError("the applicant has another past than the benchmark says")

    def mean(act: Callable[[], object]) -> float:
        times = scale.events(_TIMES)
        return timed(lambda: [act() for _ in range(times)]) / times

    found = in_turns(
        {
            "rules": lambda: mean(lambda: _judged(programme, known, placements)),
            "fold": lambda: mean(lambda: _folded(events)),
        },
        scale.rounds,
    )
    share = ratio(found["rules"], found["fold"])
    return [
        Result(
            name="judging",
            what=f"一位申請人（已有 {_EVENTS} 筆事件）的全部規則判斷一次",
            against="同樣的事件在記憶體內重組一次",
            ratio=share.median,
            bar=20.0,
            side="at_most",
            figures={
                "rounds": str(share),
                "answers": _judged(programme, known, placements),
                "rules_us": median(found["rules"]) * 1e6,
                "fold_us": median(found["fold"]) * 1e6,
            },
        )
    ]


def _folded(events: Sequence[Event]) -> Record:
    evolve = EVOLVE["application"]
    known: Record | None = None
    for event in events:
        known = evolve(known, event)
    assert known is not None
    return known


def _judged(programme: Programme, known: Record, placements: Sequence[Placement]) -> int:
    """Asks every rule that the programme has of an applicant; how many answers there were."""
    answers = [
        *_of_machine(programme, known),
        *_of_selection(programme, known),
        *_of_placing(programme, placements),
    ]
    return len(answers)


def _of_machine(programme: Programme, known: Record) -> Iterator[object]:
    """Which steps are open now, and how each window stands."""
    machine = programme.machine("application")
    assert machine is not None
    yield machine.open_in(known.state)
    for window in programme.windows:
        yield standing(window, _AT, {})


def _of_selection(programme: Programme, known: Record) -> Iterator[object]:
    """Fees, subjects, exam grades, and the results of both stages."""
    rules = selection_of(programme)
    yield fee(programme, claims(programme, known), _AT.date())
    special = is_special(programme, known)
    placed = {"mathematics": 5}
    rows = []
    for subject in _SUBJECTS:
        answer = selection.exam_grade(rules, subject, 4, placed.get(subject))
        rows.append(selection.Row(subject, answer.value or 5, "skip_full"))
        yield answer
    yield selection.check_subjects(rules, rows, 4, placed)
    claim = selection.Retained(113, "acceleration_initial", 4, 75)
    yield selection.retained_result(rules, claim, proof="result_notice", grade=4)
    yield selection.initial_outcome(rules, 68, special=special)
    for row in rows:
        yield selection.second_outcome(
            rules, 66, row.type, entrustment="school_line", special=special
        )
    for own in rules.second.own_standards:
        yield selection.instead_of_test(rules, "accel_part", own.code, 112, 113)


def _of_placing(programme: Programme, placements: Sequence[Placement]) -> Iterator[object]:
    """What each subject may be placed in, a full skip, and the limit of those."""
    rules = selection_of(programme)
    last = placing.Last(Category.SKIP, 5)
    passes = [placing.Pass(subject, 5, "skip_full") for subject in _SUBJECTS]
    for one in passes:
        offered = placing.placements_offered(rules, one.subject, 5, passed=one, last=last)
        yield offered
        yield placing.check_placement(rules, Category.SKIP, 6, offered.value)
    whole = placing.full_skip_completeness(rules, passes, {"mathematics": last})
    yield whole
    made = placing.full_skips_made(rules, placements)
    yield placing.one_year_limit(rules, made, override=False)
    yield placing.level_of(rules, 85)


def _past() -> Iterator[Event]:
    """An application that was opened, handed in, and corrected until it had twenty events."""
    yield _event("opened", 1, state="opened", organisation_id=_SCHOOL, current_grade=4)
    yield _event(
        "initial-application-submitted",
        2,
        state="submitted",
        class_teacher_name="王老師",
        has_disability=True,
        economic_status="low_income",
        income_proof_valid_until=date(2025, 12, 31),
        dual_exam=False,
        stage="initial",
    )
    yield _event("special-group-statement-filed", 3, state="submitted", stage="initial")
    for version in range(4, _EVENTS + 1):
        yield _event("details-corrected", version, state="submitted", class_teacher_name="李老師")


def _event(step: str, version: int, **fields: Any) -> Event:
    event: Event = STEPS["application", step].event(
        **envelope(_STREAM, version), student_id=_STUDENT, programme=PROGRAMME, rules=1, **fields
    )
    return event


def _placements() -> Iterator[Placement]:
    for number, area in enumerate(("國語", "數學", "英語", "社會", "自然科學")):
        yield Placement(
            placement_id=UUID(int=number),
            version=1,
            student_id=_STUDENT,
            school_year=113,
            area=area,
            category=Category.SKIP,
            target_year_grade=4,
            placement_grade=5,
            arrangement=None,
            occurred_on=None,
        )
