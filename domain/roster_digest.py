"""What a school's batch knows of its roster: which rows, how many, and how much money."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Digested:
    """A school's roster as it is now. Amounts are whole dollars."""

    digest: str
    students: int
    units: int
    collected: int
    passed_on: int
