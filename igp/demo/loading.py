"""Loads the steps of the demo county that are missing."""

from igp.composition import Running
from igp.settings import Settings


def missing_steps(running: Running) -> int:
    """How many steps of the demo county the ledger does not hold yet."""
    return 0


def load_demo(running: Running) -> None:
    """Does the missing steps in their order."""


def demo(settings: Settings) -> None:
    """`igp demo`."""
