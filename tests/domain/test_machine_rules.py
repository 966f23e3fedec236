"""A machine of a programme is of one piece, or it is refused with the place of its fault."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.machine_rules import Machine

SOURCE = {"document": "簡章", "section": "二"}


def step(code: str, from_: tuple[str, ...], to: Any, **more: Any) -> dict[str, Any]:
    given = {"step": code, "from": from_, "to": to, "by": ("SA",), "source": SOURCE}
    return given | more


def machine(*steps: dict[str, Any], states: tuple[str, ...] = ("begun", "done")) -> Machine:
    named = tuple({"code": one, "name": one} for one in states)
    return Machine.model_validate(
        {"code": "example", "name": "示範", "states": named, "steps": steps}
    )


BEGIN = step("begin", ("none",), "begun")
END = step("end", ("begun",), {"passed": "done", "failed": "begun"})


def test_a_step_leads_by_its_outcome_and_same_stays() -> None:
    known = machine(BEGIN, END, step("note", ("done",), "same"))
    rule = known.rule("end", "begun")
    assert rule is not None
    assert rule.after("passed", "begun") == "done"
    assert known.rule("end", "done") is None
    noted = known.rule("note", "done")
    assert noted is not None
    assert noted.after(None, "done") == "done"
    assert [one.step for one in known.open_in("begun")] == ["end"]


def test_an_outcome_that_cannot_come_about_leads_nowhere() -> None:
    known = machine(BEGIN, step("end", ("begun",), {"passed": "done", "failed": "none"}))
    rule = known.rule("end", "begun")
    assert rule is not None
    assert rule.targets() == ("done",)
    with pytest.raises(KeyError):
        rule.after("failed", "begun")


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ((BEGIN,), "example: 到不了狀態「done」"),
        ((BEGIN, step("end", ("begun",), "nowhere")), "example.end: 沒有「nowhere」這個狀態"),
        ((BEGIN, step("end", ("begun",), "done", by=("XX",))), "沒有「XX」這種身分"),
        ((BEGIN, step("end", ("begun",), "done", requires=("other",))), "沒有「other」這個步驟"),
        ((BEGIN, END, step("end", ("begun",), "done")), "狀態「begun」有兩項規定"),
        ((BEGIN, END, step("back", ("done",), "begun")), "繞了一圈"),
    ],
)
def test_a_fault_is_named_with_its_place(steps: tuple[dict[str, Any], ...], fault: str) -> None:
    with pytest.raises(ValidationError, match=r"machines\.example") as refused:
        machine(*steps)
    assert fault in str(refused.value)


def test_a_way_back_is_no_fault_where_it_is_marked() -> None:
    assert machine(BEGIN, END, step("back", ("done",), "begun", returns=True)).steps[-1].returns
