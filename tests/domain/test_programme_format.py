"""The page about programme texts names what a text may hold: another county can write one."""

from pathlib import Path

from domain.placement_path import DECIDED, GIVEN_UP
from domain.process import STEPS
from domain.processes import MODULES, check_steps
from domain.programme import shipped, shipped_text
from domain.programme_check import check
from domain.programme_rules import Programme, read
from domain.selection_none import EMPTY
from domain.step_outcomes import OUTCOMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/formats/programme.md").read_text(encoding="utf-8")
ONE_STAGE = (ROOT / "tests/programmes/one-stage-114.toml").read_text(encoding="utf-8")


def test_the_page_names_every_part_process_and_fixed_state() -> None:
    named = {*Programme.model_fields, *EMPTY, *DECIDED, *GIVEN_UP}
    named |= {module.PROCESS for module in MODULES}
    assert sorted(one for one in named if f"`{one}`" not in PAGE) == []


def test_the_page_names_every_outcome_that_a_step_comes_to() -> None:
    rows = [one.split(" | ") for one in PAGE.splitlines() if one.startswith("| ")]
    for (process, step), outcomes in OUTCOMES.items():
        said = [
            set(listed.split(", "))
            for first, last in (row for row in rows if len(row) == 2)
            if first.startswith(f"| {process} ")
            for steps, listed in zip(
                first.split("; "), last.removesuffix(" |").split("; "), strict=True
            )
            if f"`{step}`" in steps
        ]
        waits = {one.replace("waiting (`same`)", "waiting") for found in said for one in found}
        assert waits == {*outcomes}, (process, step)
        assert (process, step) in STEPS


def test_every_text_there_is_could_be_published() -> None:
    for text in (ONE_STAGE, *(shipped_text(one) for one in shipped())):
        programme = read(text)
        check_steps(programme)
        check(programme)
