"""What contradicts itself in a programme's fees: printed examples that its amounts do not give.

A printed amount is compared and shown as what it is; no computation ever uses it.
"""

from collections.abc import Iterator

from domain.fee_rules import Fees
from domain.fees import Candidate, roster


def findings(fees: Fees) -> Iterator[tuple[str, str]]:
    """Findings for `lint`: a stable name, and what is the matter (programmes compared, 2.10)."""
    for example in fees.printed:
        computed = roster(fees, example.charge, [Candidate(units=example.units)]).totals
        differing = [
            f"{name}印為{printed}，依收費標準應為{words}"
            for name, printed, words in (
                ("收取", example.collected, computed.collected_words),
                ("繳交", example.passed_on, computed.passed_on_words),
            )
            if printed != words
        ]
        if differing:
            yield (
                f"printed-total-differs:fees.{example.code}",
                f"「{example.name}」{'；'.join(differing)}。",
            )
