"""Which clock a ledger has, and in which mode of the program it opens (design D13)."""

from typing import Literal

Clock = Literal["real", "simulated"]
Mode = Literal["production", "demo", "test"]


class WrongMode(Exception):
    """A real ledger opens in production mode only, a simulated one in demo or test only."""
