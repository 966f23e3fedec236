"""What students owe by a programme's table of fees: rows and totals of a roster, rechecks, refunds.

Pure arithmetic over `domain.fee_rules`; every result says by which rule and from what it was made.
Amounts are whole dollars.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from domain.fee_rules import Charge, Fees, RefundCause
from domain.formal_amount import in_words
from domain.programme_data import NONE
from domain.refusal import NotValid


class Result(BaseModel):
    """A small result. `rule` is the place of the rule in the programme: `fees.initial_test`."""

    model_config = ConfigDict(frozen=True)

    rule: str


class Claim(BaseModel):
    """A standing that a student claims; `valid_until` is the last day of its proof, if any."""

    model_config = ConfigDict(frozen=True)

    status: str
    valid_until: date | None = None


class Candidate(NamedTuple):
    """A student on a roster: with how many units, and in which proven standings."""

    units: int
    statuses: frozenset[str] = frozenset()


class RosterRow(Result):
    """What one student owes; `freed_by` are the standings that each free from all of it."""

    units: int
    statuses: tuple[str, ...]
    freed_by: tuple[str, ...]
    #: What the family pays, what of it the school passes on, and what it keeps.
    charged: int
    passed_on: int
    kept: int

    @property
    def pays(self) -> bool:
        return not self.freed_by


class RosterTotals(Result):
    """The totals of a roster: all students and units, those that pay, and the money.

    `of_status` counts, of each standing that frees from the fee, the students in it; a student in
    two of them is counted in both, and deducted once.
    """

    students: int
    units: int
    paying_students: int
    paying_units: int
    of_status: Mapping[str, int]
    unit_charged: int
    unit_passed_on: int
    collected: int
    passed_on: int
    kept: int
    collected_words: str
    passed_on_words: str


class RosterFees(Result):
    """The rows in the order of the candidates, and what they come to."""

    rows: tuple[RosterRow, ...]
    totals: RosterTotals


class ItemsFee(Result):
    """What a request for some items costs, such as the recheck of two subtests."""

    items: tuple[str, ...]
    unit_charged: int
    charged: int
    passed_on: int


class RefundAnswer(Result):
    """Whether a fee is given back for a cause; `lacks_proof` where only the proof is missing.

    `words` is the cause as the plan names it, or what the plan says of every other cause.
    """

    charge: str
    cause: str
    allowed: bool
    lacks_proof: bool
    words: str


class NotAnItem(NotValid):
    """Something is asked for that the table of fees does not offer, or twice."""

    CODE = "fee-item-not-valid"
    TITLE = "收費項目不正確"


def proven(fees: Fees, claims: Iterable[Claim], day: date) -> frozenset[str]:
    """The standings that count on this day, the day of registration.

    Where the plan asks for a proof, one without it, or with one that has run out, does not count.
    Raises `LookupError` for a standing that the plan does not know.
    """
    return frozenset(
        claim.status
        for claim in claims
        if fees.status(claim.status).proof == NONE
        or (claim.valid_until is not None and day <= claim.valid_until)
    )


def row(fees: Fees, charge: str, candidate: Candidate) -> RosterRow:
    """What one student owes of a fee that schools collect. Raises `LookupError`, `ValueError`."""
    item = fees.charge(charge)
    kept, passed_on = _split(item)
    if candidate.units < 0:
        raise ValueError("units cannot be negative")
    statuses = tuple(sorted(candidate.statuses))
    freed_by = tuple(code for code in statuses if charge in fees.status(code).frees_from)
    paid_units = 0 if freed_by else candidate.units
    return RosterRow(
        rule=_rule(item),
        units=candidate.units,
        statuses=statuses,
        freed_by=freed_by,
        charged=item.charged * paid_units,
        passed_on=passed_on * paid_units,
        kept=kept * paid_units,
    )


def roster(fees: Fees, charge: str, candidates: Sequence[Candidate]) -> RosterFees:
    """Rows and totals of a roster. Raises `LookupError`, `ValueError`."""
    item = fees.charge(charge)
    _, passed_on_each = _split(item)
    # Most of a county owe the same, and are told so by one row.
    owed = {one: row(fees, charge, one) for one in dict.fromkeys(candidates)}
    alike = [(owed[one], count) for one, count in Counter(candidates).items()]
    paying = [(one, count) for one, count in alike if one.pays]
    held: Counter[str] = Counter()
    for one, count in alike:
        held.update(dict.fromkeys(one.freed_by, count))
    collected = sum(one.charged * count for one, count in alike)
    passed_on = sum(one.passed_on * count for one, count in alike)
    totals = RosterTotals(
        rule=_rule(item),
        students=len(candidates),
        units=sum(one.units * count for one, count in alike),
        paying_students=sum(count for _, count in paying),
        paying_units=sum(one.units * count for one, count in paying),
        of_status={
            status.code: held[status.code]
            for status in fees.statuses
            if charge in status.frees_from
        },
        unit_charged=item.charged,
        unit_passed_on=passed_on_each,
        collected=collected,
        passed_on=passed_on,
        kept=sum(one.kept * count for one, count in alike),
        collected_words=in_words(collected),
        passed_on_words=in_words(passed_on),
    )
    rows = tuple([owed[one] for one in candidates])
    return RosterFees(rule=_rule(item), rows=rows, totals=totals)


def items_fee(fees: Fees, charge: str, items: Sequence[str]) -> ItemsFee:
    """What these items cost together. Raises `LookupError`, `ValueError`, `NotAnItem`."""
    item = fees.charge(charge)
    _, passed_on = _split(item)
    if not items:
        raise NotAnItem("請至少選擇一個項目。", "items")
    if len({*items}) != len(items):
        raise NotAnItem("同一個項目只能選一次。", "items")
    if item.items and not set(items).issubset(item.items):
        raise NotAnItem(f"「{item.name}」不包含所選的項目。", "items")
    return ItemsFee(
        rule=_rule(item),
        items=tuple(items),
        unit_charged=item.charged,
        charged=item.charged * len(items),
        passed_on=passed_on * len(items),
    )


def refund(fees: Fees, charge: str, cause: str, *, proven: bool) -> RefundAnswer:
    """Whether a fee is given back. Every cause that the plan does not name is refused.

    Raises `LookupError` for a fee that the plan does not have.
    """
    item = fees.charge(charge)
    named = _cause(fees, charge, cause)
    lacks = named is not None and named.proof != NONE and not proven
    return RefundAnswer(
        rule="fees.refunds" if named is None else f"fees.refunds.{named.code}",
        charge=item.code,
        cause=cause,
        allowed=named is not None and not lacks,
        lacks_proof=lacks,
        words=fees.refunds.otherwise.words if named is None else named.name,
    )


def _cause(fees: Fees, charge: str, cause: str) -> RefundCause | None:
    for one in fees.refunds.causes:
        if one.code == cause and charge in one.of:
            return one
    return None


def _split(item: Charge) -> tuple[int, int]:
    """What is kept and passed on of each unit. Raises `ValueError` where no office takes it."""
    if isinstance(item.kept, str) or isinstance(item.passed_on, str):
        raise ValueError(f"nobody collects {item.code}")
    return item.kept, item.passed_on


def _rule(item: Charge) -> str:
    return f"fees.{item.code}"
