"""`/programmes/{pid}/step-batches/{step}`: one step of many applications, each with its outcome.

What can be recorded of the rows is recorded in one transaction; each of the others says why not and
changes nothing. A row that says what is recorded already is `unchanged`, so that the same rows may
be sent again.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, ValidationError

from api.acting import Acting, Asked, Body, Decided, Deed, Done, given_in, perform
from api.audit import record_list, refusals_recorded
from api.house import House
from api.http import Posted, response_of, writes
from api.problems import BodyNotValid, FieldError, errors_of, problem_errors
from api.processes import EVOLVE, Seen, Which, permitted, record_id, see
from api.step_sheets import Applicant, applicants_of
from api.student_items import Person
from api.viewer import SignedIn, TheHouse, Viewer
from domain.command import Actor
from domain.event import Event
from domain.process import Ground, StepForm
from domain.process_step import take
from domain.programme_round import PROCESS as ROUND
from domain.refusal import NotFound, NotValid, Refusal, StaleVersion
from domain.step_sheets import SHEETS, Sheet, same

router = APIRouter(prefix="/programmes/{pid}/step-batches", tags=["applications"])

#: At most so many applicants are recorded in one transaction.
MOST_AT_ONCE = 2_000


class StepRow(Body):
    """A step of one application. `version` is that of the record that the step is of: of the
    application, or of its examination, 0 before there is one. `data` is the form of the step."""

    application: UUID
    version: int = Field(ge=0)
    data: dict[str, Any] = Field(default_factory=dict)


class StepRows(Body):
    """With `check` nothing is recorded: the answer says what would be."""

    rows: tuple[StepRow, ...] = Field(min_length=1, max_length=MOST_AT_ONCE)
    check: bool = False


class RowDone(BaseModel):
    """What became of a row, by its place in the request. `version` is the record's now."""

    row: int
    application: UUID
    student: Person | None
    outcome: Literal["recorded", "unchanged", "refused"]
    version: int | None = None
    code: str | None = None
    message: str | None = None
    errors: list[FieldError] = Field(default_factory=list)


class RowsDone(BaseModel):
    recorded: int
    unchanged: int
    refused: int
    items: list[RowDone]


class TwiceInRows(NotValid):
    CODE = "twice-in-rows"
    TITLE = "這位學生在前面的列已出現"


@dataclass
class Rows:
    """What a decision said of each row, by its number; filled anew at each attempt."""

    versions: dict[int, int] = field(default_factory=dict)
    unchanged: dict[int, int] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    students: dict[int, UUID] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict, repr=False)

    def start(self) -> None:
        for one in (self.versions, self.unchanged, self.refused, self.students, self.names):
            one.clear()

    @property
    def decided(self) -> bool:
        return bool(self.versions or self.unchanged or self.refused)


@router.post("/{batch_step}", **writes(StepRows, 200, answer=RowsDone))
def post_step_batch(
    house: TheHouse, viewer: SignedIn, pid: str, batch_step: str, asked: Posted
) -> Response:
    """為多件申請案辦理同一個步驟（核發鑑定證、到考、成績、判定），逐列回覆結果。"""
    done, found = take_rows(house, viewer, pid, batch_step, asked)
    written = response_of(house, viewer, done)
    headers = {name: one for name, one in written.headers.items() if name.lower() == "igp-receipt"}
    return Response(found.model_dump_json(), written.status_code, headers, "application/json")


def take_rows(
    house: House, viewer: Viewer, pid: str, step: str, asked: Asked
) -> tuple[Done, RowsDone]:
    """The step from a `StepRows`, and what became of each row; recorded as read.

    Raises `NotFound` for a step that is taken singly, and `NotAllowed`.
    """
    sheet = SHEETS.get(step)
    if sheet is None:
        raise NotFound
    tally = Rows()
    deed = _deed(pid, sheet, tally)
    done = perform(house, viewer, asked, deed)
    given = given_in(asked, StepRows)
    if not tally.decided:
        # A repeat decides nothing: every row is looked at once more, and nothing is recorded.
        again = replace(asked, body=given.model_copy(update={"check": True}), idempotency_key=None)
        perform(house, viewer, again, deed)
    elif not given.check:
        _keep_refusals(house, viewer, deed.what, tally)
    return done, _told(house, viewer, deed.what, given.rows, tally)


def _deed(pid: str, sheet: Sheet, tally: Rows) -> Deed[Seen, StepRows]:
    def decide(acting: Acting, seen: Seen, actor: Actor, given: StepRows) -> Decided:
        tally.start()
        applicants = applicants_of(acting, seen.edition.programme)
        ground = Ground(
            programme=seen.edition.programme,
            rules=seen.edition.version,
            now=acting.viewer.now,
            actor=actor,
            round=acting.state(EVOLVE[ROUND], Which(pid, ROUND).record_id),
        )
        events: list[Event] = []
        met: set[UUID] = set()
        for number, row in enumerate(given.rows):
            try:
                if row.application in met:
                    raise TwiceInRows
                met.add(row.application)
                events += _row(sheet, ground, applicants.get(row.application), number, row, tally)
            except Refusal as refusal:
                tally.refused[number] = refusal
        if given.check:
            return Decided((), None, None)
        return Decided(events, None, None)

    return Deed(
        what=f"{sheet.process.replace('_', '-')}.{sheet.step}",
        body=StepRows,
        see=lambda acting: see(acting, Which(pid, ROUND)),
        permit=permitted(sheet.process, sheet.step),
        decide=decide,
        status=200,
    )


def _row(
    sheet: Sheet,
    ground: Ground,
    applicant: Applicant | None,
    number: int,
    row: StepRow,
    tally: Rows,
) -> Sequence[Event]:
    """The events of a row. Raises why there are none, unless it is recorded already."""
    if applicant is None:
        raise NotFound
    tally.students[number] = applicant.student.student_id
    tally.names[applicant.student.student_id] = applicant.name
    record = applicant.record(sheet.process)
    form = _form(sheet, row.data)
    said = {name: getattr(form, name) for name in form.model_fields_set}
    version = 0 if record is None else record.version
    if not sheet.waits(ground.programme, record) and same(record, sheet.step, said):
        tally.unchanged[number] = version
        return ()
    if row.version != version:
        raise StaleVersion(version)
    stream = record_id(sheet.process, ground.programme.code, applicant.student.student_id)
    beside = {one.process: one for one in applicant.records if one.process != sheet.process}
    own = replace(ground, record=record, student=applicant.student, beside=beside)
    taken = take(sheet.of, own, form, stream)
    if taken.refusal is not None:
        tally.refused[number] = taken.refusal
    else:
        tally.versions[number] = version + 1
    return taken.events


def _form(sheet: Sheet, data: Mapping[str, Any]) -> StepForm:
    """The form of the step. Raises `BodyNotValid`."""
    model: type[StepForm] = sheet.of.form
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        errors = errors_of(error)
    # Raised out here, so that no earlier error with what was typed hangs on it.
    raise BodyNotValid(errors)


def _keep_refusals(house: House, viewer: Viewer, what: str, tally: Rows) -> None:
    """Each kind of refusal is written down once, with the students whom it is about."""
    kinds: dict[str, list[int]] = {}
    for number, refusal in tally.refused.items():
        kinds.setdefault(refusal.CODE, []).append(number)
    for numbers in kinds.values():
        students = [tally.students[one] for one in numbers if one in tally.students]
        with suppress(Refusal), refusals_recorded(house, viewer, what, students):
            raise tally.refused[numbers[0]]


def _told(
    house: House, viewer: Viewer, what: str, rows: Iterable[StepRow], tally: Rows
) -> RowsDone:
    """What is said of each row; whose it is was seen before, and the answer is a reading."""
    ids = [*tally.students.values()]
    items = []
    for number, row in enumerate(rows):
        refusal = tally.refused.get(number)
        student = tally.students.get(number)
        items.append(
            RowDone(
                row=number,
                application=row.application,
                student=None if student is None else Person(id=student, name=tally.names[student]),
                outcome="refused"
                if refusal is not None
                else "recorded"
                if number in tally.versions
                else "unchanged",
                version=tally.versions.get(number, tally.unchanged.get(number)),
                code=None if refusal is None else refusal.CODE,
                message=None if refusal is None else refusal.detail,
                errors=[] if refusal is None else [*problem_errors(refusal)],
            )
        )
    record_list(house, viewer, what, ids)
    return RowsDone(
        recorded=len(tally.versions),
        unchanged=len(tally.unchanged),
        refused=len(tally.refused),
        items=items,
    )
