"""What an application says now: the newest value of a field, its stage, what waives its fee."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from domain.event import Erased
from domain.fee_rules import Fees
from domain.fees import Claim
from domain.process import Ground, Record
from domain.programme_rules import Programme
from domain.refusal import NotFound, Refusal
from domain.selection import is_special as special_by_rule
from domain.selection_rules import Selection

Stage = Literal["initial", "second"]

#: Steps that say something of the pupil which a later one may correct.
_SAYING = frozenset(
    (
        "opened",
        "initial-application-submitted",
        "second-stage-application-submitted",
        "details-corrected",
    )
)


def selection_of(programme: Programme) -> Selection:
    """The programme's rules of selection. Raises `NotFound` where it has none."""
    if isinstance(programme.selection, str):
        raise NotFound
    return programme.selection


def fees_of(programme: Programme) -> Fees | None:
    """The programme's table of fees; None where nothing is charged."""
    return None if isinstance(programme.fees, str) else programme.fees


def stage_of(record: Record) -> Stage:
    """In which stage an application is: the second from its registration on."""
    return "initial" if record.last("second-stage-application-submitted") is None else "second"


def value(record: Record, name: str, default: Any = None) -> Any:
    """The newest value that a step of the application gave to a field."""
    for one in reversed(record.steps):
        if one.STEP in _SAYING and name in one.model_fields_set:
            return getattr(one, name)
    return default


def values(record: Record, names: Sequence[str]) -> list[Any]:
    """As `value`, of several fields at once: a roster asks thousands of records."""
    steps = [one for one in reversed(record.steps) if one.STEP in _SAYING]
    found: list[Any] = []
    for name in names:
        for one in steps:
            if name in one.model_fields_set:
                found.append(getattr(one, name))
                break
        else:
            found.append(None)
    return found


#: The steps that issue the ticket of a stage, the newest act first.
TICKETS: Mapping[Stage, tuple[str, str]] = {
    "initial": ("ticket-reissued", "ticket-issued"),
    "second": ("second-ticket-reissued", "second-ticket-issued"),
}


def ticket_of(record: Record, stage: Stage) -> Any:
    """The ticket of a stage as it was issued last; None before that."""
    issued = (record.last(one) for one in TICKETS[stage])
    return next((one for one in issued if one is not None), None)


def ticket_no(record: Record, stage: Stage) -> str | None:
    """The number of a pupil's ticket; in the second stage, before its own, that of the first."""
    issued = ticket_of(record, stage) or ticket_of(record, "initial")
    return None if issued is None else issued.ticket_no


def is_exempt(record: Record) -> bool:
    """Whether a retained result frees from the initial test, as verified and not revoked."""
    for one in reversed(record.steps):
        if one.STEP in ("initial-exemption-verified", "initial-exemption-revoked"):
            return bool(one.STEP == "initial-exemption-verified")
    return False


def statuses(record: Record) -> frozenset[str]:
    """The standings of the pupil as the application says them, proven or not."""
    economic = value(record, "economic_status", "none")
    found = set() if isinstance(economic, Erased) or economic == "none" else {economic}
    if value(record, "has_disability") is True:
        found.add("disability")
    return frozenset(found)


def is_special(programme: Programme, record: Record) -> bool:
    """Whether the council may judge by interval estimation: a special group, its statement filed
    with the registration (Kaohsiung 3.9)."""
    filed = record.last("special-group-statement-filed") is not None
    return special_by_rule(selection_of(programme), statuses(record), statement=filed)


def claims(programme: Programme, record: Record) -> Iterator[Claim]:
    """What an application claims to be freed from fees by, with how long its proof is valid."""
    economic = value(record, "economic_status", "none")
    if isinstance(economic, str) and economic != "none":
        until = value(record, "income_proof_valid_until")
        yield Claim(status=economic, valid_until=until if isinstance(until, date) else None)
    if value(record, "dual_exam"):
        yield Claim(status=selection_of(programme).dual_exam.fee_status)
    if is_exempt(record):
        yield Claim(status="initial_exempt")


#: What ends an application before its results: given up, out of time, or not let in.
ENDINGS = ("vetted", "registration-forfeited", "second-stage-forfeited", "withdrawn")
ENDING_REVERSED = "ending-reversed"


def endings(record: Record) -> list[Any]:
    """The steps that ended an application, but for those that were taken back as wrong."""
    taken_back = {one.reverses_version for one in record.all(ENDING_REVERSED)}
    return [
        one
        for one in record.steps
        if one.STEP in ENDINGS
        and one.originator_version not in taken_back
        and (one.STEP != "vetted" or one.decision == "refused")  # type: ignore[attr-defined]
    ]


class SchoolOfOtherCounty(Refusal):
    """A county's programme is for the pupils of its own schools (Kaohsiung 3.10)."""

    CODE = "school-of-other-county"
    TITLE = "學生就讀的學校不屬於辦理這項計畫的縣市，不能開案"


def check_county(ground: Ground) -> None:
    """Raises `SchoolOfOtherCounty`."""
    if not ground.of_county:
        raise SchoolOfOtherCounty


def record_of(ground: Ground) -> Record:
    """The record of a step that does not begin one."""
    assert ground.record is not None
    return ground.record
