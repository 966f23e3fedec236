"""Steps that are taken for many applicants at once, as a sheet with a row each: tickets, who came,
scores, decisions. A sheet has the fields of the step's own form, no others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.application_facts import is_exempt, value
from domain.examination_second import joint_rows
from domain.machine_rules import NOT_BEGUN
from domain.process import STEPS, Record, Step
from domain.programme_rules import Programme

#: The cell by which a row is asked for whose form may stay empty.
MARK = "confirmed"
_REASON = "reason"


@dataclass(frozen=True)
class Sheet:
    """The sheet of a step. `fields` are cells of its form; `value` is a cell for each subject, in
    the rows that the form has under `group`, each with `more` beside it."""

    process: str
    step: str
    stage: str
    fields: tuple[str, ...] = ()
    group: str = ""
    value: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    #: Under which name the rows of subjects say the reason of the row.
    reason_as: str = _REASON
    #: Whether the form says something when it is empty.
    marked: bool = False
    #: Whether those who sit another selection's test are on it.
    dual: bool = False
    #: Whether it decides on scores.
    decides: bool = False

    @property
    def of(self) -> Step[Any]:
        return STEPS[self.process, self.step]

    def concerns(self, programme: Programme, application: Record) -> bool:
        """Whether an application is one that the sheet is about, sooner or later."""
        machine = programme.machine(application.process)
        if machine is None or any(
            one.final for one in machine.states if one.code == application.state
        ):
            return False
        of_tickets = self.process == application.process
        if self.stage == "second":
            return of_tickets or application.last("second-ticket-issued") is not None
        if value(application, "dual_exam"):
            return self.dual and application.last("initial-entry-confirmed") is not None
        ticketed = application.last("ticket-issued") is not None
        return of_tickets or (ticketed and not is_exempt(application))

    def waits(self, programme: Programme, record: Record | None) -> bool:
        """Whether the step is to be taken, and was not, or what it rests on changed since."""
        machine = programme.machine(self.process)
        state = NOT_BEGUN if record is None else record.state
        if machine is None or machine.rule(self.step, state) is None:
            return False
        last = None if record is None else record.last(self.step)
        return last is None or last.state != state

    def subjects(self, application: Record) -> tuple[str, ...]:
        """The subjects that have a cell in an applicant's row."""
        return tuple(joint_rows(application)) if self.group else ()

    def beside(self, application: Record) -> dict[str, Any]:
        """What the form says of an applicant beside the cells: whose test the scores are of."""
        if "source" in self.of.form.model_fields and value(application, "dual_exam"):
            return {"source": "dual"}
        return {}

    def body(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON of the form from the cells of a row; empty cells say nothing."""
        given = {name: one for name, one in cells.items() if one not in (None, "")}
        said = {name: given[name] for name in self.fields if name in given}
        rows = []
        for name, one in given.items():
            subject = name.removeprefix(f"{self.group}.")
            if self.group and subject != name:
                row = {"subject": subject, self.value: one, **self.more}
                if self.reason_as != _REASON and _REASON in said:
                    row[self.reason_as] = said[_REASON]
                rows.append(row)
        if rows:
            said[self.group] = rows
            if self.reason_as != _REASON:
                said.pop(_REASON, None)
        return said

    def cells(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a row from what a step says; the other way of `body`."""
        found = {name: said[name] for name in self.fields if said.get(name) is not None}
        rows: Iterable[Mapping[str, Any]] = said.get(self.group) or () if self.group else ()
        for row in rows if isinstance(rows, list | tuple) else ():
            found[f"{self.group}.{row['subject']}"] = row.get(self.value)
            if row.get(self.reason_as) is not None:
                found[_REASON] = row[self.reason_as]
        return found


_ALL = (
    Sheet("application", "ticket-issued", "initial", ("ticket_no", "room_no", "seat_no")),
    Sheet("examination", "attendance-recorded", "initial", ("attendance", "minutes_late")),
    Sheet(
        "examination",
        "initial-score-imported",
        "initial",
        ("t_sub1", "t_sub2", "t_sub3", "t_full"),
        dual=True,
    ),
    Sheet(
        "examination",
        "initial-decision-made",
        "initial",
        ("decision", "decision_basis", _REASON),
        dual=True,
        decides=True,
    ),
    Sheet(
        "application",
        "second-ticket-issued",
        "second",
        ("ticket_no", "room_no", "computer_room_no"),
    ),
    Sheet("examination", "second-attendance-recorded", "second", (), "attendance", "attendance"),
    Sheet("examination", "subject-score-imported", "second", (_REASON,), "scores", "t_score"),
    Sheet(
        "examination",
        "subject-decision-made",
        "second",
        (_REASON,),
        "decisions",
        "passed",
        {"decision_basis": "interval_estimation"},
        reason_as="decision_reason",
        marked=True,
        decides=True,
    ),
)
#: Every sheet by the step that it takes.
SHEETS: Mapping[str, Sheet] = {one.step: one for one in _ALL}


def same(record: Record | None, step: str, said: Mapping[str, Any]) -> bool:
    """Whether the newest event of a step says this already."""
    last = None if record is None else record.last(step)
    return last is not None and all(getattr(last, name, None) == one for name, one in said.items())
