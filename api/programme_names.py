"""What the codes in records of programmes are called, by the texts in force at a position.

`names` of a row maps `field=code` to the programme's own word, beside the code itself; so the same
report reads the same whatever is published afterwards.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain import programme
from domain.code_words import Words, code_words, names_of, state_words
from domain.programme import programme_id
from domain.programme_rules import Programme
from domain.stream_ids import natural_id
from ledger.database import Connection
from ledger.ledger import Ledger
from projections import change_windows


class ProgrammeNames:
    """The words of every programme that was published up to a position."""

    def __init__(self, ledger: Ledger, connection: Connection, position: int) -> None:
        self._ledger = ledger
        self._versions = change_windows.editions(connection, position)
        self._known: dict[str, tuple[Programme, Words] | None] = {}

    def of_fields(
        self,
        code: str | None,
        section: str,
        student: UUID | None,
        record: UUID,
        said: Iterable[tuple[str, Any]],
    ) -> dict[str, str]:
        """The names of the codes in these fields of a record of a programme; empty where there is
        no such programme."""
        known = None if code is None else self._of(code)
        if known is None:
            return {}
        rules, words = known
        words = words | {"state": _states(rules, section, student, record)}
        return {
            name: word
            for field, value in said
            for name, word in names_of(words, field.rpartition(".")[2], value)
        }

    def _of(self, code: str) -> tuple[Programme, Words] | None:
        if code not in self._known:
            version = self._versions.get(code)
            known = self._ledger.state(programme.evolve, programme_id(code))
            if version is None or known is None:
                self._known[code] = None
            else:
                rules = known.edition(version).programme
                self._known[code] = rules, code_words(rules)
        return self._known[code]


def _states(rules: Programme, section: str, student: UUID | None, record: UUID) -> dict[str, str]:
    """The states of the record's own machine, for two of a section may have a word each."""
    found: dict[str, str] = {}
    for process, states in state_words(rules, section).items():
        if natural_id(process, rules.code, student) == record:
            return states
        found |= states
    return found
