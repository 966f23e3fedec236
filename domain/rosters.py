"""Every roster of the house, loaded: whoever asks for one by its code knows all of them."""

from domain import (
    roster_cases,
    roster_fees,
    roster_initial,
    roster_placement,
    roster_second,
    roster_tickets,
    roster_uploads,
)
from domain.roster import ROSTERS

MODULES = (
    roster_cases,
    roster_initial,
    roster_second,
    roster_placement,
    roster_fees,
    roster_tickets,
    roster_uploads,
)

__all__ = ["MODULES", "ROSTERS"]
