"""The result of the initial stage as the school may see it (F08): scores and outcome, no more."""

from datetime import date
from decimal import Decimal
from typing import Any

from domain.application import PROCESS
from domain.application_facts import is_exempt, value
from domain.event import Encrypted
from domain.examination_initial import ITEMS, proposed, scores
from domain.process import Found, Ground, Record, StepForm, define
from domain.publication import NotDecided, Publishing, register


class ShowResult(StepForm):
    """Nothing is said by hand: what is shown is what was decided."""


def _newest(record: Record | None, *steps: str) -> Any:
    found = [one for one in (() if record is None else record.steps) if one.STEP in steps]
    return found[-1] if found else None


#: The steps of an examination that a result of this stage follows from.
_OF_STAGE = (
    "attendance-recorded",
    "initial-score-imported",
    "score-corrected",
    "initial-decision-made",
)


def concerns(application: Record, examination: Record | None) -> bool:
    """Everybody who was to sit the test and has no result yet, or whose result changed since."""
    published = application.last("initial-result-published")
    if published is None:
        return not is_exempt(application)
    # The second stage goes on in the same record, and is no reason to tell this one again.
    newest = _newest(examination, *_OF_STAGE)
    return newest is not None and newest.originator_version > (published.examination_version or 0)


def _show(ground: Ground, form: ShowResult) -> Found:
    """Raises `NotDecided`. Who did not come, or came too late, has not passed (Q-21)."""
    application, examination = ground.record, ground.beside.get("examination")
    assert application is not None
    if examination is None:
        raise NotDecided
    shown: dict[str, Any] = {
        "stage": "initial",
        "published_on": ground.today,
        "examination_version": examination.version,
        "dual_exam": bool(value(application, "dual_exam")),
    }
    ticket = _newest(application, "ticket-issued", "ticket-reissued")
    if ticket is not None:
        shown |= {"ticket_no": ticket.ticket_no, "room_no": ticket.room_no}
    if examination.state == "absent":
        answer = proposed(ground, application, None)
        return Found(outcome="failed", computed=(answer.computed,), fields=shown | {"absent": True})
    if examination.state in ("attended", "scored"):
        raise NotDecided
    decided = _newest(examination, "initial-decision-made", "score-corrected")
    if decided is None or decided.STEP != "initial-decision-made":
        raise NotDecided
    standing = scores(examination)
    answer = proposed(ground, application, standing["t_full"])
    return Found(
        outcome=decided.outcome,
        computed=(answer.computed,),
        fields=shown
        | {item: standing[item] for item in ITEMS}
        | {"absent": False, "decision_basis": decided.decision_basis},
    )


#: By interval estimation only those of special groups are judged.
_BASIS = Encrypted[str | None]
_SCORE = Encrypted[Decimal | None]

SHOWN = define(
    PROCESS,
    "initial-result-published",
    "公告初選結果",
    ShowResult,
    _show,
    {
        "stage": str,
        "published_on": date,
        "examination_version": int,
        "dual_exam": bool,
        "ticket_no": str,
        "room_no": str,
        **dict.fromkeys(ITEMS, _SCORE),
        "absent": bool,
        "decision_basis": _BASIS,
    },
)

register(Publishing("initial", SHOWN, concerns))
