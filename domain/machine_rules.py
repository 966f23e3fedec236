"""The machines of a programme as data: states, and the steps that lead from one to another.

Which steps there are is code (`domain.process`); which of them is open in which state, to whom, in
which window and with which effect when late, is the programme's to say.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field

from domain.capacity import Capacity
from domain.programme_data import Code, Data, Source, Words, at_publication

#: The state of what has not begun.
NOT_BEGUN = "none"
#: For a step that leaves the state as it is.
SAME = "same"
_CAPACITIES = frozenset(one.value for one in Capacity)


class MachineState(Data):
    """A state; nothing is open to be done in a `final` one but what names it."""

    code: Code
    name: Words
    final: bool = False


class StepRule(Data):
    """When a step may be taken, by whom, and where it leads.

    `to` is a state, `same`, or by the outcome of the step; `none` for one that cannot come about.
    `received_in` is the window in which
    what came in must lie by its own date (`dated_by`), `recorded_in` the one in which it may be
    entered. What is late is `refused`, and that is recorded, or `recorded` as late for a person to
    decide; the effect's words stand with the window. `returns` marks a way back.
    """

    step: Code
    from_: Annotated[tuple[Code, ...], Field(alias="from", min_length=1)]
    to: Code | Mapping[Code, Code]
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    received_in: Code | None = None
    dated_by: Literal["received_at", "postmark_on"] = "received_at"
    recorded_in: Code | None = None
    late: Literal["refused", "recorded"] = "refused"
    #: The window by whose end it is due already: what comes after it is recorded as late, as long
    #: as `recorded_in` is not over.
    due_by: Code | None = None
    #: Steps that must have been taken before, whatever the state.
    requires: tuple[Code, ...] = ()
    #: Whether from here on the case lies before the council, whose members may see it.
    before_council: bool = False
    returns: bool = False
    source: Source

    def targets(self) -> tuple[str, ...]:
        leads = (self.to,) if isinstance(self.to, str) else tuple(self.to.values())
        return tuple(one for one in leads if one != NOT_BEGUN)

    def after(self, outcome: str | None, state: str) -> str:
        """The state after the step. Raises `KeyError` for an outcome that leads nowhere."""
        to = self.to if isinstance(self.to, str) else self.to[outcome or ""]
        if to == NOT_BEGUN:
            raise KeyError(outcome)
        return state if to == SAME else to


class Machine(Data):
    """One kind of record and its way: `code` is the process that it drives."""

    code: Code
    name: Words
    states: tuple[MachineState, ...]
    steps: tuple[StepRule, ...]

    def rules(self, step: str) -> Iterator[StepRule]:
        return (one for one in self.steps if one.step == step)

    def rule(self, step: str, state: str) -> StepRule | None:
        """What holds for a step in a state; None where it is not open there."""
        return next((one for one in self.rules(step) if state in one.from_), None)

    def open_in(self, state: str) -> tuple[StepRule, ...]:
        return tuple(one for one in self.steps if state in one.from_)

    def state_name(self, code: str) -> str:
        return next((one.name for one in self.states if one.code == code), code)

    @at_publication
    def _of_one_piece(self) -> Self:
        known = [one.code for one in self.states]
        if len({*known}) != len(known):
            raise ValueError(f"machines.{self.code}: 狀態代碼重複")
        for rule in self.steps:
            place = f"machines.{self.code}.{rule.step}"
            for state in (*rule.from_, *rule.targets()):
                if state not in known and state not in (NOT_BEGUN, SAME):
                    raise ValueError(f"{place}: 沒有「{state}」這個狀態")
            if unknown := [one for one in rule.by if one not in _CAPACITIES]:
                raise ValueError(f"{place}: 沒有「{unknown[0]}」這種身分")
            if missing := [one for one in rule.requires if not any(self.rules(one))]:
                raise ValueError(f"{place}: 沒有「{missing[0]}」這個步驟")
            for state in rule.from_:
                if sum(state in other.from_ for other in self.rules(rule.step)) > 1:
                    raise ValueError(f"{place}: 狀態「{state}」有兩項規定")
        if lost := self._unreachable():
            raise ValueError(f"machines.{self.code}: 到不了狀態「{lost[0]}」")
        if cycle := self._cycle():
            ways = "→".join(cycle)
            raise ValueError(f"machines.{self.code}: 步驟繞了一圈又未註明折返：{ways}")
        return self

    def _unreachable(self) -> list[str]:
        reached, waiting = {NOT_BEGUN}, [NOT_BEGUN]
        while waiting:
            state = waiting.pop()
            for rule in self.open_in(state):
                for target in rule.targets():
                    if target != SAME and target not in reached:
                        reached.add(target)
                        waiting.append(target)
        return [one.code for one in self.states if one.code not in reached]

    def _cycle(self) -> list[str] | None:
        """A way in a circle that no step marks as a way back."""
        ways: dict[str, set[str]] = {}
        for rule in self.steps:
            if not rule.returns:
                for state in rule.from_:
                    ways.setdefault(state, set()).update({*rule.targets()} - {SAME, state})
        done: set[str] = set()

        def walk(state: str, path: list[str]) -> list[str] | None:
            if state in path:
                return [*path[path.index(state) :], state]
            if state in done:
                return None
            for target in sorted(ways.get(state, ())):
                if found := walk(target, [*path, state]):
                    return found
            done.add(state)
            return None

        return next((found for one in sorted(ways) if (found := walk(one, []))), None)
