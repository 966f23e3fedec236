"""Every roster of the house, loaded: whoever asks for one by its code knows all of them."""

from domain import roster_initial, roster_second
from domain.roster import ROSTERS

MODULES = (roster_initial, roster_second)

__all__ = ["MODULES", "ROSTERS"]
