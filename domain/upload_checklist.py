"""Which scans a school still owes: by what its students' records say, and what was handed in.

The cases of a student follow from the application, the placements and the requests about them;
which scans a case needs is the programme's (`domain.upload_rules`, Kaohsiung 8.4). Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from domain.application import PROCESS
from domain.application_facts import is_exempt, value
from domain.placement import Category
from domain.process import Record
from domain.programme_rules import Programme
from domain.roster import Entry, Requested
from domain.roster_initial import applicants as initial_applicants
from domain.roster_initial import fees as initial_fees
from domain.roster_second import SUBMITTED as SECOND_SUBMITTED
from domain.roster_second import applicants as second_applicants
from domain.roster_second import fees as second_fees
from domain.roster_second import own_types
from domain.upload_rules import ALWAYS, RequiredUpload

#: The stages of the checklist, in their order, and the batch in which a school's own are named.
STAGES = ("initial", "second", "placement", "igp")
BATCH_OF = {
    "initial": "initial_batch",
    "second": "second_batch",
    "placement": "placement_batch",
    "igp": "placement_batch",
}
#: The students' own records in which a stage's scans may be named as well.
CASE_OF = {"placement": "placement_case", "igp": "igp_document"}


@dataclass(frozen=True)
class Needed:
    """A scan that is needed: of a student, or of the school where `student` is None.

    `cases` say why. `number` is how many of the kind there must be by now, for what is asked for
    at each stage anew.
    """

    kind: str
    name: str
    student: Entry | None
    cases: tuple[str, ...]
    letter_number: bool
    until: str | None
    number: int = 1


def concerned(stage: str, programme: Programme, entries: Iterable[Entry]) -> list[Entry]:
    """Whom a stage is about."""
    match stage:
        case "initial":
            return initial_applicants(entries)
        case "second":
            return second_applicants(entries)
    year = programme.school_year
    return [
        one
        for one in entries
        if any(placed.school_year == year for placed in one.placements)
        or _requests(year, one)
        or _gave_up_first(one)
    ]


def cases(stage: str, programme: Programme, entry: Entry) -> frozenset[str]:
    """What is the case with a student at a stage."""
    if stage in ("placement", "igp"):
        return frozenset(_of_placements(programme, entry))
    return frozenset(_of_application(stage, programme, entry))


def _of_application(stage: str, programme: Programme, entry: Entry) -> Iterator[str]:
    record = entry.record(PROCESS)
    economic = value(record, "economic_status")
    if economic in ("low_income", "mid_low_income"):
        yield str(economic)
    if value(record, "needs_accommodation") is True:
        yield "accommodation"
    if stage == "second":
        own = own_types(programme)
        rows = record.last(SECOND_SUBMITTED).rows
        if any(one.test == "joint" and one.registration_type in own for one in rows):
            yield "joint_test"
        return
    if is_exempt(record) or value(record, "initial_exempt_claim"):
        yield "initial_exempt"
    if record.last("special-group-statement-filed") is not None:
        yield "special_group"


def _of_placements(programme: Programme, entry: Entry) -> Iterator[str]:
    if _gave_up_first(entry):
        yield "first_time_abandonment"
        return
    year = programme.school_year
    asked = _requests(year, entry)
    yield from {one.kind for one in asked}
    # Of what is given up no plan is drawn up; of what is kept it is.
    given_up = {one.placement_id for one in asked if one.kind == "abandonment"}
    for placed in entry.placements:
        if placed.school_year == year and placed.placement_id not in given_up:
            yield _case_of(placed.category, entry)


def _requests(year: int, entry: Entry) -> list[Requested]:
    return [one for one in entry.requests if one.school_year == year]


def _case_of(category: Category, entry: Entry) -> str:
    if category is not Category.SKIP:
        return category.value
    record = entry.records.get(PROCESS)
    whole = None if record is None else _full_skip(record)
    return "full_skip" if whole == "complete" else "partial_skip"


def _full_skip(record: Record) -> str | None:
    said = (getattr(one, "full_skip", None) for one in reversed(record.steps))
    return next((one for one in said if isinstance(one, str)), None)


def _gave_up_first(entry: Entry) -> bool:
    """Whether the pupil gave up before the decision (no letter number is asked for)."""
    return entry.last("placement_case", "abandoned-before-decision") is not None


def needed(stage: str, programme: Programme, entries: Sequence[Entry]) -> list[Needed]:
    """What a school's students need at a stage; a school's own is needed once for all of them."""
    if isinstance(programme.uploads, str):
        return []
    listed = concerned(stage, programme, entries)
    of = {one.student_id: cases(stage, programme, one) for one in listed}
    everybody: set[str] = set().union(*of.values()) if of else set()
    if listed:
        everybody |= {ALWAYS, *(("remits",) if _remits(stage, programme, listed) else ())}
    found: dict[tuple[str, UUID | None], Needed] = {}
    for rule in programme.uploads.required:
        if rule.stage != stage:
            continue
        for code in rule.kinds:
            kind = programme.uploads.kind(code)
            assert kind is not None
            if kind.of == "school":
                held: Set[str] = everybody.intersection(rule.cases)
                if held:
                    _add(found, rule, code, kind.name, None, held, 1)
                continue
            for one in listed:
                held = of[one.student_id].intersection(rule.cases)
                if held:
                    number = 1 if rule.asked_once else _number(stage, programme, one, code)
                    _add(found, rule, code, kind.name, one, held, number)
    return list(found.values())


def _add(
    found: dict[tuple[str, UUID | None], Needed],
    rule: RequiredUpload,
    code: str,
    name: str,
    student: Entry | None,
    held: Iterable[str],
    number: int,
) -> None:
    key = (code, None if student is None else student.student_id)
    known = found.get(key)
    letter = rule.letter_number or (known is not None and known.letter_number)
    why = (*(() if known is None else known.cases), *sorted(held))
    found[key] = Needed(code, name, student, why, letter, rule.until, number)


def _remits(stage: str, programme: Programme, listed: Sequence[Entry]) -> bool:
    fees = {"initial": initial_fees, "second": second_fees}.get(stage)
    if fees is None:
        return False
    owed = fees(programme, [one.record(PROCESS) for one in listed])
    return owed is not None and owed.totals.passed_on > 0


def _number(stage: str, programme: Programme, entry: Entry, code: str) -> int:
    """How many of a kind were asked for up to this stage, where each stage asks anew."""
    number = 1
    assert not isinstance(programme.uploads, str)
    for earlier in STAGES[: STAGES.index(stage)]:
        if not concerned(earlier, programme, [entry]):
            continue
        held = cases(earlier, programme, entry)
        number += any(
            one.stage == earlier and code in one.kinds and held.intersection(one.cases)
            for one in programme.uploads.required
        )
    return number


def missing(
    stage: str,
    programme: Programme,
    entries: Sequence[Entry],
    batch: Record | None,
    kinds: Mapping[UUID, str],
) -> list[Needed]:
    """What is needed and was not handed in. `batch` is the school's of the stage, `kinds` those of
    the scans that it and its students' cases name: one set of minutes is for all (KAO-106)."""
    named = {*_named(stage, batch), *_named_in_cases(stage, entries)}
    given = {kinds[one] for one in named if one in kinds}
    return [
        one
        for one in needed(stage, programme, entries)
        if (one.student is None and one.kind not in given)
        or (one.student is not None and one.student.documents.count(one.kind) < one.number)
    ]


def _named(stage: str, batch: Record | None) -> Iterator[UUID]:
    """The scans that the steps of a batch name; minutes are of one occasion."""
    for step in () if batch is None else batch.steps:
        occasion = getattr(step, "minutes_for", None)
        if occasion is None or occasion == stage:
            yield from documents_of(step)


def _named_in_cases(stage: str, entries: Sequence[Entry]) -> Iterator[UUID]:
    process = CASE_OF.get(stage)
    for one in entries:
        known = None if process is None else one.records.get(process)
        for step in () if known is None else known.steps:
            yield from documents_of(step)


def documents_of(step: object) -> Iterator[UUID]:
    """The scans that a step names."""
    for field in getattr(step, "model_fields_set", ()):
        if field.endswith("_document"):
            named = getattr(step, field)
            if isinstance(named, UUID):
                yield named
