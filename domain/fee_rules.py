"""What a programme charges: each fee with its split, who need not pay, refunds, where money goes.

Amounts are whole New Taiwan dollars. A fee that schools collect is split in what the school keeps
and what it passes on; the parts must add up to what is charged.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field

from domain.programme_data import NONE, Code, Data, Effect, Source, Words, at_publication

Dollars = Annotated[int, Field(ge=0, le=1_000_000)]
#: What a fee is counted by; `request` is one request, however much it asks for.
Unit = Literal["student", "subject", "subtest", "request"]


class Charge(Data):
    """One item of the table of fees.

    `kept` and `passed_on` are `none` where no office takes the money, as of postage. `items` are
    those that can be asked for, where the plan names them; empty where each unit may be.
    """

    code: Code
    name: Words
    unit: Unit
    charged: Dollars
    kept: Dollars | Literal["none"]
    passed_on: Dollars | Literal["none"]
    #: In whose name the money comes: of the school, never a person's, or of the examinee.
    payer: Literal["school", "examinee", "none"]
    items: tuple[Code, ...] = ()
    source: Source


class FeeStatus(Data):
    """A standing of a student, and the fees it frees from: none, where it alone frees from none.

    `proof` is what must be valid on the day of registration.
    """

    code: Code
    name: Words
    frees_from: tuple[Code, ...] = ()
    proof: Words | Literal["none"]
    remark: Words | None = None
    source: Source


class RefundCause(Data):
    """What a fee is given back for, and with which proof."""

    code: Code
    name: Words
    of: Annotated[tuple[Code, ...], Field(min_length=1)]
    proof: Words | Literal["none"]
    source: Source


class Refunds(Data):
    """When a fee is given back; `otherwise` is what holds for every other cause."""

    otherwise: Effect
    causes: tuple[RefundCause, ...] = ()
    source: Source


class FeeAccount(Data):
    """Where fees are paid into, from when to when; both days included."""

    code: Code
    holder: Words
    bank: Words
    branch: Words
    number: Words
    tax_number: Words
    of: Annotated[tuple[Code, ...], Field(min_length=1)]
    opens: date | None = None
    closes: date | None = None
    source: Source


class PrintedExample(Data):
    """A worked example as the plan prints it, for `domain.fee_lint`: never a rule.

    `units` are those that pay. The amounts are the printed words.
    """

    code: Code
    name: Words
    charge: Code
    units: Annotated[int, Field(ge=1)]
    collected: Words
    passed_on: Words
    source: Source


class Fees(Data):
    """The table of fees of a programme for its year."""

    charges: Annotated[tuple[Charge, ...], Field(min_length=1)]
    statuses: tuple[FeeStatus, ...] = ()
    refunds: Refunds
    accounts: tuple[FeeAccount, ...] = ()
    printed: tuple[PrintedExample, ...] = ()
    remarks: tuple[Words, ...] = ()

    def charge(self, code: str) -> Charge:
        """Raises `LookupError` for an item that the table does not have."""
        for one in self.charges:
            if one.code == code:
                return one
        raise LookupError(f"no fee {code}")

    def status(self, code: str) -> FeeStatus:
        """Raises `LookupError` for a standing that the table does not have."""
        for one in self.statuses:
            if one.code == code:
                return one
        raise LookupError(f"no fee status {code}")

    @at_publication
    def _of_one_piece(self) -> Self:
        for name, codes in (
            ("charges", [one.code for one in self.charges]),
            ("statuses", [one.code for one in self.statuses]),
            ("refunds", [one.code for one in self.refunds.causes]),
            ("accounts", [one.code for one in self.accounts]),
            ("printed", [one.code for one in self.printed]),
        ):
            if len({*codes}) != len(codes):
                raise ValueError(f"fees.{name}: 代碼重複")
        for charge in self.charges:
            _check_split(charge)
        self._check_named("statuses", ((one.code, one.frees_from) for one in self.statuses))
        self._check_named("refunds", ((one.code, one.of) for one in self.refunds.causes))
        self._check_named("accounts", ((one.code, one.of) for one in self.accounts))
        self._check_named("printed", ((one.code, (one.charge,)) for one in self.printed))
        for account in self.accounts:
            if account.opens and account.closes and account.closes < account.opens:
                raise ValueError(f"fees.accounts.{account.code}: 迄日早於起日")
        for example in self.printed:
            if self.charge(example.charge).passed_on == NONE:
                raise ValueError(f"fees.printed.{example.code}: 該項費用不需繳交")
        return self

    def _check_named(self, table: str, named: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        known = {one.code for one in self.charges}
        for code, charges in named:
            if not known.issuperset(charges):
                raise ValueError(f"fees.{table}.{code}: 沒有這項費用")


def _check_split(charge: Charge) -> None:
    place = f"fees.charges.{charge.code}"
    if len({*charge.items}) != len(charge.items):
        raise ValueError(f"{place}: 項目代碼重複")
    if isinstance(charge.kept, str) or isinstance(charge.passed_on, str):
        if charge.kept != charge.passed_on:
            raise ValueError(f"{place}: 留用與繳交須同時填寫或同時為 none")
    elif charge.kept + charge.passed_on != charge.charged:
        raise ValueError(f"{place}: 留用與繳交合計不等於應收金額")
